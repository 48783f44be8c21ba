"""Star-shaped regions around observers: wedge sweeps joined to a field, its area and its ring.

Metres in the plane CRS of the walls. Kernels only; `gis.visibility` is the door to them.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from gis.compiled import compiled
from gis.edgegrid import TOUCH_M
from gis.envelope import ARC, Board, new_board
from gis.obstacles import Floats, Ints, Walls, cell_of, holds_point
from gis.wedge import Eye, fitting_board, sweep

CLEAR, ON_WALL, INSIDE = 0, 1, 2

MAX_PART_DEG = 120.0  # tan 60 = 1.7 keeps slopes tame; a full turn takes three sweeps
SAME_POINT_M = 1e-9


class Looks(NamedTuple):
    """Views as arrays of one length, with who may hide each: see `gis.wedge.Eye`."""

    x: Floats
    y: Floats
    azimuth_deg: Floats
    fov_deg: Floats
    range_m: Floats
    lowest_m: Floats
    own: Ints


@compiled
def measure_stars(walls: Walls, looks: Looks) -> tuple[Floats, Ints]:
    """Area (n,) in m2 and standing (n,) of every look."""
    # Neighbours one after another: they look at the same walls, which are then in the cache.
    order = np.argsort(neighbourhood(looks))
    n = looks.x.size
    areas, standings = np.zeros(n), np.zeros(n, np.int32)
    board = new_board(256)
    for i in order:
        standing, x, y = stand(walls, looks, i)
        standings[i] = standing
        if standing == INSIDE:
            continue
        for part in range(part_count(looks, i)):
            eye = eye_of_part(looks, i, part, x, y)
            board = fitting_board(board, walls, eye)
            areas[i] += _area(board, sweep(walls, eye, board), eye)
    return areas, standings


@compiled
def neighbourhood(looks: Looks) -> Floats:
    """A number per look that is near for looks that stand near: rows of 200 m, then along them."""
    return np.floor(looks.y / 200.0) * 1e7 + looks.x


@compiled
def trace_stars(walls: Walls, looks: Looks, sagitta_m: float) -> tuple[Floats, Ints, Floats, Ints]:
    """Ring vertices (k, 2), where each ring starts (n + 1,), areas (n,) and standings (n,)."""
    n = looks.x.size
    areas, standings = np.zeros(n), np.zeros(n, np.int32)
    starts, used = np.zeros(n + 1, np.int32), 0
    board, xy = new_board(256), np.empty((64 * n + 64, 2))
    for i in range(n):
        standing, x, y = stand(walls, looks, i)
        standings[i] = standing
        step = chord_angle(looks.range_m[i], sagitta_m)
        for part in range(part_count(looks, i) if standing != INSIDE else 0):
            eye = eye_of_part(looks, i, part, x, y)
            board = fitting_board(board, walls, eye)
            n_pieces = sweep(walls, eye, board)
            areas[i] += _area(board, n_pieces, eye)
            xy = _with_room(xy, used, _vertex_bound(board, n_pieces, step) + 2)
            used = _draw(board, n_pieces, eye, (xy, starts[i], used), step)
        used = _close(xy, starts[i], used, looks, i)
        starts[i + 1] = used
    return xy[:used].copy(), starts, areas, standings


@compiled
def stand(walls: Walls, looks: Looks, i: int) -> tuple[int, float, float]:
    """How look `i` stands to its occluders, and where it looks from.

    A camera on a wall is moved two micrometres out of the wall: then the wall itself hides what
    is behind it, by the same rule as every other wall.
    """
    x, y = looks.x[i], looks.y[i]
    lowest_m, own = looks.lowest_m[i], looks.own[i]
    cell = cell_of(walls, x, y)
    if cell < 0:
        return CLEAR, x, y
    is_touching, out_x, out_y = _outward(walls, cell, (x, y, lowest_m, own))
    if is_touching:
        size = math.hypot(out_x, out_y)
        if size < 1e-9:  # on a party wall: solid on both sides
            return INSIDE, x, y
        x, y = x + 2.0 * TOUCH_M * out_x / size, y + 2.0 * TOUCH_M * out_y / size
    for k in range(walls.box_starts[cell], walls.box_starts[cell + 1]):
        b = walls.box_items[k]
        # The box first: a call with the arrays' record costs more than the whole comparison.
        if x < walls.bounds[b, 0] or x > walls.bounds[b, 2]:
            continue
        if y < walls.bounds[b, 1] or y > walls.bounds[b, 3]:
            continue
        is_let_pass = b == own or walls.height_m[b] < lowest_m
        if not is_let_pass and holds_point(walls, b, x, y):
            return INSIDE, x, y
    return (ON_WALL if is_touching else CLEAR), x, y


@compiled
def find_roofs_over(walls: Walls, x: Floats, y: Floats, height_m: Floats) -> Ints:
    """For each camera the first building that holds it below its roof, or -1; shape (n,)."""
    found = np.full(x.size, -1, np.int32)
    for i in range(x.size):
        cell = cell_of(walls, x[i], y[i])
        if cell < 0:
            continue
        for k in range(walls.box_starts[cell], walls.box_starts[cell + 1]):
            b = walls.box_items[k]
            if height_m[i] < walls.height_m[b] and holds_point(walls, b, x[i], y[i]):
                found[i] = b
                break
    return found


@compiled
def _outward(
    walls: Walls, cell: int, who: tuple[float, float, float, int]
) -> tuple[bool, float, float]:
    """Whether the point touches an occluding wall, and the sum of those walls' outward normals."""
    x, y, lowest_m, own = who
    is_touching, out_x, out_y = False, 0.0, 0.0
    for k in range(walls.starts[cell], walls.starts[cell + 1]):
        e = walls.items[k]
        owner = walls.owner[e]
        if owner == own or walls.height_m[owner] < lowest_m:
            continue
        dx, dy = walls.x1[e] - walls.x0[e], walls.y1[e] - walls.y0[e]
        px, py = x - walls.x0[e], y - walls.y0[e]
        length2 = dx * dx + dy * dy
        across = dx * py - dy * px
        if across * across > length2 * TOUCH_M * TOUCH_M:
            continue
        along = min(max((px * dx + py * dy) / length2, 0.0), 1.0)
        if math.hypot(px - along * dx, py - along * dy) <= TOUCH_M:
            length = math.sqrt(length2)
            is_touching, out_x, out_y = True, out_x + dy / length, out_y - dx / length
    return is_touching, out_x, out_y


