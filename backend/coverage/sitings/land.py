"""What a siting is worked out from, read in one go: candidates, ground with its worth, the law.

Metres of the lookout's frame.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.candidates import (
    Spots,
    are_built,
    area_spots,
    corner_spots,
    grid_points,
    joined_spots,
    pole_spots,
    road_spots,
    thinned,
)
from gis.frame import LocalFrame
from gis.gapweights import ROAD_WORTH, GroundFacts, GroundWeights, GroundWorth, ground_worth
from gis.siteplan import Ground, Land, Wish
from gis.siteview import lenses_for

from ...cameras import lookout
from ...divisions.extent import Extent
from ...errors import InvalidField
from ...settings import load
from .. import subjects
from ..bands import PX_PER_M
from ..facts import facts_of, place_names
from .asked import area_of
from .schemas import SitingOrder, SitingWeights

STEP_M = 50.0
"""Distance between candidates along roads and in an area."""
CELL_M = 10.0
MOST_SPOTS = 4_000
MOST_CELLS = 60_000
_MOST_GRID_POINTS = 8_000_000
_POLE_KINDS = ("灯杆", "路灯", "监控杆", "立杆", "电线杆", "杆", "pole", "street_lamp", "lamp")

_OUTLINE = text(
    "SELECT ST_AsBinary(ST_Union(geom)) FROM divisions WHERE valid_to IS NULL AND"
    " CASE WHEN :code = 0 THEN parent_code IS NULL"
    " OR NOT EXISTS (SELECT FROM divisions p WHERE p.code = divisions.parent_code"
    " AND p.valid_to IS NULL) ELSE code = :code END"
)
_POLES = text(
    "SELECT ST_X(geom) AS lon, ST_Y(geom) AS lat FROM places WHERE kind = ANY(:kinds)"
    " AND division_code BETWEEN :low AND :high"
    " AND geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)"
    " UNION ALL SELECT ST_X(geom), ST_Y(geom) FROM cameras"
    " WHERE division_code BETWEEN :low AND :high"
    " AND geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)"
)
# The law binds across the border: read with the owner's eyes, whatever division drew the area.
_RESTRICTED = text(
    "SELECT kind, consent_document, ST_AsBinary(geom) AS shape FROM restricted_areas"
    " WHERE geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326) ORDER BY id"
)
_MARGIN_DEG = 0.02
"""Some 2 km: farther than a camera shows 20 px/m."""

Floats = NDArray[np.float64]


class AreaOutside(InvalidField):
    code = "sitings.area_outside"
    zh = "划定的区域与所选行政区划没有交集：请在本辖区内划定。"
    en = "The drawn area does not meet the division: draw it inside your jurisdiction."


class OutlineUnknown(InvalidField):
    code = "sitings.outline_unknown"
    zh = "行政区划没有边界数据：请先导入边界，或划定一个区域。"
    en = "The division has no outline: import it first, or draw an area."


@dataclass(frozen=True, slots=True)
class Case:
    """Everything one siting is worked out from."""

    frame: LocalFrame
    land: Land
    spots: Spots
    ground: Ground
    worth: GroundWorth
    place_names: list[str]
    camera_id: NDArray[np.int64]
    wish: Wish
    cell_m: float
    area_m2: float


def read_case(session: Session, extent: Extent, order: SitingOrder) -> Case:
    """Return the case of an order.

    Raises
    ------
    AreaOutside, OutlineUnknown
        If there is no land to propose on.

    """
    watch, scene = lookout.current(session)
    held = subjects.current(session, watch.frame, scene.obstacles)
    lonlat_area = _area(session, extent, order)
    area = watch.frame.geometry_to_metric(_array([lonlat_area]))[0]
    box = _box(lonlat_area.bounds)
    forbidden, closed = _restricted(session, watch.frame, box)
    wish = wish_for(order)
    poles = [] if "poles" not in order.sources else _poles(session, extent, box)
    spots = _spots(order, area, (scene.obstacles, held.road_shapes, _metric(watch.frame, poles)))
    facts = facts_of(session, held, months=order.weights.incident_months)
    ground, worth, cell_m = _ground((area, scene.obstacles), spots, (order, wish), facts)
    return Case(
        watch.frame,
        Land(scene.obstacles, scene.terrain, watch.poses, forbidden, closed),
        spots,
        ground,
        worth,
        place_names(held),
        watch.camera_id,
        wish,
        cell_m,
        float(area.area),
    )


def wish_for(order: SitingOrder) -> Wish:
    """Return what was asked in the terms of gis."""
    is_priced = order.budget.cost is not None
    return Wish(
        budget=float(order.budget.cost or order.budget.count or 0),
        px_per_m=PX_PER_M[order.band],
        fov_deg=tuple(sorted(set(order.lenses))),
        source_cost={str(k): v for k, v in (order.costs or {}).items()} if is_priced else None,
        height_m=order.height_m,
        width_px=float(order.width_px),
        per_spot=order.per_spot,
        target_height_m=load().sight.target_height_m,
        seconds=order.seconds,
    )


def weights_for(asked: SitingWeights) -> GroundWeights:
    """Return worths: the usual ones, each times what was asked."""
    usual = GroundWeights()
    chosen = asked.road_class
    return GroundWeights(
        usual.ground,
        usual.key_places * asked.key_places,
        usual.incidents * asked.incidents,
        ROAD_WORTH if chosen is None else {str(code): worth for code, worth in chosen.items()},
        usual.population * asked.population,
    )


def _area(session: Session, extent: Extent, order: SitingOrder) -> Any:
    wkb = session.scalar(_OUTLINE, {"code": extent.code})
    outline = None if wkb is None else shapely.from_wkb(wkb)
    if order.area is None:
        if outline is None:
            raise OutlineUnknown(field="division")
        return outline
    drawn = area_of(order)
    inside = drawn if outline is None else drawn.intersection(outline)
    pieces = shapely.get_parts(inside)
    parts = [part for part in pieces if part.geom_type == "Polygon" and not part.is_empty]
    if not parts:
        raise AreaOutside(field="area")
    return shapely.multipolygons(parts)


def _restricted(
    session: Session, frame: LocalFrame, box: dict[str, float]
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Areas no camera may look into, and areas none may stand in without consent."""
    rows = session.execute(_RESTRICTED, box).mappings().all()
    forbidden = [r["shape"] for r in rows if r["kind"] == "forbidden"]
    closed = [r["shape"] for r in rows if r["kind"] == "consent" and r["consent_document"] is None]
    return tuple(  # type: ignore[return-value]
        frame.geometry_to_metric(_array([shapely.from_wkb(shape) for shape in kind]))
        for kind in (forbidden, closed)
    )


