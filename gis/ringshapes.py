"""Shapely geometries of the rings that sweeps leave behind; metres in the plane CRS."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from gis.seenrings import Rings

Shapes = NDArray[np.object_]
Indices = NDArray[np.integer]


def polygons_of_looks(rings: Rings, rows: Indices, n: int) -> Shapes:
    """Valid Polygon or MultiPolygon of each row, shape (n,); empty where nothing is seen.

    Parameters
    ----------
    rings : Rings
        From `gis.seenrings.trace_grounds`.
    rows : ndarray of int, shape (looks,)
        Row that each look belongs to; looks of one row do not overlap.
    n : int
        Number of rows.

    """
    shapes = np.full(n, Polygon(), dtype=object)
    if rings.n_polygons == 0:
        return shapes
    starts = rings.starts[: rings.n_rings + 1]
    ring_of_vertex = np.repeat(np.arange(rings.n_rings), np.diff(starts))
    closed: Shapes = np.asarray(shapely.linearrings(rings.xy[: starts[-1]], indices=ring_of_vertex))
    parts: Shapes = np.asarray(shapely.polygons(closed, indices=rings.polygon[: rings.n_rings]))
    row = rows[rings.look[: rings.n_polygons]]
    is_alone = np.bincount(row, minlength=n)[row] == 1
    shapes[row[is_alone]] = parts[is_alone]
    several = np.flatnonzero(~is_alone)
    several = several[np.argsort(row[several], kind="stable")]
    several_rows, group = np.unique(row[several], return_inverse=True)
    if len(several):
        shapes[several_rows] = shapely.multipolygons(parts[several], indices=group)
    return with_mended(shapes, np.unique(row[rings.is_doubtful[: rings.n_polygons]]))


def with_mended(shapes: Shapes, doubtful: Indices) -> Shapes:
    """The same with those of the doubtful ones that are not valid put right, in place."""
    # A hairline view along a wall can come out as a spike narrower than 1e-9 m. "structure" is
    # the method that stays quick on any input; what it mends can cross itself once more, by
    # rounding, in a spike that leaves a camera on a wall.
    for _ in range(3):
        doubtful = doubtful[~shapely.is_valid(shapes[doubtful])]
        if not len(doubtful):
            break
        mended = shapely.make_valid(shapes[doubtful], method="structure", keep_collapsed=False)
        shapes[doubtful] = [_areal(shape) for shape in mended]
    return shapes


def _areal(shape: shapely.Geometry) -> Polygon | MultiPolygon:
    """The shape's polygons alone."""
    if isinstance(shape, Polygon | MultiPolygon):
        return shape
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon | MultiPolygon)]
    joined = shapely.union_all(parts)
    return joined if isinstance(joined, Polygon | MultiPolygon) else Polygon()
