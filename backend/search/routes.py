"""Search, and what lies at a point. They stand above all domains they look into."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import text

from ..access import CurrentUser, Tx, right
from ..divisions.locating import division_at, named
from ..grids.locating import grids_at
from ..places.locating import nearest_place
from .finding import find
from .schemas import LocateOut, SearchOut

router = APIRouter(prefix="/api", tags=["search"])

_BUILDING = text(
    "SELECT id FROM buildings WHERE geom && ST_SetSRID(ST_Point(:lon, :lat), 4326)"
    " AND ST_Covers(geom, ST_SetSRID(ST_Point(:lon, :lat), 4326)) ORDER BY height_m DESC LIMIT 1"
)


@router.get("/search", **right("map.read"))
def search(
    user: CurrentUser,
    session: Tx,
    q: Annotated[str, Query(max_length=100)],
    limit: Annotated[int, Query(ge=1, le=50)] = 12,
) -> SearchOut:
    """Find places, grids, cameras, divisions and incidents by name, initials or code."""
    return SearchOut(results=find(session, q, by=user, limit=limit))


@router.get("/locate", **right("map.read"))
def locate(
    user: CurrentUser,
    session: Tx,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
) -> LocateOut:
    """Tell what lies at a point: division, grids, building, the nearest place."""
    span = (user.scope.low, user.scope.high)
    code = division_at(session, lon, lat)
    return LocateOut(
        division=named(session, code) if code is not None else None,
        grids=grids_at(session, lon, lat, span),
        building_id=session.scalar(_BUILDING, {"lon": lon, "lat": lat}),
        nearest_place=nearest_place(session, lon, lat, span),
    )
