"""Cameras as the tiles of a wall name them, and whose cameras a tour goes round now."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from ..access import Principal
from ..grids.models import Grid
from ..places.models import Place
from .models import WallTour
from .schemas import MOST_ON_TOUR, WallCamera, WallCameras


def described(session: Session, ids: Sequence[int], by: Principal) -> WallCameras:
    """Return what tiles show of these cameras, in their order, without those that are gone."""
    values = {"ids": list(ids), "low": by.scope.low, "high": by.scope.high}
    rows = session.execute(_query("wall_cameras"), values).mappings()
    cameras = [WallCamera.model_validate(dict(row)) for row in rows]
    return WallCameras(cameras=cameras, gone=len(ids) - len(cameras))


def of_tour(session: Session, tour: WallTour, by: Principal) -> WallCameras:
    """Return a tour's cameras as of now: a grid and a place are asked anew each time."""
    return described(session, _ids_of(session, tour, by), by)


def source_name(session: Session, tour: WallTour, by: Principal) -> str | None:
    """Return the name of a tour's grid or place, None where it has none or it is gone."""
    if tour.source == "cameras":
        return None
    model, key = (Grid, tour.grid_id) if tour.source == "grid" else (Place, tour.place_id)
    within = model.division_code.between(by.scope.low, by.scope.high)
    name: str | None = session.scalar(select(model.name).where(model.id == key, within))
    return name


def _ids_of(session: Session, tour: WallTour, by: Principal) -> list[int]:
    if tour.source == "cameras":
        return list(tour.cameras)
    span = {"low": by.scope.low, "high": by.scope.high}
    if tour.source == "grid":
        values = {"grid_id": tour.grid_id, "most": MOST_ON_TOUR, **span}
        return list(session.scalars(_query("wall_grid_cameras"), values))
    return _seeing(session, tour, by)


def _seeing(session: Session, tour: WallTour, by: Principal) -> list[int]:
    """Return the cameras that see the tour's place or may see it, best first."""
    where = session.execute(_PLACE, {"id": tour.place_id}).one_or_none()
    if where is None:
        return []
    from ..cameras.ranking import rank  # brings numba, which warm.py loads beside the start

    answer = rank(session, by.scope, where.lon, where.lat, limit=100)
    return [camera.camera_id for camera in answer.cameras if camera.sight != "blocked"]


_PLACE = text("SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM places WHERE id = :id")


@cache
def _query(name: str) -> TextClause:
    return text((files("backend") / "queries" / f"{name}.sql").read_text("utf-8"))
