"""Why a fix is refused: one code and one sentence in each language for every reason."""

from dataclasses import dataclass

#: Code -> what is told, in Chinese and English: what is wrong and what to do.
REASONS: dict[str, tuple[str, str]] = {
    "fixes.shape": (
        "这一行不是定位点：应为含 lon、lat、at 的对象。",
        "This row is no fix: it must be an object with lon, lat and at.",
    ),
    "fixes.bad_number": (
        "经纬度、精度或速度不是有限的数。",
        "Longitude, latitude, accuracy or speed is not a finite number.",
    ),
    "fixes.out_of_range": (
        "经度须在 -180 至 180、纬度须在 -90 至 90 之间。",
        "Longitude must lie within -180 and 180, latitude within -90 and 90.",
    ),
    "fixes.swapped": (
        "经纬度疑似颠倒：lon 为经度，lat 为纬度。",
        "Longitude and latitude look swapped: lon is the longitude, lat the latitude.",
    ),
    "fixes.bad_time": (
        "时间无法识别：请用 2026-11-22T08:00:00Z 的形式。",
        "The time cannot be read: write it like 2026-11-22T08:00:00Z.",
    ),
    "fixes.naive_time": (
        "时间没有时区：请以 Z 或 +08:00 结尾。",
        "The time has no zone: end it with Z or +08:00.",
    ),
    "fixes.future": (
        "时间比现在晚 5 分钟以上：请校准终端时钟。",
        "The time is more than five minutes ahead: set the device's clock.",
    ),
    "fixes.too_old": (
        "时间早于定位点的保留期限，不再接收。",
        "The time is before the days for which fixes are kept.",
    ),
    "fixes.too_many_days": (
        "分区天数已达上限，不再为这一天新建分区。",
        "There are as many days in store as are allowed; none is opened for this one.",
    ),
    "fixes.off_duty": (
        "该时刻力量未上岗，不接收定位。",
        "The unit was not on duty at that time: its position is not taken.",
    ),
    "fixes.unit_inactive": (
        "该力量已停用。",
        "This unit is no longer in use.",
    ),
    "fixes.unknown_unit": (
        "辖区内没有这个编号的力量，或编号不唯一。",
        "No unit of your jurisdiction has this code, or several have.",
    ),
    "fixes.tracker_ended": (
        "该定位终端已停用。",
        "This tracker has been ended.",
    ),
}
CODES = tuple(REASONS)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row that was not taken: its place in the batch, from 0, and the reason's code."""

    row: int
    code: str

    def told(self) -> dict[str, object]:
        """Return the refusal as the API tells it."""
        zh, en = REASONS[self.code]
        return {"row": self.row, "code": self.code, "zh": zh, "en": en}
