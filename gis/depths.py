"""How deep views overlap: exact ground and line amounts covered at least once and at least twice.

Nothing is overlaid. Every border is cut where others cross it; a piece of border that k other
views cover bounds the ground covered k + 1 times, so Green's formula over the right pieces gives
the area. Rounding can turn a needle of a view inside out, so that it winds -1 or 2 times round
some points; what k views cover is therefore taken as a polynomial of the windings that is right
for 0 and 1 and linear in each: then every sum still closes, and a needle counts for its own area.
"""

from __future__ import annotations

import math

import numpy as np

from gis.compiled import compiled
from gis.crossings import DOUBT, GROUND, VIEW, Borders, Floats, Longs, find_cuts, side_of


@compiled
def covered_amounts(borders: Borders) -> Floats:
    """Area, road and outline (rows) covered once or more, twice or more, and once or perhaps.

    In units of the coordinates, squared for area; shape (3, 3).
    """
    cuts, boxes, kinds = find_cuts(borders), _boxes(borders), _layer_kinds(borders)
    amounts, windings, tally = np.zeros((3, 3)), np.zeros(kinds.size, np.int64), np.zeros(4)
    e = 0
    for ring in range(borders.layer.size):
        first, last = borders.starts[ring], borders.starts[ring + 1] - 1
        if last <= first:
            continue
        kind = borders.kind[ring]
        _start(borders, boxes, ring, (windings, tally))
        odds = _odds(windings, kinds, tally)
        for p in range(first, last):
            weight = _weight(borders, p, kind)
            at = 0.0
            for c in range(cuts.starts[e], cuts.starts[e + 1]):
                _count(amounts, kind, odds, (cuts.along[c] - at) * weight)
                at = cuts.along[c]
                _turn(windings, tally, (cuts.layer[c], kinds[cuts.layer[c]], cuts.turn[c]))
                odds = _odds(windings, kinds, tally)
            _count(amounts, kind, odds, (1.0 - at) * weight)
            e += 1
    return amounts


@compiled
def _weight(borders: Borders, p: int, kind: int) -> float:
    """What the whole edge from point p adds: its share of Green's integral, or its length."""
    ax, ay, bx, by = borders.x[p], borders.y[p], borders.x[p + 1], borders.y[p + 1]
    if kind <= GROUND:
        return 0.5 * float(ax * by - ay * bx)
    return math.hypot(float(bx - ax), float(by - ay))


#: What `tally` holds: views that wind once, views that wind neither 0 nor 1 times, sure ones
#: or doubtful ones among those that wind once, windings of the ground.
_SURE, _ODD, _DOUBTFUL, _FIELD = 0, 1, 2, 3


@compiled
def _turn(windings: Longs, tally: Floats, step: tuple[int, int, int]) -> None:
    """Let a layer wind by one more or less."""
    layer, kind, turn = step
    if kind == GROUND:
        tally[_FIELD] += turn
        return
    plain = _SURE if kind == VIEW else _DOUBTFUL
    for sign in (-1, 1):
        if sign == 1:
            windings[layer] += turn
        if windings[layer] == 1:
            tally[plain] += sign
        elif windings[layer] != 0:
            tally[_ODD] += sign


@compiled
def _odds(windings: Longs, kinds: Longs, tally: Floats) -> tuple[float, float, float, float]:
    """1 or 0 for: no sure view covers; exactly one does; no view at all does; the ground does.

    Sums of products: none = prod (1 - w), one = sum of w * prod of the others' (1 - w).
    """
    if tally[_ODD] == 0:
        none = 1.0 if tally[_SURE] == 0 else 0.0
        one = 1.0 if tally[_SURE] == 1 else 0.0
        return none, one, none if tally[_DOUBTFUL] == 0 else 0.0, tally[_FIELD]
    none, one, bare = 1.0, 0.0, 1.0
    for layer in range(windings.size):
        w = windings[layer]
        bare *= 1 - w
        if kinds[layer] == VIEW:
            none, one = none * (1 - w), one * (1 - w) + none * w
    return none, one, bare, tally[_FIELD]


@compiled
def _count(
    amounts: Floats, kind: int, odds: tuple[float, float, float, float], amount: float
) -> None:
    none, one, bare, field = odds
    if kind == VIEW:
        # With this view one more: covered once where none does, twice where one does.
        amounts[0, 0] += none * field * amount
        amounts[0, 1] += one * field * amount
    if kind <= DOUBT:
        amounts[0, 2] += bare * field * amount
        return
    row = kind - GROUND
    amounts[row, 0] += (1.0 - none) * amount
    amounts[row, 1] += (1.0 - none - one) * amount
    amounts[row, 2] += (1.0 - bare) * amount


@compiled
def _layer_kinds(borders: Borders) -> Longs:
    kinds = np.zeros(borders.layer.max() + 1 if borders.layer.size else 0, np.int64)
    for ring in range(borders.layer.size):
        kinds[borders.layer[ring]] = borders.kind[ring]
    return kinds


@compiled
def _boxes(borders: Borders) -> Longs:
    """Least and greatest x and y of each ring, (rings, 4)."""
    boxes = np.empty((borders.layer.size, 4), np.int64)
    for ring in range(borders.layer.size):
        here = slice(borders.starts[ring], borders.starts[ring + 1])
        x, y = borders.x[here], borders.y[here]
        if x.size == 0:
            boxes[ring] = 1, 0, 1, 0
            continue
        boxes[ring] = x.min(), x.max(), y.min(), y.max()
    return boxes


@compiled
def _start(borders: Borders, boxes: Longs, ring: int, cover: tuple[Longs, Floats]) -> None:
    """Set how often each layer but its own runs round the ring's first point."""
    windings, tally = cover
    windings[:] = 0
    tally[:] = 0.0
    layer, p = borders.layer[ring], borders.starts[ring]
    x, y = borders.x[p], borders.y[p]
    for other in range(borders.layer.size):
        if borders.kind[other] > GROUND or borders.layer[other] == layer:
            continue
        # A ray to the right: rings above, below or to the left are not met.
        if y < boxes[other, 2] or y > boxes[other, 3] or x > boxes[other, 1]:
            continue
        shift = 1 if layer > borders.layer[other] else -1
        winding = _winding(borders, other, (x, y), shift)
        for _ in range(abs(winding)):
            step = (borders.layer[other], borders.kind[other], 1 if winding > 0 else -1)
            _turn(windings, tally, step)


@compiled
def _winding(borders: Borders, ring: int, point: tuple[int, int], shift: int) -> int:
    """Times the ring runs round the point, counted along a ray in +x."""
    x, y = point
    xs, ys = borders.x, borders.y
    winding = 0
    for p in range(borders.starts[ring], borders.starts[ring + 1] - 1):
        was_above = ys[p] > y or (ys[p] == y and shift < 0)
        is_above = ys[p + 1] > y or (ys[p + 1] == y and shift < 0)
        if was_above == is_above:
            continue
        dx, dy = xs[p + 1] - xs[p], ys[p + 1] - ys[p]
        side = side_of(dx * (y - ys[p]) - dy * (x - xs[p]), dx, dy, shift)
        if is_above and side > 0:
            winding += 1
        elif was_above and side < 0:
            winding -= 1
    return winding
