"""What bounds the visible ground of one sweep, as straight segments over slope ("strands").

The space is that of `gis.wedge`: slope m = v/u across, reciprocal depth w = 1/u, metres in the
plane. A building that is lower than the line to the target hides of each ray the ground from where
the ray enters it (w_in) to `far` times where it leaves it (w_out / far): its walls are straight
segments here, and so are both borders of what it hides.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.envelope import ARC, MIN_WEDGE, Board
from gis.obstacles import Ints, Walls
from gis.wedge import (
    Eye,
    clipped_to_wedge,
    is_cell_outside,
    window_of,
)

_QUARTER = 32
_STEP = math.pi / (2 * _QUARTER)
#: Corners of a polygon drawn round the unit circle, not in it: too near is never called seen.
_RIM = np.array(
    [
        (math.cos(k * _STEP) / math.cos(_STEP / 2.0), math.sin(k * _STEP) / math.cos(_STEP / 2.0))
        for k in range(4 * _QUARTER)
    ]
)


#: A segment from slope `lo` to `hi`: those of the front from right to left, then the veils. `turn`,
#: outwards along a ray: 1 where something begins to hide, -1 where it ends, 0 for the front.
STRAND = np.dtype(
    [("lo", "f8"), ("hi", "f8"), ("w_lo", "f8"), ("w_hi", "f8"), ("turn", "i4")], align=True
)
Strands = NDArray[Any]


class Levels(NamedTuple):
    """Heights above ground and the near edge of the picture, metres."""

    camera_m: float
    target_m: float
    near_m: float


@compiled
def with_strands(strands: Strands, n: int) -> Strands:
    """The same with room for at least `n`."""
    if n <= strands.size:
        return strands
    larger = np.empty(2 * n, STRAND)
    larger[: strands.size] = strands
    return larger


@compiled
def _put(strands: Strands, n: int, span: tuple[float, float, float, float], turn: int) -> int:
    strand = strands[n]
    strand.lo, strand.hi, strand.w_lo, strand.w_hi = span
    strand.turn = turn
    return n + 1


@compiled
def string_front(
    board: Board, n_pieces: int, eye: Eye, step: float, strands: Strands
) -> tuple[Strands, int]:
    """The front's pieces as strands, arcs in chords of at most `step` radians; and how many."""
    n = 0
    for k in range(n_pieces):
        lo, hi = board.piece_lo[k], board.piece_hi[k]
        if board.piece_edge[k] != ARC:
            strands = with_strands(strands, n + 1)
            n = _put(strands, n, (lo, hi, board.piece_w_lo[k], board.piece_w_hi[k]), 0)
            continue
        theta, end = math.atan(lo), math.atan(hi)
        n_chords = max(math.ceil((end - theta) / step), 1)
        strands = with_strands(strands, n + n_chords)
        w = math.sqrt(1.0 + lo * lo) / eye.range_m
        for j in range(1, n_chords + 1):
            m = hi if j == n_chords else math.tan(theta + (end - theta) * j / n_chords)
            w_m = math.sqrt(1.0 + m * m) / eye.range_m
            n = _put(strands, n, (lo, m, w, w_m), 0)
            lo, w = m, w_m
    return strands, n


@compiled
def gather_veils(
    walls: Walls, eye: Eye, levels: Levels, marks: tuple[Ints, int], strung: tuple[Strands, int]
) -> tuple[Strands, int]:
    """Add the borders of what low buildings and the camera's own one hide; the new count.

    `marks` has a number per building; those that carry this sweep's number have been dealt with.
    """
    seen, ticket = marks
    strands, n_front = strung
    n, span = n_front, levels.camera_m - levels.target_m
    col0, col1, row0, row1 = window_of(walls, eye)
    half = 0.5 * walls.cell_m
    for row in range(row0, row1 + 1):
        dy = walls.origin_y + (2 * row + 1) * half - eye.y
        for col in range(col0, col1 + 1):
            dx = walls.origin_x + (2 * col + 1) * half - eye.x
            if is_cell_outside(dx, dy, half, eye):
                continue
            cell = row * walls.ncols + col
            for k in range(walls.box_starts[cell], walls.box_starts[cell + 1]):
                b = walls.box_items[k]
                roof_m = walls.height_m[b]
                if not (b == eye.own or levels.target_m < roof_m < levels.camera_m):
                    continue
                if seen[b] == ticket:
                    continue
                seen[b] = ticket
                low_x, low_y = walls.bounds[b, 0] - eye.x, walls.bounds[b, 1] - eye.y
                high_x, high_y = walls.bounds[b, 2] - eye.x, walls.bounds[b, 3] - eye.y
                if not _may_show((low_x, low_y, high_x, high_y), eye, strands, n_front):
                    continue
                first, stop = walls.edge_starts[b], walls.edge_starts[b + 1]
                strands = with_strands(strands, n + stop - first)
                # Ground under its own house is hidden, and nothing behind that.
                share = 1.0 if b == eye.own else (levels.camera_m - roof_m) / span
                for e in range(first, stop):
                    ax, ay = walls.x0[e] - eye.x, walls.y0[e] - eye.y
                    bx, by = walls.x1[e] - eye.x, walls.y1[e] - eye.y
                    n = _put_veil(strands, n, eye, (ax, ay, bx, by), share)
    return strands, n


