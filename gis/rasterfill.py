"""Cells whose centres lie in a figure: edges -> crossings row by row -> fills and counts.

The raster is the scene's plane turned by an angle whose tangent is the golden ratio's inverse.
Walls and streets mostly run along the axes, and a row of cells along a wall would lie on one side
of it together; under the slope that fractions approach worst, centres fall evenly on both sides
(a lattice of low discrepancy), and a building's cells count its area to one or two.

Cell (row, col) of side `cell_m` has its centre at u = (col + 0.5) cell_m, v = (row + 0.5) cell_m.
Rows and columns are numbers of the whole plane, so that a figure takes the same cells whichever
window is looked at.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Cells = NDArray[np.uint8]


_GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
_COS, _SIN = 1.0 / math.hypot(1.0, _GOLDEN), _GOLDEN / math.hypot(1.0, _GOLDEN)

#: Raster azimuth = grid azimuth + this.
TURN_DEG = math.degrees(math.atan(_GOLDEN))


class Window(NamedTuple):
    """Cells row0 <= row < row1, col0 <= col < col1 of side `cell_m` metres."""

    row0: int
    row1: int
    col0: int
    col1: int
    cell_m: float


class Crossings(NamedTuple):
    """Where a figure's edges cross the rows of a window.

    Those of row number r of the window are keys[starts[r]:starts[r + 1]], ascending: twice the
    first column (counted from the window's) right of the crossing, plus 1 where the edge runs up.
    """

    starts: Ints
    keys: Ints


@compiled
def to_raster(x: Any, y: Any) -> tuple[Any, Any]:
    """Place u, v on the raster, metres, of x, y in the scene's CRS."""
    return x * _COS + y * _SIN, y * _COS - x * _SIN


@compiled
def to_plane(u: Any, v: Any) -> tuple[Any, Any]:
    """Place x, y in the scene's CRS of u, v on the raster."""
    return u * _COS - v * _SIN, u * _SIN + v * _COS


@compiled
def with_room(table: Floats, rows: int) -> Floats:
    """The same table, or a larger one that begins with it."""
    if rows <= len(table):
        return table
    larger = np.empty((2 * rows, table.shape[1]))
    larger[: len(table)] = table
    return larger


@compiled
def rows_between(window: Window, low_v: float, high_v: float) -> Window:
    """The window's rows whose centres may lie in low_v <= v <= high_v."""
    row0 = math.floor(low_v / window.cell_m - 0.5)
    row1 = math.ceil(high_v / window.cell_m + 0.5)
    row0 = min(max(row0, window.row0), window.row1)
    return Window(row0, max(min(row1, window.row1), row0), window.col0, window.col1, window.cell_m)


@compiled
def nothing_of(window: Window) -> Window:
    """No cell of a window; what is joined to it remains as it is."""
    return Window(window.row1, window.row0, window.col1, window.col0, window.cell_m)


@compiled
def joined(one: Window, other: Window) -> Window:
    """The smallest window that holds both."""
    if other.row0 >= other.row1 or other.col0 >= other.col1:
        return one
    row0, row1 = min(one.row0, other.row0), max(one.row1, other.row1)
    col0, col1 = min(one.col0, other.col0), max(one.col1, other.col1)
    return Window(row0, row1, col0, col1, one.cell_m)


@compiled
def range_box(circle: tuple[float, float, float], window: Window) -> Window:
    """The window's part that a circle (u, v, radius) may reach; empty rows or columns for none."""
    u, v, radius = circle
    scale = 1.0 / window.cell_m
    row0 = min(max(math.floor((v - radius) * scale), window.row0), window.row1)
    row1 = max(min(math.ceil((v + radius) * scale), window.row1), row0)
    col0 = min(max(math.floor((u - radius) * scale), window.col0), window.col1)
    col1 = max(min(math.ceil((u + radius) * scale), window.col1), col0)
    return Window(row0, row1, col0, col1, window.cell_m)


@compiled
def new_crossings(n_rows: int) -> Crossings:
    """Working space for windows of up to `n_rows` rows."""
    return Crossings(np.zeros(n_rows + 2, np.int32), np.empty(4096, np.int32))


@compiled
def cross_rows(edges: Floats, n: int, window: Window, space: Crossings) -> Crossings:
    """Crossings of edges[:n], rows u0, v0, u1, v1 of closed rings.

    What crosses left or right of the window is put on its border.
    A row takes an edge from its lower end (included) to its upper end, so that figures which
    share an edge share no cell and leave none.
    """
    row0, row1, col0, col1, cell_m = window
    n_rows, n_cols, scale = row1 - row0, col1 - col0, 1.0 / cell_m
    starts, keys = space.starts, space.keys
    # Rows are counted two places on: after the sums starts[r + 1] is where row r begins, and as
    # the row is filled it moves to where the row ends, which is where the next one begins.
    starts[: n_rows + 2] = 0
    for e in range(n):
        low, high = min(edges[e, 1], edges[e, 3]), max(edges[e, 1], edges[e, 3])
        first, stop = _rows_of(low, high, row0, row1, scale)
        for row in range(first, stop):
            starts[row + 2] += 1
    for row in range(n_rows):
        starts[row + 2] += starts[row + 1]
    if starts[n_rows + 1] > keys.size:
        keys = np.empty(2 * starts[n_rows + 1], np.int32)
    for e in range(n):
        is_up = edges[e, 1] < edges[e, 3]
        # Always from the lower end: a shared edge then crosses at the same place to the last bit.
        x0, y0 = (edges[e, 0], edges[e, 1]) if is_up else (edges[e, 2], edges[e, 3])
        x1, y1 = (edges[e, 2], edges[e, 3]) if is_up else (edges[e, 0], edges[e, 1])
        first, stop = _rows_of(y0, y1, row0, row1, scale)
        if first >= stop:
            continue
        slope, left, right = (x1 - x0) / (y1 - y0), min(x0, x1), max(x0, x1)
        for row in range(first, stop):
            x = x0 + ((row0 + row + 0.5) * cell_m - y0) * slope
            place = math.ceil(min(max(x, left), right) * scale - 0.5) - col0
            col = min(max(place, 0), n_cols)
            keys[starts[row + 1]] = 2 * col + int(is_up)
            starts[row + 1] += 1
    for row in range(n_rows):
        _sort(keys, starts[row], starts[row + 1])
    return Crossings(starts, keys)


@compiled
def _rows_of(low: float, high: float, row0: int, row1: int, scale: float) -> tuple[int, int]:
    """Rows of the window, counted from its first, whose centres lie in low <= y < high."""
    first = math.ceil(low * scale - 0.5) - row0
    stop = math.ceil(high * scale - 0.5) - row0
    return max(first, 0), min(stop, row1 - row0)


@compiled
def _sort(keys: Ints, start: int, stop: int) -> None:
    """Insertion sort: a row crosses few edges."""
    for i in range(start + 1, stop):
        key, k = keys[i], i
        while k > start and keys[k - 1] > key:
            keys[k] = keys[k - 1]
            k -= 1
        keys[k] = key


@compiled
def paint(
    plane: Any, window: Window, corner: tuple[int, int], crossed: Crossings, value: int
) -> None:
    """Set the cells that the figure winds round to `value`.

    `plane` begins at the cell `corner` (row, column) and holds the window. Shells run
    counter-clockwise and holes clockwise; figures that overlap make one figure.
    """
    down, right = window.row0 - corner[0], window.col0 - corner[1]
    for row in range(window.row1 - window.row0):
        winding = 0
        for k in range(crossed.starts[row], crossed.starts[row + 1]):
            col = crossed.keys[k] >> 1
            if winding > 0:
                before = crossed.keys[k - 1] >> 1
                plane[row + down, before + right : col + right] = value
            # The interior lies right of an edge that runs down.
            winding += -1 if crossed.keys[k] & 1 else 1


@compiled
def mark_inside(plane: Any, crossed: Crossings) -> None:
    """Set to 1 the cells inside the figure, by the even-odd rule; as `tally`."""
    for row in range(plane.shape[0]):
        for k in range(crossed.starts[row], crossed.starts[row + 1] - 1, 2):
            plane[row, crossed.keys[k] >> 1 : crossed.keys[k + 1] >> 1] = 1


@compiled
def tally(codes: Any, crossed: Crossings, counts: Any) -> None:
    """Add to counts[code] the cells of every code inside the figure, by the even-odd rule.

    `codes` is the part of the plane that the crossings were made for.
    """
    for row in range(codes.shape[0]):
        for k in range(crossed.starts[row], crossed.starts[row + 1] - 1, 2):
            span = codes[row, crossed.keys[k] >> 1 : crossed.keys[k + 1] >> 1]
            _count_runs(span, counts)


@compiled
def _count_runs(span: Any, counts: Any) -> None:
    # Runs are long: counting them spares the same counter one write per cell.
    if span.size == 0:
        return
    code, begun = span[0], 0
    for i in range(span.size):
        if span[i] != code:
            counts[code] += i - begun
            code, begun = span[i], i
    counts[code] += span.size - begun
