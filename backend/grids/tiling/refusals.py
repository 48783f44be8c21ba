"""Why mending a tiling is refused."""

from ...errors import Conflict, Refused


class FaultGone(Conflict):
    code = "tiling.fault_gone"
    zh = "问题 {key} 已不存在（网格已被改动），请重新核查。"
    en = "Fault {key} is no longer there, the grids were changed: check them again."


class NothingToMend(Refused):
    code = "tiling.nothing_to_mend"
    zh = "所选范围内没有可以修补的问题，请放宽面积或另选种类。"
    en = "No fault chosen can be mended: raise the size, or choose other kinds."
