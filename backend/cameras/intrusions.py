"""Cameras whose stored view enters a forbidden area, or that stand in one (Order 799 Art. 8).

A position inside is refused when a camera is placed; a view depends on lens and buildings and
changes with them, so it is flagged for a person to judge.
"""

from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from ..access import CurrentUser, Tx, right

LEAST_M2 = 1.0
"""Below it a view only touches: a viewshed ends at the very wall where an area may begin."""

router = APIRouter(prefix="/api/restricted-areas", tags=["restricted areas"])


class IntrusionRow(BaseModel):
    """A camera and the forbidden area that it sees, m2 of it for sure and possibly."""

    camera_id: int
    camera_name: str
    area_id: int
    area_name: str
    area_m2: float
    stands: bool
    certain_m2: float
    possible_m2: float
    is_stale: bool | None
    lon: float
    lat: float


class IntrusionPage(BaseModel):
    rows: list[IntrusionRow]
    total: int


@router.get("/views", **right("coverage.read"))
def list_intrusions(
    user: CurrentUser,
    tx: Tx,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> IntrusionPage:
    """Cameras of the jurisdiction that stand in a forbidden area or see into it."""
    return intrusions(tx, (user.scope.low, user.scope.high), limit=limit, offset=offset)


def intrusions(
    session: Session, span: tuple[int, int], *, limit: int = 200, offset: int = 0
) -> IntrusionPage:
    """Return the cameras of a span of divisions that enter forbidden areas, the worst first."""
    asked = {"low": span[0], "high": span[1], "least_m2": LEAST_M2}
    rows = session.execute(_question(), asked | {"limit": limit, "offset": offset}).all()
    found = [dict(row._mapping) for row in rows]
    total = found[0]["total"] if found else 0
    return IntrusionPage(rows=[IntrusionRow(**row) for row in found], total=total)


@cache
def _question() -> TextClause:
    return text((files("backend") / "queries" / "camera_intrusions.sql").read_text("utf-8"))
