"""Which tiles of the raster a count needs, and who and what meets each; cells and metres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.obstacles import Floats, Ints
from gis.rasterfill import Window
from gis.rastersubjects import Laid

Longs = NDArray[np.int64]

TILE_CELLS = 1024


@dataclass(frozen=True, slots=True)
class Tile:
    """A window of the raster: the part of a square of `TILE_CELLS` in which subjects lie."""

    window: Window
    #: Subjects whose area or lines may meet it, ascending.
    subjects: Ints
    #: Its pieces of lines are points[first:stop] in the order of `point_order`.
    span: tuple[int, int]


def tiles_of(laid: Laid, cell_m: float, side: int = TILE_CELLS) -> tuple[list[Tile], Longs]:
    """Tiles that hold all subjects, and the order of the points in which each tile's are together.

    Tiles are cut at whole multiples of `side` cells.
    """
    areas, boxes = _area_boxes(laid.cells, side)
    points = np.stack([laid.points.row // side, laid.points.col // side], axis=1)
    order = np.lexsort((points[:, 1], points[:, 0]))
    points = points[order]
    rows, cols = laid.points.row[order], laid.points.col[order]
    subject = laid.points.subject[order]
    keys, index = np.unique(np.concatenate([areas[:, :2], points]), axis=0, return_inverse=True)
    index = index.ravel()
    of_box, of_point = index[: len(areas)], index[len(areas) :]
    by_box = np.argsort(of_box, kind="stable")
    first_box = np.searchsorted(of_box[by_box], np.arange(len(keys) + 1))
    first_point = np.searchsorted(of_point, np.arange(len(keys) + 1))
    tiles = []
    for k in range(len(keys)):
        mine = by_box[first_box[k] : first_box[k + 1]]
        span = slice(int(first_point[k]), int(first_point[k + 1]))
        ends = np.vstack(
            [
                boxes[mine],
                np.stack([rows[span], rows[span] + 1, cols[span], cols[span] + 1], axis=1),
            ]
        )
        low, high = ends.min(axis=0), ends.max(axis=0)
        window = Window(int(low[0]), int(high[1]), int(low[2]), int(high[3]), cell_m)
        subjects = np.unique(np.concatenate([areas[mine, 2], subject[span]])).astype(np.int32)
        tiles.append(Tile(window, subjects, (span.start, span.stop)))
    return tiles, order


def _area_boxes(cells: Longs, side: int) -> tuple[Longs, Longs]:
    """Rows tile row, tile column, subject; and the cells row0, row1, col0, col1 of each there."""
    filled = np.flatnonzero((cells[:, 1] > cells[:, 0]) & (cells[:, 3] > cells[:, 2]))
    first, last = cells[filled][:, [0, 2]] // side, (cells[filled][:, [1, 3]] - 1) // side
    counts = last - first + 1
    total = counts[:, 0] * counts[:, 1]
    owner = np.repeat(np.arange(len(filled)), total)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(total) - total, total)
    row = first[owner, 0] + number // counts[owner, 1]
    col = first[owner, 1] + number % counts[owner, 1]
    mine = cells[filled][owner]
    boxes = np.stack(
        [
            np.maximum(mine[:, 0], row * side),
            np.minimum(mine[:, 1], (row + 1) * side),
            np.maximum(mine[:, 2], col * side),
            np.minimum(mine[:, 3], (col + 1) * side),
        ],
        axis=1,
    )
    return np.stack([row, col, filled[owner]], axis=1), boxes


def poses_meeting(tiles: list[Tile], x: Floats, y: Floats, reach_m: Floats) -> list[Ints]:
    """Poses whose square of range meets each tile, ascending."""
    squares = shapely.box(x - reach_m, y - reach_m, x + reach_m, y + reach_m)
    ends = np.array([tile.window for tile in tiles], dtype=np.float64).reshape(-1, 5)
    row0, row1, col0, col1 = (ends[:, :4] * ends[:, 4:]).T
    tile, pose = shapely.STRtree(squares).query(shapely.box(col0, row0, col1, row1))
    order = np.lexsort((pose, tile))
    bounds = np.searchsorted(tile[order], np.arange(1, len(tiles)))
    return [part.astype(np.int32) for part in np.split(pose[order], bounds)]
