"""What evidence refuses, in one place."""

from ..errors import Conflict, NotFound, Refused, Unavailable


class DiskFull(Unavailable):
    code = "evidence.disk_full"
    zh = (
        "证据存储已满（已用 {used_gb} GB，限 {budget_gb} GB，磁盘剩余 {free_gb} GB）："
        "新的录制已拒绝，请立即扩容，或解除不再需要的保全。"
    )
    en = (
        "The store of evidence is full ({used_gb} GB of {budget_gb} GB, {free_gb} GB free on the"
        " disk): nothing new is recorded. Add space, or release what need not be held."
    )


class NotRecording(Conflict):
    code = "evidence.not_recording"
    zh = "该片段已经结束，不能再停止。"
    en = "This clip has ended already: there is nothing to stop."


class AlreadyRecording(Conflict):
    code = "evidence.already_recording"
    zh = "该摄像机正在为此事件录制。"
    en = "This camera is being recorded for this incident already."


class StretchRefused(Refused):
    code = "evidence.stretch"
    zh = "时段无效：起点须早于终点，终点不得晚于现在，最长 {minutes} 分钟。"
    en = "The stretch is not valid: from before to, to not after now, {minutes} minutes at most."


class NotKept(Conflict):
    code = "evidence.not_kept"
    zh = "该证据尚未封存，或已删除：状态为 {state}。"
    en = "This piece of evidence is not sealed yet, or was removed: it is {state}."


class EvidenceGone(NotFound):
    code = "evidence.gone"
    zh = "证据文件已于 {deleted_at} 删除（{reason}），清单与登记仍在。"
    en = "The files were removed at {deleted_at} ({reason}); manifest and register are still here."


class Damaged(Conflict):
    code = "evidence.damaged"
    zh = "证据文件 {file} 与封存清单不符，可能被改动或损坏：请停止使用并报告管理员。"
    en = "File {file} does not match its sealed manifest: it was altered or damaged. Do not use it."


class IncidentEnded(Conflict):
    code = "evidence.incident_ended"
    zh = "事件已结束，不能再录制。"
    en = "The incident has ended: nothing more is recorded for it."


class MasksMissing(Refused):
    code = "evidence.masks_missing"
    zh = "公开件至少需要一个遮盖区域。"
    en = "A copy for publication needs at least one masked area."


class ClipNeeded(Refused):
    code = "evidence.original_needed"
    zh = "公开件只能由封存的片段或抓图制作。"
    en = "A copy for publication is made of a sealed clip or snapshot alone."


class HoldReasonMissing(Refused):
    code = "evidence.hold_reason_missing"
    zh = "请填写保全理由。"
    en = "A hold needs a reason."


class MarkInFuture(Refused):
    code = "evidence.mark_in_future"
    zh = "标记的时刻不能在将来。"
    en = "A mark cannot stand in the future."


class NothingRead(Refused):
    code = "evidence.no_such_part"
    zh = "该证据没有第 {part} 段。"
    en = "This piece of evidence has no part {part}."
