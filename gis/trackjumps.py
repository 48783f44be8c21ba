"""Kernels that judge fixes by their neighbours: repeated, contradicted, supported; metres, seconds.

Fixes are sorted by unit and time.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Unit, time, x, y and radius in which the truth lies.
Track = tuple[Ints, Floats, Floats, Floats, Floats]
#: X, y, accuracy and speed as stated.
Told = tuple[Floats, Floats, Floats, Floats]

#: Neighbours before and after that a fix is compared with.
_EACH_SIDE = 3
_DUPLICATE, _CLASH = 1, 2


@compiled
def told_once(
    order: Ints,
    unit: Ints,
    at_s: Floats,
    told: Told,
    refused: NDArray[np.uint8],
) -> None:
    """Leave one fix per unit and time: the most accurate, then the least x, y and speed.

    `told` is x, y, accuracy and speed. Copies of the one that stays are duplicates, the others
    clash with it.
    """
    i = 0
    while i < order.size:
        j = i + 1
        best = order[i]
        while j < order.size and unit[order[j]] == unit[best] and at_s[order[j]] == at_s[best]:
            if _is_before(order[j], best, told):
                best = order[j]
            j += 1
        for k in range(i, j):
            row = order[k]
            if row != best:
                refused[row] = _DUPLICATE if _is_equal(best, row, told) else _CLASH
        i = j


@compiled
def _is_equal(a: int, b: int, told: Told) -> bool:
    x, y, accuracy, speed = told
    is_here = x[a] == x[b] and y[a] == y[b] and accuracy[a] == accuracy[b]
    is_silent = math.isnan(speed[a]) and math.isnan(speed[b])
    return bool(is_here and (speed[a] == speed[b] or is_silent))


@compiled
def _is_before(a: int, b: int, told: Told) -> bool:
    """Whether row a goes before row b; rows that say the same go by their number."""
    x, y, accuracy, speed = told
    if accuracy[a] != accuracy[b]:
        return bool(accuracy[a] < accuracy[b])
    if x[a] != x[b]:
        return bool(x[a] < x[b])
    if y[a] != y[b]:
        return bool(y[a] < y[b])
    if _is_equal(a, b, told):
        return a < b
    return bool(math.isnan(speed[b]) or speed[a] < speed[b])


@compiled
def _agree(i: int, j: int, track: Track, speed_mps: float) -> bool:
    """Whether a unit can have been at both fixes, each moved by what it may be off."""
    _, at_s, x, y, radius_m = track
    reach = abs(at_s[j] - at_s[i]) * speed_mps + radius_m[i] + radius_m[j]
    dx, dy = x[j] - x[i], y[j] - y[i]
    return bool(dx * dx + dy * dy <= reach * reach)


@compiled
def _is_near(i: int, j: int, track: Track, window_s: float) -> bool:
    """Whether row j is a fix of the same unit within the window of time."""
    unit, at_s = track[0], track[1]
    if j < 0 or j >= unit.size or unit[j] != unit[i]:
        return False
    return bool(abs(at_s[j] - at_s[i]) <= window_s)


@compiled
def jumping_fixes(track: Track, speed_mps: float, window_s: float) -> Flags:
    """Fixes that contradict more than half of their neighbours, at least two of them."""
    jumps = np.zeros(track[0].size, dtype=np.bool_)
    for i in range(jumps.size):
        asked, against = 0, 0
        for step in (-1, 1):
            j = i + step
            while abs(j - i) <= _EACH_SIDE and _is_near(i, j, track, window_s):
                asked += 1
                against += not _agree(i, j, track, speed_mps)
                j += step
        jumps[i] = against >= 2 and 2 * against > asked
    return jumps


@compiled
def firm_fixes(track: Track, speed_mps: float, window_s: float) -> Flags:
    """Fixes that the one before or after agrees with, or that stand alone within the window."""
    firm = np.ones(track[0].size, dtype=np.bool_)
    for i in range(firm.size):
        asked, agreed = 0, 0
        for j in (i - 1, i + 1):
            if _is_near(i, j, track, window_s):
                asked += 1
                agreed += _agree(i, j, track, speed_mps)
        firm[i] = asked == 0 or agreed > 0
    return firm
