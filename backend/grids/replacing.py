"""A set of grids brought to what a file says, with the versions it had kept as they were."""

from datetime import UTC, date, datetime

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ..landing import Berth, Landing, merge, multi
from ..live import Notice, announce
from ..localtime import today
from ..spatial import from_db
from .changes.applying import follow, hand_on
from .changes.keeping import common_division
from .days import lock_set
from .models import Grid, GridChange

_COLUMNS = ("code", "name", "kind", "division_code", "households")
_KIND, _DIVISION = _COLUMNS.index("kind"), _COLUMNS.index("division_code")
_END = text(
    "UPDATE grids SET valid_to = greatest(valid_from, :day), ended_by = :change"
    " WHERE id = ANY(:ids) AND valid_to IS NULL"
)
_BEGIN = text("UPDATE grids SET valid_from = :day, began_by = :change WHERE id = ANY(:ids)")


def replace_set(session: Session, landing: Landing, berth: Berth) -> None:
    """Write the rows of a file over a set; names and households change in place.

    The first import of a set is no change set: there was nothing to be changed.
    """
    lock_set(session, berth.set_name)
    standing = _standing(session, berth)
    ended = _ended(standing, landing)
    kept = {grid.id for code, grid in standing.items() if code not in ended}
    day = today()
    is_changed = standing and (ended or len(landing.keys) > len(kept))
    change = _change(session, landing, berth, day) if is_changed else None
    number = change.id if change else None
    session.execute(_END, {"ids": list(ended.values()), "change": number, "day": day})
    ids = merge(session, berth, landing, multi(landing.shapes, shapely.multipolygons))
    began = [each for each in ids if each not in kept]
    session.execute(_BEGIN, {"ids": began, "day": day, "change": number})
    if change is not None:
        hand_on(session, began, list(ended.values()))
        announce(session, Notice("grid", change.id, change.version, change.division_code))
    follow(session)


def _standing(session: Session, berth: Berth) -> dict[str, Grid]:
    wanted = select(Grid).where(
        Grid.set_name == berth.set_name,
        Grid.valid_to.is_(None),
        Grid.division_code.between(*berth.bounds),
    )
    return {grid.code: grid for grid in session.scalars(wanted)}


def _ended(standing: dict[str, Grid], landing: Landing) -> dict[str, int]:
    """Return by code the versions that the file redraws, turns into another kind, or leaves out."""
    told = dict(zip(landing.keys, zip(landing.shapes, landing.rows, strict=True), strict=True))
    ended = {}
    for code, grid in standing.items():
        if code in told:
            shape, row = told[code]
            own = from_db(grid.geom)
            if grid.kind == row[_KIND] and shapely.equals_exact(own, _multi(shape), 0.0):
                continue
        ended[code] = grid.id
    return ended


def _multi(shape: BaseGeometry) -> BaseGeometry:
    return MultiPolygon([shape]) if isinstance(shape, Polygon) else shape


def _change(session: Session, landing: Landing, berth: Berth, day: date) -> GridChange:
    author = berth.actor_name or "import"
    change = GridChange(
        set_name=berth.set_name,
        title=f"导入 {berth.set_name}",
        source="import",
        division_code=common_division(row[_DIVISION] for row in landing.rows),
        author_id=berth.actor_id,
        author_name=author,
        state="applied",
        applied_at=datetime.now(UTC),
        applied_by=author,
        in_force_on=day,
    )
    session.add(change)
    session.flush()
    session.refresh(change)
    return change
