"""Outlines of places that are known already, from a file: matched by code, else by name.

Registers keep points, surveys keep yards; this joins them. A place the file does not name keeps
the outline it has.
"""

from collections.abc import Sequence
from typing import Any

import shapely
from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from gis.columns import Field
from gis.intake import Intake

from ..landing import Berth, Landing, Row, RowRefused, each_row, multi
from .models import Place

FIELDS = (
    Field("name", ("名称", "地名", "场所名称", "单位名称", "mc", "title")),
    Field("code", ("编码", "编号", "代码", "place_id", "poi_id")),
)
_WRITE = text(
    "UPDATE places p SET outline = CAST(o.outline AS geometry)"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:outlines AS text[])) AS o(id, outline)"
    " WHERE p.id = o.id AND p.outline IS DISTINCT FROM CAST(o.outline AS geometry)"
)


def read_rows(intake: Intake) -> Landing:
    """Check each row; one that names no place is refused."""
    landing = Landing(("code", "name"))

    def take(row: Row) -> None:
        code, name = row.text("code"), row.text("name")
        if code is None and name is None:
            raise RowRefused("value.missing", "name")
        landing.rows.append((code, name))
        landing.shapes.append(row.shape)
        landing.row_no.append(row.number)

    each_row(intake, landing, take)
    return landing


def unmatched_rows(
    session: Session, landing: Landing, bounds: tuple[int, int]
) -> dict[str, dict[int, str]]:
    """Find the place of each row within `bounds`; return the rows with none, or with several."""
    places = _named(session, landing.rows, bounds)
    faults: dict[str, dict[int, str]] = {}
    landing.extras = []
    for (code, name), number in zip(landing.rows, landing.row_no, strict=True):
        key = ("name", name) if code is None else ("code", code)
        found = places.get(key, [])
        landing.extras.append(found[0] if len(found) == 1 else None)
        if len(found) != 1:
            fault = "outline.many_places" if found else "outline.no_place"
            faults.setdefault(fault, {})[number] = str(key[1])
    return faults


def _named(
    session: Session, rows: Sequence[tuple[Any, ...]], bounds: tuple[int, int]
) -> dict[tuple[str, str | None], list[int]]:
    """Return the ids of places by code and by name."""
    codes = [code for code, _ in rows if code is not None]
    names = [name for code, name in rows if code is None]
    known = session.execute(
        select(Place.id, Place.code, Place.name).where(
            Place.division_code.between(*bounds),
            or_(Place.code.in_(codes), Place.name.in_(names)),
        )
    )
    found: dict[tuple[str, str | None], list[int]] = {}
    for place_id, code, name in known:
        found.setdefault(("code", code), []).append(place_id)
        found.setdefault(("name", name), []).append(place_id)
    return found


def write(session: Session, landing: Landing, berth: Berth) -> None:
    """Give each place its outline; the set of a place is its own, whatever the file is called."""
    outlines = multi(landing.shapes, shapely.multipolygons)
    session.execute(_WRITE, {"ids": list(landing.extras), "outlines": outlines})
