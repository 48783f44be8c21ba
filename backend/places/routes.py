"""Places at the API."""

from fastapi import APIRouter
from sqlalchemy import select

from ..access import CurrentUser, Id, Tx, right
from ..divisions.locating import named
from ..errors import NotFound
from ..spatial import lonlat
from .models import Place
from .schemas import PlaceSheet

router = APIRouter(prefix="/api/places", tags=["places"])


@router.get("/{place_id}", **right("map.read"))
def read_place(place_id: Id, user: CurrentUser, session: Tx) -> PlaceSheet:
    """Return one place of the jurisdiction."""
    place = session.scalars(
        select(Place).where(
            Place.id == place_id, Place.division_code.between(user.scope.low, user.scope.high)
        )
    ).one_or_none()
    if place is None:
        raise NotFound()
    lon, lat = lonlat(place.geom)
    division = named(session, place.division_code)
    return PlaceSheet(
        id=place.id,
        name=place.name,
        kind=place.kind,
        is_key=place.is_key,
        weight=place.weight,
        address=place.address,
        lon=lon,
        lat=lat,
        division=division,
    )
