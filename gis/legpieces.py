"""Kernels that cut one straight leg at the borders of grids; metres, shares of the leg.

A leg asks the edges listed in the cells it passes. Between two crossings it is inside or outside
all along, which the middle decides, so a crossing found twice, or missed by a rounding at a
corner, does no harm.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.edgegrid import TOUCH_M, Grid, columns_in_row, rows_between
from gis.gridindex import Arrays, holds

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Leg = tuple[float, float, float, float]

#: Grid, first and last share of the leg of each piece (n, 3); grids met, and 1 if one of their
#: cells is whole (grids, 2); grid and share of each crossing (n, 2); for each grid the leg at
#: which it was last met and its row among those met (grids, 2).
Pieces = tuple[Floats, Ints, Floats, Ints]

#: Legs across more cells than this are looked at cell by cell.
_PLAIN = 8
_SHORT = 3


@compiled
def no_pieces(arrays: Arrays) -> Pieces:
    """Room for the pieces of any one leg; pages that no leg needs are never touched."""
    room, grids = arrays[5].size + arrays[8].size + 2, arrays[2].size
    met = np.empty((grids, 2), np.int32)
    return np.empty((room, 3)), met, np.empty((room, 2)), np.full((grids, 2), -1, dtype=np.int32)


@compiled
def plain_cell(cells: Grid, edge_starts: Ints, leg: Leg) -> int:
    """A cell whose grids hold the whole leg, since no edge lies in any cell of its box; else -1."""
    origin_x, origin_y, cell_m, ncols, nrows = cells
    col0, row0 = (leg[0] - origin_x) / cell_m, (leg[1] - origin_y) / cell_m
    col1, row1 = (leg[2] - origin_x) / cell_m, (leg[3] - origin_y) / cell_m
    low_col, high_col = math.floor(min(col0, col1)), math.floor(max(col0, col1))
    low_row, high_row = math.floor(min(row0, row1)), math.floor(max(row0, row1))
    if low_col < 0 or low_row < 0 or high_col >= ncols or high_row >= nrows:
        return -1
    if high_col - low_col > _PLAIN or high_row - low_row > _PLAIN:
        return -1
    for row in range(low_row, high_row + 1):
        first, end = row * ncols + low_col, row * ncols + high_col + 1
        if edge_starts[first] != edge_starts[end]:
            return -1
    return low_row * ncols + low_col


@compiled
def is_clear(cells: Grid, edges: Floats, listed: tuple[Ints, Ints], leg: Leg) -> bool:
    """Whether a short leg clearly meets no edge: it ends in the grids in which it begins.

    A leg that only touches an edge, or begins on it, is not clear.
    """
    starts, items = listed
    origin_x, origin_y, cell_m, ncols, nrows = cells
    low_col = math.floor((min(leg[0], leg[2]) - origin_x) / cell_m)
    high_col = math.floor((max(leg[0], leg[2]) - origin_x) / cell_m)
    low_row = math.floor((min(leg[1], leg[3]) - origin_y) / cell_m)
    high_row = math.floor((max(leg[1], leg[3]) - origin_y) / cell_m)
    if low_col < 0 or low_row < 0 or high_col >= ncols or high_row >= nrows:
        return False
    if high_col - low_col > _SHORT or high_row - low_row > _SHORT:
        return False
    for row in range(low_row, high_row + 1):
        for k in range(starts[row * ncols + low_col], starts[row * ncols + high_col + 1]):
            if _may_meet(leg, edges, items[k]):
                return False
    return True


@compiled
def _may_meet(leg: Leg, edges: Floats, e: int) -> bool:
    """Whether a leg meets an edge or comes so near that rounding could say so."""
    dx, dy = leg[2] - leg[0], leg[3] - leg[1]
    from_x, from_y = edges[e, 0] - leg[0], edges[e, 1] - leg[1]
    to_x, to_y = edges[e, 2] - leg[0], edges[e, 3] - leg[1]
    side0, side1 = dx * from_y - dy * from_x, dx * to_y - dy * to_x
    near = TOUCH_M * (abs(dx) + abs(dy))
    if (side0 > near and side1 > near) or (side0 < -near and side1 < -near):
        return False
    ex, ey = to_x - from_x, to_y - from_y
    end0, end1 = ex * from_y - ey * from_x, ex * (from_y - dy) - ey * (from_x - dx)
    near = TOUCH_M * (abs(ex) + abs(ey))
    return not ((end0 > near and end1 > near) or (end0 < -near and end1 < -near))


@compiled
def leg_pieces(arrays: Arrays, leg: Leg, number: int, pieces: Pieces) -> int:
    """Write the pieces of a leg that lie in grids; return how many.

    Pieces of a grid follow each other in the order of the leg. `number` differs for every leg.
    """
    grids, crossings = _met(arrays, leg, number, pieces)
    crossed, edges, firsts = pieces[2], arrays[0], arrays[2]
    _sort(crossed, crossings)
    count = 0
    for k in range(grids):
        count = _cut((edges, firsts), leg, pieces, (k, crossings), count)
    return count


@compiled
def _met(arrays: Arrays, leg: Leg, number: int, pieces: Pieces) -> tuple[int, int]:
    """List the grids of all cells that the leg passes, and its crossings with their edges."""
    edges, owners, _, cells, starts, items, is_whole, edge_starts, edge_items = arrays
    _, met, crossed, last_met = pieces
    grids, crossings = 0, 0
    first_row, last_row = rows_between(min(leg[1], leg[3]), max(leg[1], leg[3]), cells)
    for row in range(first_row, last_row + 1):
        first, last = columns_in_row(leg, row, cells)
        for cell in range(row * cells[3] + first, row * cells[3] + last + 1):
            for k in range(starts[cell], starts[cell + 1]):
                grid = items[k]
                if last_met[grid, 0] != number:
                    last_met[grid, 0], last_met[grid, 1] = number, grids
                    met[grids, 0], met[grids, 1] = grid, 0
                    grids += 1
                if is_whole[k]:
                    met[last_met[grid, 1], 1] = 1
            for k in range(edge_starts[cell], edge_starts[cell + 1]):
                share = _share(leg, edges, edge_items[k])
                if share >= 0.0:
                    crossed[crossings, 0], crossed[crossings, 1] = owners[edge_items[k]], share
                    crossings += 1
    return grids, crossings


@compiled
def _share(leg: Leg, edges: Floats, e: int) -> float:
    """Share of the leg at which it crosses an edge; -1 for none."""
    dx, dy = leg[2] - leg[0], leg[3] - leg[1]
    from_x, from_y = edges[e, 0] - leg[0], edges[e, 1] - leg[1]
    to_x, to_y = edges[e, 2] - leg[0], edges[e, 3] - leg[1]
    # The same numbers for a corner from both of its edges: no leg slips between them.
    side0, side1 = dx * from_y - dy * from_x, dx * to_y - dy * to_x
    if (side0 > 0.0) == (side1 > 0.0):
        return -1.0
    share = (from_x * (to_y - from_y) - from_y * (to_x - from_x)) / (side1 - side0)
    return share if 0.0 < share < 1.0 else -1.0


@compiled
def _sort(crossed: Floats, count: int) -> None:
    """Sort crossings by share in place; a leg has few of them."""
    for i in range(1, count):
        grid, share, j = crossed[i, 0], crossed[i, 1], i - 1
        while j >= 0 and crossed[j, 1] > share:
            crossed[j + 1, 0], crossed[j + 1, 1] = crossed[j, 0], crossed[j, 1]
            j -= 1
        crossed[j + 1, 0], crossed[j + 1, 1] = grid, share


@compiled
def _cut(
    shape: tuple[Floats, Ints], leg: Leg, pieces: Pieces, which: tuple[int, int], count: int
) -> int:
    """Append the pieces within one grid that was met; return the new count.

    `which` is the row of the grid among those met, and the number of crossings.
    """
    edges, firsts = shape
    found, met, crossed, _ = pieces
    grid, crossings = met[which[0], 0], which[1]
    first, since, is_cut = count, 0.0, met[which[0], 1] == 0
    for k in range(crossings + 1):
        if k < crossings and crossed[k, 0] != grid:
            continue
        share = crossed[k, 1] if k < crossings else 1.0
        if share <= since:
            continue
        is_cut = is_cut or k < crossings
        middle = 0.5 * (since + share)
        x, y = leg[0] + middle * (leg[2] - leg[0]), leg[1] + middle * (leg[3] - leg[1])
        # A leg that meets a whole cell of the grid and crosses no border of it stays inside.
        if not is_cut or holds(edges, firsts[grid], firsts[grid + 1], x, y):
            if count > first and found[count - 1, 2] == since:
                found[count - 1, 2] = share
            else:
                found[count, 0], found[count, 1], found[count, 2] = grid, since, share
                count += 1
        since = share
    return count
