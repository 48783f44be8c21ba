"""Grids at the API."""

import json
from datetime import date
from typing import Annotated

import shapely
from fastapi import APIRouter, Query
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select

from gis.gridarea import area_m2

from ..access import CurrentUser, Id, Tx, right
from ..divisions.codes import parse_jurisdiction, span
from ..divisions.locating import named
from ..errors import InvalidField, NotFound
from ..spatial import from_db
from . import listing
from .changes.board import proposed, taken_codes
from .models import Grid
from .schemas import (
    CodesAsked,
    CodesProposed,
    CrosswalkOut,
    GridCollection,
    GridSetList,
    GridSheet,
)

router = APIRouter(prefix="/api/grids", tags=["grids"])

_Day = Annotated[date | None, Query(description="as on this day; without one, now")]
_BOX = r"^-?\d+(\.\d+)?(,-?\d+(\.\d+)?){3}$"


class BadBox(InvalidField):
    code = "grids.bad_box"
    zh = "范围应为 西,南,东,北 四个经纬度。"
    en = "A box is west,south,east,north in degrees."


class BadOutlines(InvalidField):
    code = "grids.bad_outlines"
    zh = "请给出数量，或给出 GeoJSON 图形，二者选一。"
    en = "Give either a count or outlines in GeoJSON."


@router.get("", **right("map.read"))
def list_grids(
    *,
    user: CurrentUser,
    tx: Tx,
    set_name: Annotated[str | None, Query(alias="set", max_length=100)] = None,
    at: _Day = None,
    division: Annotated[str | None, Query(pattern=r"^(0|\d{2,12})$")] = None,
    bbox: Annotated[str | None, Query(pattern=_BOX, max_length=200)] = None,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=20_000)] = 5000,
) -> GridCollection:
    """Grids in force on a day, as GeoJSON; those of the jurisdiction, by set and code."""
    low, high = user.scope.low, user.scope.high
    if division is not None:
        try:
            first, last = span(parse_jurisdiction(division))
        except ValueError as wrong:
            raise InvalidField(field="division", reason=str(wrong)) from wrong
        low, high = max(low, first), min(high, last)
    wanted = listing.Wanted(set_name, at, (low, high), _box(bbox), offset, limit)
    return listing.collection(tx, wanted)


@router.get("/sets", **right("map.read"))
def list_grid_sets(user: CurrentUser, tx: Tx, at: _Day = None) -> GridSetList:
    """The sets of grids there are in the jurisdiction on a day, with counts."""
    return GridSetList(sets=listing.sets(tx, user, at))


@router.get("/crosswalk", **right("map.read"))
def read_crosswalk(
    user: CurrentUser,
    tx: Tx,
    from_set: Annotated[str, Query(alias="from", min_length=1, max_length=100)],
    to_set: Annotated[str, Query(alias="to", min_length=1, max_length=100)],
    at: _Day = None,
) -> CrosswalkOut:
    """Which ground of one set lies in which grids of another: exact areas and shares."""
    return CrosswalkOut(rows=listing.crossed(tx, from_set, to_set, at, user))


@router.post("/codes/propose", **right("grids.edit"))
def propose_codes(asked: CodesAsked, tx: Tx) -> CodesProposed:
    """Free codes by the set's layout; none that a grid of the set ever had."""
    if (asked.count is None) == (asked.geometries is None):
        raise BadOutlines(field="count")
    shapes = [_outline(geometry) for geometry in asked.geometries or ()]
    taken = taken_codes(tx, asked.set_name)
    codes = proposed(asked.set_name, asked.division_code, taken, asked.count or len(shapes))
    if shapes:
        codes = [codes[rank] for rank in listing.order_of(shapes)]
    return CodesProposed(codes=codes)


@router.get("/{grid_id}", **right("map.read"))
def read_grid(grid_id: Id, user: CurrentUser, session: Tx) -> GridSheet:
    """Return one grid of the jurisdiction, of whatever period."""
    grid = session.scalars(
        select(Grid).where(
            Grid.id == grid_id, Grid.division_code.between(user.scope.low, user.scope.high)
        )
    ).one_or_none()
    if grid is None:
        raise NotFound()
    division = named(session, grid.division_code)
    shape = from_db(grid.geom)
    middle = shape.representative_point()
    return GridSheet(
        id=grid.id,
        set_name=grid.set_name,
        code=grid.code,
        name=grid.name,
        kind=grid.kind,
        division=division,
        households=grid.households,
        area_m2=round(float(area_m2([shape])[0]), 1),
        centre=(middle.x, middle.y),
        bounds=shape.bounds,
        geometry=dict(shapely.geometry.mapping(shape)),
        valid_from=grid.valid_from,
        valid_to=grid.valid_to,
    )


def _box(written: str | None) -> listing.Box | None:
    if written is None:
        return None
    west, south, east, north = (float(part) for part in written.split(","))
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadBox(field="bbox")
    return west, south, east, north


def _outline(geometry: object) -> BaseGeometry:
    try:
        shape = shapely.from_geojson(json.dumps(geometry))
    except (shapely.errors.GEOSException, ValueError, TypeError) as wrong:
        raise BadOutlines(field="geometries") from wrong
    if shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise BadOutlines(field="geometries")
    return shape
