"""Where borders of layers cross: sides are exact and ties broken, so no input is degenerate.

Coordinates are whole numbers (see `gis.lattice`). A point on a line, an end on an end, a wall on
a wall: each counts as if every layer were moved by an infinitely small step of its own.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]

#: Kinds of layers. Views cover, for sure or perhaps; the ground limits what counts; roads and
#: outlines are measured.
VIEW, DOUBT, GROUND, ROAD, OUTLINE = 0, 1, 2, 3, 4


class Borders(NamedTuple):
    """Closed rings with their inside on the left, and open lines, point after point.

    Whole numbers within +-2**29, so that products of two differences fit into 62 bits.
    """

    x: Longs
    y: Longs
    #: Points of ring r are starts[r]:starts[r + 1]; no two in a row are the same.
    starts: Longs
    #: Layer of each ring, from 0: all rings of one camera's view, of the ground, all lines.
    layer: Longs
    kind: Longs


class Cuts(NamedTuple):
    """Where each edge is crossed, in its order; edge e has starts[e]:starts[e + 1]."""

    #: Place on the edge, 0 to 1.
    along: Floats
    #: Layer that is entered there (turn 1) or left (turn -1).
    layer: Longs
    turn: Longs
    starts: Longs


@compiled
def find_cuts(borders: Borders) -> Cuts:
    """All crossings into views and ground, sorted by edge and place."""
    edge, along, layer, turn, n_edges = _crossings(borders)
    starts = np.zeros(n_edges + 1, np.int64)
    for c in range(edge.size):
        starts[edge[c] + 1] += 1
    for e in range(n_edges):
        starts[e + 1] += starts[e]
    free = starts[:-1].copy()
    n = edge.size
    cuts = Cuts(np.empty(n), np.empty(n, np.int64), np.empty(n, np.int64), starts)
    for c in range(n):
        e = edge[c]
        k = free[e]
        # Few cuts an edge: insertion keeps them in order.
        while k > starts[e] and cuts.along[k - 1] > along[c]:
            cuts.along[k] = cuts.along[k - 1]
            cuts.layer[k], cuts.turn[k] = cuts.layer[k - 1], cuts.turn[k - 1]
            k -= 1
        cuts.along[k], cuts.layer[k], cuts.turn[k] = along[c], layer[c], turn[c]
        free[e] += 1
    return cuts


@compiled
def _edges(borders: Borders) -> tuple[Longs, Longs]:
    """First point and ring of every edge."""
    n = 0
    for ring in range(borders.layer.size):
        n += max(borders.starts[ring + 1] - borders.starts[ring] - 1, 0)
    first, ring_of = np.empty(n, np.int64), np.empty(n, np.int64)
    n = 0
    for ring in range(borders.layer.size):
        for p in range(borders.starts[ring], borders.starts[ring + 1] - 1):
            first[n], ring_of[n] = p, ring
            n += 1
    return first, ring_of


@compiled
def _crossings(borders: Borders) -> tuple[Longs, Floats, Longs, Longs, int]:
    """For each edge where it enters or leaves a view or the ground; not sorted."""
    first, ring_of = _edges(borders)
    pairs = _close_pairs(borders, first, ring_of)
    n, edge, along = 0, np.empty(2 * len(pairs), np.int64), np.empty(2 * len(pairs))
    layer, turn = np.empty(edge.size, np.int64), np.empty(edge.size, np.int64)
    for k in range(len(pairs)):
        e, f = pairs[k]
        shift = 1 if borders.layer[ring_of[f]] > borders.layer[ring_of[e]] else -1
        on_e, on_f, enters = _meeting(borders.x, borders.y, (first[e], first[f]), shift)
        if enters == 0:
            continue
        if borders.kind[ring_of[f]] <= GROUND:
            edge[n], along[n], turn[n], layer[n] = e, on_e, enters, borders.layer[ring_of[f]]
            n += 1
        if borders.kind[ring_of[e]] <= GROUND:
            edge[n], along[n], turn[n], layer[n] = f, on_f, -enters, borders.layer[ring_of[e]]
            n += 1
    return edge[:n], along[:n], layer[:n], turn[:n], first.size


@compiled
def _close_pairs(borders: Borders, first: Longs, ring_of: Longs) -> Longs:
    """Pairs of edges, one of them a view's, of different layers, whose boxes meet; (pairs, 2)."""
    low_x, high_x = _ordered(borders.x, first)
    low_y, high_y = _ordered(borders.y, first)
    strips = _strips(low_x, low_y, high_y)
    n, pairs = 0, np.empty((8 * first.size + 8, 2), np.int64)
    # A sweep in x through each strip; views and the rest wait apart, for two of the rest are no
    # pair. A pair is taken in the first strip that both meet.
    waiting, n_waiting = np.empty((2, first.size), np.int64), np.zeros(2, np.int64)
    for strip in range(strips.starts.size - 1):
        n_waiting[:] = 0
        for e in strips.items[strips.starts[strip] : strips.starts[strip + 1]]:
            own = 0 if borders.kind[ring_of[e]] < GROUND else 1
            for group in range(2 - own):
                kept = 0
                for k in range(n_waiting[group]):
                    f = waiting[group, k]
                    if high_x[f] < low_x[e]:
                        continue
                    waiting[group, kept] = f
                    kept += 1
                    if high_y[f] < low_y[e] or low_y[f] > high_y[e]:
                        continue
                    if max(strips.first[e], strips.first[f]) != strip:
                        continue
                    if borders.layer[ring_of[f]] != borders.layer[ring_of[e]]:
                        pairs = _with_room(pairs, n)
                        pairs[n, 0], pairs[n, 1] = e, f
                        n += 1
                n_waiting[group] = kept
            waiting[own, n_waiting[own]] = e
            n_waiting[own] += 1
    return pairs[:n]


