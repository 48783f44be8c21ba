"""Where a task is to be done, and how long units need to get there from where they are now."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ...patrol.models import Unit, UnitPosition
from ...settings import load
from ...spatial import lonlat
from ..models import Task
from ..travel import Journey, Origin, travel_times

# A task without a point is about its grids: any point inside the first will do for a way there.
_INSIDE = text(
    "SELECT ST_X(inside), ST_Y(inside) FROM (SELECT ST_PointOnSurface(g.geom) AS inside"
    " FROM task_grids tg JOIN grids g ON g.id = tg.grid_id WHERE tg.task_id = :task"
    " ORDER BY tg.grid_code LIMIT 1) AS found"
)


def target_of(session: Session, task: Task) -> tuple[float, float] | None:
    """Return longitude and latitude of where a task is to be done, None for nowhere."""
    session.refresh(task, ["geom"])
    if task.geom is not None:
        return lonlat(task.geom)
    found = session.execute(_INSIDE, {"task": task.id}).one_or_none()
    return None if found is None else (float(found[0]), float(found[1]))


def of_units(
    session: Session, task: Task, units: Sequence[Unit], *, now: datetime
) -> dict[int, Journey]:
    """Return the journey of each unit by its id; who was not heard of lately has none."""
    target = target_of(session, task)
    if target is None or not units:
        return {}
    fresh = now - timedelta(seconds=load().dispatch.position_fresh_s)
    wanted = (
        select(Unit.id, Unit.vehicle, UnitPosition.lon_e7, UnitPosition.lat_e7)
        .join(UnitPosition, UnitPosition.unit_id == Unit.id)
        .where(Unit.id.in_([unit.id for unit in units]), UnitPosition.at >= fresh)
    )
    rows = session.execute(wanted).all()
    origins = [Origin(row.lon_e7 / 1e7, row.lat_e7 / 1e7, row.vehicle) for row in rows]
    journeys = travel_times(session, origins, target)
    return {row.id: journey for row, journey in zip(rows, journeys, strict=True)}
