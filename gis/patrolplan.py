"""What patrol coverage is counted on: fixed cells and pieces of road within each grid.

Metres in one plane frame. The same grids in the same frame give the same cells in the same order,
so that bitmaps kept from one day can be joined with those of another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.edgegrid import Floats, Grid, Ints, list_boxes_by_cell
from gis.errors import ArgumentError, GeometryError
from gis.gridindex import GridIndex, Shapes, fill_row, grids_at, index_grids

Longs = NDArray[np.int64]

_MAX_CELLS = 1_000_000

#: What the kernels take: cell side; south-west corner of each grid's cells (n, 2); first row of
#: each grid (n + 1); first run of each row; first and last column (excluded) and first cell of
#: each run (k, 3); first piece of each row; middles of pieces (m, 2); extent of each grid (n, 4);
#: coarse cells, starts and items of the grids whose extent meets each.
PlanArrays = tuple[float, Floats, Longs, Longs, Longs, Longs, Floats, Floats, Grid, Ints, Ints]


@dataclass(frozen=True, slots=True)
class PatrolPlan:
    """Cells and pieces of road of each grid, in their order in the bitmaps.

    Cells go from south to north and in a row from west to east, numbered from 0 in each grid;
    pieces of road likewise, by the row of their middle.
    """

    cell_m: float
    #: Cells and pieces of each grid, int64 (n,).
    cell_counts: Longs
    piece_counts: Longs
    #: Length of each piece, metres, all grids one after the other; float64 (m,).
    piece_length_m: Floats
    arrays: PlanArrays

    def __len__(self) -> int:
        return len(self.cell_counts)

    def cell_centres(self, grid: int) -> tuple[Floats, Floats]:
        """X and y of the centres of a grid's cells, in the order of the bitmaps; metres."""
        cell_m, corners, grid_rows, row_runs, runs = self.arrays[:5]
        rows = np.arange(grid_rows[grid], grid_rows[grid + 1])
        own = np.arange(row_runs[rows[0]], row_runs[rows[-1] + 1]) if len(rows) else rows
        lengths = runs[own, 1] - runs[own, 0]
        columns = np.arange(lengths.sum()) - np.repeat(
            np.cumsum(lengths) - lengths - runs[own, 0], lengths
        )
        row = np.repeat(np.repeat(rows, np.diff(row_runs)[rows]), lengths) - grid_rows[grid]
        x = corners[grid, 0] + (columns + 0.5) * cell_m
        return x, corners[grid, 1] + (row + 0.5) * cell_m

    def piece_lengths_m(self, grid: int) -> Floats:
        """Lengths of a grid's pieces of road, in the order of the bitmaps; metres."""
        first = int(self.piece_counts[:grid].sum())
        return self.piece_length_m[first : first + int(self.piece_counts[grid])]


def patrol_cells(grids: Shapes, roads: Shapes, cell_m: float = 10.0) -> PatrolPlan:
    """Cells and pieces of road of grids.

    A cell belongs to a grid when its centre does; cells lie on whole multiples of `cell_m`. A
    grid too small for any centre has one cell, around a point of its own. Roads are cut into equal
    pieces of at most `cell_m`; a piece belongs to the grid that holds its middle.

    Parameters
    ----------
    grids : ndarray of polygon or multipolygon, shape (n,)
        Metres in one plane frame.
    roads : ndarray of line or multiline, any shape (r,)
        Centrelines in the same frame, each once.
    cell_m : float
        Side of a cell, 1 to 1,000 m.

    Returns
    -------
    PatrolPlan
        For all grids.

    Raises
    ------
    ArgumentError
        If `cell_m` is out of range.
    GeometryError
        If a grid is no polygon or a road no line.

    """
    if not 1.0 <= cell_m <= 1000.0:
        raise ArgumentError("cell_m", got=cell_m, allowed="1 to 1,000 metres")
    wrong = ~np.isin(shapely.get_type_id(roads), (1, 2, 5))
    if np.any(wrong):
        raise GeometryError("roads", got=f"{roads[wrong][0]!r:.60}", allowed="lines in metres")
    index = index_grids(grids)
    corners, heights = _lattices(grids, cell_m)
    cells = _rows_of_cells(index.arrays[0], index.arrays[2], corners, heights, cell_m)
    is_missed = (cells[3] == 0) & (heights > 0)
    if np.any(is_missed):
        corners[is_missed], heights[is_missed] = _lattices(grids[is_missed], cell_m, centred=True)
        cells = _rows_of_cells(index.arrays[0], index.arrays[2], corners, heights, cell_m)
    grid_rows, row_runs, runs, cell_counts = cells
    x, y, length_m, owner = _pieces(index, roads, cell_m)
    row = np.floor((y - corners[owner, 1]) / cell_m).astype(np.int64)
    row = grid_rows[owner] + np.clip(row, 0, heights[owner] - 1)
    order = np.lexsort((length_m, y, x, row))
    row_pieces = np.searchsorted(row[order], np.arange(grid_rows[-1] + 1)).astype(np.int64)
    middles = np.ascontiguousarray(np.stack([x, y], axis=1)[order])
    arrays = (cell_m, corners, grid_rows, row_runs, runs, row_pieces, middles, *_boxes(grids))
    piece_counts = np.bincount(owner, minlength=len(grids)).astype(np.int64)
    return PatrolPlan(cell_m, cell_counts, piece_counts, length_m[order], arrays)


