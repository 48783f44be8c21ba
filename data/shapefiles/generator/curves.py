"""Random but tidy curves: what makes rivers, borders and lanes look grown, not ruled (metres)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

Points: TypeAlias = NDArray[np.float64]
SEED = 699901


def rng_for(part: int) -> np.random.Generator:
    """One stream per part, so that a change in one layer leaves the others as they were."""
    return np.random.default_rng([SEED, part])


def fractal(points: Points, rng: np.random.Generator, *, roughness: float, step_m: float) -> Points:
    """The line through `points`, bent by midpoint displacement until no leg exceeds `step_m`."""
    line = np.asarray(points, dtype=np.float64)
    while True:
        legs = np.diff(line, axis=0)
        lengths = np.hypot(legs[:, 0], legs[:, 1])
        long = np.flatnonzero(lengths > step_m)
        if long.size == 0:
            return line
        normals = np.column_stack([-legs[long, 1], legs[long, 0]])
        push = rng.normal(0.0, roughness, long.size).clip(-0.3, 0.3)[:, None]
        middles = (line[long] + line[long + 1]) / 2 + normals * push
        line = np.insert(line, long + 1, middles, axis=0)


def rounded(points: Points, times: int = 2) -> Points:
    """Chaikin's corner cutting with both ends kept."""
    line = np.asarray(points, dtype=np.float64)
    for _ in range(times):
        if len(line) < 3:
            return line
        quarter = line[:-1] * 0.75 + line[1:] * 0.25
        three = line[:-1] * 0.25 + line[1:] * 0.75
        inner = np.column_stack([quarter, three]).reshape(-1, 2)[1:-1]
        line = np.vstack([line[:1], inner, line[-1:]])
    return line


def turned(points: Points, angle_deg: float) -> Points:
    """Points turned counter-clockwise about the origin."""
    a = np.radians(angle_deg)
    turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    result: Points = np.asarray(points, dtype=np.float64) @ turn
    return result


def grid_azimuth_deg(dx: float, dy: float) -> float:
    """Degrees clockwise from grid north of the step (dx, dy)."""
    return float(np.degrees(np.arctan2(dx, dy)) % 360.0)


def snapped(geometry: shapely.Geometry) -> shapely.Geometry:
    """The geometry on whole centimetres: small files, and borders that stay shared."""
    return shapely.set_precision(geometry, 0.01)


def merged(polygons: Iterable[BaseGeometry]) -> Polygon:
    """The union of touching polygons, which must be one piece."""
    whole = shapely.union_all(list(polygons))
    if not isinstance(whole, Polygon):
        raise ValueError(f"expected one piece, got {whole.geom_type}")
    return whole


def merged_tiles(polygons: Iterable[Polygon]) -> Polygon:
    """The union of tiles that share their borders vertex for vertex, all vertices kept."""
    whole = shapely.coverage_union_all(list(polygons))
    if not isinstance(whole, Polygon):
        raise ValueError(f"tiles do not hang together: {whole.geom_type}")
    return whole
