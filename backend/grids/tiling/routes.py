"""Faults of a tiling and their mends at the API."""

from typing import Annotated

from fastapi import APIRouter, Query

from ...access import CurrentUser, Tx, right
from . import keeping
from .schemas import MendOrder, MendPreview, TilingPage

router = APIRouter(prefix="/api/grids/tiling", tags=["grids"])


@router.get("", **right("map.read"))
def read_faults(
    user: CurrentUser,
    tx: Tx,
    set_name: Annotated[str, Query(alias="set", min_length=1, max_length=100)],
    threshold_m2: Annotated[float, Query(ge=0.0, le=1e12)] = 1.0,
) -> TilingPage:
    """Faults of a set as in force: overlaps, gaps, slivers, grids beyond their village."""
    return keeping.page(tx, set_name, (user.scope.low, user.scope.high), threshold_m2)


@router.post("/mends", **right("grids.edit"))
def preview_mends(order: MendOrder, user: CurrentUser, tx: Tx) -> MendPreview:
    """What mending would do; nothing is written. Its operations make a change set."""
    return keeping.preview(tx, order, (user.scope.low, user.scope.high))
