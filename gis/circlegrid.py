"""A uniform grid that lists the circles over each cell; x, y and radius in metres."""

from __future__ import annotations

import math

import numpy as np

from gis.compiled import compiled
from gis.edgegrid import Floats, Grid, Ints

MAX_CELLS = 4_000_000


def circle_grid(x: Floats, y: Floats, reach: Floats) -> Grid:
    """Grid over all circles whose lists stay within their budget.

    The side of a cell is half the median radius, doubled while the lists would pass 40 entries a
    circle (but at least 1,000,000) or the cells `MAX_CELLS`.
    """
    if not len(x):
        return 0.0, 0.0, 1.0, 1, 1
    low_x, low_y = float((x - reach).min()), float((y - reach).min())
    high_x, high_y = float((x + reach).max()), float((y + reach).max())
    cell_m = max(10.0, float(np.median(reach)) / 2.0)
    budget = max(40 * len(x), 1_000_000)
    while (
        np.sum(math.pi * (reach / cell_m + 1.0) ** 2) > budget
        or (high_x - low_x + 2 * cell_m) * (high_y - low_y + 2 * cell_m) > MAX_CELLS * cell_m**2
    ):
        cell_m *= 2.0
    origin_x, origin_y = low_x - 0.01 * cell_m, low_y - 0.01 * cell_m
    ncols = int((high_x - origin_x) / cell_m + 0.01) + 1
    nrows = int((high_y - origin_y) / cell_m + 0.01) + 1
    return origin_x, origin_y, cell_m, ncols, nrows


@compiled
def _columns_in_row(circle: tuple[float, float, float], row: int, grid: Grid) -> tuple[int, int]:
    """First and last column that the circle meets within one row; first > last for none."""
    x, y, reach = circle
    origin_x, origin_y, cell_m, ncols, _ = grid
    low = origin_y + row * cell_m
    away = max(low - y, 0.0, y - low - cell_m)
    half = math.sqrt(max(reach * reach - away * away, 0.0))
    first = math.floor((x - half - origin_x) / cell_m)
    last = math.floor((x + half - origin_x) / cell_m)
    return max(first, 0), min(last, ncols - 1)


@compiled
def list_circles_by_cell(x: Floats, y: Floats, reach: Floats, grid: Grid) -> tuple[Ints, Ints]:
    """CSR lists (starts, items) of the circles that meet each cell; int32."""
    _, origin_y, cell_m, ncols, nrows = grid
    starts = np.zeros(ncols * nrows + 1, dtype=np.int32)
    items = np.empty(0, dtype=np.int32)
    # Counted in the first round, filled in the second: one loop, so both see the same cells.
    for is_filling in (False, True):
        if is_filling:
            for cell in range(ncols * nrows):
                starts[cell + 1] += starts[cell]
            items = np.empty(starts[-1], dtype=np.int32)
        free = starts[:-1].copy()
        for i in range(len(x)):
            circle = (x[i], y[i], reach[i])
            bottom = max(math.floor((y[i] - reach[i] - origin_y) / cell_m), 0)
            top = min(math.floor((y[i] + reach[i] - origin_y) / cell_m), nrows - 1)
            for row in range(bottom, top + 1):
                first, last = _columns_in_row(circle, row, grid)
                for col in range(first, last + 1):
                    cell = row * ncols + col
                    if is_filling:
                        items[free[cell]] = i
                        free[cell] += 1
                    else:
                        starts[cell + 1] += 1
    return starts, items
