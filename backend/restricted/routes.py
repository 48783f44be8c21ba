"""Restricted areas at the API."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from ..access import CurrentUser, Id, Tx, right
from . import drawing
from .schemas import RestrictedAreaList, RestrictedAreaNew, RestrictedAreaRow

router = APIRouter(prefix="/api/restricted-areas", tags=["restricted areas"])


@router.get("", **right("coverage.read"))
def list_restricted_areas(
    user: CurrentUser,
    tx: Tx,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> RestrictedAreaList:
    """Areas of the jurisdiction where no camera may stand, or not before a consent."""
    return drawing.page(tx, (user.scope.low, user.scope.high), limit=limit, offset=offset)


@router.post("", status_code=201, **right("coverage.plan"))
def add_restricted_area(new: RestrictedAreaNew, user: CurrentUser, tx: Tx) -> RestrictedAreaRow:
    """Draw an area within the jurisdiction; it binds the next camera that is placed."""
    return drawing.add(tx, new, by=user)


@router.delete("/{area_id}", status_code=204, response_class=Response, **right("coverage.plan"))
def remove_restricted_area(area_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Take an area away."""
    drawing.remove(tx, area_id, by=user)
    return Response(status_code=204)
