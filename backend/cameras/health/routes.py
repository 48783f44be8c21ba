"""Health over HTTP: the list, one camera's sheet with its history, a person's word."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from ...accounts.access import CurrentUser, Id, Tx, right
from ...divisions.extent import DIVISION_FORM, extent_of
from .. import registry
from . import confirming, listing
from .schemas import Condition, ConfirmOrder, HealthPage, HealthSheet, PlaceClass

router = APIRouter(prefix="/api/cameras", tags=["health"])


@router.get("/health", **right("cameras.read"))
def list_health(
    *,
    user: CurrentUser,
    tx: Tx,
    division: Annotated[str | None, Query(pattern=DIVISION_FORM)] = None,
    state: Annotated[list[Condition] | None, Query(max_length=9)] = None,
    place_class: Annotated[PlaceClass | None, Query(alias="class")] = None,
    clock_off: bool = False,
    q: Annotated[str, Query(max_length=100)] = "",
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> HealthPage:
    """Cameras with condition and evidence, worst first; and how many are in which condition."""
    extent = extent_of(tx, user, division)
    wanted = listing.Listing(
        span=(extent.low, extent.high),
        q=q,
        conditions=tuple(state or ()),
        place_class=place_class,
        only_clock=clock_off,
        offset=offset,
        limit=limit,
    )
    return listing.page(tx, wanted)


@router.get("/{camera_id}/health", **right("cameras.read"))
def read_health(camera_id: Id, user: CurrentUser, tx: Tx) -> HealthSheet:
    """All that is held of one camera's health, with its history."""
    return listing.sheet(tx, camera_id, (user.scope.low, user.scope.high))


@router.post("/{camera_id}/health/confirm", **right("health.confirm"))
def confirm_view(camera_id: Id, order: ConfirmOrder, user: CurrentUser, tx: Tx) -> HealthSheet:
    """End a withdrawn view: it is back, or this is its new view; entered into the register."""
    camera = registry.get(tx, camera_id)
    confirming.confirm(tx, camera, order.what, datetime.now(UTC), by=user)
    tx.flush()
    return listing.sheet(tx, camera_id, (user.scope.low, user.scope.high))


@router.post("/{camera_id}/health/reference", **right("health.confirm"))
def renew_reference(camera_id: Id, user: CurrentUser, tx: Tx) -> HealthSheet:
    """Compare from now on with the view as it is now; entered into the register."""
    camera = registry.get(tx, camera_id)
    confirming.renew_reference(tx, camera, datetime.now(UTC), by=user)
    tx.flush()
    return listing.sheet(tx, camera_id, (user.scope.low, user.scope.high))
