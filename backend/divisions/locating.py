"""Divisions by code and place: their names and paths, what lies under them, what holds a point."""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from .codes import LEVEL_NAME, Level, level_of, parent, text_of
from .models import Division

_HOLDING = text(
    "SELECT code FROM divisions WHERE valid_to IS NULL"
    " AND geom && ST_SetSRID(ST_Point(:lon, :lat), 4326)"
    " AND ST_Covers(geom, ST_SetSRID(ST_Point(:lon, :lat), 4326))"
    " ORDER BY level DESC, code LIMIT 1"
)


class DivisionRef(BaseModel):
    """A division as others refer to it; `path` names it from the top down, itself last."""

    code: str
    name: str
    level: str | None
    path: list[str]


def named(session: Session, code: int) -> DivisionRef | None:
    """Return the division of a code with its path, None if there is none in force."""
    lineage = _lineage(code)
    rows = session.execute(
        select(Division.code, Division.name).where(
            Division.code.in_(lineage), Division.valid_to.is_(None)
        )
    )
    names = {row.code: row.name for row in rows}
    if code not in names:
        return None
    level = level_of(code)
    return DivisionRef(
        code=text_of(code),
        name=names[code],
        level=None if level is None else LEVEL_NAME[Level(level)],
        path=[names[above] for above in reversed(lineage) if above in names],
    )


def children(session: Session, above: int | None) -> Sequence[Division]:
    """Return the divisions right under `above`, or those that have nothing above them."""
    current = select(Division).where(Division.valid_to.is_(None)).order_by(Division.code)
    if above is not None:
        return session.scalars(current.where(Division.parent_code == above)).all()
    known = select(Division.code).where(Division.valid_to.is_(None))
    top = Division.parent_code.is_(None) | Division.parent_code.not_in(known)
    return session.scalars(current.where(top)).all()


def division_at(session: Session, lon: float, lat: float) -> int | None:
    """Return the code of the deepest division that covers the point."""
    code: int | None = session.scalar(_HOLDING, {"lon": lon, "lat": lat})
    return code


def _lineage(code: int) -> list[int]:
    """The code and those above it, nearest first."""
    lineage = [code]
    while (above := parent(lineage[-1])) is not None:
        lineage.append(above)
    return lineage
