"""Edges that two neighbours of a tiling share, found by their corners; any one CRS.

Where every edge has its partner on the other side, nothing overlaps and nothing is missing: all
faults of a tiling lie within the arrangement of the edges that have none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.polygonedges import corners_of, ends_of

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

_MIX = tuple(np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_SHIFTS = (np.uint64(29), np.uint64(32))


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges of polygons, inside on their left.

    Attributes
    ----------
    xy : ndarray of float64, shape (corners, 2)
        Corners of all polygons.
    start : ndarray of int64, shape (n,)
        Corner at which each edge begins; it ends at the next one.
    owner : ndarray of int64, shape (n,)
        Row of the polygon.
    key : ndarray of uint64, shape (n,)
        The same for both directions of an edge, and for no other edge.
    is_forward : ndarray of bool, shape (n,)
        Which of the two directions.
    longest2 : float
        Square of the greatest length, in the unit of the coordinates.

    """

    xy: Floats
    start: Rows
    owner: Rows
    key: NDArray[np.uint64]
    is_forward: Flags
    longest2: float

    def ends(self, chosen: Rows | Flags) -> Floats:
        """x0, y0, x1, y1 of these edges, (m, 4): of few, for those of all take much memory."""
        return ends_of(self.xy, self.start[chosen])


def edges_of(polygons: Shapes) -> Edges:
    """Edges of valid polygons or multipolygons, shape (n,); missing and empty ones have none."""
    xy, start, owner = corners_of(shapely.orient_polygons(polygons))
    xy += 0.0  # no minus zero: its bits differ
    steps = np.diff(xy, axis=0)
    length2 = np.einsum("ij,ij->i", steps, steps)[start]
    has_length = length2 > 0.0
    start = start[has_length]
    mark = _mark(xy)
    return Edges(
        xy=xy,
        start=start,
        owner=owner[has_length],
        key=mark[start] + mark[start + 1],
        is_forward=mark[start] < mark[start + 1],
        longest2=float(length2.max(initial=0.0)),
    )


def is_unmatched(edges: Edges) -> Flags:
    """True for each edge that is not there exactly once in either direction."""
    order = np.argsort(edges.key)
    keys = edges.key[order]
    run = np.cumsum(np.concatenate([[True], keys[1:] != keys[:-1]])[: len(keys)]) - 1
    count = np.bincount(run)
    forward = np.bincount(run, weights=edges.is_forward[order])
    is_pair = (count == 2) & (forward == 1)
    unmatched = np.ones(len(keys), dtype=bool)
    unmatched[order] = ~is_pair[run]
    return unmatched


def shared_lengths(
    edges: Edges, scale: tuple[float, float] = (1.0, 1.0)
) -> tuple[Rows, Rows, Floats]:
    """Pairs of polygons that share edges, and the length they share.

    Returns
    -------
    one, other : ndarray of int64, shape (pairs,)
        Rows, each pair both ways round.
    length : ndarray of float64, shape (pairs,)
        In the unit of the coordinates, x and y first multiplied by `scale`.

    """
    order = np.argsort(edges.key)
    keys = edges.key[order]
    first = np.flatnonzero(keys[1:] == keys[:-1])
    one, other = edges.owner[order[first]], edges.owner[order[first + 1]]
    ends = edges.ends(order[first])
    length = np.hypot((ends[:, 2] - ends[:, 0]) * scale[0], (ends[:, 3] - ends[:, 1]) * scale[1])
    keep = one != other
    one, other, length = one[keep], other[keep], length[keep]
    pairs, at = np.unique(
        np.column_stack([np.r_[one, other], np.r_[other, one]]), axis=0, return_inverse=True
    )
    summed = np.bincount(at.ravel(), weights=np.r_[length, length], minlength=len(pairs))
    return pairs[:, 0], pairs[:, 1], np.asarray(summed, dtype=np.float64)


def _mark(xy: Floats) -> NDArray[np.uint64]:
    """A number of 64 bits for each corner; two corners of a million share one once in 1e7 files."""
    bits = np.ascontiguousarray(xy).view(np.uint64)
    mark = bits[:, 0] * _MIX[0]
    mark ^= mark >> _SHIFTS[0]
    mark += bits[:, 1] * _MIX[1]
    mark ^= mark >> _SHIFTS[1]
    mark *= _MIX[2]
    mark ^= mark >> _SHIFTS[0]
    return np.asarray(mark)
