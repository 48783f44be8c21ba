"""Footprints as shapely geometries again, put together from the wall edges of obstacles."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.obstacles import Floats, Obstacles

Shapes = NDArray[np.object_]
Indices = NDArray[np.integer]


def footprints(obstacles: Obstacles, buildings: Indices) -> Shapes:
    """Footprints of the given buildings.

    Parameters
    ----------
    obstacles : Obstacles
        Metric CRS.
    buildings : ndarray of int, shape (n,)
        Indices of buildings, repeated ones allowed.

    Returns
    -------
    ndarray of MultiPolygon, shape (n,)
        Metres, CRS of the obstacles; courtyards are holes.

    """
    edge, position = edges_of(obstacles, buildings)
    if len(edge) == 0:
        return np.empty(0, dtype=object)
    first = _ring_starts(obstacles, edge, position)
    starts = np.stack([obstacles.x0[edge], obstacles.y0[edge]], axis=1)
    stops = np.append(first[1:], len(edge))
    closed = np.insert(starts, stops, starts[first], axis=0)
    ring_offsets = np.append(0, stops + np.arange(1, len(stops) + 1))
    shells = np.flatnonzero(_are_shells(starts, first, stops))
    polygon_offsets = np.append(shells, len(first))
    building_offsets = np.searchsorted(position[first[shells]], np.arange(len(buildings) + 1))
    kind = shapely.GeometryType.MULTIPOLYGON
    offsets = (ring_offsets, polygon_offsets, building_offsets)
    return np.asarray(shapely.from_ragged_array(kind, closed, offsets))


def edges_of(obstacles: Obstacles, buildings: Indices) -> tuple[Indices, Indices]:
    """Edge numbers of the listed buildings, and the position in the list that each belongs to."""
    first = obstacles.edge_starts[buildings].astype(np.int64)
    counts = obstacles.edge_starts[buildings + 1] - first
    position = np.repeat(np.arange(len(buildings)), counts)
    within = np.arange(len(position)) - np.repeat(np.cumsum(counts) - counts, counts)
    return first[position] + within, position


def _ring_starts(obstacles: Obstacles, edge: Indices, position: Indices) -> Indices:
    """Places in `edge` where a ring begins: where edges stop following end to start."""
    begins = np.ones(len(edge), dtype=bool)
    begins[1:] = (
        (obstacles.x1[edge[:-1]] != obstacles.x0[edge[1:]])
        | (obstacles.y1[edge[:-1]] != obstacles.y0[edge[1:]])
        | (position[1:] != position[:-1])
    )
    # Two rings of one building that touch in the corner where both begin would read as one; such
    # a building is not valid, and one ring through the corner twice covers the same ground.
    return np.flatnonzero(begins)


def _are_shells(starts: Floats, first: Indices, stops: Indices) -> NDArray[np.bool_]:
    """Whether each ring runs counter-clockwise, so is a shell; its holes follow it."""
    # Measured from the ring's first corner: far from the origin the products would drown the area.
    ring = np.repeat(np.arange(len(first)), stops - first)
    x, y = (starts - starts[first][ring]).T
    following = np.arange(1, len(starts) + 1)
    following[stops - 1] = first
    doubled = np.add.reduceat(x * y[following] - x[following] * y, first)
    is_shell: NDArray[np.bool_] = doubled > 0.0
    return is_shell
