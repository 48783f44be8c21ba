"""Roofs between a low camera and a higher target, as walls that stand farther off; metres.

Such a roof hides all ground from `far` times the distance on at which the ray enters the building,
far = (target - camera) / (roof - camera). See `gis.shadows`.
"""

from __future__ import annotations

import numpy as np

from gis.compiled import compiled
from gis.envelope import MIN_WEDGE, Board, new_board
from gis.obstacles import Ints, Walls, holds_point
from gis.strands import Levels
from gis.wedge import Eye, seen_segment, window_of


@compiled
def board_for_raised(board: Board, walls: Walls, eye: Eye) -> Board:
    """The same board, or a larger one for all walls of the buildings in the window.

    A building that reaches into the window has walls outside it, which `fitting_board` leaves out.
    """
    n = 0
    for cell in _cells_in(walls, window_of(walls, eye)):
        n += walls.starts[cell + 1] - walls.starts[cell]
        for k in range(walls.box_starts[cell], walls.box_starts[cell + 1]):
            b = walls.box_items[k]
            n += walls.edge_starts[b + 1] - walls.edge_starts[b]
    return board if n <= board.lo.size else new_board(2 * n)


@compiled
def raise_walls(
    walls: Walls, eye: Eye, levels: Levels, marks: tuple[Ints, int], field: tuple[Board, int]
) -> int:
    """Put the raised walls on the board; the new count, -1 when the camera is under such a roof.

    `marks` has a number per building; those that carry this sweep's number have been dealt with.
    """
    seen, ticket = marks
    board, n = field
    for cell in _cells_in(walls, window_of(walls, eye)):
        for k in range(walls.box_starts[cell], walls.box_starts[cell + 1]):
            b = walls.box_items[k]
            is_between = levels.camera_m < walls.height_m[b] < levels.target_m
            if not is_between or b == eye.own or seen[b] == ticket:
                continue
            seen[b] = ticket
            if holds_point(walls, b, eye.x, eye.y):
                return -1
            far = levels.target_m - levels.camera_m
            far /= walls.height_m[b] - levels.camera_m
            for e in range(walls.edge_starts[b], walls.edge_starts[b + 1]):
                ax, ay = far * (walls.x0[e] - eye.x), far * (walls.y0[e] - eye.y)
                bx, by = far * (walls.x1[e] - eye.x), far * (walls.y1[e] - eye.y)
                if ax * by - ay * bx >= 0.0:
                    continue
                lo, hi, w_lo, w_hi = seen_segment(ax, ay, bx, by, eye)
                if hi - lo > MIN_WEDGE:
                    board.lo[n], board.hi[n], board.w_lo[n] = lo, hi, w_lo
                    board.rise[n] = (w_hi - w_lo) / (hi - lo)
                    board.edge[n] = e
                    n += 1
    return n


@compiled
def _cells_in(walls: Walls, window: tuple[int, int, int, int]) -> Ints:
    col0, col1, row0, row1 = window
    wide = max(col1 - col0 + 1, 0)
    cells = np.empty(wide * max(row1 - row0 + 1, 0), np.int32)
    for k in range(cells.size):
        cells[k] = (row0 + k // wide) * walls.ncols + col0 + k % wide
    return cells
