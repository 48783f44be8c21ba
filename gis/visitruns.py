"""Kernels that follow units through grids leg by leg; metres, seconds.

Rows of visits are grown where they stand: the last row of each grid is the one a unit may go on
with, as long as no gap has come between.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.gridindex import Arrays, cell_at, holds
from gis.legpieces import Pieces, leg_pieces, no_pieces

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Flags = NDArray[np.bool_]
Ends = tuple[Floats, Floats, Floats, Floats, Floats, Floats]
Proof = tuple[Floats, Floats, Flags, Flags, Flags]
#: Unit and run (k, 2), grid, entered, left and dwell (k, 3), whether sure.
Rows = tuple[Longs, Ints, Floats, Flags]
#: A fix: x, y, time, radius in which the truth lies, whether it proves a visit.
Fix = tuple[float, float, float, float, bool]
#: Merge, from and to, seconds.
Times = tuple[float, float, float]
#: Visits, the last one of each grid, the pieces of a leg and how many they are.
Seen = tuple[Rows, Ints, Pieces, int]


@compiled
def visit_rows(arrays: Arrays, unit: Longs, ends: Ends, proof: Proof, times: Times) -> Rows:
    """Visits of all units, in the order they begin."""
    x0, y0, t0, x1, y1, t1 = ends
    radius0, radius1, is_firm0, is_firm1, is_known = proof
    rows, pieces = _no_rows(max(unit.size // 8, 64)), no_pieces(arrays)
    last_row = np.full(arrays[2].size, -1, dtype=np.int32)
    count, run, was_known = 0, 0, False
    for i in range(unit.size):
        is_same = i > 0 and unit[i] == unit[i - 1]
        if not (is_same and is_known[i]):
            run += 1
        end0 = (x0[i], y0[i], t0[i], radius0[i], is_firm0[i])
        end1 = (x1[i], y1[i], t1[i], radius1[i], is_firm1[i])
        if is_known[i] and t1[i] > t0[i]:
            if t1[i] > times[1] and t0[i] < times[2]:
                leg = (x0[i], y0[i], x1[i], y1[i])
                found = leg_pieces(arrays, leg, i, pieces)
                rows = _with_room(rows, count, found)
                seen = (rows, last_row, pieces, found)
                count = _go_on(seen, count, (unit[i], run, t0[i], t1[i]), times)
                _prove(arrays, seen, end0, end1, times)
        elif not (is_same and was_known) and times[1] <= t0[i] < times[2]:
            rows = _with_room(rows, count, last_row.size)
            count = _stand(arrays, rows, count, unit[i], end0)
        is_last = i + 1 == unit.size or unit[i + 1] != unit[i]
        if is_last and not is_known[i] and times[1] <= t1[i] < times[2]:
            rows = _with_room(rows, count, last_row.size)
            count = _stand(arrays, rows, count, unit[i], end1)
        was_known = is_known[i]
    return rows[0][:count], rows[1][:count], rows[2][:count], rows[3][:count]


@compiled
def _no_rows(room: int) -> Rows:
    return (
        np.empty((room, 2), np.int64),
        np.empty(room, np.int32),
        np.empty((room, 3)),
        np.empty(room, np.bool_),
    )


@compiled
def _with_room(rows: Rows, count: int, more: int) -> Rows:
    """The rows, moved to twice the room when `more` would not fit."""
    if count + more <= rows[1].size:
        return rows
    grown = _no_rows(2 * rows[1].size + more)
    grown[0][:count] = rows[0][:count]
    grown[1][:count] = rows[1][:count]
    grown[2][:count] = rows[2][:count]
    grown[3][:count] = rows[3][:count]
    return grown


@compiled
def _go_on(seen: Seen, count: int, leg: tuple[int, int, float, float], times: Times) -> int:
    """Prolong the visits of a leg's grids, or begin new ones; return the new count.

    `leg` is its unit and run, and when it begins and ends.
    """
    (whose, grids, stay, sure), last_row, pieces, found = seen
    merge_s, from_s, to_s = times
    unit, run, t0, t1 = leg
    for k in range(found):
        entered = t1 if pieces[1][k] == 1.0 else t0 + pieces[1][k] * (t1 - t0)
        left = t1 if pieces[2][k] == 1.0 else t0 + pieces[2][k] * (t1 - t0)
        entered, left = max(entered, from_s), min(left, to_s)
        if left <= entered:
            continue
        grid = pieces[0][k]
        r = last_row[grid]
        if r >= 0 and whose[r, 1] == run and entered - stay[r, 1] <= merge_s:
            stay[r, 1] = left
            stay[r, 2] += left - entered
            continue
        whose[count, 0], whose[count, 1] = unit, run
        grids[count], sure[count] = grid, False
        stay[count, 0], stay[count, 1], stay[count, 2] = entered, left, left - entered
        last_row[grid] = count
        count += 1
    return count


@compiled
def _prove(arrays: Arrays, seen: Seen, end0: Fix, end1: Fix, times: Times) -> None:
    """Make sure the visits whose grid holds one of the leg's fixes for certain."""
    (_, _, stay, sure), last_row, pieces, found = seen
    for k in range(found):
        grid = pieces[0][k]
        r = last_row[grid]
        if r < 0 or sure[r]:
            continue
        for fix, share in ((end0, pieces[1][k]), (end1, 1.0 - pieces[2][k])):
            is_within = share == 0.0 and stay[r, 0] <= fix[2] <= stay[r, 1]
            if is_within and times[1] <= fix[2] < times[2] and _is_sure(arrays, grid, fix):
                sure[r] = True


@compiled
def _stand(arrays: Arrays, rows: Rows, count: int, unit: int, fix: Fix) -> int:
    """Append a visit without duration for each grid that holds a fix; return the new count."""
    edges, _, firsts, cells, starts, items, is_whole, _, _ = arrays
    x, y, at_s, _, _ = fix
    cell = cell_at(cells, x, y)
    if cell < 0:
        return count
    for k in range(starts[cell], starts[cell + 1]):
        g = items[k]
        if is_whole[k] or holds(edges, firsts[g], firsts[g + 1], x, y):
            rows[0][count, 0], rows[0][count, 1] = unit, -1
            rows[1][count], rows[3][count] = g, _is_sure(arrays, g, fix)
            rows[2][count, 0], rows[2][count, 1], rows[2][count, 2] = at_s, at_s, 0.0
            count += 1
    return count


@compiled
def _is_sure(arrays: Arrays, grid: int, fix: Fix) -> bool:
    """Whether the disc in which the truth lies touches no edge of the grid that holds the fix."""
    edges, firsts = arrays[0], arrays[2]
    x, y, _, radius, is_firm = fix
    if not is_firm:
        return False
    for e in range(firsts[grid], firsts[grid + 1]):
        x0, y0 = edges[e, 0] - x, edges[e, 1] - y
        dx, dy = edges[e, 2] - edges[e, 0], edges[e, 3] - edges[e, 1]
        length = dx * dx + dy * dy
        along = -(x0 * dx + y0 * dy) / length if length > 0.0 else 0.0
        along = min(max(along, 0.0), 1.0)
        near_x, near_y = x0 + along * dx, y0 + along * dy
        if near_x * near_x + near_y * near_y <= radius * radius:
            return False
    return True
