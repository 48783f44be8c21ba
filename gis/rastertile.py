"""One tile of the raster: what every camera sees of it, and what of that lies in which subject.

Kernels; cells and rows as in `gis.rasterfill`. A cell keeps the best band in which some camera
sees it for sure, the best in which a second one does, and the best in which any sees it perhaps.
Bands are nested, so these three numbers answer for every band at once; they do not depend on the
order of the cameras.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.envelope import new_board
from gis.obstacles import Ints, Walls
from gis.rasterbands import grade
from gis.rastercasts import Casts
from gis.rasterfill import (
    Cells,
    Window,
    cross_rows,
    new_crossings,
    nothing_of,
    paint,
    rows_between,
    to_plane,
    to_raster,
)
from gis.rasterview import Desk, see
from gis.shadows import pairs_in_range

Longs = NDArray[np.int64]

BUILT = 8
"""In place of the best band perhaps: a building stands on the cell's centre."""


class Planes(NamedTuple):
    """Best bands per cell, uint8 (rows, columns): 0 for none, else 1 + the band's number."""

    first: Cells
    second: Cells
    perhaps: Cells
    #: Which camera of the tile sees the cell best, int32, -1 for none; shape (0, 0) if not asked
    #: for. Cameras are numbered as their poses follow one another.
    owner: Ints
    #: Cells (cameras, 8) on the wanted ground by the best band in which the camera sees them for
    #: sure; no rows if not asked for.
    seen: Longs


@compiled
def cover(walls: Walls, casts: Casts, chosen: Ints, tile: Window, wanted: Cells) -> Planes:
    """Planes of a tile on flat ground after the chosen poses, which are ordered by camera.

    `wanted` is 1 on the ground for which each camera's own part is asked, or of shape (0, 0).
    """
    planes, best, mask = new_planes(tile, chosen.size, wanted)
    n_rows = tile.row1 - tile.row0
    desk = Desk(new_board(256), np.empty((256, 2)), np.empty((256, 4)), new_crossings(n_rows))
    low, starts = _low_buildings(walls, casts, chosen)
    touched, camera = nothing_of(tile), 0
    for k in range(chosen.size):
        i = chosen[k]
        who = (i, low[starts[k] : starts[k + 1]])
        box, desk = see(walls, casts, who, tile, (mask, desk))
        touched = grade(mask, casts, i, (box, tile, touched), best)
        if k + 1 == chosen.size or casts.camera[chosen[k + 1]] != casts.camera[i]:
            enter(planes, best, (touched, tile), (camera, wanted))
            touched, camera = nothing_of(tile), camera + 1
    paint_buildings(walls, planes.perhaps, tile, BUILT)
    return planes


@compiled
def new_planes(
    tile: Window, n_poses: int, wanted: Cells
) -> tuple[Planes, tuple[Cells, Cells], Cells]:
    """Empty planes, room for one camera's best bands (sure, perhaps), and one pose's mask."""
    shape = (tile.row1 - tile.row0, tile.col1 - tile.col0)
    planes = Planes(
        np.zeros(shape, np.uint8),
        np.zeros(shape, np.uint8),
        np.zeros(shape, np.uint8),
        np.full(wanted.shape, -1, np.int32),
        np.zeros((n_poses if wanted.size else 0, 8), np.int64),
    )
    best = (np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))
    return planes, best, np.zeros(shape, np.uint8)


@compiled
def _low_buildings(walls: Walls, casts: Casts, chosen: Ints) -> tuple[Ints, Ints]:
    """Low buildings in range of each chosen pose, one list after another, and where each begins."""
    looks = casts.looks
    cameras = (looks.x[chosen], looks.y[chosen], casts.height_m[chosen], looks.range_m[chosen])
    which, building = pairs_in_range(walls, cameras, casts.target_m)
    starts = np.zeros(chosen.size + 1, np.int32)
    for k in which:
        starts[k + 1] += 1
    for k in range(chosen.size):
        starts[k + 1] += starts[k]
    return building, starts


