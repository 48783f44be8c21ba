"""Workload of grids at the API."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from ..access import CurrentUser, Id, Tx, right
from ..divisions.codes import parse_jurisdiction, span
from ..grids.staff.keeping import grid_of
from ..localtime import today
from . import balancing, measuring, ways
from .schemas import Balance, BalanceOrder, Way, WayOrder, WorkloadPage

router = APIRouter(prefix="/api/grids", tags=["grids"])


@router.get("/workload", **right("patrol.read"))
def read_workload(
    *,
    user: CurrentUser,
    tx: Tx,
    set_name: Annotated[str, Query(alias="set", min_length=1, max_length=100)],
    months: Annotated[int, Query(ge=1, le=120)] = 12,
    at: date | None = None,
    division: Annotated[str | None, Query(pattern=r"^(0|\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")] = None,
) -> WorkloadPage:
    """What each grid of a set has to look after, against the mean of the set; 20,000 at most."""
    within = None if division is None else span(parse_jurisdiction(division))
    wanted = measuring.Wanted(set_name, at or today(), months, within)
    return measuring.page(tx, wanted, by=user)


@router.post("/{grid_id}/balance", **right("grids.edit"))
def propose_cut(grid_id: Id, order: BalanceOrder, user: CurrentUser, tx: Tx) -> Balance:
    """Where to part a grid into two of nearly equal work, along roads where it can be."""
    grid = grid_of(tx, grid_id, user)
    wanted = measuring.Wanted(grid.set_name, today(), order.months)
    return balancing.propose(tx, grid, order, wanted, by=user)


@router.post("/ways", **right("grids.edit"))
def find_way(order: WayOrder, tx: Tx) -> Way:
    """The way along roads through some ground that passes where was pointed; a line to split by."""
    return ways.through(tx, order.geometry, (order.lon, order.lat), order.within_m)