class _Strips(NamedTuple):
    """Edges by strips of y: items[starts[s]:starts[s + 1]], by least x; first strip of each."""

    items: Longs
    starts: Longs
    first: Longs


@compiled
def _strips(low_x: Longs, low_y: Longs, high_y: Longs) -> _Strips:
    count = max(int(math.sqrt(low_x.size) / 2.0), 1)
    bottom = low_y.min() if low_y.size else 0
    height = (high_y.max() - bottom) // count + 1 if low_y.size else 1
    first, last = (low_y - bottom) // height, (high_y - bottom) // height
    starts = np.zeros(count + 1, np.int64)
    for e in range(first.size):
        for strip in range(first[e], last[e] + 1):
            starts[strip + 1] += 1
    for strip in range(count):
        starts[strip + 1] += starts[strip]
    items, free = np.empty(starts[-1], np.int64), starts[:-1].copy()
    for e in np.argsort(low_x):
        for strip in range(first[e], last[e] + 1):
            items[free[strip]] = e
            free[strip] += 1
    return _Strips(items, starts, first)


@compiled
def _ordered(axis: Longs, first: Longs) -> tuple[Longs, Longs]:
    """Lower and higher coordinate of each edge."""
    return np.minimum(axis[first], axis[first + 1]), np.maximum(axis[first], axis[first + 1])


@compiled
def _with_room(pairs: Longs, n: int) -> Longs:
    if n < len(pairs):
        return pairs
    larger = np.empty((2 * n, 2), np.int64)
    larger[:n] = pairs
    return larger


@compiled
def side_of(cross: int, dx: int, dy: int, shift: int) -> int:
    """1 left, -1 right of a line along (dx, dy), never 0.

    A point on the line counts as moved by `shift` times a small step along x and a far smaller
    one along y, `shift` being 1 when its layer has the higher number, else -1.
    """
    if cross != 0:
        return 1 if cross > 0 else -1
    if dy != 0:
        return -shift if dy > 0 else shift
    return shift if dx > 0 else -shift


@compiled
def _meeting(x: Longs, y: Longs, edges: tuple[int, int], shift: int) -> tuple[float, float, int]:
    """Place of the crossing on each of two edges, and 1 if the first enters what is left of the
    second there, -1 if it leaves it, 0 if they do not cross. `shift`: of the second's layer.
    """
    p, q = edges
    ax, ay, cx, cy = x[p], y[p], x[q], y[q]
    ex, ey, fx, fy = x[p + 1] - ax, y[p + 1] - ay, x[q + 1] - cx, y[q + 1] - cy
    c = ex * (cy - ay) - ey * (cx - ax)
    d = ex * (cy + fy - ay) - ey * (cx + fx - ax)
    if side_of(c, ex, ey, shift) == side_of(d, ex, ey, shift):
        return 0.0, 0.0, 0
    a = fx * (ay - cy) - fy * (ax - cx)
    b = fx * (ay + ey - cy) - fy * (ax + ex - cx)
    end = side_of(b, fx, fy, -shift)
    if side_of(a, fx, fy, -shift) == end:
        return 0.0, 0.0, 0
    on_first = abs(a) / max(float(abs(a)) + abs(b), 1.0)
    on_second = abs(c) / max(float(abs(c)) + abs(d), 1.0)
    return on_first, on_second, end
