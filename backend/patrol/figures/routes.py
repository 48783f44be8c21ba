"""Patrol figures at the API: grids, townships by shift, heat, and a period played again."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from ...access import CurrentUser, Id, Tx, right
from ...divisions.extent import DIVISION_FORM, extent_of
from ...grids.whose import ByGrids
from . import heat, listing, replay, sheet, summary
from .schemas import GridPatrolSheet, Heat, PatrolFigurePage, PatrolSummaryPage, Replay

router = APIRouter(prefix="/api/patrol", tags=["patrol"])

Division = Annotated[str | None, Query(pattern=DIVISION_FORM)]
From = Annotated[AwareDatetime | None, Query(alias="from")]
To = Annotated[AwareDatetime | None, Query(alias="to")]
BBOX_FORM = r"^-?\d{1,3}(\.\d{1,12})?(,-?\d{1,3}(\.\d{1,12})?){3}$"
Bbox = Annotated[str | None, Query(pattern=BBOX_FORM, description="west,south,east,north")]
Sort = Literal[
    "code", "name", "visited_share", "unknown_share", "visits", "dwell_s", "last_visit_at", "state"
]
GridSet = Annotated[str | None, Query(alias="set", max_length=100)]
Grids = Annotated[
    ByGrids,
    Query(alias="grids", description="by the grids of today, or of then: each for its own days"),
]


@router.get("/figures", **right("patrol.read"))
def list_figures(
    *,
    user: CurrentUser,
    tx: Tx,
    division: Division = None,
    start: From = None,
    end: To = None,
    set_name: GridSet = None,
    by: Grids = "today",
    sort: Sort = "code",
    descending: bool = False,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 100,
) -> PatrolFigurePage:
    """Grids of a division over whole hours, by default the last 24."""
    period = listing.period_of(start, end, datetime.now(UTC))
    wanted = listing.Listing(sort, descending, offset, limit, set_name=set_name, by=by)
    return listing.page(tx, extent_of(tx, user, division), period, wanted)


@router.get("/figures/grid/{grid_id}", **right("patrol.read"))
def read_grid(
    grid_id: Id,
    *,
    user: CurrentUser,
    tx: Tx,
    start: From = None,
    end: To = None,
    by: Grids = "today",
) -> GridPatrolSheet:
    """One grid over a period: figures, hours, visits, windows of its requirements."""
    period = listing.period_of(start, end, datetime.now(UTC))
    return sheet.read(tx, extent_of(tx, user, None), grid_id, period, by)


@router.get("/summary", **right("patrol.read"))
def read_patrol_summary(
    *,
    user: CurrentUser,
    tx: Tx,
    division: Division = None,
    start: From = None,
    end: To = None,
    set_name: GridSet = None,
    by: Grids = "today",
) -> PatrolSummaryPage:
    """Townships by shift of eight hours, local time."""
    period = listing.period_of(start, end, datetime.now(UTC))
    return summary.page(tx, extent_of(tx, user, division), period, set_name, by)


@router.get("/heat", **right("patrol.read"))
def read_heat(
    *,
    user: CurrentUser,
    tx: Tx,
    start: From = None,
    end: To = None,
    bbox: Bbox = None,
    by: Grids = "today",
) -> Heat:
    """Cells gone over, with the number of hours in which they were."""
    period = listing.period_of(start, end, datetime.now(UTC))
    return heat.read(tx, extent_of(tx, user, None), period, bbox, by)


@router.get("/replay", **right("patrol.read"))
def read_replay(
    *,
    user: CurrentUser,
    tx: Tx,
    start: From = None,
    end: To = None,
    division: Division = None,
    unit: Annotated[list[int] | None, Query(max_length=100)] = None,
    step_s: Annotated[int, Query(ge=30, le=3600)] = 30,
) -> Replay:
    """Places of units over at most a day, thinned; with many units by more."""
    period = replay.period_of(start, end, datetime.now(UTC))
    return replay.read(tx, extent_of(tx, user, division), period, units=unit, step_s=step_s)
