"""Cells that one camera pose sees, and the density band it sees each in: kernels, metres.

The rule of `gis.viewshed`, asked at cell centres: the star of the buildings that reach the lens's
level, less the ground that lower ones hide, less what lies nearer than the picture begins.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from gis.compiled import compiled
from gis.envelope import ARC, Board
from gis.obstacles import Floats, Ints, Walls
from gis.rasterbands import PERHAPS, SURE
from gis.rastercasts import Casts
from gis.rasterfill import Crossings, Window, cross_rows, paint, range_box, to_raster, with_room
from gis.rastershade import hidden_edges
from gis.star import INSIDE, Looks, eye_of_part, part_count, stand
from gis.wedge import Eye, fitting_board, sweep

_ARC_STEP = 0.4  # radians; chords outside the circle, cut back to it by the distance


class Desk(NamedTuple):
    """Working space of one pose after another."""

    board: Board
    #: Corners x, y of a star, and edges x0, y0, x1, y1.
    corners: Floats
    edges: Floats
    crossed: Crossings


@compiled
def see(
    walls: Walls, casts: Casts, who: tuple[int, Ints], tile: Window, out: tuple[Any, Desk]
) -> tuple[Window, Desk]:
    """Mark in the mask what a pose sees, `PERHAPS` or in the sure field `SURE`, and 0 elsewhere.

    `who` is the pose and the low buildings in its range. Returns the window that was written,
    everything else in the mask stays as it was.
    """
    i = who[0]
    mask, desk = out
    looks = casts.looks
    corner = (tile.row0, tile.col0)
    standing, x, y = stand(walls, looks, i)
    if standing == INSIDE or casts.near_m[i] >= looks.range_m[i]:
        return Window(tile.row0, tile.row0, tile.col0, tile.col0, tile.cell_m), desk
    desk, n = _outline(walls, looks, (i, x, y), desk)
    box = _box(desk.edges[:n], casts, i, tile)
    right, down = box.col0 - tile.col0, box.row0 - tile.row0
    mask[down : down + box.row1 - box.row0, right : right + box.col1 - box.col0] = 0
    is_sure = casts.sure_deg[i] > 0.0 and looks.own[i] < 0
    crossed = cross_rows(desk.edges, n, box, desk.crossed)
    paint(mask, box, corner, crossed, SURE if is_sure else PERHAPS)
    edges, n = hidden_edges(walls, casts, who, desk.edges)
    if n > 0:
        crossed = cross_rows(edges, n, box, crossed)
        paint(mask, box, corner, crossed, 0)
    return box, Desk(desk.board, desk.corners, edges, crossed)


@compiled
def _outline(
    walls: Walls, looks: Looks, who: tuple[int, float, float], desk: Desk
) -> tuple[Desk, int]:
    """Edges of the star, arcs drawn round the circle; returns how many."""
    i, x, y = who
    board, corners, n = desk.board, desk.corners, 0
    if looks.fov_deg[i] < 360.0:
        corners[0, 0], corners[0, 1] = to_raster(x, y)
        n = 1
    for part in range(part_count(looks, i)):
        eye = eye_of_part(looks, i, part, x, y)
        board = fitting_board(board, walls, eye)
        n_pieces = sweep(walls, eye, board)
        corners = with_room(corners, n + 2 * n_pieces + math.ceil(math.pi / _ARC_STEP) + 2)
        for k in range(n_pieces):
            n = _add_piece(board, k, eye, corners, n)
    edges = with_room(desk.edges, n)
    for k in range(n):
        after = k + 1 if k + 1 < n else 0
        edges[k, 0], edges[k, 1] = corners[k, 0], corners[k, 1]
        edges[k, 2], edges[k, 3] = corners[after, 0], corners[after, 1]
    return Desk(board, corners, edges, desk.crossed), n


@compiled
def _add_piece(board: Board, k: int, eye: Eye, corners: Floats, n: int) -> int:
    """Corners of one piece of the visible front; returns how many are used."""
    lo, hi = board.piece_lo[k], board.piece_hi[k]
    if board.piece_edge[k] != ARC:
        _put(eye, corners, n, (1.0 / board.piece_w_lo[k], lo / board.piece_w_lo[k]))
        _put(eye, corners, n + 1, (1.0 / board.piece_w_hi[k], hi / board.piece_w_hi[k]))
        return n + 2
    begin, end = math.atan(lo), math.atan(hi)
    n_chords = max(math.ceil((end - begin) / _ARC_STEP), 1)
    step = (end - begin) / n_chords
    radius = eye.range_m / math.cos(step / 2.0)
    for j in range(n_chords + 1):
        angle = begin + j * step
        _put(eye, corners, n + j, (radius * math.cos(angle), radius * math.sin(angle)))
    return n + n_chords + 1


@compiled
def _put(eye: Eye, corners: Floats, n: int, place: tuple[float, float]) -> None:
    """Write the point (u, v) of the eye's frame."""
    u, v = place
    x = eye.x + u * eye.heading_x - v * eye.heading_y
    y = eye.y + u * eye.heading_y + v * eye.heading_x
    corners[n, 0], corners[n, 1] = to_raster(x, y)


@compiled
def _box(edges: Any, casts: Casts, i: int, tile: Window) -> Window:
    """Cells of the tile that the star can hold: within its bounds and its range."""
    scale = 1.0 / tile.cell_m
    left, right, low, high = math.inf, -math.inf, math.inf, -math.inf
    for e in range(len(edges)):
        left, right = min(left, edges[e, 0]), max(right, edges[e, 0])
        low, high = min(low, edges[e, 1]), max(high, edges[e, 1])
    box = range_box((casts.u[i], casts.v[i], casts.looks.range_m[i]), tile)
    if left > right:
        return Window(box.row0, box.row0, box.col0, box.col0, tile.cell_m)
    row0 = min(max(math.floor(low * scale), box.row0), box.row1)
    row1 = max(min(math.ceil(high * scale), box.row1), row0)
    col0 = min(max(math.floor(left * scale), box.col0), box.col1)
    col1 = max(min(math.ceil(right * scale), box.col1), col0)
    return Window(row0, row1, col0, col1, tile.cell_m)
