"""Cameras from a file: our own columns, OpenStreetMap's, and those of GB/T 28181 catalogues.

An azimuth in degrees is certain unless azimuth_error_deg says otherwise; compass points and
DirectionType are as wide as they are; what is not known stays unknown, never north.
"""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.bearings import Bearing, bearing_of_direction_type, parse_bearings
from gis.cells import is_blank, number_of, text_of, yes_of
from gis.columns import Field
from gis.errors import ArgumentError
from gis.faults import Note
from gis.intake import Intake

from ..divisions import assigning
from ..initials import initials_of
from ..landing import (
    Berth,
    Landing,
    Row,
    copy_rows,
    each_row,
    end_missing,
    merge,
    numbered,
    spot_key,
)
from ..landing import refuse_duplicates as unique
from ..spatial import to_hex_ewkb

WANTED = "point"
FIELDS = (
    Field("name", ("名称", "设备名称", "摄像机名称", "点位名称", "camera_name", "device_name")),
    Field(
        "code",
        (
            *("deviceid", "device_id", "设备编码", "设备编号", "国标编码", "编码", "编号"),
            *("camera_id", "cameraid", "gbid", "gb_id", "代码"),
        ),
    ),
    Field(
        "azimuth_deg",
        (
            *("azimuth", "方位角", "朝向角", "camera:direction", "bearing", "heading", "direction"),
            *("朝向", "监控方位", "监视方位", "camera_dir", "camera_direction", "orientation"),
        ),
        gathers=True,
    ),
    Field("azimuth_error_deg", ("azimuth_error", "方位角误差", "方位误差")),
    Field("direction_type", ("directiontype", "方向类型", "方位类型", "方向", "监视方向")),
    Field("fov_deg", ("fov", "视场角", "水平视场角", "hfov", "camera:fov", "field_of_view")),
    Field("range_m", ("range", "作用距离", "可视距离", "监控距离", "有效距离", "distance")),
    Field(
        "height_m",
        ("height", "高度", "架设高度", "安装高度", "杆高", "camera:height", "mount_height"),
    ),
    Field("tilt_deg", ("tilt", "俯仰角", "俯角", "camera:tilt", "camera:angle", "pitch")),
    Field("ptz", ("has_ptz", "云台", "是否云台", "is_ptz")),
    Field("ptz_type", ("ptztype", "类型", "摄像机类型", "设备类型", "camera:type", "camera_type")),
    Field("use_type", ("usetype", "用途", "用途类型", "surveillance:zone")),
    Field("width_px", ("水平像素", "resolution_width", "pixels_wide")),
    Field("address", ("地址", "安装地址", "位置", "addr", "location", "安装位置")),
    Field(
        "managing_unit", ("管理单位", "所属单位", "建设单位", "department", "agency", "operator")
    ),
)
_COLUMNS = (
    *("code", "name", "initials", "kind", "has_ptz", "height_m", "width_px", "address"),
    *("managing_unit", "use_type", "division_code"),
)
_POSE_COLUMNS = (
    *("camera_id", "sensor_no", "azimuth_deg", "azimuth_error_deg"),
    *("tilt_deg", "fov_deg", "range_m"),
)
#: GB/T 28181 PTZType and the words others use -> kind, and whether it turns.
_KINDS = {
    "1": ("ptz_dome", True),
    "2": ("dome", False),
    "3": ("bullet", False),
    "4": ("ptz_bullet", True),
    "5": ("ptz_half_dome", True),
    "6": ("panoramic", False),
    "7": ("split", False),
    **{"球机": ("ptz_dome", True), "半球": ("dome", False), "枪机": ("bullet", False)},
    **{"高速球": ("ptz_dome", True), "高速球机": ("ptz_dome", True), "快球": ("ptz_dome", True)},
    **{"球型": ("ptz_dome", True), "半球机": ("dome", False), "筒机": ("bullet", False)},
    **{"固定枪机": ("bullet", False), "遥控枪机": ("ptz_bullet", True)},
    **{"遥控半球": ("ptz_half_dome", True), "全景": ("panoramic", False)},
    **{"fixed": ("bullet", False), "dome": ("dome", False), "panning": ("ptz_dome", True)},
    **{"ptz": ("ptz_dome", True), "bullet": ("bullet", False), "panoramic": ("panoramic", False)},
}
#: Column names that mean DirectionType in one file and a bearing in another.
_EITHER_WAY = ("方向", "监视方向")
_MOST_TYPES = 15
_MOST_SENSORS = 16
_LONGEST_RANGE_M = 20_000.0


