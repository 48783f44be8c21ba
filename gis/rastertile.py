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
    joined,
    new_crossings,
    nothing_of,
    paint,
    range_box,
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
    planes = new_planes(tile, chosen.size, wanted)
    n_rows = tile.row1 - tile.row0
    desk = Desk(new_board(256), np.empty((256, 2)), np.empty((256, 4)), new_crossings(n_rows))
    low, starts = _low_buildings(walls, casts, chosen)
    room, k, camera = np.zeros((3, 1), np.uint8), 0, 0
    while k < chosen.size:
        window, stop = _window_of_camera(casts, chosen, k, tile)
        room, sheets = _sheets(room, window)
        touched = nothing_of(window)
        for j in range(k, stop):
            who = (chosen[j], low[starts[j] : starts[j + 1]])
            box, desk = see(walls, casts, who, window, (sheets[0], desk))
            touched = grade(sheets[0], casts, chosen[j], (box, window, touched), sheets[1:])
        enter(planes, sheets[1:], (touched, window, tile), (camera, wanted))
        k, camera = stop, camera + 1
    paint_buildings(walls, planes.perhaps, tile, BUILT)
    return planes


@compiled
def new_planes(tile: Window, n_poses: int, wanted: Cells) -> Planes:
    """Planes of a tile that nobody sees; `wanted` as in `cover`."""
    shape = (tile.row1 - tile.row0, tile.col1 - tile.col0)
    return Planes(
        np.zeros(shape, np.uint8),
        np.zeros(shape, np.uint8),
        np.zeros(shape, np.uint8),
        np.full(wanted.shape, -1, np.int32),
        np.zeros((n_poses if wanted.size else 0, 8), np.int64),
    )


@compiled
def _window_of_camera(casts: Casts, chosen: Ints, k: int, tile: Window) -> tuple[Window, int]:
    """Cells in range of the camera whose first pose is chosen[k], and where its poses end."""
    window, stop, camera = nothing_of(tile), k, casts.camera[chosen[k]]
    while stop < chosen.size and casts.camera[chosen[stop]] == camera:
        i = chosen[stop]
        circle = (casts.u[i], casts.v[i], casts.looks.range_m[i])
        window = joined(window, range_box(circle, tile))
        stop += 1
    if window.row0 > window.row1:
        window = Window(tile.row0, tile.row0, tile.col0, tile.col0, tile.cell_m)
    return window, stop


@compiled
def _sheets(room: Cells, window: Window) -> tuple[Cells, tuple[Cells, Cells, Cells]]:
    """Room for three sheets of a window, and the sheets: a mask, and best bands that are all 0.

    One camera after another works in the same few pages, which stay in the nearest cache; on
    sheets as large as the tile its rows would lie far apart.
    """
    rows, cols = window.row1 - window.row0, window.col1 - window.col0
    if rows * cols > room.shape[1]:
        room = np.zeros((3, rows * cols), np.uint8)
    shape, size = (rows, cols), rows * cols
    sheets = (
        room[0, :size].reshape(shape),
        room[1, :size].reshape(shape),
        room[2, :size].reshape(shape),
    )
    return room, sheets


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
    planes: Planes, best: Cells, frame: tuple[Window, Window, Window], who: tuple[int, Cells]
) -> None:
    """Enter whose cells they are, before the camera's best bands are entered."""
    (box, window, tile), (camera, wanted) = frame, who
    here, there, width = box.col0 - window.col0, box.col0 - tile.col0, box.col1 - box.col0
    for row in range(box.row0, box.row1):
        sure = best[row - window.row0, here : here + width]
        first = planes.first[row - tile.row0, there : there + width]
        owner = planes.owner[row - tile.row0, there : there + width]
        is_wanted = wanted[row - tile.row0, there : there + width]
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
    frame: tuple[Window, Window, Window],
    who: tuple[int, Cells],
) -> None:
    """Enter one camera's best bands into the planes, and clear them for the next.

    `frame` is the part of the sheets that was touched, their window and the tile; `who` the
    camera's number in the tile and the wanted ground.
    """
    box, window, tile = frame
    if who[1].size:
        _note_owner(planes, best[0], frame, who)
    here, there, width = box.col0 - window.col0, box.col0 - tile.col0, box.col1 - box.col0
    for row in range(box.row0, box.row1):
        sure = best[0][row - window.row0, here : here + width]
        perhaps = best[1][row - window.row0, here : here + width]
        first = planes.first[row - tile.row0, there : there + width]
        second = planes.second[row - tile.row0, there : there + width]
        at_best = planes.perhaps[row - tile.row0, there : there + width]
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
