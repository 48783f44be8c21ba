"""Units from a table: a set becomes what the file says; those it no longer has go out of use."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from gis.cells import number_of, text_of
from gis.columns import Field

from ...divisions.codes import parse
from ...grids.models import Grid
from ...initials import initials_of
from ...live import Notice, announce
from ..models import Unit, UnitGrid
from .reading import Fault, Report, Table

FIELDS = (
    Field("code", ("编号", "编码", "代码", "呼号", "unit_code", "call_sign"), is_required=True),
    Field("name", ("名称", "力量名称", "队伍名称", "unit_name", "title"), is_required=True),
    Field("kind", ("类别", "类型", "力量类别", "type", "category"), is_required=True),
    Field("vehicle", ("交通工具", "出行方式", "travel", "mode")),
    Field("strength", ("人数", "编制人数", "size", "count")),
    Field("skills", ("技能", "专长", "能力", "skill")),
    Field("grids", ("责任网格", "网格编码", "网格", "home_grids", "grid_codes", "grid")),
    Field("division", ("区划", "区划代码", "所属区划", "division_code", "adcode")),
)
KINDS = {
    "household_head": "household_head 治安户长 户长",
    "grid_worker": "grid_worker 网格员 专职网格员 兼职网格员 网格",
    "volunteer": "volunteer 群防群治 志愿者 义警 平安志愿者 巡防队",
    "response": "response 应急处突 应急 处突 应急队 快反",
}
VEHICLES = {
    "foot": "foot walk 步行 徒步",
    "ebike": "ebike bike 电动车 电动自行车 自行车",
    "motorcycle": "motorcycle 摩托车 摩托",
    "car": "car 汽车 机动车 巡逻车",
}
_BETWEEN = re.compile(r"[;；,，、|\s]+")
_SENTENCES = {
    "value.missing": ("缺少{what}", "{what} is missing"),
    "value.unknown": ("{what}“{found}”不认识", "{what} {found!r} is not known"),
    "value.duplicate": ("编号“{found}”重复", "the code {found!r} stands twice"),
    "value.too_long": ("{what}太长", "{what} is too long"),
}


class _Refused(Exception):
    """A value refuses its row."""

    def __init__(self, code: str, what: str, found: object = "") -> None:
        self.code, self.what, self.found = code, what, found
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class _Row:
    """A unit as a file states it."""

    values: dict[str, Any]
    grids: tuple[int, ...]


def read(session: Session, table: Table, report: Report) -> list[_Row]:
    """Return the units of a table; rows that cannot be taken go into the report."""
    grids = {g.code: g for g in session.scalars(select(Grid).where(Grid.valid_to.is_(None)))}
    columns = {field.name: table.column(field.name) for field in FIELDS}
    found, seen = [], set()
    for k, number in enumerate(table.number):
        cells = {name: text_of(column[k]) for name, column in columns.items()}
        try:
            row = _row(cells, grids)
            if row.values["code"] in seen:
                raise _Refused("value.duplicate", "code", row.values["code"])
        except _Refused as no:
            zh, en = (s.format(what=no.what, found=no.found) for s in _SENTENCES[no.code])
            report.rejected.append(Fault(number, no.code, zh, en))
            continue
        seen.add(row.values["code"])
        found.append(row)
    report.counts["read"] = len(table.number)
    return found


def write(session: Session, rows: list[_Row], set_name: str) -> dict[str, int]:
    """Bring the set to `rows`; return how many were added, kept and put out of use."""
    known = {u.code: u for u in session.scalars(select(Unit).where(Unit.set_name == set_name))}
    added = 0
    for row in rows:
        unit = known.get(row.values["code"])
        if unit is None:
            unit = Unit(set_name=set_name)
            session.add(unit)
            added += 1
        for name, value in row.values.items():
            setattr(unit, name, value)
        unit.is_active = True
        unit.version = (unit.version or 0) + 1
        session.flush()
        session.execute(delete(UnitGrid).where(UnitGrid.unit_id == unit.id))
        session.add_all(UnitGrid(unit_id=unit.id, grid_id=grid) for grid in row.grids)
    codes = [row.values["code"] for row in rows]
    gone = session.execute(
        update(Unit)
        .where(Unit.set_name == set_name, Unit.code.not_in(codes), Unit.is_active)
        .values(is_active=False, version=Unit.version + 1)
        .returning(Unit.id)
    ).all()
    announce(session, Notice("units", 0, 0))
    return {"added": added, "kept": len(rows) - added, "ended": len(gone)}


def _row(cells: dict[str, str | None], grids: dict[str, Grid]) -> _Row:
    homes = []
    for code in _BETWEEN.split(cells["grids"] or ""):
        if code and code not in grids:
            raise _Refused("value.unknown", "grids", code)
        if code:
            homes.append(grids[code])
    name = _text(cells, "name", 100)
    strength = _strength(cells["strength"])
    values = {
        "code": _text(cells, "code", 64),
        "name": name,
        "initials": initials_of(name),
        "kind": _word(KINDS, "kind", cells["kind"]),
        "vehicle": _word(VEHICLES, "vehicle", cells["vehicle"] or "foot"),
        "strength": strength,
        "is_team": strength > 1,
        "skills": sorted({s for s in _BETWEEN.split(cells["skills"] or "") if s}),
        "division_code": _division(cells["division"], homes),
    }
    return _Row(values, tuple(dict.fromkeys(grid.id for grid in homes)))


def _text(cells: dict[str, str | None], field: str, longest: int) -> str:
    found = (cells[field] or "").strip()
    if not found:
        raise _Refused("value.missing", field)
    if len(found) > longest:
        raise _Refused("value.too_long", field)
    return found


def _word(words: dict[str, str], field: str, told: str | None) -> str:
    if told is None:
        raise _Refused("value.missing", field)
    for value, known in words.items():
        if told.strip().lower() in known.split():
            return value
    raise _Refused("value.unknown", field, told[:40])


def _strength(told: str | None) -> int:
    number = 1.0 if told is None else number_of(told)
    if number is None or not 1 <= number <= 10_000 or number != int(number):
        raise _Refused("value.unknown", "strength", told)
    return int(number)


def _division(told: str | None, homes: list[Grid]) -> int:
    if told is None:
        if not homes:
            raise _Refused("value.missing", "division")
        return homes[0].division_code
    try:
        return parse(told)
    except ValueError:
        raise _Refused("value.unknown", "division", told[:40]) from None
