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
from gis.crossings import GROUND, VIEW, Borders, Floats, Longs, find_cuts, side_of


@compiled
def covered_amounts(borders: Borders) -> Floats:
    """Area, road and outline (rows) covered once or more, and twice or more (columns).

    In units of the coordinates, squared for area.
    """
    cuts, boxes, kinds = find_cuts(borders), _boxes(borders), _layer_kinds(borders)
    amounts, e = np.zeros((3, 2)), 0
    for ring in range(borders.layer.size):
        first, last = borders.starts[ring], borders.starts[ring + 1] - 1
        if last <= first:
            continue
        kind = borders.kind[ring]
        windings = _windings(borders, boxes, ring)
        none, one, field = _odds(windings, kinds)
        for p in range(first, last):
            weight = _weight(borders, p, kind)
            at = 0.0
            for c in range(cuts.starts[e], cuts.starts[e + 1]):
                _count(amounts, kind, (none, one, field), (cuts.along[c] - at) * weight)
                at = cuts.along[c]
                windings[cuts.layer[c]] += cuts.turn[c]
                none, one, field = _odds(windings, kinds)
            _count(amounts, kind, (none, one, field), (1.0 - at) * weight)
            e += 1
    return amounts


@compiled
def _weight(borders: Borders, p: int, kind: int) -> float:
    """What the whole edge from point p adds: its share of Green's integral, or its length."""
    ax, ay, bx, by = borders.x[p], borders.y[p], borders.x[p + 1], borders.y[p + 1]
    if kind <= GROUND:
        return 0.5 * float(ax * by - ay * bx)
    return math.hypot(float(bx - ax), float(by - ay))


@compiled
def _odds(windings: Longs, kinds: Longs) -> tuple[float, float, float]:
    """1 or 0 for: no view covers; exactly one does; the ground does. From windings by layer.

    Two sums of products: none = prod (1 - w), one = sum of w * prod of the others' (1 - w).
    """
    none, one, field = 1.0, 0.0, 0.0
    for layer in range(windings.size):
        w = windings[layer]
        if w == 0:
            continue
        if kinds[layer] == VIEW:
            none, one = none * (1 - w), one * (1 - w) + none * w
        else:
            field = float(w)
    return none, one, field


@compiled
def _count(amounts: Floats, kind: int, odds: tuple[float, float, float], amount: float) -> None:
    none, one, field = odds
    if kind == VIEW:
        # With this view one more: covered once where none does, twice where one does.
        amounts[0, 0] += none * field * amount
        amounts[0, 1] += one * field * amount
        return
    row = max(kind - 1, 0)
    amounts[row, 0] += (1.0 - none) * amount
    amounts[row, 1] += (1.0 - none - one) * amount


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
def _windings(borders: Borders, boxes: Longs, ring: int) -> Longs:
    """How often each layer but its own runs round the ring's first point."""
    layer, p = borders.layer[ring], borders.starts[ring]
    x, y = borders.x[p], borders.y[p]
    windings = np.zeros(borders.layer.max() + 1, np.int64)
    for other in range(borders.layer.size):
        if borders.kind[other] > GROUND or borders.layer[other] == layer:
            continue
        # A ray to the right: rings above, below or to the left are not met.
        if y < boxes[other, 2] or y > boxes[other, 3] or x > boxes[other, 1]:
            continue
        shift = 1 if layer > borders.layer[other] else -1
        windings[borders.layer[other]] += _winding(borders, other, (x, y), shift)
    return windings


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
