"""Kernels that follow units through grids leg by leg; metres, seconds.

Rows of visits are grown where they stand: the last row of each grid is the one a unit may go on
with, as long as no gap has come between. State is kept in few arrays, since numba counts the
references of every array handed on, which costs more than the geometry.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.gridindex import Arrays, cell_at, holds
from gis.legpieces import is_clear, leg_pieces, no_pieces, plain_cell

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]
Ends = tuple[Floats, Floats, Floats, Floats, Floats, Floats]
Proof = tuple[Floats, Floats, Flags, Flags, Flags]
#: A fix: x, y, time, radius in which the truth lies, whether it proves a visit.
Fix = tuple[float, float, float, float, bool]
#: Merge, from and to, seconds.
Times = tuple[float, float, float]

#: Columns of a row of visits; whole numbers up to 2^53 are exact in them.
UNIT, RUN, GRID, ENTERED, LEFT, DWELL, SURE = range(7)


@compiled
def visit_rows(arrays: Arrays, unit: Longs, ends: Ends, proof: Proof, times: Times) -> Floats:
    """Visits of all units in the order they begin, float64 (k, 7)."""
    x0, y0, t0, x1, y1, t1 = ends
    radius0, radius1, is_firm0, is_firm1, is_known = proof
    rows, pieces = np.empty((max(unit.size // 8, 64), 7)), no_pieces(arrays)
    last_row, firsts = np.full(arrays[2].size, -1, dtype=np.int32), arrays[2]
    edges, _, _, cells, starts, items, _, edge_starts, edge_items = arrays
    # Grids that hold the end of the leg before.
    parts, ahead, inside = pieces[0], np.empty(firsts.size, np.int64), 0
    count, run, was_known = 0, 0, False
    for i in range(unit.size):
        is_same = i > 0 and unit[i] == unit[i - 1]
        run += not (is_same and is_known[i])
        end0 = (x0[i], y0[i], t0[i], radius0[i], is_firm0[i])
        end1 = (x1[i], y1[i], t1[i], radius1[i], is_firm1[i])
        if not is_known[i] or t1[i] == t0[i]:
            is_last = i + 1 == unit.size or unit[i + 1] != unit[i]
            shown = (not (is_same and was_known), is_last and t1[i] > t0[i])
            rows = _with_room(rows, count, 2 * firsts.size)
            count = _stand(arrays, rows, count, (unit[i], end0, end1, *shown), times)
        elif t1[i] > times[1] and t0[i] < times[2]:
            leg = (x0[i], y0[i], x1[i], y1[i])
            cell = plain_cell(cells, edge_starts, leg)
            is_on = is_same and was_known and t0[i] > times[1]
            if cell >= 0:
                found = starts[cell + 1] - starts[cell]
                for k in range(found):
                    ahead[k] = items[starts[cell] + k]
            elif is_on and is_clear(cells, edges, (edge_starts, edge_items), leg):
                found = inside
            else:
                cell, found = -2, leg_pieces(arrays, leg, i, pieces)
            rows, inside = _with_room(rows, count, found), 0
            for k in range(found):
                piece = (ahead[k], 0.0, 1.0)
                if cell == -2:
                    piece = (int(parts[k, 0]), parts[k, 1], parts[k, 2])
                ahead[inside] = piece[0]
                inside += piece[2] == 1.0
                is_whole = piece[1] == 0.0 and piece[2] == 1.0 and t1[i] <= times[2]
                r = last_row[piece[0]]
                # The commonest leg by far: on through a grid whose visit is proven already.
                if is_whole and r >= 0 and _goes_on(rows, r, run, t0[i]):
                    rows[r, LEFT] = t1[i]
                    rows[r, DWELL] += t1[i] - t0[i]
                else:
                    move = (unit[i], run, end0, end1, times)
                    count = _take((edges, firsts), (rows, last_row), count, piece, move)
        was_known = is_known[i]
    return rows[:count]


@compiled
def _goes_on(rows: Floats, r: int, run: int, at_s: float) -> bool:
    """Whether a row is of this run, proven, and was not left before `at_s`."""
    return bool(rows[r, RUN] == run and rows[r, SURE] == 1.0 and rows[r, LEFT] == at_s)


@compiled
def _take(
    shape: tuple[Floats, Ints],
    tables: tuple[Floats, Ints],
    count: int,
    piece: tuple[int, float, float],
    move: tuple[int, int, Fix, Fix, Times],
) -> int:
    """Prolong the visit of a piece's grid, or begin one; return the new count of rows."""
    rows, last_row = tables
    unit, run, end0, end1, (merge_s, from_s, to_s) = move
    grid, lasted_s = piece[0], end1[2] - end0[2]
    entered = max(end0[2] + piece[1] * lasted_s, from_s)
    left = min(end1[2] if piece[2] == 1.0 else end0[2] + piece[2] * lasted_s, to_s)
    if left <= entered:
        return count
    r = last_row[grid]
    if r >= 0 and rows[r, RUN] == run and entered - rows[r, LEFT] <= merge_s:
        rows[r, LEFT] = left
        rows[r, DWELL] += left - entered
    else:
        r = count
        rows[r, UNIT], rows[r, RUN], rows[r, GRID] = unit, run, grid
        rows[r, ENTERED], rows[r, LEFT], rows[r, DWELL] = entered, left, left - entered
        rows[r, SURE] = 0.0
        last_row[grid] = r
        count += 1
    if rows[r, SURE] == 0.0:
        for fix, is_in in ((end0, piece[1] == 0.0), (end1, piece[2] == 1.0)):
            is_asked = is_in and fix[4] and from_s <= fix[2] < to_s
            if is_asked and is_deep(shape[0], shape[1][grid], shape[1][grid + 1], fix):
                rows[r, SURE] = 1.0
    return count


