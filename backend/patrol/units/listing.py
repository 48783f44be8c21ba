"""Reading units: who they are, whether they are on duty, where they were last heard."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.orm import Session

from ...access import Principal
from ...divisions.codes import text_of
from ...errors import NotFound
from ..models import Unit
from .schemas import GridRef, PositionOut, UnitPage, UnitRow


@dataclass(frozen=True, slots=True)
class Listing:
    """Which units a list shows; None does not narrow."""

    q: str = ""
    kind: str | None = None
    on_duty: bool | None = None
    grid: int | None = None
    is_active: bool | None = True
    span: tuple[int, int] | None = None
    offset: int = 0
    limit: int = 100


def page(session: Session, wanted: Listing, *, by: Principal, now: datetime) -> UnitPage:
    """Return units of the jurisdiction in order of code."""
    rows = _found(session, wanted, by=by, now=now)
    return UnitPage(rows=[_row(each, now) for each in rows], total=rows[0].total if rows else 0)


def one(session: Session, unit_id: int, *, by: Principal, now: datetime) -> UnitRow:
    """Return a unit of the jurisdiction, on duty or not, in use or not.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    wanted = Listing(is_active=None, limit=1)
    rows = _found(session, wanted, by=by, now=now, unit_id=unit_id)
    if not rows:
        raise NotFound()
    return _row(rows[0], now)


def get(session: Session, unit_id: int) -> Unit:
    """Return a unit of the caller's jurisdiction for editing; outside it there is none."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound()
    return unit


def _found(
    session: Session,
    wanted: Listing,
    *,
    by: Principal,
    now: datetime,
    unit_id: int | None = None,
) -> list[Row[Any]]:
    low, high = wanted.span or (by.scope.low, by.scope.high)
    typed = wanted.q.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    values = {
        "low": max(low, by.scope.low),
        "high": min(high, by.scope.high),
        "id": unit_id,
        "kind": wanted.kind,
        "is_active": wanted.is_active,
        "grid": wanted.grid,
        "on_duty": wanted.on_duty,
        "like": f"%{typed}%" if typed else None,
        "prefix": f"{typed}%",
        "now": now,
        "offset": wanted.offset,
        "limit": wanted.limit,
    }
    return list(session.execute(_units(), values).all())


def _row(row: Row[Any], now: datetime) -> UnitRow:
    position = None
    if row.at is not None:
        position = PositionOut(
            lon=row.lon,
            lat=row.lat,
            at=row.at,
            accuracy_m=row.accuracy_m,
            speed_mps=row.speed_mps,
            age_s=round((now - row.at).total_seconds(), 1),
        )
    same = ("id", "set_name", "code", "name", "kind", "vehicle", "is_team", "strength", "skills")
    more = ("account", "is_active", "on_duty", "duty_until", "load", "version")
    return UnitRow(
        **{name: getattr(row, name) for name in (*same, *more)},
        division_code=text_of(row.division_code),
        home_grids=[GridRef(**grid) for grid in row.home_grids],
        position=position,
    )


@cache
def _units() -> TextClause:
    return text((files("backend") / "queries" / "units.sql").read_text("utf-8"))