@compiled
def _may_show(
    box: tuple[float, float, float, float], eye: Eye, strands: Strands, n_front: int
) -> bool:
    """Whether a box may reach into field and range, before the front."""
    low_x, low_y, high_x, high_y = box
    dx, dy = max(low_x, -high_x, 0.0), max(low_y, -high_y, 0.0)
    if dx * dx + dy * dy > eye.range_m * eye.range_m:
        return False
    nearest_u, lo, hi, left, right = math.inf, math.inf, -math.inf, -math.inf, -math.inf
    for corner in range(4):
        x = low_x if corner & 1 else high_x
        y = low_y if corner & 2 else high_y
        u, v = x * eye.heading_x + y * eye.heading_y, y * eye.heading_x - x * eye.heading_y
        left, right = max(left, eye.reach * u - v), max(right, eye.reach * u + v)
        nearest_u = min(nearest_u, u)
        if u > 0.0:
            lo, hi = min(lo, v / u), max(hi, v / u)
    if left < 0.0 or right < 0.0:
        return False
    if nearest_u <= 0.0:
        return True
    nearest_w = 1.0 / nearest_u
    for k in range(n_front):
        strand = strands[k]
        if strand.lo > hi:
            return False
        if strand.hi >= lo and (strand.w_lo < nearest_w or strand.w_hi < nearest_w):
            return True
    return False


@compiled
def _put_veil(
    strands: Strands, n: int, eye: Eye, edge: tuple[float, float, float, float], share: float
) -> int:
    """Add the border that one wall makes, if it lies in the field; the new count."""
    ax, ay, bx, by = edge
    cross = ax * by - ay * bx
    if cross == 0.0:  # in line with the camera: both borders are made by its neighbours
        return n
    ua, va = ax * eye.heading_x + ay * eye.heading_y, ay * eye.heading_x - ax * eye.heading_y
    ub, vb = bx * eye.heading_x + by * eye.heading_y, by * eye.heading_x - bx * eye.heading_y
    lo, hi, w_lo, w_hi = clipped_to_wedge(ua, va, ub, vb, eye.reach)
    if cross > 0.0:
        lo, hi, w_lo, w_hi = hi, lo, share * w_hi, share * w_lo
    lo, hi = max(lo, -eye.reach), min(hi, eye.reach)
    if hi - lo <= MIN_WEDGE:
        return n
    return _put(strands, n, (lo, hi, w_lo, w_hi), 1 if cross < 0.0 else -1)


@compiled
def veil_rim(
    eye: Eye, foot: tuple[float, float], near_m: float, strung: tuple[Strands, int]
) -> tuple[Strands, int]:
    """Add the near edge of the picture, round `foot` (from the eye): ground before it is hidden."""
    strands, n = strung
    if near_m <= 0.0:
        return strands, n
    radius = min(near_m, 1e6)
    middle, half = math.atan2(eye.heading_y, eye.heading_x), math.atan(eye.reach)
    first = math.floor((middle - half) / _STEP) - 1
    last = math.ceil((middle + half) / _STEP) + 1
    strands = with_strands(strands, n + last - first)
    for k in range(first, last):
        a, b = k % len(_RIM), (k + 1) % len(_RIM)
        ax, ay = foot[0] + radius * _RIM[a, 0], foot[1] + radius * _RIM[a, 1]
        bx, by = foot[0] + radius * _RIM[b, 0], foot[1] + radius * _RIM[b, 1]
        n = _put_veil(strands, n, eye, (ax, ay, bx, by), 1.0)
    return strands, n
