"""Subjects laid on the raster: edges of their areas, and the cells that stand for their lines.

Metres in the scene's CRS; cells as in `gis.rasterfill`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.coverage import MEASURES, Subjects
from gis.errors import GeometryError
from gis.obstacles import Floats, Obstacles, Walls, find_building
from gis.polygonedges import chains_of, corners_of, ends_of
from gis.rasterfill import to_plane, to_raster
from gis.rastertally import Areas, Longs, Points

Shapes = NDArray[np.object_]

#: Lines are cut into pieces of at most this length; a piece is seen if the cell of its middle is.
PIECE_M = 1.0
_OFF_M = 0.5


@dataclass(frozen=True, slots=True)
class Laid:
    """Subjects on the raster."""

    areas: Areas
    points: Points
    #: First and last row and column of the cells each area may hold, int64 (n, 4): row0, row1,
    #: col0, col1, the ends excluded; all 0 for an empty area.
    cells: Longs
    #: Whole length of roads and outlines, int64 (3, n), micrometres; the first row is 0.
    length_um: Longs


def laid(obstacles: Obstacles, subjects: Subjects, cell_m: float) -> Laid:
    """Subjects on cells of side `cell_m`.

    Raises
    ------
    GeometryError
        If an area is no polygon, or a road or outline no line.

    """
    _require("areas", subjects.areas, (3, 6))
    for name in MEASURES[1:]:
        _require(name + "s", getattr(subjects, name + "s"), (1, 2, 5, 7))
    points = _points(obstacles, subjects, cell_m)
    length_um = np.zeros((3, len(subjects)), dtype=np.int64)
    np.add.at(length_um, (points.measure, points.subject), points.length_um)
    areas = _areas(subjects.areas)
    return Laid(areas, points, _cells(areas, cell_m), length_um)


def _require(name: str, shapes: Shapes, kinds: tuple[int, ...]) -> None:
    is_wrong = ~np.isin(shapely.get_type_id(shapes), kinds)
    if np.any(is_wrong):
        row = int(np.argmax(is_wrong))
        allowed = "polygons" if kinds[0] == 3 else "lines, or empty"
        raise GeometryError(name, got=f"{shapes[row]!r:.60} at {row}", allowed=allowed)


def _areas(shapes: Shapes) -> Areas:
    xy, start, owner = corners_of(shapes)
    edges = ends_of(xy, start)
    for end in (slice(0, 2), slice(2, 4)):
        edges[:, end] = np.stack(to_raster(*edges[:, end].T), axis=1)
    starts = np.searchsorted(owner, np.arange(len(shapes) + 1)).astype(np.int64)
    low, high = _extents(edges[:, [1, 3]], starts)
    return Areas(edges, starts, low, high)


def _extents(values: Floats, starts: Longs) -> tuple[Floats, Floats]:
    """Least and greatest value of each stretch of rows; inf and -inf for an empty one."""
    low, high = np.full(len(starts) - 1, np.inf), np.full(len(starts) - 1, -np.inf)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled):
        low[filled] = np.minimum.reduceat(values.min(axis=1), starts[filled])
        high[filled] = np.maximum.reduceat(values.max(axis=1), starts[filled])
    return low, high


def _cells(areas: Areas, cell_m: float) -> Longs:
    left, right = _extents(areas.edges[:, [0, 2]], areas.starts)
    low, high = areas.low_v, areas.high_v
    cells = np.zeros((len(low), 4), dtype=np.int64)
    filled = low <= high
    ends = np.stack([low, high, left, right], axis=1)[filled] / cell_m
    cells[filled, 0::2], cells[filled, 1::2] = np.floor(ends[:, 0::2]), np.ceil(ends[:, 1::2])
    return cells


def _points(obstacles: Obstacles, subjects: Subjects, cell_m: float) -> Points:
    columns = []
    for measure, lines in ((1, subjects.roads), (2, subjects.outlines)):
        parts, owner = shapely.get_parts(lines, return_index=True)
        xy, start, part = chains_of(parts)
        segments = ends_of(xy, start)
        x, y, length_m, segment = _middles(segments)
        if measure == 2:
            along = segments[segment, 2:] - segments[segment, :2]
            x, y = stood_off(obstacles.walls, x, y, along)
        row, col = free_cells(obstacles.walls, x, y, cell_m)
        subject = owner[part[segment]].astype(np.int32)
        kind = np.full(len(x), measure, dtype=np.int32)
        length_um = np.rint(length_m * 1e6).astype(np.int64)
        columns.append((row, col, subject, kind, length_um))
    return Points(*(np.concatenate(pair) for pair in zip(*columns, strict=True)))


def _middles(segments: Floats) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:
    """Middle and length of each piece, and the segment that it is cut from."""
    dx, dy = segments[:, 2] - segments[:, 0], segments[:, 3] - segments[:, 1]
    length = np.hypot(dx, dy)
    counts = np.maximum(np.ceil(length / PIECE_M), 1).astype(np.int64)
    segment = np.repeat(np.arange(len(segments)), counts)
    number = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (number + 0.5) / counts[segment]
    x = segments[segment, 0] + share * dx[segment]
    y = segments[segment, 1] + share * dy[segment]
    return x, y, (length / counts)[segment], segment


@compiled
def stood_off(walls: Walls, x: Floats, y: Floats, along: Floats) -> tuple[Floats, Floats]:
    """Places from which a wall is looked at: as `gis.outlines` moves pieces of outlines.

    A piece that runs `along` a building on one side alone moves half a metre to the other.
    """
    moved_x, moved_y = x.copy(), y.copy()
    for p in range(x.size):
        length = math.hypot(along[p, 0], along[p, 1])
        if length == 0.0:
            continue
        left_x, left_y = -_OFF_M * along[p, 1] / length, _OFF_M * along[p, 0] / length
        is_left = find_building(walls, x[p] + left_x, y[p] + left_y) >= 0
        is_right = find_building(walls, x[p] - left_x, y[p] - left_y) >= 0
        side = int(is_right) - int(is_left)
        moved_x[p], moved_y[p] = x[p] + side * left_x, y[p] + side * left_y
    return moved_x, moved_y


@compiled
def free_cells(walls: Walls, x: Floats, y: Floats, cell_m: float) -> tuple[Longs, Longs]:
    """Row and column of the cell that stands for each point.

    The cell that holds it or, where a building covers that cell's centre, the nearest of the
    eight around whose centre is free; its own where none is.
    """
    rows, cols = np.empty(x.size, np.int64), np.empty(x.size, np.int64)
    for p in range(x.size):
        u, v = to_raster(x[p], y[p])
        row, col = math.floor(v / cell_m), math.floor(u / cell_m)
        rows[p], cols[p] = row, col
        # What lies in a building itself is not seen through its wall from the cell outside.
        if not _is_built(walls, row, col, cell_m) or find_building(walls, x[p], y[p]) >= 0:
            continue
        nearest = np.inf
        for j in range(9):
            to_row, to_col = row + j // 3 - 1, col + j % 3 - 1
            gap = np.hypot((to_col + 0.5) * cell_m - u, (to_row + 0.5) * cell_m - v)
            if gap < nearest and not _is_built(walls, to_row, to_col, cell_m):
                rows[p], cols[p], nearest = to_row, to_col, gap
    return rows, cols


@compiled
def _is_built(walls: Walls, row: int, col: int, cell_m: float) -> bool:
    x, y = to_plane((col + 0.5) * cell_m, (row + 0.5) * cell_m)
    return find_building(walls, x, y) >= 0
