"""Rings tied knot by knot: what is seen left and right of a slope, joined along it; plane metres.

Between two slopes the ground seen along every ray is the same list of intervals, each from a near
border to a far one. Its outline runs with what is seen on the left: far borders towards higher
slopes, near ones back. Where the lists of two neighbouring slabs differ, the outline runs along
the ray between them. Along a ray each end of an interval turns the question "seen on one side
alone?" from no to yes or back, so the ends pair up in their order, and of each pair one arrives
and one departs: rings close whatever rounding does to the places.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled

#: A vertex of a ring that is being tied: place, the vertex `after` it, a vertex of the far border
#: `beyond` it where a near border begins (else -1), and the number of the ray it was tied on.
KNOT = np.dtype(
    [("x", "f8"), ("y", "f8"), ("after", "i4"), ("beyond", "i4"), ("ray", "i4")], align=True
)
Knots = NDArray[Any]

#: Where a border of what is seen meets a ray: reciprocal depth, place, the border's strand, and
#: its last vertex (-1: none yet). In a row near and far borders take turns, outwards.
END = np.dtype(
    [("w", "f8"), ("x", "f8"), ("y", "f8"), ("strand", "i4"), ("knot", "i4")], align=True
)
Ends = NDArray[Any]

#: Places nearer than this share of their depth may, once rounded, lie the other way round.
NEAR = 1e-9

APEX = -1
"""The near border of what is seen from the camera's foot on."""

LEFT, RIGHT, FIRST = 0, 1, 2
"""Rows of ends: left and right of the ray, and where a full turn began."""


@compiled
def with_knots(knots: Knots, n: int) -> Knots:
    """The same with room for at least `n`."""
    if n <= knots.size:
        return knots
    larger = np.empty(2 * n, KNOT)
    larger[: knots.size] = knots
    return larger


@compiled
def tie(
    knots: Knots, used: int, ends: Ends, sizes: tuple[int, int], right: int
) -> tuple[int, bool]:
    """Join what is seen left of a ray to what is seen right of it.

    `right` is the row of the right side. There must be room for two knots an end. Returns how many
    knots there are, and whether two places of the ray are so near that rings may touch there.
    """
    n_left, n_right = sizes
    ray = used  # knots of one ray share a number, later ones have higher numbers
    i, j, is_held, side, k, before_w, is_near = 0, 0, False, 0, 0, np.nan, False
    while i < n_left or j < n_right:
        if not is_held and i < n_left and j < n_right:
            one, other = ends[LEFT, i], ends[right, j]
            if one.strand == other.strand:
                other.knot = one.knot
                is_near = is_near or one.w >= before_w * (1.0 - NEAR)
                before_w = one.w
                i, j = i + 1, j + 1
                continue
        is_left = j >= n_right or (i < n_left and ends[LEFT, i].w >= ends[right, j].w)
        row, at = (LEFT, i) if is_left else (right, j)
        if is_left:
            i += 1
        else:
            j += 1
        if is_held:
            used = _tie_pair(knots, used, ends, (side, k, row, at), ray)
            before_w = ends[row, at].w
        else:
            is_near = is_near or ends[row, at].w >= before_w * (1.0 - NEAR)
        is_held, side, k = not is_held, row, at
    for near in range(0, n_right, 2):
        knot = knots[ends[right, near].knot]
        if knot.beyond < 0:
            knot.beyond = ends[right, near + 1].knot
    return used, is_near


@compiled
def _tie_pair(
    knots: Knots, used: int, ends: Ends, pair: tuple[int, int, int, int], ray: int
) -> int:
    """Lead the outline along the ray from the end that arrives to the one that departs."""
    side, k, row, at = pair
    # Far borders (odd) arrive from the left and depart to the right, near ones the other way.
    if (side == LEFT) == (k % 2 == 1):
        came, goes = ends[side, k], ends[row, at]
        is_from_left, is_to_left = side == LEFT, row == LEFT
    else:
        came, goes = ends[row, at], ends[side, k]
        is_from_left, is_to_left = row == LEFT, side == LEFT
    last = -1 if is_from_left else came.knot
    if last < 0:
        last, used = used, new_knot(knots, used, came, ray)
    if is_from_left:
        knots[came.knot].after = last
    else:
        came.knot = last
    first = -1 if is_to_left else goes.knot
    if first < 0 and goes.w == came.w:
        first = last
    if first < 0:
        first, used = used, new_knot(knots, used, goes, ray)
    if first != last:
        knots[last].after = first
    if is_to_left:
        knots[first].after = goes.knot
    else:
        goes.knot = first
    return used


@compiled
def open_turn(knots: Knots, ends: Ends, n: int) -> int:
    """Begin on a ray at which a full turn begins and ends: every border has a knot there."""
    for k in range(n):
        ends[RIGHT, k].knot = k
        new_knot(knots, k, ends[RIGHT, k], 0)
        ends[FIRST, k] = ends[RIGHT, k]
        # No border of the last sweep is one of these.
        ends[FIRST, k].strand = -2 - k
        if k % 2 == 1:
            knots[k - 1].beyond = k
    return n


@compiled
def new_knot(knots: Knots, used: int, end: Any, ray: int) -> int:
    """Tie a knot at the place of an end; how many there are."""
    knot = knots[used]
    knot.x, knot.y = end.x, end.y
    knot.after, knot.beyond, knot.ray = -1, -1, ray
    return used + 1
