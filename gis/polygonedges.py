"""Edges of polygons and lines as arrays, with the shape that each belongs to; any one CRS."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Shapes = NDArray[np.object_]


def corners_of(polygons: Shapes) -> tuple[Floats, Longs, Longs]:
    """Corners of polygons and the edges between them.

    Parameters
    ----------
    polygons : ndarray of Polygon or MultiPolygon, shape (n,)
        Any CRS; missing and empty ones have no edge.

    Returns
    -------
    xy : ndarray of float64, shape (corners, 2)
        Of all rings, holes among them, one after another, closed.
    start : ndarray of int64, shape (edges,)
        Corner at which each edge begins; it ends at the next one.
    owner : ndarray of int64, shape (edges,)
        Row of the polygon, ascending.

    """
    parts, owner = shapely.get_parts(polygons, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, start, ring = chains_of(rings)
    return xy, start, owner[part[ring]].astype(np.int64)


def chains_of(lines: Shapes) -> tuple[Floats, Longs, Longs]:
    """Corners of simple lines, where each segment begins, and the row of its line; as above."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    start = np.flatnonzero(line[1:] == line[:-1])
    return xy, start, line[start]


def ends_of(xy: Floats, start: Longs) -> Floats:
    """Both ends of each edge: x0, y0, x1, y1; float64 (edges, 4), contiguous."""
    ends = np.empty((len(start), 4))
    ends[:, :2], ends[:, 2:] = xy[start], xy[start + 1]
    return ends
