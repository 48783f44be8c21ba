"""Cells and rows of cells for `gis.assignment`: which grids and which edges each must meet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]
#: origin x, origin y, cells per unit, columns, rows
Layout = tuple[float, float, float, int, int]
Cells = tuple[Ints, Ints, Flags]

#: An edge nearer to a cell than this share of its side cuts it: more than any rounding.
_MARGIN = 1e-6


@compiled
def _cell(value: float, origin: float, per_unit: float, last: int) -> int:
    """Row or column of a coordinate, the outermost for one beyond; never falls as it grows."""
    return min(max(int(np.floor((value - origin) * per_unit)), 0), last)


@compiled
def list_grids(edges: Floats, firsts: Ints, layout: Layout) -> Cells:
    """CSR lists (starts, items) of the grids of each cell, ascending, and which hold it whole."""
    columns, rows = layout[3], layout[4]
    starts = np.zeros(columns * rows + 1, dtype=np.int32)
    items, is_whole = np.empty(0, np.int32), np.empty(0, np.bool_)
    free = starts
    for is_filling in (False, True):
        for grid in range(firsts.size - 1):
            if firsts[grid] == firsts[grid + 1]:
                continue
            own = edges[firsts[grid] : firsts[grid + 1]]
            row0, col0, kinds = _kinds(own, layout)
            for i in range(kinds.shape[0]):
                for j in range(kinds.shape[1]):
                    if kinds[i, j] == 0:
                        continue
                    cell = (row0 + i) * columns + col0 + j
                    if is_filling:
                        items[free[cell]] = grid
                        is_whole[free[cell]] = kinds[i, j] == 1
                        free[cell] += 1
                    else:
                        starts[cell + 1] += 1
        if not is_filling:
            starts = np.cumsum(starts).astype(np.int32)
            free = starts[:-1].copy()
            items, is_whole = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.bool_)
    return starts, items, is_whole


@compiled
def _kinds(own: Floats, layout: Layout) -> tuple[int, int, NDArray[np.uint8]]:
    """First row and column of a grid's cells, and of each: 0 outside, 1 held whole, 2 cut."""
    origin_x, origin_y, per_unit, columns, rows = layout
    margin = _MARGIN / per_unit
    low_x = min(own[:, 0].min(), own[:, 2].min()) - margin
    high_x = max(own[:, 0].max(), own[:, 2].max()) + margin
    low_y = min(own[:, 1].min(), own[:, 3].min()) - margin
    high_y = max(own[:, 1].max(), own[:, 3].max()) + margin
    col0 = _cell(low_x, origin_x, per_unit, columns - 1)
    row0 = _cell(low_y, origin_y, per_unit, rows - 1)
    wide = _cell(high_x, origin_x, per_unit, columns - 1) - col0 + 1
    high = _cell(high_y, origin_y, per_unit, rows - 1) - row0 + 1
    kinds = np.zeros((high, wide), dtype=np.uint8)
    turns = np.zeros((high, wide + 1), dtype=np.uint8)
    for e in range(own.shape[0]):
        _cut(own[e], layout, row0, col0, kinds)
        _turn(own[e], layout, row0, col0, turns)
    for i in range(high):
        is_inside = 0
        for j in range(wide - 1, -1, -1):
            is_inside ^= turns[i, j + 1]
            if kinds[i, j] == 0:
                kinds[i, j] = is_inside
    return row0, col0, kinds


