"""What Order 799 says of a camera's position: Art. 8 forbids, Art. 10 asks for consent first.

The law binds across the border of a jurisdiction, so the database answers for one point past it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from shapely import Point
from sqlalchemy import text
from sqlalchemy.orm import Session

from ..errors import Refused
from ..landing import Landing


class PositionForbidden(Refused):
    code = "restricted.forbidden"
    zh = "该位置在禁设区域“{name}”内，《条例》第八条禁止在此安装摄像机：请另选位置。"
    en = "This position lies in the forbidden area {name} (Order 799 Art. 8): choose another one."


class ConsentMissing(Refused):
    code = "restricted.consent_missing"
    zh = (
        "该位置在“{name}”周边须先征求同意的范围内（《条例》第十条）："
        "请先取得同意，并在该区域登记同意文件的文号。"
    )
    en = (
        "This position lies in {name}, where consent is needed first (Order 799 Art. 10):"
        " obtain it and enter the number of its document on the area."
    )


@dataclass(frozen=True, slots=True)
class Restriction:
    """An area that keeps a camera out: forbidden, or without the consent it needs."""

    area_id: int
    kind: str
    name: str


_HOLDING = text(
    "SELECT DISTINCT ON (n) n, a.id, a.kind, a.name"
    " FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) WITH ORDINALITY AS p(lon, lat, n)"
    " CROSS JOIN LATERAL gridlink_restricted_at(ST_SetSRID(ST_Point(p.lon, p.lat), 4326)) a"
    " WHERE a.kind = 'forbidden' OR a.consent_document IS NULL"
    " ORDER BY n, a.kind = 'consent', a.id"
)


def require_lawful(session: Session, lon: float, lat: float) -> None:
    """Let a camera stand at a point.

    Raises
    ------
    PositionForbidden
        If the point lies in a forbidden area, or on its edge.
    ConsentMissing
        If it lies where consent is needed and no document is on file.

    """
    found = restrictions(session, [Point(lon, lat)])
    if not found:
        return
    error = PositionForbidden if found[0].kind == "forbidden" else ConsentMissing
    raise error(field="lon", name=found[0].name, area_id=found[0].area_id)


def restrictions(session: Session, points: Sequence[Point]) -> dict[int, Restriction]:
    """Return what keeps cameras from standing, by index of the point; the forbidden area first."""
    at = {"lon": [p.x for p in points], "lat": [p.y for p in points]}
    rows = session.execute(_HOLDING, at)
    return {row.n - 1: Restriction(row.id, row.kind, row.name) for row in rows}


def unlawful_rows(session: Session, landing: Landing) -> dict[str, dict[int, str]]:
    """Return the rows of a landing of cameras that the law keeps out, by code of the fault."""
    kept_out = restrictions(session, landing.shapes)
    faults: dict[str, dict[int, str]] = {}
    for index, restriction in kept_out.items():
        error = PositionForbidden if restriction.kind == "forbidden" else ConsentMissing
        faults.setdefault(error.code, {})[landing.row_no[index]] = restriction.name
    return faults
