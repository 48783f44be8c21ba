"""Kernels that set the bits of one grid: rows of cells at a time, pieces of road one by one.

Metres; layers of bits are 0 visited, 1 likely, 2 unknown, the least bit of a byte first.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.patrolplan import PlanArrays
from gis.reach import (
    Region,
    Span,
    capsule_row,
    disc_row,
    is_in_region,
    is_unavoidable,
    line_distance,
    region_row,
)

Longs = NDArray[np.int64]
Ints = NDArray[np.int32]
Bits = NDArray[np.uint8]
Line = tuple[float, float, float, float]
Box = tuple[float, float, float, float]
#: Straight way from fix to fix; its part within the hour; radii of the fixes; discs around the
#: fixes within which all is visited, below 0 for none; longest way and swath, below 0 for none.
Sight = tuple[Line, Line, tuple[float, float], tuple[float, float], tuple[float, float]]
#: What may have been reached, the box around it, and what of it was seen.
Shape = tuple[Region, Box, Sight]
#: Runs of cells of one row, x of the first column's west side, side of a cell, y of the centres.
Row = tuple[Longs, float, float, float]
#: First hour and number of hours; stamps of the grids, the last one the latest; slot of each grid
#: and hour, -1 for none and -2 while slots are being asked for; first byte of the cells and of
#: the pieces of each slot; bits of cells and of pieces, (3, bytes).
Marks = tuple[tuple[int, int], Longs, Ints, Longs, Longs, Bits, Bits]


@compiled
def set_bits(layer: Bits, start: int, low: int, high: int) -> None:
    """Set the bits `low` to `high` (excluded) counted from byte `start`."""
    if low >= high:
        return
    first, last = start + low // 8, start + (high - 1) // 8
    head = np.uint8((0xFF << (low % 8)) & 0xFF)
    tail = np.uint8(0xFF >> (7 - (high - 1) % 8))
    if first == last:
        layer[first] |= head & tail
        return
    layer[first] |= head
    for k in range(first + 1, last):
        layer[k] = 0xFF
    layer[last] |= tail


@compiled
def mark_grid(plan: PlanArrays, grid: int, shape: Shape, hour: int, marks: Marks) -> None:
    """Set the bits of one grid and hour; in the first round only note that there may be some."""
    (hour0, hours), _, slots, cell_starts, piece_starts, cells, pieces = marks
    slot = slots[grid * hours + hour - hour0]
    if slot < 0:
        slots[grid * hours + hour - hour0] = -2
        return
    cell_m, corners, grid_rows, row_runs, runs, row_pieces, middles = plan[:7]
    region, box, sight = shape
    west, south = corners[grid, 0], corners[grid, 1]
    rows = grid_rows[grid + 1] - grid_rows[grid]
    low = int(min(max((box[1] - south) / cell_m, 0.0), rows - 1.0))
    high = int(min(max((box[3] - south) / cell_m, 0.0), rows - 1.0))
    first_piece = row_pieces[grid_rows[grid]]
    for r in range(grid_rows[grid] + low, grid_rows[grid] + high + 1):
        y = south + (r - grid_rows[grid] + 0.5) * cell_m
        row = (runs[row_runs[r] : row_runs[r + 1]], west, cell_m, y)
        _mark_row(row, region, sight, (cells, cell_starts[slot]))
        for p in range(row_pieces[r], row_pieces[r + 1]):
            if box[0] <= middles[p, 0] <= box[2]:
                place = (middles[p, 0], middles[p, 1], p - first_piece)
                _mark_place(place, region, sight, (pieces, piece_starts[slot]))


@compiled
def _mark_row(row: Row, region: Region, sight: Sight, bits: tuple[Bits, int]) -> None:
    """Set the bits of one row of cells, whose centres have one y."""
    y = row[3]
    reached = region_row(region, y)
    if row[0].shape[0] == 0 or reached[0] > reached[1]:
        return
    line, part, _, proof, (slack, swath) = sight
    layers, start = bits
    _mark_span(row, reached, layers[2], start)
    if swath < 0.0:
        return
    near = capsule_row(part, swath, y)
    if near[0] > near[1]:
        # Also where the row has nothing: an infinite end makes no column number.
        return
    _mark_span(row, near, layers[1], start)
    _mark_span(row, disc_row(line[0], line[1], proof[0], y), layers[0], start)
    _mark_span(row, disc_row(line[2], line[3], proof[1], y), layers[0], start)
    if slack < math.inf:
        _mark_passed(row, near, sight, bits)


@compiled
def _columns(row: Row, run: int, span: Span) -> tuple[int, int]:
    """Columns of a run whose centres lie in a span, the last excluded."""
    runs, west, cell_m, _ = row
    last = float(runs[run, 1])
    low = math.ceil(min(max((span[0] - west) / cell_m - 0.5, -1.0), last))
    high = math.floor(min(max((span[1] - west) / cell_m - 0.5, -2.0), last)) + 1
    return max(low, runs[run, 0]), min(high, runs[run, 1])


@compiled
def _mark_span(row: Row, span: Span, layer: Bits, start: int) -> None:
    if span[0] > span[1]:
        return
    for k in range(row[0].shape[0]):
        low, high = _columns(row, k, span)
        shift = row[0][k, 2] - row[0][k, 0]
        set_bits(layer, start, low + shift, high + shift)


@compiled
def _mark_passed(row: Row, span: Span, sight: Sight, bits: tuple[Bits, int]) -> None:
    """Set as visited the cells of a row that no way between the fixes avoids."""
    line, _, radii, _, (slack, swath) = sight
    runs, west, cell_m, y = row
    layers, start = bits
    for k in range(runs.shape[0]):
        low, high = _columns(row, k, span)
        for col in range(low, high):
            if is_unavoidable(line, radii, slack, swath, (west + (col + 0.5) * cell_m, y)):
                cell = col - runs[k, 0] + runs[k, 2]
                layers[0, start + cell // 8] |= np.uint8(1 << (cell % 8))


@compiled
def _mark_place(
    place: tuple[float, float, int], region: Region, sight: Sight, bits: tuple[Bits, int]
) -> None:
    """Set the bits of one piece of road: x and y of its middle, and its number in its grid."""
    x, y, number = place
    if not is_in_region(region, x, y):
        return
    layers, start = bits
    byte, bit = start + number // 8, np.uint8(1 << (number % 8))
    layers[2, byte] |= bit
    line, part, radii, proof, (slack, swath) = sight
    if swath < 0.0 or line_distance(part, x, y) > swath:
        return
    layers[1, byte] |= bit
    is_proven = (
        math.hypot(x - line[0], y - line[1]) <= proof[0]
        or math.hypot(x - line[2], y - line[3]) <= proof[1]
    )
    if is_proven or (slack < math.inf and is_unavoidable(line, radii, slack, swath, (x, y))):
        layers[0, byte] |= bit
