"""Rows of a list as the console shows them, and the whole list as a report to take away."""

import csv
import io
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...errors import Language
from ...spatial import lonlat
from ..models import Camera, Device
from . import lists
from .models import Enrolment, EnrolmentRow
from .schemas import EnrolmentRowPage, EnrolmentRowShape, EnrolmentShape

_BATCH = 500
_SHOWN = ("manufacturer", "model", "firmware", "serial_number")
_COLUMNS = {
    "zh": "行号 地址 通道 编码 名称 状态 原因 说明 厂商 型号 固件 序列号 通道数 时钟偏差秒 码流"
    " 兼容处理 摄像机编号 摄像机 匹配方式 重复行 已接入于 原地址",
    "en": "row address channel code name state reason explanation manufacturer model firmware"
    " serial channels clock_offset_s streams quirks camera_id camera match twin_row held_by"
    " moved_from",
}


def shapes_of(session: Session, enrolments: Sequence[Enrolment]) -> list[EnrolmentShape]:
    """Return lists with the counts of their rows."""
    counts = lists.counts(session, [each.id for each in enrolments])
    names = [name for name in EnrolmentShape.model_fields if name != "counts"]
    return [
        EnrolmentShape.model_validate(
            {name: getattr(each, name) for name in names} | {"counts": counts[each.id]}
        )
        for each in enrolments
    ]


def page(
    session: Session, enrolment_id: int, *, states: Sequence[str], after: int, limit: int
) -> EnrolmentRowPage:
    """Return rows of a list in the file's order, of some states or all."""
    query = select(EnrolmentRow).where(
        EnrolmentRow.enrolment_id == enrolment_id, EnrolmentRow.id > after
    )
    if states:
        query = query.where(EnrolmentRow.state.in_(states))
    rows = session.scalars(query.order_by(EnrolmentRow.id).limit(limit + 1)).all()
    shown = rows[:limit]
    return EnrolmentRowPage(
        rows=row_shapes(session, shown), next=shown[-1].id if len(rows) > limit else None
    )


def row_shapes(session: Session, rows: Sequence[EnrolmentRow]) -> list[EnrolmentRowShape]:
    """Return rows with the names of their cameras; a camera of elsewhere has none."""
    ids = {row.camera_id for row in rows if row.camera_id is not None}
    known: dict[int, tuple[str | None, str | None]] = {
        camera_id: (name, address)
        for camera_id, name, address in session.execute(
            select(Camera.id, Camera.name, Device.address)
            .outerjoin(Device, Device.camera_id == Camera.id)
            .where(Camera.id.in_(ids))
        )
    }
    unknown = (None, None)
    return [_shape(row, *known.get(row.camera_id or 0, unknown)) for row in rows]


def _shape(row: EnrolmentRow, name: str | None, address: str | None) -> EnrolmentRowShape:
    lon, lat = lonlat(row.geom) if row.geom is not None else (None, None)
    said = row.found.get("information", {})
    has_moved = row.match == "identity" and address is not None and address != row.address
    found = {each: said.get(each) for each in _SHOWN if said.get(each)} | {
        each: row.found[each]
        for each in ("channels", "clock_offset_s", "hardware", "location", "has_ptz")
        if row.found.get(each) not in (None, "")
    }
    profiles = [
        {each: profile.get(each) for each in ("name", "codec", "width", "height", "fps")}
        for profile in row.profiles
    ]
    plain = ("id", "row_no", "address", "channel", "code", "name", "state", "reason")
    more = ("explanation", "quirks", "camera_id", "match", "match_m")
    return EnrolmentRowShape.model_validate(
        {each: getattr(row, each) for each in (*plain, *more)}
        | {"lon": lon, "lat": lat, "found": found, "profiles": profiles, "camera_name": name}
        | {each: row.found.get(each) for each in ("twin_row", "held_by")}
        | {"moved_from": address if has_moved and row.state != "enrolled" else None}
    )


def report(session: Session, enrolment_id: int, language: Language) -> Iterator[str]:
    """Yield the lines of a list's report as CSV with a byte order mark, for spreadsheets."""
    yield "\ufeff" + _line(_COLUMNS[language].split())
    after = 0
    while True:
        found = page(session, enrolment_id, states=(), after=after, limit=_BATCH)
        yield from (_line(_cells(row)) for row in found.rows)
        if found.next is None:
            return
        after = found.next


def _cells(row: EnrolmentRowShape) -> list[object]:
    streams = [f"{p['codec']} {p['width']}x{p['height']}" for p in row.profiles]
    found = [row.found.get(each, "") for each in (*_SHOWN, "channels", "clock_offset_s")]
    asked = [row.row_no, row.address, row.channel, row.code, row.name]
    told = [row.state, row.reason, row.explanation]
    is_camera = [row.camera_id, row.camera_name, row.match]
    others = [row.twin_row, row.held_by, row.moved_from]
    words = ["; ".join(streams), "; ".join(row.quirks)]
    return [*asked, *told, *found, *words, *is_camera, *others]


def _line(cells: Sequence[object]) -> str:
    target = io.StringIO()
    csv.writer(target).writerow([_harmless(cell) for cell in cells])
    return target.getvalue()


def _harmless(cell: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: a device may name itself `=...`."""
    if isinstance(cell, str) and cell[:1] in "=+-@\t\r":
        return f"'{cell}"
    return cell
