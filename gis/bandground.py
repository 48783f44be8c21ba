"""Viewsheds cut to the discs in which each density band holds; metres in the plane CRS."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from gis.visibility import ARC_SAGITTA_M

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Shapes = NDArray[np.object_]
Bools = NDArray[np.bool_]

#: Chords of arcs stay this share of the radius, at most, off the true arc; as in `gis.star`.
SAGITTA_SHARE = 1e-4


def nothing(shape: tuple[int, ...]) -> Shapes:
    """Empty polygons."""
    return np.full(shape, Polygon(), dtype=object)


def cut_to_bands(
    spots: Floats, radii: tuple[Floats, Floats, Floats], seen: tuple[Shapes, Shapes]
) -> tuple[Shapes, Shapes]:
    """Certain and possible ground (poses, bands) from the viewsheds and the radii of the bands."""
    near_m, far_m, wide_m = radii
    sure, perhaps = seen
    certain, possible = nothing(near_m.shape), nothing(near_m.shape)
    whole = sure
    # Each band lies inside the one before: what that left is all that has to be cut.
    for band in range(near_m.shape[1]):
        near, far = near_m[:, band], far_m[:, band]
        sure = _cut(sure, spots, near, near < (wide_m if band == 0 else near_m[:, band - 1]))
        perhaps = _cut(
            perhaps, spots, _outer(far), far < (wide_m if band == 0 else far_m[:, band - 1])
        )
        certain[:, band], possible[:, band] = sure, perhaps
        # Between the two radii the field errs over and under this density.
        errs = far > near
        whole = _cut(whole, spots, _outer(far), errs)
        between = np.flatnonzero(errs & ~shapely.is_empty(whole))
        doubtful = shapely.difference(whole[between], sure[between])
        possible[between, band] = areal(shapely.union(perhaps[between], doubtful))
    return certain, possible


def _cut(shapes: Shapes, spots: Floats, radius_m: Floats, chosen: Bools) -> Shapes:
    """The chosen shapes within a disc with its corners at that radius; 0 leaves nothing of any."""
    shapes = shapes.copy()
    shapes[radius_m <= 0.0] = Polygon()
    wanted = np.flatnonzero(chosen & (radius_m > 0.0) & ~shapely.is_empty(shapes))
    corners = _corners(radius_m[wanted])
    for count in np.unique(corners):
        rows = wanted[corners == count]
        angles = np.arange(count) * (2.0 * math.pi / count)
        unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        discs = shapely.polygons(spots[rows, None] + radius_m[rows, None, None] * unit)
        shapes[rows] = areal(shapely.intersection(shapes[rows], discs))
    return shapes


def areal(shapes: Shapes) -> Shapes:
    """The polygons of each shape alone: overlays leave points and lines where borders touch."""
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(shapes), (3, 6)))
    if not len(mixed):
        return shapes
    shapes = shapes.copy()
    for i in mixed:
        parts = shapely.get_parts(shapes[i])
        polygons = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        shapes[i] = shapely.union_all(polygons) if len(polygons) else Polygon()
    return shapes


def _corners(radius_m: Floats) -> Longs:
    """Corners of a disc whose chords stay within 1e-4 of the radius and 5 cm off the circle.

    It hangs on this radius alone, so that a camera's ground does not hang on whom it is asked with.
    """
    least = math.ceil(math.pi / math.acos(1.0 - SAGITTA_SHARE))
    doublings = np.ceil(np.log2(np.maximum(radius_m * SAGITTA_SHARE / ARC_SAGITTA_M, 1.0)) / 2.0)
    return np.asarray(least * 2.0**doublings, dtype=np.int64)


def _outer(radius_m: Floats) -> Floats:
    """Radius to the corners of the disc drawn round the circle."""
    return np.asarray(radius_m / np.cos(math.pi / _corners(radius_m)))