@compiled
def _with_room(rows: Floats, count: int, more: int) -> Floats:
    """The rows, moved to twice the room when `more` would not fit."""
    if count + more <= rows.shape[0]:
        return rows
    grown = np.empty((2 * rows.shape[0] + more, 7))
    grown[:count] = rows[:count]
    return grown


@compiled
def _stand(
    arrays: Arrays,
    rows: Floats,
    count: int,
    gap: tuple[int, Fix, Fix, bool, bool],
    times: Times,
) -> int:
    """Append visits without duration where the fixes of a gap lie; return the new count.

    `gap` is the unit, both fixes, and which of them no other leg shows.
    """
    edges, _, firsts, cells, starts, items, is_whole, _, _ = arrays
    unit, end0, end1, is_shown0, is_shown1 = gap
    for fix, is_shown in ((end0, is_shown0), (end1, is_shown1)):
        x, y, at_s, _, is_firm = fix
        cell = cell_at(cells, x, y)
        if not is_shown or cell < 0 or not times[1] <= at_s < times[2]:
            continue
        for k in range(starts[cell], starts[cell + 1]):
            g = items[k]
            if is_whole[k] or holds(edges, firsts[g], firsts[g + 1], x, y):
                rows[count, UNIT], rows[count, RUN], rows[count, GRID] = unit, -1.0, g
                rows[count, ENTERED], rows[count, LEFT], rows[count, DWELL] = at_s, at_s, 0.0
                rows[count, SURE] = is_firm and is_deep(edges, firsts[g], firsts[g + 1], fix)
                count += 1
    return count


@compiled
def is_deep(edges: Floats, first: int, last: int, fix: Fix) -> bool:
    """Whether the disc in which the truth lies touches none of the edges `first` to `last`."""
    x, y, _, radius, _ = fix
    for e in range(first, last):
        x0, y0 = edges[e, 0] - x, edges[e, 1] - y
        dx, dy = edges[e, 2] - edges[e, 0], edges[e, 3] - edges[e, 1]
        length = dx * dx + dy * dy
        along = -(x0 * dx + y0 * dy) / length if length > 0.0 else 0.0
        along = min(max(along, 0.0), 1.0)
        near_x, near_y = x0 + along * dx, y0 + along * dy
        if near_x * near_x + near_y * near_y <= radius * radius:
            return False
    return True
