"""PTZ over HTTP: aim at a place, move one head, hold it; where heads look, for the map."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from ...accounts.access import CurrentUser, Id, Tx, right
from .. import registry
from . import locking, stated
from .keeping_schemas import PtzSheet
from .schemas import (
    AimAnswer,
    AimOrder,
    HeadViews,
    LockOrder,
    LockShape,
    MapBox,
    MoveAnswer,
    MoveOrder,
    Stated,
)

router = APIRouter(prefix="/api/cameras", tags=["ptz"])


@router.post("/aim", **right("ptz.control"))
def aim_at_place(order: AimOrder, user: CurrentUser) -> AimAnswer:
    """Turn every PTZ camera that can see the place to it; each answers for itself."""
    from .aiming import aim  # brings numba and the ONVIF client

    return aim(user, order)


@router.get("/ptz/views", **right("cameras.read"))
def list_head_views(user: CurrentUser, tx: Tx, box: Annotated[MapBox, Query()]) -> HeadViews:
    """Sectors of the heads within a box of the map: where they look now, and their presets."""
    from .sheet import head_views

    return head_views(tx, (user.scope.low, user.scope.high), box)


@router.get("/{camera_id}/ptz", **right("cameras.read"))
def read_head(camera_id: Id, user: CurrentUser, tx: Tx) -> PtzSheet:
    """Everything known of a head: where it looks, who holds it, its presets, tours and masks."""
    from .sheet import sheet

    return sheet(tx, user, camera_id, datetime.now(UTC))


@router.post("/{camera_id}/ptz/refresh", **right("ptz.control"))
def refresh_head(camera_id: Id, user: CurrentUser) -> PtzSheet:
    """Ask the device what its head can do, where it stands and which presets it keeps."""
    from .refreshing import refresh

    return refresh(user, camera_id)


@router.post("/{camera_id}/ptz/move", **right("ptz.control"))
def move_head(camera_id: Id, order: MoveOrder, user: CurrentUser) -> MoveAnswer:
    """Move a head: by speeds while a key is held, to a point of its picture, to a direction."""
    from .driving import move

    return move(user, camera_id, order)


@router.post("/{camera_id}/ptz/stop", **right("ptz.control"))
def stop_head(camera_id: Id, order: Stated, user: CurrentUser) -> MoveAnswer:
    """Stop a head, whoever holds it."""
    from .steering import stop

    return stop(user, camera_id, order)


@router.post("/{camera_id}/ptz/home", **right("ptz.control"))
def send_head_home(camera_id: Id, order: Stated, user: CurrentUser) -> MoveAnswer:
    """Send a head to its home view now."""
    from .steering import go_home

    return go_home(user, camera_id, order)


@router.post("/{camera_id}/ptz/lock", **right("ptz.control"))
def lock_head(camera_id: Id, order: LockOrder, user: CurrentUser, tx: Tx) -> LockShape:
    """Keep a head for oneself for some minutes; of two at once one gets it, the other a 409."""
    camera = registry.get(tx, camera_id)
    why = stated.why_of(tx, user, camera, order)
    return locking.lock(tx, camera, why, order.seconds, datetime.now(UTC))


@router.delete(
    "/{camera_id}/ptz/lock", status_code=204, response_class=Response, **right("ptz.control")
)
def unlock_head(camera_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Give one's head back; somebody else's stays as it is."""
    locking.release(tx, registry.get(tx, camera_id), user)
    return Response(status_code=204)
