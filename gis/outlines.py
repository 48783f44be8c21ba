"""Outlines of places as something that can be seen; x and y in metres of one plane CRS.

A wall cannot be looked at from inside its house: what coverage asks is whether somebody who stands
in front of it is seen. So where an outline runs along a building it is moved half a metre outward.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Longest piece that is moved or left as one, metres.
PIECE_M = 1.0
#: How far before its wall an outline is looked at, metres.
STAND_OFF_M = 0.5


def outline_pieces(outline: BaseGeometry | None, built: STRtree) -> Floats:
    """The outline as straight pieces, moved out of the walls they run along.

    Parameters
    ----------
    outline : (Multi)LineString or None
        Metres.
    built : STRtree
        Over the building footprints, Polygon or MultiPolygon, same CRS.

    Returns
    -------
    ndarray, float64, shape (pieces, 2, 2)
        Start and end of each piece, at most `PIECE_M` long; (0, 2, 2) for an empty outline.

    Notes
    -----
    Each segment is cut into equal pieces. Half a metre left and right of a piece's middle is
    looked up in the buildings: if one side alone is inside one, the piece moves to the other side;
    if neither or both are, it stays. Lengths do not change.

    """
    starts, ends = _cut(_segments(outline))
    along = ends - starts
    length = np.hypot(along[:, 0], along[:, 1])[:, np.newaxis]
    left = STAND_OFF_M * np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(length, 1e-12)
    middle = (starts + ends) / 2.0
    is_left_built, is_right_built = _inside(middle + left, built), _inside(middle - left, built)
    move = np.zeros_like(left)
    move[is_right_built & ~is_left_built] = left[is_right_built & ~is_left_built]
    move[is_left_built & ~is_right_built] = -left[is_left_built & ~is_right_built]
    return np.stack([starts + move, ends + move], axis=1)


def _segments(outline: BaseGeometry | None) -> Floats:
    """Start and end of each straight part that has a length, float64 (n, 2, 2)."""
    parts = shapely.get_parts(np.array([outline], dtype=object))
    xy, part = shapely.get_coordinates(parts, return_index=True)
    joined = part[1:] == part[:-1]
    segments = np.stack([xy[:-1][joined], xy[1:][joined]], axis=1)
    return np.asarray(segments[np.any(segments[:, 0] != segments[:, 1], axis=1)])


def _cut(segments: Floats) -> tuple[Floats, Floats]:
    along = segments[:, 1] - segments[:, 0]
    pieces = np.ceil(np.hypot(along[:, 0], along[:, 1]) / PIECE_M).astype(np.int64)
    segment = np.repeat(np.arange(len(segments)), pieces)
    number = np.arange(len(segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    count = pieces[segment]
    first, step = segments[segment, 0], along[segment]
    starts = first + step * (number / count)[:, np.newaxis]
    ends = first + step * ((number + 1) / count)[:, np.newaxis]
    return starts, ends


def _inside(points: Floats, built: STRtree) -> Bools:
    found = np.zeros(len(points), dtype=bool)
    found[built.query(shapely.points(points), predicate="within")[0]] = True
    return found
