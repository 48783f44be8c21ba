"""What one observer sees first, slope by slope: the wedge sweep among building edges.

Metres in a plane CRS. The frame of a sweep has its origin in the observer and its u axis along
the heading; v points left. A ray is named by its slope m = v/u, so the sweep handles wedges of
less than 180 degrees (callers split wider fields) and needs neither arctangent nor branch cut.
Along a straight edge the reciprocal depth w = 1/u is *linear* in m: the visible front is the
upper envelope of straight segments in the (m, w) plane, and everything has a closed form.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from gis.compiled import compiled
from gis.envelope import MIN_WEDGE, Board, new_board, sort_events, walk
from gis.obstacles import Walls


class Eye(NamedTuple):
    """One sweep: place, unit heading, tangent of half the field, range, and who may hide.

    Buildings with a roof below `lowest_m` do not hide, nor does building `own` (-1: none).
    """

    x: float
    y: float
    heading_x: float
    heading_y: float
    reach: float
    range_m: float
    lowest_m: float
    own: int


@compiled
def fitting_board(board: Board, walls: Walls, eye: Eye) -> Board:
    """The same board, or a larger one when the eye's window holds more edges than it takes."""
    col0, col1, row0, row1 = window_of(walls, eye)
    n = 0
    for row in range(row0, row1 + 1):
        first = row * walls.ncols
        n += walls.starts[first + col1 + 1] - walls.starts[first + col0]
    if n <= board.lo.size:
        return board
    return new_board(2 * n)


@compiled
def sweep(walls: Walls, eye: Eye, board: Board) -> int:
    """Number of pieces of the visible front, written to the board from right to left."""
    return settle(board, collect(walls, eye, board), eye.reach)


@compiled
def settle(board: Board, n: int, reach: float) -> int:
    """Number of pieces of the front of the first `n` segments on the board, right to left."""
    for i in range(n):
        board.key[2 * i] = board.lo[i]
        board.event[2 * i] = 2 * i
        board.key[2 * i + 1] = board.hi[i]
        board.event[2 * i + 1] = 2 * i + 1
    sort_events(board.key, board.event, 2 * n)
    return walk(board, 2 * n, reach)


@compiled
def window_of(walls: Walls, eye: Eye) -> tuple[int, int, int, int]:
    """First and last column and row of the cells that the sector's bounding box meets."""
    size = eye.range_m / math.sqrt(1.0 + eye.reach * eye.reach)
    left_x = size * (eye.heading_x - eye.reach * eye.heading_y)
    left_y = size * (eye.heading_y + eye.reach * eye.heading_x)
    right_x = size * (eye.heading_x + eye.reach * eye.heading_y)
    right_y = size * (eye.heading_y - eye.reach * eye.heading_x)
    xmin, xmax = min(0.0, left_x, right_x), max(0.0, left_x, right_x)
    ymin, ymax = min(0.0, left_y, right_y), max(0.0, left_y, right_y)
    # The arc bulges to the full range along an axis that lies inside the field.
    if abs(eye.heading_y) <= eye.reach * abs(eye.heading_x):
        xmin, xmax = _bulged(xmin, xmax, eye.heading_x, eye.range_m)
    if abs(eye.heading_x) <= eye.reach * abs(eye.heading_y):
        ymin, ymax = _bulged(ymin, ymax, eye.heading_y, eye.range_m)
    col0 = math.floor((eye.x + xmin - walls.origin_x) / walls.cell_m)
    col1 = math.floor((eye.x + xmax - walls.origin_x) / walls.cell_m)
    row0 = math.floor((eye.y + ymin - walls.origin_y) / walls.cell_m)
    row1 = math.floor((eye.y + ymax - walls.origin_y) / walls.cell_m)
    if col1 < 0 or row1 < 0 or col0 >= walls.ncols or row0 >= walls.nrows:
        return 0, -1, 0, -1
    return max(col0, 0), min(col1, walls.ncols - 1), max(row0, 0), min(row1, walls.nrows - 1)


@compiled
def _bulged(low: float, high: float, heading: float, range_m: float) -> tuple[float, float]:
    return (low, range_m) if heading > 0.0 else (-range_m, high)


@compiled
def collect(walls: Walls, eye: Eye, board: Board) -> int:
    """Put the front faces that lie in the field on the board; returns how many.

    An edge that crosses several cells comes up several times. That costs a little and changes
    nothing: the envelope of a segment and its copy is the segment.
    """
    # One loop nest, and only scalars handed on: a call with the arrays' records costs 100 ns in
    # reference counts, more than the whole test of an edge.
    col0, col1, row0, row1 = window_of(walls, eye)
    half, n = 0.5 * walls.cell_m, 0
    for row in range(row0, row1 + 1):
        dy = walls.origin_y + (2 * row + 1) * half - eye.y
        for col in range(col0, col1 + 1):
            dx = walls.origin_x + (2 * col + 1) * half - eye.x
            if is_cell_outside(dx, dy, half, eye):
                continue
            cell = row * walls.ncols + col
            for k in range(walls.starts[cell], walls.starts[cell + 1]):
                wall = walls.listed[k]
                ax, ay = wall.x0 - eye.x, wall.y0 - eye.y
                bx, by = wall.x1 - eye.x, wall.y1 - eye.y
                # Solid on the left: only an edge that runs clockwise round the observer faces
                # it, and an edge in line with the observer hides nothing.
                if ax * by - ay * bx >= 0.0:
                    continue
                owner = wall.owner
                if owner == eye.own or walls.height_m[owner] < eye.lowest_m:
                    continue
                lo, hi, w_lo, w_hi = seen_segment(ax, ay, bx, by, eye)
                if hi - lo > MIN_WEDGE:
                    board.lo[n], board.hi[n], board.w_lo[n] = lo, hi, w_lo
                    board.rise[n] = (w_hi - w_lo) / (hi - lo)
                    board.edge[n] = walls.items[k]
                    n += 1
    return n