def read_rows(intake: Intake) -> Landing:
    """Check each row. A bearing that cannot be read is noted and the camera taken without it."""
    landing = Landing(_COLUMNS)
    codes: dict[str, int] = {}
    taken: set[str] = set()
    is_octants = _holds_direction_types(intake)
    if "name" not in intake.columns:
        landing.notes.append(Note("name.assigned"))

    def take(row: Row) -> None:
        code = row.text("code")
        if code is not None:
            unique(codes, code, row, "code")
        name = row.text("name") or code or f"摄像机 {row.number}"
        poses = _poses(row, _bearings(row, landing, is_octants))
        kind, turns = _kind(row)
        has_ptz = yes_of(row.cell("ptz"))
        key = f"c:{code}" if code else spot_key(name, row.shape.x, row.shape.y)
        height_m = row.number_in("height_m", 0.01, 300.0)
        values = (
            *(code, name, initials_of(name), kind, turns if has_ptz is None else has_ptz),
            *(height_m, row.whole_in("width_px", 1, 100_000)),
            *(row.text("address"), row.text("managing_unit"), row.text("use_type")),
        )
        landing.keys.append(numbered(taken, key))
        taken.add(landing.keys[-1])
        landing.rows.append((*values, assigning.NOWHERE))
        landing.extras.append(poses)
        landing.shapes.append(row.shape)
        landing.row_no.append(row.number)

    each_row(intake, landing, take)
    return landing


def _kind(row: Row) -> tuple[str, bool]:
    """Kind and whether it turns, by the type, else by a word such as 球机 in the ptz column."""
    number = number_of(row.cell("ptz_type"))
    word = (row.text("ptz_type") or "").lower() if number is None else f"{number:g}"
    if word not in _KINDS and number_of(row.cell("ptz")) is None:
        word = (row.text("ptz") or "").lower()
    return _KINDS.get(word, ("other", False))


def with_bearing(landing: Landing) -> int:
    """Return how many cameras have at least one known azimuth."""
    return sum(any(pose[1] is not None for pose in poses) for poses in landing.extras)


def locate(session: Session, landing: Landing) -> list[int]:
    """Fill in the division each camera stands in, and return them."""
    codes = assigning.locate(session, assigning.as_points(landing.shapes))
    landing.rows = [(*row[:-1], code) for row, code in zip(landing.rows, codes, strict=True)]
    return codes


def write(session: Session, landing: Landing, berth: Berth) -> None:
    """Bring the set to what the file says; cameras it no longer has are removed.

    A camera that stays keeps its id, its device and its history; its poses are the file's.
    """
    ids = merge(session, berth, landing, to_hex_ewkb(landing.shapes))
    end_missing(session, berth, ids, how="delete")
    session.execute(text("DELETE FROM poses WHERE camera_id = ANY(:ids)"), {"ids": ids})
    rows = (
        (camera_id, *pose)
        for camera_id, poses in zip(ids, landing.extras, strict=True)
        for pose in poses
    )
    copy_rows(session, "poses", _POSE_COLUMNS, rows)


def _holds_direction_types(intake: Intake) -> bool:
    """True for a DirectionType column, and for a 方向 column that does not hold 东 or 135."""
    column = next((m.column for m in intake.matching.matched if m.field == "direction_type"), "")
    if column.strip() not in _EITHER_WAY:
        return True
    cells = intake.columns.get("direction_type", [])
    known = [number_of(cell) for cell in cells if not is_blank(cell)]
    # 9 is a slip among types; that all cameras of a file look within 15 degrees of north is not.
    return all(number is not None and number <= _MOST_TYPES for number in known)


def _bearings(row: Row, landing: Landing, is_octants: bool) -> tuple[Bearing, ...]:
    azimuth, direction = row.cell("azimuth_deg"), row.cell("direction_type")
    for cell, octants in ((azimuth, False), (direction, is_octants)):
        try:
            found = _read(cell, octants)
        except ArgumentError:
            detail = {"found": str(text_of(cell))[:40]}
            landing.notes.append(Note("bearing.unreadable", row.number, detail))
            continue
        if found:
            return found[:_MOST_SENSORS]
    return ()


def _read(cell: Any, octants: bool) -> tuple[Bearing, ...]:
    if octants:
        bearing = bearing_of_direction_type(cell)
        return () if bearing is None else (bearing,)
    return parse_bearings(cell)


def _poses(row: Row, bearings: tuple[Bearing, ...]) -> list[tuple[Any, ...]]:
    """Rows of poses without the camera's id: one per bearing, or one whose azimuth is unknown."""
    error = row.number_in("azimuth_error_deg", 0.0, 180.0)
    fov = row.number_in("fov_deg", 0.01, 360.0)
    range_m = row.number_in("range_m", 0.01, _LONGEST_RANGE_M)
    tilt = row.number_in("tilt_deg", -90.0, 90.0)
    if not bearings:
        return [(1, None, 0.0 if error is None else error, tilt, fov, range_m)]
    return [
        (
            number,
            bearing.azimuth_deg,
            bearing.error_deg if error is None else error,
            tilt,
            fov if bearing.fov_deg is None else bearing.fov_deg,
            range_m,
        )
        for number, bearing in enumerate(bearings, start=1)
    ]