@compiled
def _cut(edge: Floats, layout: Layout, row0: int, col0: int, kinds: NDArray[np.uint8]) -> None:
    """Mark the cells that an edge enters, or passes within the margin."""
    origin_x, origin_y, per_unit, columns, rows = layout
    side = 1.0 / per_unit
    margin = _MARGIN * side
    x0, y0, x1, y1 = edge[0], edge[1], edge[2], edge[3]
    first = _cell(min(y0, y1) - margin, origin_y, per_unit, rows - 1)
    last = _cell(max(y0, y1) + margin, origin_y, per_unit, rows - 1)
    for row in range(first, last + 1):
        left, right = min(x0, x1), max(x0, x1)
        if y0 != y1:
            low = origin_y + row * side - margin
            high = origin_y + (row + 1) * side + margin
            xa = x0 + (x1 - x0) * (low - y0) / (y1 - y0)
            xb = x0 + (x1 - x0) * (high - y0) / (y1 - y0)
            left, right = max(left, min(xa, xb)), min(right, max(xa, xb))
        from_col = _cell(left - margin, origin_x, per_unit, columns - 1)
        to_col = _cell(right + margin, origin_x, per_unit, columns - 1)
        for col in range(from_col, to_col + 1):
            kinds[row - row0, col - col0] = 2


@compiled
def _turn(edge: Floats, layout: Layout, row0: int, col0: int, turns: NDArray[np.uint8]) -> None:
    """Note where along each row of centres an edge turns outside into inside, or back."""
    origin_x, origin_y, per_unit, _, rows = layout
    side = 1.0 / per_unit
    x0, y0, x1, y1 = edge[0], edge[1], edge[2], edge[3]
    first = _cell(min(y0, y1), origin_y, per_unit, rows - 1)
    last = _cell(max(y0, y1), origin_y, per_unit, rows - 1)
    for row in range(first, last + 1):
        y = origin_y + (row + 0.5) * side
        if (y0 > y) == (y1 > y):
            continue
        x = x0 + (x1 - x0) * (y - y0) / (y1 - y0)
        # Centres left of the edge turn; one within a rounding of it stands in a cell that is cut.
        beyond = int(np.ceil((x - origin_x) * per_unit - 0.5)) - col0
        turns[row - row0, min(max(beyond, 0), turns.shape[1] - 1)] ^= 1


@compiled
def list_bands(edges: Floats, firsts: Ints, layout: Layout) -> tuple[Ints, Ints, Ints, Ints]:
    """Edges of each grid by row of cells.

    Returns the first row and the number of the first band of each grid, and CSR lists (starts,
    items) of the edges of each band. Rows are cut by a function that never falls, so a point
    meets in its own row every edge that reaches its height.
    """
    _, origin_y, per_unit, _, rows = layout
    count = firsts.size - 1
    first_row = np.zeros(count, dtype=np.int32)
    first_band = np.zeros(count + 1, dtype=np.int32)
    for grid in range(count):
        bands = 0
        if firsts[grid] < firsts[grid + 1]:
            own = edges[firsts[grid] : firsts[grid + 1]]
            margin = _MARGIN / per_unit
            low = min(own[:, 1].min(), own[:, 3].min()) - margin
            high = max(own[:, 1].max(), own[:, 3].max()) + margin
            first_row[grid] = _cell(low, origin_y, per_unit, rows - 1)
            bands = _cell(high, origin_y, per_unit, rows - 1) - first_row[grid] + 1
        first_band[grid + 1] = first_band[grid] + bands
    starts = np.zeros(first_band[count] + 1, dtype=np.int32)
    items = np.empty(0, np.int32)
    free = starts
    for is_filling in (False, True):
        for grid in range(count):
            for e in range(firsts[grid], firsts[grid + 1]):
                low, high = min(edges[e, 1], edges[e, 3]), max(edges[e, 1], edges[e, 3])
                offset = first_band[grid] - first_row[grid]
                from_band = _cell(low, origin_y, per_unit, rows - 1) + offset
                to_band = _cell(high, origin_y, per_unit, rows - 1) + offset
                for band in range(from_band, to_band + 1):
                    if is_filling:
                        items[free[band]] = e
                        free[band] += 1
                    else:
                        starts[band + 1] += 1
        if not is_filling:
            starts = np.cumsum(starts).astype(np.int32)
            free = starts[:-1].copy()
            items = np.empty(starts[-1], np.int32)
    return first_row, first_band, starts, items