@compiled
def is_cell_outside(dx: float, dy: float, half: float, eye: Eye) -> bool:
    """Whether the square of half side `half` round (dx, dy) lies left, right or beyond range."""
    beyond_x, beyond_y = max(abs(dx) - half, 0.0), max(abs(dy) - half, 0.0)
    if beyond_x * beyond_x + beyond_y * beyond_y > eye.range_m * eye.range_m:
        return True
    # reach * u - v and reach * u + v are linear in x and y: largest at one of the corners.
    ax, ay = eye.reach * eye.heading_x, eye.reach * eye.heading_y
    lx, ly = ax + eye.heading_y, ay - eye.heading_x
    rx, ry = ax - eye.heading_y, ay + eye.heading_x
    if lx * dx + ly * dy + half * (abs(lx) + abs(ly)) < 0.0:
        return True
    return rx * dx + ry * dy + half * (abs(rx) + abs(ry)) < 0.0


@compiled
def seen_segment(
    ax: float, ay: float, bx: float, by: float, eye: Eye
) -> tuple[float, float, float, float]:
    """Slopes lo and hi and depths w of the part of a front face in field and range.

    The part is empty where lo >= hi. Its high end is the start of the edge.
    """
    ua, va = ax * eye.heading_x + ay * eye.heading_y, ay * eye.heading_x - ax * eye.heading_y
    ub, vb = bx * eye.heading_x + by * eye.heading_y, by * eye.heading_x - bx * eye.heading_y
    s, t = _clipped(ua, va, ub, vb, eye)
    us, vs, ut, vt = _part((ua, va), (ub, vb), s, t)
    if us <= 0.0 or ut <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    return max(vt / ut, -eye.reach), min(vs / us, eye.reach), 1.0 / ut, 1.0 / us


@compiled
def clipped_to_wedge(
    ua: float, va: float, ub: float, vb: float, reach: float
) -> tuple[float, float, float, float]:
    """Slopes and depths w of the ends of the part of a-b in the field: m_b, m_a, w_b, w_a."""
    s, t = half_plane(reach * ua - va, reach * ub - vb, 0.0, 1.0)
    s, t = half_plane(reach * ua + va, reach * ub + vb, s, t)
    us, vs, ut, vt = _part((ua, va), (ub, vb), s, t)
    if us <= 0.0 or ut <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    return vt / ut, vs / us, 1.0 / ut, 1.0 / us


@compiled
def _part(
    a: tuple[float, float], b: tuple[float, float], s: float, t: float
) -> tuple[float, float, float, float]:
    """Ends of the part s to t of the segment a-b; all 0 when there is none."""
    if s >= t:
        return 0.0, 0.0, 0.0, 0.0
    ua, va = a
    ub, vb = b
    # An end that is not cut keeps its own coordinates, so that neighbours share its slope bit
    # for bit and no hairline opens between them.
    us, vs = (ua, va) if s == 0.0 else (ua + s * (ub - ua), va + s * (vb - va))
    ut, vt = (ub, vb) if t == 1.0 else (ua + t * (ub - ua), va + t * (vb - va))
    return us, vs, ut, vt


@compiled
def _clipped(ua: float, va: float, ub: float, vb: float, eye: Eye) -> tuple[float, float]:
    """Parameters of the part of the segment a-b inside field and range; start >= end if none."""
    reach = eye.reach
    s, t = half_plane(reach * ua - va, reach * ub - vb, 0.0, 1.0)
    s, t = half_plane(reach * ua + va, reach * ub + vb, s, t)
    far2 = eye.range_m * eye.range_m
    a2 = ua * ua + va * va
    if s >= t or (a2 <= far2 and ub * ub + vb * vb <= far2):
        return s, t
    du, dv = ub - ua, vb - va
    d2, ad = du * du + dv * dv, ua * du + va * dv
    root2 = ad * ad - d2 * (a2 - far2)
    if root2 <= 0.0:
        return 1.0, 0.0
    root = math.sqrt(root2)
    return max(s, (-ad - root) / d2), min(t, (-ad + root) / d2)


@compiled
def half_plane(ga: float, gb: float, s: float, t: float) -> tuple[float, float]:
    """Parameter interval [s, t] cut to where the linear value from ga to gb is positive."""
    if ga < 0.0:
        if gb <= 0.0:
            return 1.0, 0.0
        return max(s, ga / (ga - gb)), t
    if gb < 0.0:
        return s, min(t, ga / (ga - gb))
    return s, t
