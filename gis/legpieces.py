"""Kernels that cut one straight leg at the borders of grids; metres, shares of the leg.

A leg asks the edges listed in the cells it passes. Between two crossings it is inside or outside
all along, which the middle decides, so a crossing found twice, or missed by a rounding at a
corner, does no harm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.edgegrid import columns_in_row, rows_between
from gis.gridindex import Arrays, cell_at, holds

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Leg = tuple[float, float, float, float]

#: Grid, first and last share of the leg of each piece; grids met, and whether one of their cells
#: is whole; grid and share of each crossing; the leg at which each grid was last met.
Pieces = tuple[Ints, Floats, Floats, Ints, NDArray[np.bool_], Ints, Floats, Longs]


@compiled
def no_pieces(arrays: Arrays) -> Pieces:
    """Room for the pieces of any one leg; pages that no leg needs are never touched."""
    room = arrays[5].size + arrays[8].size + 2
    return (
        np.empty(room, np.int32),
        np.empty(room),
        np.empty(room),
        np.empty(arrays[2].size, np.int32),
        np.empty(arrays[2].size, np.bool_),
        np.empty(room, np.int32),
        np.empty(room),
        np.full(arrays[2].size, -1, dtype=np.int64),
    )


@compiled
def leg_pieces(arrays: Arrays, leg: Leg, number: int, pieces: Pieces) -> int:
    """Write the pieces of a leg that lie in grids; return how many.

    Pieces of a grid follow each other in the order of the leg. `number` differs for every leg.
    """
    cells, starts, items, edge_starts = arrays[3], arrays[4], arrays[5], arrays[7]
    cell = cell_at(cells, leg[0], leg[1])
    is_plain = cell >= 0 and edge_starts[cell + 1] == edge_starts[cell]
    if is_plain and cell == cell_at(cells, leg[2], leg[3]):
        first = starts[cell]
        for k in range(first, starts[cell + 1]):
            pieces[0][k - first], pieces[1][k - first], pieces[2][k - first] = items[k], 0.0, 1.0
        return int(starts[cell + 1] - first)
    met, crossings = _met(arrays, leg, number, pieces)
    _sort(pieces[5], pieces[6], crossings)
    count = 0
    for k in range(met):
        count = _cut(arrays, leg, (pieces[3][k], pieces[4][k], crossings), pieces, count)
    return count


@compiled
def _met(arrays: Arrays, leg: Leg, number: int, pieces: Pieces) -> tuple[int, int]:
    """List the grids of all cells that the leg passes, and its crossings with their edges."""
    edges, owners, _, cells, starts, items, is_whole, edge_starts, edge_items = arrays
    _, _, _, met_grids, met_whole, crossed, shares, last_met = pieces
    met, crossings = 0, 0
    first_row, last_row = rows_between(min(leg[1], leg[3]), max(leg[1], leg[3]), cells)
    for row in range(first_row, last_row + 1):
        first, last = columns_in_row(leg, row, cells)
        for cell in range(row * cells[3] + first, row * cells[3] + last + 1):
            for k in range(starts[cell], starts[cell + 1]):
                if last_met[items[k]] != number:
                    last_met[items[k]] = number
                    met_grids[met], met_whole[met] = items[k], False
                    met += 1
                if is_whole[k]:
                    _mark(met_grids, met_whole, met, items[k])
            for k in range(edge_starts[cell], edge_starts[cell + 1]):
                share = _share(leg, edges[edge_items[k]])
                if share >= 0.0:
                    crossed[crossings], shares[crossings] = owners[edge_items[k]], share
                    crossings += 1
    return met, crossings


@compiled
def _mark(met_grids: Ints, met_whole: NDArray[np.bool_], met: int, grid: int) -> None:
    for k in range(met - 1, -1, -1):
        if met_grids[k] == grid:
            met_whole[k] = True
            return


@compiled
def _share(leg: Leg, edge: Floats) -> float:
    """Share of the leg at which it crosses the edge's line between its ends; -1 for none."""
    dx, dy = leg[2] - leg[0], leg[3] - leg[1]
    side0 = dx * (edge[1] - leg[1]) - dy * (edge[0] - leg[0])
    side1 = dx * (edge[3] - leg[1]) - dy * (edge[2] - leg[0])
    if (side0 > 0.0) == (side1 > 0.0):
        return -1.0
    ex, ey = edge[2] - edge[0], edge[3] - edge[1]
    share = (ex * (leg[1] - edge[1]) - ey * (leg[0] - edge[0])) / (side1 - side0)
    return share if 0.0 < share < 1.0 else -1.0


@compiled
def _sort(grids: Ints, shares: Floats, count: int) -> None:
    """Sort crossings by share in place; a leg has few of them."""
    for i in range(1, count):
        grid, share, j = grids[i], shares[i], i - 1
        while j >= 0 and shares[j] > share:
            grids[j + 1], shares[j + 1] = grids[j], shares[j]
            j -= 1
        grids[j + 1], shares[j + 1] = grid, share


@compiled
def _cut(
    arrays: Arrays,
    leg: Leg,
    met: tuple[int, bool, int],
    pieces: Pieces,
    count: int,
) -> int:
    """Append the pieces within one grid that was met; return the new count."""
    edges, firsts = arrays[0], arrays[2]
    grid, is_whole, crossings = met
    _, low, high, _, _, crossed, shares, _ = pieces
    first, since, is_cut = count, 0.0, False
    for k in range(crossings + 1):
        if k < crossings and crossed[k] != grid:
            continue
        share = shares[k] if k < crossings else 1.0
        if share > since:
            middle = 0.5 * (since + share)
            is_cut = is_cut or k < crossings
            if (is_whole and not is_cut) or holds(
                edges,
                firsts[grid],
                firsts[grid + 1],
                leg[0] + middle * (leg[2] - leg[0]),
                leg[1] + middle * (leg[3] - leg[1]),
            ):
                if count > first and high[count - 1] == since:
                    high[count - 1] = share
                else:
                    pieces[0][count], low[count], high[count] = grid, since, share
                    count += 1
            since = share
    return count
