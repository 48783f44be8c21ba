"""Grids laid on square cells, so that the grids of a place and of a leg are found at once.

Metres in one plane frame. Grids may overlap; the grids of a tiling share their borders.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.edgegrid import Floats, Grid, Ints, list_edges_by_cell
from gis.errors import GeometryError
from gis.polygonedges import corners_of, ends_of

Shapes = NDArray[np.object_]
Flags = NDArray[np.bool_]

_MAX_CELLS = 4_000_000
_CELLS_PER_SIDE = 8.0

#: What the kernels take: edges (m, 4), owner of each edge, first edge of each grid (n + 1),
#: cells, starts and items of the grids of each cell, whether each holds the whole cell, starts
#: and items of the edges of each cell.
Arrays = tuple[Floats, Ints, Ints, Grid, Ints, Ints, Flags, Ints, Ints]


@dataclass(frozen=True, slots=True)
class GridIndex:
    """Grids ready for `gis.visits`; built once, never changed."""

    count: int
    arrays: Arrays


def index_grids(grids: Shapes) -> GridIndex:
    """Index of grids.

    Parameters
    ----------
    grids : ndarray of polygon or multipolygon, shape (n,)
        Metres in one plane frame; empty ones hold nothing.

    Returns
    -------
    GridIndex
        Grids are known by their place in `grids`.

    Raises
    ------
    GeometryError
        If a shape is missing or no polygon.

    Notes
    -----
    Cells measure an eighth of a middling grid's side; all of them are at most four million.

    """
    wrong = ~np.isin(shapely.get_type_id(grids), (3, 6))
    if np.any(wrong):
        row = int(np.argmax(wrong))
        got = f"{grids[row]!r:.60} at {row}"
        raise GeometryError("grids", got=got, allowed="polygons in metres")
    xy, start, owner = corners_of(grids)
    edges, owners = ends_of(xy, start), owner.astype(np.int32)
    firsts = np.searchsorted(owners, np.arange(len(grids) + 1)).astype(np.int32)
    cells = _cells_over(grids, edges)
    x0, y0, x1, y1 = np.ascontiguousarray(edges.T)
    edge_starts, edge_items = list_edges_by_cell(x0, y0, x1, y1, cells)
    starts, items, is_whole = _list_grids(edges, firsts, cells)
    arrays = (edges, owners, firsts, cells, starts, items, is_whole, edge_starts, edge_items)
    return GridIndex(len(grids), arrays)


def grids_at(index: GridIndex, x: Floats, y: Floats) -> tuple[Ints, Ints]:
    """Grids that hold each point, as pairs.

    Parameters
    ----------
    index : GridIndex
        From `index_grids`.
    x, y : ndarray of float64, shape (n,)
        Metres in the index's frame.

    Returns
    -------
    points, grids : ndarray of int32, shape (pairs,)
        Rows of points and of grids, by point. A point on a border belongs to one of the grids
        that share it (rays towards +x, edges half open).

    """
    return _pairs(index.arrays, np.asarray(x, np.float64), np.asarray(y, np.float64))


def _cells_over(grids: Shapes, edges: Floats) -> Grid:
    if not len(edges):
        return 0.0, 0.0, 1.0, 1, 1
    low_x, low_y = edges[:, 0].min(), edges[:, 1].min()
    wide, high = edges[:, 0].max() - low_x, edges[:, 1].max() - low_y
    areas = shapely.area(grids)
    side_m = math.sqrt(float(np.median(areas[areas > 0.0]))) if np.any(areas > 0.0) else 100.0
    cell_m = max(side_m / _CELLS_PER_SIDE, math.sqrt(wide * high / _MAX_CELLS), 1.0)
    cell_m = max(cell_m, (wide + high) / _MAX_CELLS)
    origin_x, origin_y = float(low_x) - 0.5 * cell_m, float(low_y) - 0.5 * cell_m
    return origin_x, origin_y, cell_m, int(wide / cell_m) + 2, int(high / cell_m) + 2


@compiled
def cell_at(cells: Grid, x: float, y: float) -> int:
    """Number of the cell that holds the point; -1 outside all of them."""
    col = math.floor((x - cells[0]) / cells[2])
    row = math.floor((y - cells[1]) / cells[2])
    if col < 0 or row < 0 or col >= cells[3] or row >= cells[4]:
        return -1
    return row * cells[3] + col


@compiled
def holds(edges: Floats, first: int, last: int, x: float, y: float) -> bool:
    """Whether the point lies inside the rings made of edges `first` to `last` (excluded)."""
    is_inside = False
    for e in range(first, last):
        y0, y1 = edges[e, 1], edges[e, 3]
        if (y0 > y) != (y1 > y):
            x0 = edges[e, 0]
            if x < x0 + (edges[e, 2] - x0) * (y - y0) / (y1 - y0):
                is_inside = not is_inside
    return is_inside


@compiled
def _pairs(arrays: Arrays, x: Floats, y: Floats) -> tuple[Ints, Ints]:
    edges, _, firsts, cells, starts, items, is_whole, _, _ = arrays
    points, found = np.empty(0, np.int32), np.empty(0, np.int32)
    for is_filling in (False, True):
        count = 0
        for p in range(x.size):
            cell = cell_at(cells, x[p], y[p])
            if cell < 0:
                continue
            for k in range(starts[cell], starts[cell + 1]):
                g = items[k]
                if is_whole[k] or holds(edges, firsts[g], firsts[g + 1], x[p], y[p]):
                    if is_filling:
                        points[count], found[count] = p, g
                    count += 1
        if not is_filling:
            points, found = np.empty(count, np.int32), np.empty(count, np.int32)
    return points, found


@compiled
def _list_grids(edges: Floats, firsts: Ints, cells: Grid) -> tuple[Ints, Ints, Flags]:
    """CSR lists (starts, items) of the grids of each cell, and whether they hold it whole."""
    starts = np.zeros(cells[3] * cells[4] + 1, dtype=np.int32)
    items, is_whole = np.empty(0, np.int32), np.empty(0, np.bool_)
    free = starts
    for is_filling in (False, True):
        for g in range(firsts.size - 1):
            if firsts[g] == firsts[g + 1]:
                continue
            row0, col0, kinds = _kinds(edges[firsts[g] : firsts[g + 1]], cells)
            for i in range(kinds.shape[0]):
                for j in range(kinds.shape[1]):
                    if kinds[i, j] == 0:
                        continue
                    cell = (row0 + i) * cells[3] + col0 + j
                    if is_filling:
                        items[free[cell]] = g
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
def _kinds(edges: Floats, cells: Grid) -> tuple[int, int, NDArray[np.uint8]]:
    """First row and column of a grid's cells, and for each: 0 outside, 1 whole, 2 cut."""
    origin_x, origin_y, cell_m, ncols, nrows = cells
    low_x = min(edges[:, 0].min(), edges[:, 2].min())
    high_x = max(edges[:, 0].max(), edges[:, 2].max())
    low_y = min(edges[:, 1].min(), edges[:, 3].min())
    high_y = max(edges[:, 1].max(), edges[:, 3].max())
    # One cell more on each side: an edge on the very line between two cells cuts both.
    col0 = max(math.floor((low_x - origin_x) / cell_m) - 1, 0)
    row0 = max(math.floor((low_y - origin_y) / cell_m) - 1, 0)
    wide = min(math.floor((high_x - origin_x) / cell_m) + 1, ncols - 1) - col0 + 1
    high = min(math.floor((high_y - origin_y) / cell_m) + 1, nrows - 1) - row0 + 1
    kinds = np.zeros((high, wide), dtype=np.uint8)
    own = (origin_x + col0 * cell_m, origin_y + row0 * cell_m, cell_m, wide, high)
    starts, _ = list_edges_by_cell(edges[:, 0], edges[:, 1], edges[:, 2], edges[:, 3], own)
    for i in range(high):
        y = own[1] + (i + 0.5) * cell_m
        fill_row(edges, own, i, y, kinds)
        for j in range(wide):
            cell = i * wide + j
            if starts[cell + 1] > starts[cell]:
                kinds[i, j] = 2
    return row0, col0, kinds


@compiled
def fill_row(edges: Floats, own: Grid, row: int, y: float, kinds: NDArray[np.uint8]) -> None:
    """Mark the cells of a row whose centre lies inside."""
    for e in range(edges.shape[0]):
        y0, y1 = edges[e, 1], edges[e, 3]
        if (y0 > y) == (y1 > y):
            continue
        x = edges[e, 0] + (edges[e, 2] - edges[e, 0]) * (y - y0) / (y1 - y0)
        # Every centre left of the edge turns from out to in, or back.
        last = math.ceil((x - own[0]) / own[2] - 0.5)
        for j in range(min(max(last, 0), kinds.shape[1])):
            kinds[row, j] ^= 1