@compiled
def part_count(looks: Looks, i: int) -> int:
    """How many sweeps a look takes: each covers at most 120 degrees."""
    return int(max(math.ceil(min(looks.fov_deg[i], 360.0) / MAX_PART_DEG), 1))


@compiled
def eye_of_part(looks: Looks, i: int, part: int, x: float, y: float) -> Eye:
    """Sweep number `part` of a look, counted counter-clockwise from the right border."""
    fov_deg = min(looks.fov_deg[i], 360.0)
    half_deg = 0.5 * fov_deg / part_count(looks, i)
    right_deg = looks.azimuth_deg[i] + 0.5 * fov_deg
    azimuth = math.radians(right_deg - (2 * part + 1) * half_deg)
    reach = math.tan(math.radians(half_deg))
    heading_x, heading_y = math.sin(azimuth), math.cos(azimuth)
    return Eye(x, y, heading_x, heading_y, reach, looks.range_m[i], looks.lowest_m[i], looks.own[i])


@compiled
def _area(board: Board, n_pieces: int, eye: Eye) -> float:
    """Area of the front's pieces: triangles (m1 - m0) / (2 w0 w1) and circle sectors."""
    area, turn = 0.0, 0.0
    for k in range(n_pieces):
        lo, hi = board.piece_lo[k], board.piece_hi[k]
        if board.piece_edge[k] == ARC:
            turn += math.atan(hi) - math.atan(lo)
        else:
            area += (hi - lo) / (board.piece_w_lo[k] * board.piece_w_hi[k])
    return 0.5 * (area + turn * eye.range_m * eye.range_m)


@compiled
def chord_angle(range_m: float, sagitta_m: float) -> float:
    """Angle (radians) of the chord that stays within `sagitta_m` of its arc.

    And within 1e-4 of the range: a ring loses 4/3 of that share of an open sector's area.
    """
    return 2.0 * math.acos(1.0 - min(sagitta_m / range_m, 1e-4))


@compiled
def _vertex_bound(board: Board, n_pieces: int, step: float) -> int:
    n = 0
    for k in range(n_pieces):
        n += 2
        if board.piece_edge[k] == ARC:
            turn = math.atan(board.piece_hi[k]) - math.atan(board.piece_lo[k])
            n += math.ceil(turn / step)
    return n


@compiled
def _with_room(xy: Floats, used: int, more: int) -> Floats:
    if used + more <= len(xy):
        return xy
    larger = np.empty((2 * (used + more), 2))
    larger[:used] = xy[:used]
    return larger


@compiled
def _draw(board: Board, n_pieces: int, eye: Eye, ring: tuple[Floats, int, int], step: float) -> int:
    """Write the front's vertices, counter-clockwise; returns how many of `xy` are used."""
    xy, start, used = ring
    for k in range(n_pieces):
        lo, hi = board.piece_lo[k], board.piece_hi[k]
        if board.piece_edge[k] == ARC:
            theta, end = math.atan(lo), math.atan(hi)
            n_chords = max(math.ceil((end - theta) / step), 1)
            for j in range(n_chords + 1):
                angle = theta + (end - theta) * j / n_chords
                u, v = eye.range_m * math.cos(angle), eye.range_m * math.sin(angle)
                used = _append(eye, (xy, start, used), u, v)
        else:
            u_lo, u_hi = 1.0 / board.piece_w_lo[k], 1.0 / board.piece_w_hi[k]
            used = _append(eye, (xy, start, used), u_lo, lo * u_lo)
            used = _append(eye, (xy, start, used), u_hi, hi * u_hi)
    return used


@compiled
def _append(eye: Eye, ring: tuple[Floats, int, int], u: float, v: float) -> int:
    """Add the point (u, v) of the eye's frame unless the ring's last vertex is there already."""
    xy, start, used = ring
    x = eye.x + u * eye.heading_x - v * eye.heading_y
    y = eye.y + u * eye.heading_y + v * eye.heading_x
    if used > start and math.hypot(x - xy[used - 1, 0], y - xy[used - 1, 1]) <= SAME_POINT_M:
        return used
    xy[used, 0], xy[used, 1] = x, y
    return used + 1


@compiled
def _close(xy: Floats, start: int, used: int, looks: Looks, i: int) -> int:
    """Close the ring: through the observer, unless the field is the full turn."""
    if used - start < 2:
        return start
    if looks.fov_deg[i] < 360.0:
        xy[used, 0], xy[used, 1] = looks.x[i], looks.y[i]
        used += 1
    elif used - start < 3:
        return start
    if math.hypot(xy[used - 1, 0] - xy[start, 0], xy[used - 1, 1] - xy[start, 1]) <= SAME_POINT_M:
        xy[used - 1] = xy[start]
        return used
    xy[used] = xy[start]
    return used + 1
