"""The same visible sector by programs others wrote: pysovist (closed form) and CGAL (exact)."""

from __future__ import annotations

import math
import time

import numpy as np
import pysovist
import pyvispoly
import shapely
from numpy.typing import NDArray

from gis.obstacles import Obstacles
from gis.visibility import View


def local_segments(obstacles: Obstacles, view: View) -> NDArray[np.float64]:
    """Wall segments (n, 2, 2) whose bounds meet the square round the range circle."""
    o, r = obstacles, view.range_m
    meets = (
        (np.maximum(o.x0, o.x1) > view.x - r)
        & (np.minimum(o.x0, o.x1) < view.x + r)
        & (np.maximum(o.y0, o.y1) > view.y - r)
        & (np.minimum(o.y0, o.y1) < view.y + r)
    )
    starts = np.stack([o.x0[meets], o.y0[meets]], axis=1)
    ends = np.stack([o.x1[meets], o.y1[meets]], axis=1)
    return np.stack([starts, ends], axis=1)


def pysovist_area(segments: NDArray[np.float64], view: View) -> tuple[float, float]:
    """Area in m2 (nan on a wall) and the seconds it took, segments handed over ready."""
    began = time.perf_counter()
    seen = pysovist.isovist(
        segments,
        (view.x, view.y),
        max_distance=view.range_m,
        fov=math.radians(view.fov_deg),
        direction=math.remainder(math.radians(90.0 - view.azimuth_deg), math.tau),
    )
    return float(seen.metrics["area"]), time.perf_counter() - began


def cgal_sector(footprints: NDArray[np.object_], view: View) -> shapely.Geometry:
    """CGAL's visibility polygon in a room that holds the near footprints, cut to the sector.

    `footprints` are disjoint polygons in range; a camera in a courtyard needs its own room.
    """
    eye = shapely.Point(view.x, view.y)
    room = shapely.box(*shapely.total_bounds([*footprints, eye.buffer(view.range_m)])).buffer(
        5.0, join_style="mitre"
    )
    for footprint in footprints:
        for hole in footprint.interiors:
            if shapely.Polygon(hole).contains(eye):
                room = shapely.Polygon(hole)
    within = [f for f in footprints if room.contains_properly(f)]
    holes = [_points(f.exterior, is_ccw=False) for f in within]
    plan = pyvispoly.PolygonWithHoles(_points(room.exterior, is_ccw=True), holes)
    seen = pyvispoly.VisibilityPolygonCalculator(plan).compute_visibility_polygon(
        pyvispoly.Point(float(view.x), float(view.y))
    )
    ring = [(float(p.x()), float(p.y())) for p in seen.boundary()]
    shape = shapely.make_valid(shapely.Polygon(ring), method="structure")
    return shape.intersection(full_sector(view))


def full_sector(view: View) -> shapely.Polygon:
    """Field and range without buildings, arcs in chords of 0.05 degrees."""
    n = math.ceil(view.fov_deg / 0.05)
    half = view.fov_deg / 2.0
    angles = np.radians(np.linspace(view.azimuth_deg + half, view.azimuth_deg - half, n + 1))
    rim = np.stack([np.sin(angles), np.cos(angles)], axis=1) * view.range_m + (view.x, view.y)
    apex = [] if view.fov_deg >= 360.0 else [(view.x, view.y)]
    return shapely.Polygon([*apex, *rim])


def overlap_share(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Intersection over union; 1 when both are empty."""
    union = one.union(other).area
    return one.intersection(other).area / union if union > 0.0 else 1.0


def _points(ring: shapely.LinearRing, *, is_ccw: bool) -> list[pyvispoly.Point]:
    xy = np.asarray(ring.coords)[:-1]
    if ring.is_ccw != is_ccw:
        xy = xy[::-1]
    return [pyvispoly.Point(float(x), float(y)) for x, y in xy]
