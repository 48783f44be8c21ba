"""The way along roads through a piece of ground that passes where somebody pointed."""

from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Point, Polygon
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry
from shapely.ops import split
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.frame import frame_for
from gis.roadpaths import Path, crossing_paths

from ..errors import InvalidField, Refused
from .schemas import Line, Way

_MOST_VERTICES = 20_000
_ROADS = text(
    "SELECT ST_AsBinary(r.geom) FROM roads r WHERE r.geom && ST_GeomFromWKB(:outline, 4326)"
    " AND ST_Intersects(r.geom, ST_GeomFromWKB(:outline, 4326))"
)


class NoWay(Refused):
    code = "workload.no_way"
    zh = "此处没有贯穿该网格的道路，请点在道路上，或手工划线。"
    en = "No road leads through the grid here: point at a road, or draw a line."


class NotGround(InvalidField):
    code = "workload.not_ground"
    zh = "所给范围不是有效的多边形：{reason}"
    en = "What was given is no valid polygon: {reason}"


def through(
    session: Session, outline: dict[str, Any], at: tuple[float, float], within_m: float
) -> Way:
    """Return the way within a distance of the point that parts the ground most evenly.

    Raises
    ------
    NotGround, NoWay
        If the outline is no valid polygon, or no road near the point leads through it.

    """
    ground = _at(_read(outline), at)
    west, south, east, north = ground.bounds
    frame = frame_for([west, east], [south, north])
    found = session.scalars(_ROADS, {"outline": shapely.to_wkb(ground)})
    lines = [line for wkb in found for line in shapely.get_parts(shapely.from_wkb(bytes(wkb)))]
    metric = frame.geometry_to_metric(np.array([ground, *lines], dtype=object))
    spot = Point(*(float(value) for value in frame.to_metric(at[0], at[1])))
    near = [path for path in crossing_paths(metric[0], metric[1:]) if _is_at(path, spot, within_m)]
    ranked = sorted((_unevenness(metric[0], path), k) for k, path in enumerate(near))
    if not ranked or ranked[0][0] > 1:
        raise NoWay()
    best = near[ranked[0][1]]
    line = frame.geometry_to_lonlat(np.array([best.line], dtype=object))[0]
    spots = [(float(x), float(y)) for x, y in shapely.get_coordinates(line)]
    return Way(line=Line(coordinates=spots), road_share=round(best.road_share, 4))


def _read(outline: dict[str, Any]) -> BaseGeometry:
    try:
        ground = shapely.geometry.shape(outline)
    except (ValueError, TypeError, LookupError, AttributeError, ShapelyError) as wrong:
        raise NotGround(field="geometry", reason=str(wrong)[:80]) from wrong
    if not isinstance(ground, Polygon | MultiPolygon) or ground.is_empty or not ground.is_valid:
        raise NotGround(field="geometry", reason=ground.geom_type)
    if shapely.get_num_coordinates(ground) > _MOST_VERTICES:
        raise NotGround(field="geometry", reason=f"> {_MOST_VERTICES}")
    west, south, east, north = ground.bounds
    if not (-180 <= west <= east <= 180 and -85 <= south <= north <= 85):
        raise NotGround(field="geometry", reason="lon/lat")
    return ground


def _at(ground: BaseGeometry, at: tuple[float, float]) -> Polygon:
    """Return the piece of the ground that lies where was pointed."""
    spot = Point(*at)
    pieces: list[Polygon] = shapely.get_parts(ground).tolist()
    return min(pieces, key=lambda piece: float(piece.distance(spot)))


def _is_at(path: Path, spot: Point, within_m: float) -> bool:
    return bool(path.line.distance(spot) <= within_m)


def _unevenness(ground: Polygon, path: Path) -> float:
    """Return how far from half the first part is, 0 to 0.5; 2 when there are not two parts."""
    parts = list(split(ground, path.line).geoms)
    return abs(float(parts[0].area / ground.area) - 0.5) if len(parts) == 2 else 2.0
