"""The wall over HTTP: layouts, tours, and how tiles name their cameras.

No picture opens here: each tile asks for its own ticket (`POST /api/streams`), with the purpose
stated for the whole wall.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy.orm import Session

from ..access import CurrentUser, Id, Principal, Tx, right
from ..accounts.models import User
from ..cameras.schemas import BigId
from ..divisions.locating import named
from . import cameras, keeping
from .models import WallLayout, WallTour
from .schemas import (
    LayoutEdit,
    LayoutList,
    LayoutNew,
    LayoutRow,
    WallCameras,
    WallTourEdit,
    WallTourList,
    WallTourNew,
    WallTourRow,
)

router = APIRouter(prefix="/api/wall", tags=["wall"])
_OPEN = right("streams.open")


@router.get("/cameras", **_OPEN)
def read_wall_cameras(
    user: CurrentUser,
    tx: Tx,
    id: Annotated[list[BigId], Query(min_length=1, max_length=64)],
) -> WallCameras:
    """How tiles name these cameras: name, place, state; in the order asked for."""
    return cameras.described(tx, id, user)


@router.get("/layouts", **_OPEN)
def list_layouts(user: CurrentUser, tx: Tx) -> LayoutList:
    """The caller's layouts and those shared within the jurisdiction, by name."""
    return LayoutList(
        layouts=[_layout(tx, kept, user) for kept in keeping.listed(WallLayout, tx, user)]
    )


@router.post("/layouts", status_code=201, **_OPEN)
def save_layout(new: LayoutNew, user: CurrentUser, tx: Tx) -> LayoutRow:
    """Keep a layout, for oneself or shared with one's division."""
    return _layout(tx, keeping.save_layout(tx, new, user), user)


@router.patch("/layouts/{layout_id}", **_OPEN)
def edit_layout(layout_id: Id, change: LayoutEdit, user: CurrentUser, tx: Tx) -> LayoutRow:
    """Change a layout as it was seen at `version`."""
    return _layout(tx, _changed(WallLayout, tx, layout_id, change, user), user)


@router.delete("/layouts/{layout_id}", status_code=204, response_class=Response, **_OPEN)
def delete_layout(layout_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Throw a layout away."""
    keeping.discard(tx, keeping.get(WallLayout, tx, layout_id, user), user)
    return Response(status_code=204)


@router.get("/tours", **_OPEN)
def list_tours(user: CurrentUser, tx: Tx) -> WallTourList:
    """The caller's tours and those shared within the jurisdiction, by name."""
    return WallTourList(
        tours=[_tour(tx, kept, user) for kept in keeping.listed(WallTour, tx, user)]
    )


@router.post("/tours", status_code=201, **_OPEN)
def save_tour(new: WallTourNew, user: CurrentUser, tx: Tx) -> WallTourRow:
    """Keep a tour of listed cameras, of those in a grid, or of those that see a place."""
    return _tour(tx, keeping.save_tour(tx, new, user), user)


@router.patch("/tours/{tour_id}", **_OPEN)
def edit_tour(tour_id: Id, change: WallTourEdit, user: CurrentUser, tx: Tx) -> WallTourRow:
    """Change a tour as it was seen at `version`."""
    return _tour(tx, _changed(WallTour, tx, tour_id, change, user), user)


@router.delete("/tours/{tour_id}", status_code=204, response_class=Response, **_OPEN)
def delete_tour(tour_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Throw a tour away."""
    keeping.discard(tx, keeping.get(WallTour, tx, tour_id, user), user)
    return Response(status_code=204)


@router.get("/tours/{tour_id}/cameras", **_OPEN)
def read_tour_cameras(tour_id: Id, user: CurrentUser, tx: Tx) -> WallCameras:
    """The cameras a tour goes round now; a grid's and a place's are found anew."""
    return cameras.of_tour(tx, keeping.get(WallTour, tx, tour_id, user), user)


def _changed(
    kind: type[keeping.Kept],
    session: Session,
    key: int,
    change: LayoutEdit | WallTourEdit,
    by: Principal,
) -> keeping.Kept:
    kept = keeping.edit(session, keeping.get(kind, session, key, by), change.version, by)
    given = change.model_dump(exclude={"version"}, exclude_none=True)
    return keeping.change(session, kept, given, by)


def _layout(session: Session, kept: WallLayout, by: Principal) -> LayoutRow:
    return LayoutRow(cameras=kept.cameras, **_row(session, kept, by))


def _tour(session: Session, kept: WallTour, by: Principal) -> WallTourRow:
    return WallTourRow(
        dwell_s=kept.dwell_s,
        source=kept.source,
        cameras=kept.cameras,
        grid_id=kept.grid_id,
        place_id=kept.place_id,
        source_name=cameras.source_name(session, kept, by),
        **_row(session, kept, by),
    )


def _row(session: Session, kept: WallLayout | WallTour, by: Principal) -> dict[str, Any]:
    division = named(session, kept.division_code)
    owner = session.get(User, kept.author_id)
    return {
        "id": kept.id,
        "name": kept.name,
        "is_shared": kept.is_shared,
        "is_mine": kept.author_id == by.id,
        "may_edit": keeping.may_edit(kept, by),
        "owner": owner.display_name if owner else None,
        "division_name": division.name if division else None,
        "size": kept.size,
        "updated_at": kept.updated_at,
        "version": kept.version,
    }
