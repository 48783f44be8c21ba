"""Ground that cameras see, swept with the heights of buildings; metres in the plane.

Kernels only; `gis.viewshed` is the door to them and states the rule.
"""

from __future__ import annotations

import numpy as np

from gis.compiled import compiled
from gis.envelope import new_board
from gis.knots import KNOT
from gis.obstacles import Floats, Ints, Walls
from gis.raisedwalls import board_for_raised, raise_walls
from gis.seenrings import Rings, draw_star, new_rings, unravel
from gis.slabs import Cloth, Progress, finish, new_loom, weave, with_loom
from gis.star import (
    INSIDE,
    MAX_PART_DEG,
    Looks,
    chord_angle,
    eye_of_part,
    neighbourhood,
    part_count,
    stand,
)
from gis.strands import STRAND, Levels, gather_veils, string_front, veil_rim
from gis.wedge import collect, fitting_board, settle


@compiled
def trace_grounds(
    walls: Walls, looks: Looks, heights: tuple[Floats, Floats, float], sagitta_m: float
) -> tuple[Rings, Ints]:
    """Rings of what every look sees, and standings (n,); `heights`: cameras, near edges, target."""
    camera_m, near_m, target_m = heights
    # Neighbours one after another: they look at the same walls, which are then in the cache.
    order = np.argsort(neighbourhood(looks))
    standings = np.zeros(looks.x.size, np.int32)
    marks, ticket = np.full(walls.height_m.size, -1, np.int32), 0
    desk = (new_board(256), np.empty(256, STRAND), new_loom(256), np.empty(256, KNOT))
    rings = new_rings(32 * looks.x.size + 64)
    for i in order:
        standing, x, y = stand(walls, looks, i)
        standings[i] = standing
        if standing == INSIDE or near_m[i] >= looks.range_m[i]:
            continue
        step = chord_angle(looks.range_m[i], sagitta_m)
        levels, base = Levels(camera_m[i], target_m, near_m[i]), 0
        board, strands, loom, knots = desk
        progress = Progress(0, -1 if looks.fov_deg[i] >= 360.0 else 0, -1, False)
        for part in range(part_count(looks, i)):
            eye = eye_of_part(looks, i, part, x, y)
            board = fitting_board(board, walls, eye)
            is_below = levels.camera_m < levels.target_m
            if is_below:
                board = board_for_raised(board, walls, eye)
            n = collect(walls, eye, board)
            if is_below:
                n = raise_walls(walls, eye, levels, (marks, ticket), (board, n))
                ticket += 1
                if n < 0:
                    break
            n_pieces = settle(board, n, eye.reach)
            strands, n_front = string_front(board, n_pieces, eye, step, strands)
            strands, n = gather_veils(walls, eye, levels, (marks, ticket), (strands, n_front))
            ticket += 1
            foot = (looks.x[i] - x, looks.y[i] - y)
            strands, n = veil_rim(eye, foot, near_m[i], (strands, n))
            if n == n_front and looks.fov_deg[i] <= MAX_PART_DEG:
                cloth = Cloth(strands, loom.picks, loom.ends, eye, looks.x[i], looks.y[i], 0)
                rings = draw_star(cloth, n, rings, i)
                break
            loom = with_loom(loom, n)
            cloth = Cloth(strands, loom.picks, loom.ends, eye, looks.x[i], looks.y[i], base)
            base += n
            knots, progress = weave(cloth, (n_front, n), loom, (knots, progress))
        if base > 0:
            knots, used, is_doubtful = finish(loom, knots, progress)
            rings = unravel(knots, used, rings, (i, is_doubtful))
        desk = (board, strands, loom, knots)
    return rings, standings
