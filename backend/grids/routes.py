"""Grids at the API."""

import shapely
from fastapi import APIRouter
from sqlalchemy import select, text

from ..access import CurrentUser, Id, Tx, right
from ..divisions.locating import named
from ..errors import NotFound
from ..spatial import from_db
from .models import Grid
from .schemas import GridSheet

router = APIRouter(prefix="/api/grids", tags=["grids"])

_AREA = text("SELECT ST_Area(geom::geography) FROM grids WHERE id = :id")


@router.get("/{grid_id}", **right("map.read"))
def read_grid(grid_id: Id, user: CurrentUser, session: Tx) -> GridSheet:
    """Return one grid of the jurisdiction."""
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
        area_m2=round(session.execute(_AREA, {"id": grid.id}).scalar_one(), 1),
        centre=(middle.x, middle.y),
        bounds=shape.bounds,
        geometry=dict(shapely.geometry.mapping(shape)),
        valid_from=grid.valid_from,
        valid_to=grid.valid_to,
    )