@compiled
def _note_owner(
    planes: Planes, best: Cells, frame: tuple[Window, Window], who: tuple[int, Cells]
) -> None:
    """Enter whose cells they are, before the camera's best bands are entered."""
    (box, tile), (camera, wanted) = frame, who
    c0, c1 = box.col0 - tile.col0, box.col1 - tile.col0
    for row in range(box.row0 - tile.row0, box.row1 - tile.row0):
        sure, first, owner = best[row, c0:c1], planes.first[row, c0:c1], planes.owner[row, c0:c1]
        is_wanted = wanted[row, c0:c1]
        for col in range(sure.size):
            if sure[col] == 0:
                continue
            planes.seen[camera, sure[col]] += is_wanted[col]
            if sure[col] > first[col]:
                owner[col] = camera


@compiled
def enter(
    planes: Planes,
    best: tuple[Cells, Cells],
    frame: tuple[Window, Window],
    who: tuple[int, Cells],
) -> None:
    """Enter one camera's best bands into the planes, and clear them for the next.

    `frame` is the window they are in and the tile; `who` the camera's number in the tile and the
    wanted ground.
    """
    box, tile = frame
    if who[1].size:
        _note_owner(planes, best[0], frame, who)
    c0, c1 = box.col0 - tile.col0, box.col1 - tile.col0
    for row in range(box.row0 - tile.row0, box.row1 - tile.row0):
        sure, perhaps = best[0][row, c0:c1], best[1][row, c0:c1]
        first, second = planes.first[row, c0:c1], planes.second[row, c0:c1]
        at_best = planes.perhaps[row, c0:c1]
        for col in range(sure.size):
            second[col] = max(second[col], min(first[col], sure[col]))
            first[col] = max(first[col], sure[col])
            at_best[col] = max(at_best[col], perhaps[col])
        sure[:] = 0
        perhaps[:] = 0


@compiled
def paint_buildings(walls: Walls, plane: Cells, tile: Window, value: int) -> None:
    """Set the cells whose centres a building covers: such ground is no street."""
    corner, edges, crossed = (
        (tile.row0, tile.col0),
        np.empty((256, 4)),
        new_crossings(tile.row1 - tile.row0),
    )
    for b in _buildings_on(walls, tile):
        first, stop = walls.edge_starts[b], walls.edge_starts[b + 1]
        if stop - first > len(edges):
            edges = np.empty((2 * (stop - first), 4))
        low, high, left, right = np.inf, -np.inf, np.inf, -np.inf
        for e in range(first, stop):
            u, v = to_raster(walls.x0[e], walls.y0[e])
            edges[e - first, 0], edges[e - first, 1] = u, v
            edges[e - first, 2], edges[e - first, 3] = to_raster(walls.x1[e], walls.y1[e])
            low, high, left, right = min(low, v), max(high, v), min(left, u), max(right, u)
        if right < tile.col0 * tile.cell_m or left > tile.col1 * tile.cell_m:
            continue
        around = rows_between(tile, low, high)
        if around.row0 == around.row1:
            continue
        crossed = cross_rows(edges, stop - first, around, crossed)
        paint(plane, around, corner, crossed, value)


@compiled
def _buildings_on(walls: Walls, tile: Window) -> Ints:
    """Buildings whose bounds may meet the tile, each once."""
    left, right, low, high = np.inf, -np.inf, np.inf, -np.inf
    for row in (tile.row0, tile.row1):
        for col in (tile.col0, tile.col1):
            x, y = to_plane(col * tile.cell_m, row * tile.cell_m)
            left, right, low, high = min(left, x), max(right, x), min(low, y), max(high, y)
    side = walls.cell_m
    col0 = max(math.floor((left - walls.origin_x) / side), 0)
    col1 = min(math.floor((right - walls.origin_x) / side), walls.ncols - 1)
    row0 = max(math.floor((low - walls.origin_y) / side), 0)
    row1 = min(math.floor((high - walls.origin_y) / side), walls.nrows - 1)
    is_met = np.zeros(len(walls.height_m), np.bool_)
    for row in range(row0, row1 + 1):
        for col in range(col0, col1 + 1):
            cell = row * walls.ncols + col
            for k in range(walls.box_starts[cell], walls.box_starts[cell + 1]):
                is_met[walls.box_items[k]] = True
    return np.flatnonzero(is_met).astype(np.int32)