def _boxes(grids: Shapes) -> tuple[Floats, Grid, Ints, Ints]:
    """Extent of each grid, and the grids listed in cells as large as a middling one."""
    bounds = shapely.bounds(grids)
    filled = bounds[~np.isnan(bounds[:, 0])]
    cells: Grid = (0.0, 0.0, 1.0, 1, 1)
    if len(filled):
        low, high = filled[:, :2].min(axis=0), filled[:, 2:].max(axis=0)
        wide, tall = high - low
        middling = float(np.median(np.maximum(*(filled[:, 2:] - filled[:, :2]).T)))
        side_m = max(middling, math.sqrt(wide * tall / _MAX_CELLS), (wide + tall) / _MAX_CELLS, 1.0)
        cells = (
            float(low[0]),
            float(low[1]),
            side_m,
            int(wide / side_m) + 1,
            int(tall / side_m) + 1,
        )
    # An empty grid lies where no box reaches.
    bounds[np.isnan(bounds[:, 0])] = (np.inf, np.inf, -np.inf, -np.inf)
    starts, items = list_boxes_by_cell(np.where(np.isinf(bounds), cells[0], bounds), cells)
    return bounds, cells, starts, items


def _lattices(grids: Shapes, cell_m: float, *, centred: bool = False) -> tuple[Floats, Longs]:
    """South-west corner of each grid's cells, and its number of rows.

    Corners are whole multiples of the side or, when centred, such that a cell lies around a point
    of the grid.
    """
    bounds = shapely.bounds(grids)
    offset = np.zeros((len(grids), 2))
    if centred:
        inner = shapely.get_coordinates(shapely.point_on_surface(grids))
        offset = inner / cell_m - 0.5
        offset = (offset - np.floor(offset)) * cell_m
    is_empty = np.isnan(bounds[:, 0])
    bounds[is_empty] = 0.0
    corners = np.floor((bounds[:, :2] - offset) / cell_m) * cell_m + offset
    heights = np.ceil((bounds[:, 3] - corners[:, 1]) / cell_m).astype(np.int64)
    heights = np.where(is_empty, 0, np.maximum(heights, 1))
    return corners, heights


def _pieces(index: GridIndex, roads: Shapes, cell_m: float) -> tuple[Floats, Floats, Floats, Longs]:
    """Middle, length and grid of every piece of road."""
    xy, line = shapely.get_coordinates(shapely.get_parts(roads), return_index=True)
    joined = np.flatnonzero(line[1:] == line[:-1])
    from_xy, along = xy[joined], xy[joined + 1] - xy[joined]
    length = np.hypot(along[:, 0], along[:, 1])
    counts = np.ceil(length / cell_m).astype(np.int64)
    segment = np.repeat(np.arange(len(joined)), counts)
    number = np.arange(len(segment)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (number + 0.5) / counts[segment]
    middles = from_xy[segment] + share[:, None] * along[segment]
    x, y = np.ascontiguousarray(middles[:, 0]), np.ascontiguousarray(middles[:, 1])
    piece, grid = grids_at(index, x, y)
    return (
        x[piece],
        y[piece],
        (length / np.maximum(counts, 1))[segment][piece],
        grid.astype(np.int64),
    )


def _rows_of_cells(
    edges: Floats, firsts: Ints, corners: Floats, heights: Longs, cell_m: float
) -> tuple[Longs, Longs, Longs, Longs]:
    """First row of each grid, first run of each row, runs, and cells of each grid."""
    grid_rows = np.concatenate([[0], np.cumsum(heights)]).astype(np.int64)
    row_runs, runs, counts = _runs(edges, firsts, corners, grid_rows, cell_m)
    return grid_rows, row_runs, runs, counts


@compiled
def _runs(
    edges: Floats, firsts: Ints, corners: Floats, grid_rows: Longs, cell_m: float
) -> tuple[Longs, Longs, Longs]:
    counts = np.zeros(firsts.size - 1, dtype=np.int64)
    row_runs = np.zeros(grid_rows[-1] + 1, dtype=np.int64)
    runs = np.empty((0, 3), dtype=np.int64)
    for is_filling in (False, True):
        found = 0
        for g in range(firsts.size - 1):
            own = edges[firsts[g] : firsts[g + 1]]
            if own.shape[0] == 0:
                continue
            high_x = max(own[:, 0].max(), own[:, 2].max())
            wide = math.ceil((high_x - corners[g, 0]) / cell_m) + 1
            lattice = (corners[g, 0], corners[g, 1], cell_m, wide, 1)
            counts[g] = 0
            for row in range(grid_rows[g], grid_rows[g + 1]):
                row_runs[row] = found
                line = np.zeros((1, wide), dtype=np.uint8)
                y = corners[g, 1] + (row - grid_rows[g] + 0.5) * cell_m
                fill_row(own, lattice, 0, y, line)
                for col in range(wide):
                    if line[0, col] == 0:
                        continue
                    is_new = col == 0 or line[0, col - 1] == 0
                    if is_filling and is_new:
                        runs[found, 0], runs[found, 2] = col, counts[g]
                    if is_filling:
                        runs[found - (not is_new), 1] = col + 1
                    found += is_new
                    counts[g] += 1
        row_runs[-1] = found
        if not is_filling:
            runs = np.empty((found, 3), dtype=np.int64)
    return row_runs, runs, counts
