"""Where a silent unit may have been, and from when to when: by its speed limit and its last fixes.

What is reachable is taken too wide rather than too narrow (straight lines, no ellipse): a grid
that is left out was out of reach.
"""

from collections.abc import Iterator

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.silences import AFTER, BEFORE, NOWHERE, Duties, silences_of
from gis.tracks import Legs

from .land import Land

Stay = tuple[int, float, float]
"""Row of the grid, earliest entry, latest leaving; seconds since 1970 UTC."""
End = tuple[float, float, float, float, bool]
"""A fix: x, y, time, radius in which the truth lies, whether the silence follows it."""


def silent_stays(
    land: Land, own: Legs, duties: Duties, allowed: NDArray[np.bool_]
) -> Iterator[Stay]:
    """Yield the stays that a unit may have made unseen, in the grids where that counts."""
    if not len(own):
        rows = np.flatnonzero(allowed).tolist()
        for from_s, to_s in zip(duties.from_s.tolist(), duties.to_s.tolist(), strict=True):
            yield from ((row, from_s, to_s) for row in rows)
        return
    for leg, kind, from_s, to_s in zip(*silences_of(own, duties), strict=True):
        if kind != NOWHERE and to_s > from_s:
            yield from _reachable(land, own, (int(leg), int(kind)), (from_s, to_s), allowed)


def _reachable(
    land: Land,
    own: Legs,
    bound: tuple[int, int],
    silence: tuple[float, float],
    allowed: NDArray[np.bool_],
) -> Iterator[Stay]:
    ends = _ends(own, *bound)
    x, y, _, radius, _ = ends[0]
    reach_m = radius + own.rules.speed_mps * (silence[1] - silence[0])
    near = land.tree.query(shapely.Point(x, y), predicate="dwithin", distance=reach_m)
    rows = np.sort(near[allowed[near]])
    entered, left = np.full(len(rows), silence[0]), np.full(len(rows), silence[1])
    for x, y, at_s, radius, is_first in ends:
        away = shapely.distance(land.shapes[rows], shapely.Point(x, y))
        travel_s = np.maximum(away - radius, 0.0) / own.rules.speed_mps
        if is_first:
            entered = np.maximum(entered, at_s + travel_s)
        else:
            left = np.minimum(left, at_s - travel_s)
    possible = entered <= left
    yield from zip(
        rows[possible].tolist(), entered[possible].tolist(), left[possible].tolist(), strict=True
    )


def _ends(own: Legs, leg: int, kind: int) -> list[End]:
    """Return the fixes that bound a silence."""
    x0, y0, t0, radius0 = (float(c[leg]) for c in (own.x0, own.y0, own.t0, own.radius0_m))
    x1, y1, t1, radius1 = (float(c[leg]) for c in (own.x1, own.y1, own.t1, own.radius1_m))
    if kind == BEFORE:
        return [(x0, y0, t0, radius0, False)]
    if kind == AFTER:
        return [(x1, y1, t1, radius1, True)]
    return [(x0, y0, t0, radius0, True), (x1, y1, t1, radius1, False)]
