"""One grid over a period: its figures, its hours, who was there, what is asked of it."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ...divisions.extent import Extent
from ...errors import NotFound
from ...grids.whose import ByGrids
from ..requirements import states
from .listing import Listing, Period, figures_of
from .listing import read as read_figures
from .schemas import GridPatrolSheet, PatrolHour, VisitRow

_MOST_VISITS = 1000
# Index: visits_grid_idx.
_VISITS = text(
    "SELECT v.id, v.unit_id, u.code AS unit_code, u.name AS unit_name, u.kind AS unit_kind,"
    " v.entered_at, v.left_at, v.dwell_s, v.is_sure, v.basis"
    " FROM visits v JOIN units u ON u.id = v.unit_id"
    " WHERE v.grid_id = :grid_id AND v.division_code BETWEEN :low AND :high"
    " AND v.entered_at < :end AND v.left_at >= :start"
    " ORDER BY v.entered_at DESC, v.id DESC LIMIT :most"
)
_HOURS = text(
    "SELECT f.hour, f.visited_m2 / nullif(p.cells * p.cell_m2, 0) AS visited_share,"
    " f.unknown_m2 / nullif(p.cells * p.cell_m2, 0) AS unknown_share, f.visits, f.dwell_s"
    " FROM patrol_figures f LEFT JOIN patrol_plans p ON p.grid_id = f.grid_id"
    " WHERE f.grid_id = :grid_id AND f.division_code BETWEEN :low AND :high"
    " AND f.hour >= :start AND f.hour < :end ORDER BY f.hour"
)


def read(
    session: Session, extent: Extent, grid_id: int, period: Period, by: ByGrids = "today"
) -> GridPatrolSheet:
    """Return the sheet of a grid.

    Raises
    ------
    NotFound
        If there is no such grid in force in the extent.

    """
    rows = read_figures(session, extent, period, Listing(grid_id=grid_id, limit=1, by=by))
    if not rows:
        raise NotFound()
    asked: dict[str, Any] = {
        "grid_id": grid_id,
        "low": extent.low,
        "high": extent.high,
        "start": period.start,
        "end": period.end,
        "most": _MOST_VISITS,
    }
    visits = session.execute(_VISITS, asked).mappings()
    hours = session.execute(_HOURS, asked).mappings()
    windows = states.Asking(start=period.start, end=period.end, grid_id=grid_id, limit=500, by=by)
    return GridPatrolSheet(
        **figures_of(rows[0]).model_dump(),
        start=period.start,
        end=period.end,
        visit_rows=[VisitRow(**row) for row in visits],
        hours=[PatrolHour(**{**row, **_within(row)}) for row in hours],
        states=states.page(session, extent, windows).rows,
    )


def _within(row: Any) -> dict[str, float | None]:
    """Return the shares of an hour, which a plan that has changed since could push over one."""
    names = ("visited_share", "unknown_share")
    return {name: None if row[name] is None else min(row[name], 1.0) for name in names}