def _poles(session: Session, extent: Extent, box: dict[str, float]) -> list[tuple[float, float]]:
    """Poles of the land: places that are poles, and where cameras hang already."""
    asked = {"kinds": list(_POLE_KINDS), "low": extent.low, "high": extent.high} | box
    return [(row.lon, row.lat) for row in session.execute(_POLES, asked)]


def _spots(order: SitingOrder, area: Any, known: tuple[Any, NDArray[np.object_], Floats]) -> Spots:
    obstacles, roads, poles = known
    shapely.prepare(area)
    parts = [pole_spots([], [])]
    if "poles" in order.sources:
        inside = poles[shapely.contains_xy(area, poles[:, 0], poles[:, 1])]
        parts.append(pole_spots(inside[:, 0], inside[:, 1]))
    if "corners" in order.sources:
        parts.append(corner_spots(obstacles, area, height_m=order.height_m))
    if "roads" in order.sources and len(roads):
        near = roads[shapely.intersects(roads, area)]
        parts.append(road_spots(near, area, every_m=STEP_M))
    if "area" in order.sources:
        every_m = max(STEP_M, math.sqrt(area.area / MOST_SPOTS))
        parts.append(area_spots(area, every_m=every_m))
    spots = joined_spots(*parts)
    apart_m = 1.0
    while len(spots) > MOST_SPOTS:
        apart_m *= 1.5
        spots = thinned(spots, apart_m)
    return spots


def _ground(
    land: tuple[Any, Any], spots: Spots, asked: tuple[SitingOrder, Wish], facts: GroundFacts
) -> tuple[Ground, GroundWorth, float]:
    """Squares of open ground in reach of a candidate; larger ones where there would be too many."""
    area, obstacles = land
    order, wish = asked
    lenses = lenses_for(
        np.asarray(wish.fov_deg),
        width_px=wish.width_px,
        height_m=wish.height_m,
        px_per_m=wish.px_per_m,
        target_height_m=wish.target_height_m,
    )
    reach_m = float(lenses.reach_m.max())
    west, south, east, north = area.bounds
    cell_m = max(CELL_M, math.sqrt((east - west) * (north - south) / _MOST_GRID_POINTS))
    while True:
        x, y = grid_points(area, cell_m)
        if len(spots) and len(x):
            tree = cKDTree(np.column_stack([spots.x, spots.y]))
            near, _ = tree.query(np.column_stack([x, y]), distance_upper_bound=reach_m)
            x, y = x[np.isfinite(near)], y[np.isfinite(near)]
        if len(x) <= MOST_CELLS:
            break
        cell_m = math.ceil(2.0 * cell_m * math.sqrt(len(x) / MOST_CELLS)) / 2.0
    free = ~are_built(obstacles, x, y)
    x, y, half = x[free], y[free], cell_m / 2.0
    squares = np.asarray(shapely.box(x - half, y - half, x + half, y + half), dtype=object)
    worth = ground_worth(squares, facts, weights_for(order.weights))
    return Ground(x, y, worth.area_m2, worth.weight), worth, cell_m


def _metric(frame: LocalFrame, spots: list[tuple[float, float]]) -> Floats:
    if not spots:
        return np.empty((0, 2))
    lon, lat = np.array(spots, dtype=np.float64).T
    return np.stack(frame.to_metric(lon, lat), axis=1)


def _box(bounds: tuple[float, float, float, float]) -> dict[str, float]:
    west, south, east, north = bounds
    return {
        "west": west - _MARGIN_DEG,
        "south": south - _MARGIN_DEG,
        "east": east + _MARGIN_DEG,
        "north": north + _MARGIN_DEG,
    }


def _array(shapes: list[Any]) -> NDArray[np.object_]:
    out = np.empty(len(shapes), dtype=object)
    out[:] = shapes
    return out
