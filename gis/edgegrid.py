"""Kernels that list edges and boxes by grid cell and place points in rings; metres throughout."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
#: origin x, origin y, cell side, columns, rows
Grid = tuple[float, float, float, int, int]

#: Nearer than this to a wall counts as touching it. Coordinates of 100 km carry 1e-11 m of
#: rounding, and no survey knows a wall to a micrometre.
TOUCH_M = 1e-6

#: Edges are listed in every cell nearer than this, so that a walk which rounds to the
#: neighbouring cell at a border still meets them.
_MARGIN_M = 1e-3


@compiled
def _clamp(value: float, last: int) -> int:
    return min(max(math.floor(value), 0), last)


@compiled
def columns_in_row(
    edge: tuple[float, float, float, float], row: int, grid: Grid
) -> tuple[int, int]:
    """First and last column that the edge enters within one row of cells."""
    x0, y0, x1, y1 = edge
    origin_x, origin_y, cell_m, ncols, _ = grid
    low = origin_y + row * cell_m - _MARGIN_M
    high = low + cell_m + 2.0 * _MARGIN_M
    left, right = min(x0, x1), max(x0, x1)
    if y0 != y1:
        xa = x0 + (x1 - x0) * (low - y0) / (y1 - y0)
        xb = x0 + (x1 - x0) * (high - y0) / (y1 - y0)
        left, right = max(left, min(xa, xb)), min(right, max(xa, xb))
    first = _clamp((left - _MARGIN_M - origin_x) / cell_m, ncols - 1)
    last = _clamp((right + _MARGIN_M - origin_x) / cell_m, ncols - 1)
    return first, last


@compiled
def rows_between(low: float, high: float, grid: Grid) -> tuple[int, int]:
    """First and last row of cells between two values of y."""
    _, origin_y, cell_m, _, nrows = grid
    first = _clamp((low - _MARGIN_M - origin_y) / cell_m, nrows - 1)
    last = _clamp((high + _MARGIN_M - origin_y) / cell_m, nrows - 1)
    return first, last


@compiled
def list_edges_by_cell(
    x0: Floats, y0: Floats, x1: Floats, y1: Floats, grid: Grid
) -> tuple[Ints, Ints]:
    """CSR lists (starts, items) of the edges that come within 1 mm of each cell."""
    ncols, nrows = grid[3], grid[4]
    starts = np.zeros(ncols * nrows + 1, dtype=np.int32)
    for e in range(len(x0)):
        edge = (x0[e], y0[e], x1[e], y1[e])
        first_row, last_row = rows_between(min(y0[e], y1[e]), max(y0[e], y1[e]), grid)
        for row in range(first_row, last_row + 1):
            first, last = columns_in_row(edge, row, grid)
            for col in range(first, last + 1):
                starts[row * ncols + col + 1] += 1
    for cell in range(ncols * nrows):
        starts[cell + 1] += starts[cell]
    items = np.empty(starts[-1], dtype=np.int32)
    free = starts[:-1].copy()
    for e in range(len(x0)):
        edge = (x0[e], y0[e], x1[e], y1[e])
        first_row, last_row = rows_between(min(y0[e], y1[e]), max(y0[e], y1[e]), grid)
        for row in range(first_row, last_row + 1):
            first, last = columns_in_row(edge, row, grid)
            for col in range(first, last + 1):
                cell = row * ncols + col
                items[free[cell]] = e
                free[cell] += 1
    return starts, items


@compiled
def list_boxes_by_cell(bounds: Floats, grid: Grid) -> tuple[Ints, Ints]:
    """CSR lists (starts, items) of the boxes min x, min y, max x, max y that meet each cell."""
    origin_x, _, cell_m, ncols, nrows = grid
    starts = np.zeros(ncols * nrows + 1, dtype=np.int32)
    spans = np.empty((len(bounds), 4), dtype=np.int32)
    for b in range(len(bounds)):
        spans[b, 0], spans[b, 1] = rows_between(bounds[b, 1], bounds[b, 3], grid)
        spans[b, 2] = _clamp((bounds[b, 0] - _MARGIN_M - origin_x) / cell_m, ncols - 1)
        spans[b, 3] = _clamp((bounds[b, 2] + _MARGIN_M - origin_x) / cell_m, ncols - 1)
        for row in range(spans[b, 0], spans[b, 1] + 1):
            for col in range(spans[b, 2], spans[b, 3] + 1):
                starts[row * ncols + col + 1] += 1
    for cell in range(ncols * nrows):
        starts[cell + 1] += starts[cell]
    items = np.empty(starts[-1], dtype=np.int32)
    free = starts[:-1].copy()
    for b in range(len(bounds)):
        for row in range(spans[b, 0], spans[b, 1] + 1):
            for col in range(spans[b, 2], spans[b, 3] + 1):
                cell = row * ncols + col
                items[free[cell]] = b
                free[cell] += 1
    return starts, items


@compiled
def is_passed(start: tuple[float, float], end: tuple[float, float], x: float, y: float) -> bool:
    """Whether a ray from the point towards +x passes the wall; odd in all means inside the ring."""
    x0, y0 = start
    x1, y1 = end
    return (y0 > y) != (y1 > y) and x < x0 + (x1 - x0) * (y - y0) / (y1 - y0)


@compiled
def is_touched(start: tuple[float, float], end: tuple[float, float], x: float, y: float) -> bool:
    """Whether the point lies on the wall, nearer than `TOUCH_M`."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = ((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy)
    along = min(max(along, 0.0), 1.0)
    gap_x, gap_y = start[0] + along * dx - x, start[1] + along * dy - y
    return gap_x * gap_x + gap_y * gap_y <= TOUCH_M * TOUCH_M
