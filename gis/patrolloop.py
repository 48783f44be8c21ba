"""The shortest loop from a start through one spot of each group, with a bound no loop can beat.

The generalised travelling salesman problem: a patrol clears a grid by entering it anywhere, so each
grid is a group of the spots where roads lead into it. Few groups are solved exactly by dynamic
programming; more by OR-Tools' local search, with a bound that says how far it may be from the best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from gis.errors import ArgumentError
from gis.loopbound import held_karp_bound
from gis.loopsearch import searched_apart

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EXACT_GROUPS: Final = 12
"""Groups up to which every order is considered: 2^12 sets take 0.1 s with 120 spots."""

_UNITS_PER_M: Final = 100.0
"""The solver counts in whole numbers: centimetres."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Spots in order, without the start; `bound_m` <= the length of any loop <= `length_m`."""

    spots: Ints
    length_m: float
    bound_m: float
    method: Literal["exact", "search"]

    @property
    def gap(self) -> float:
        """How much shorter the best may be, as a share of this one; 0 where it is the best."""
        return 1.0 - self.bound_m / self.length_m if self.length_m > 0 else 0.0


def shortest_loop(
    distance_m: Floats, group: Ints, *, returns: bool = True, seconds: float = 3.0
) -> Loop:
    """A short loop from row 0 through exactly one spot of every group.

    Parameters
    ----------
    distance_m : numpy.ndarray of float64, shape (n + 1, n + 1)
        From the row's to the column's spot; row 0 is the start. Not negative, finite, and no
        longer than any detour over a third spot.
    group : numpy.ndarray of int64, shape (n + 1,)
        Each spot's group, 0, 1, ...; the start's is -1.
    returns : bool
        Whether the way back to the start counts.
    seconds : float
        Time the search may take beyond `EXACT_GROUPS` groups; below it is not needed.

    Returns
    -------
    Loop
        Without groups an empty loop of length 0.

    Raises
    ------
    ArgumentError
        If shapes disagree, a distance is negative or not finite, or a group has no spot.

    Notes
    -----
    Exact: Held and Karp's recursion over sets of groups, O(2^g n^2). Search: OR-Tools routing with
    one disjunction a group, cheapest insertion, then guided local search; bound: `loopbound`.

    """
    groups = _checked(distance_m, group)
    if groups == 0:
        return Loop(np.empty(0, dtype=np.int64), 0.0, 0.0, "exact")
    back = distance_m[:, 0] if returns else np.zeros(len(group))
    if groups <= EXACT_GROUPS:
        spots = _exact(distance_m, group, back, groups)
        length_m = _length(distance_m, back, spots)
        return Loop(spots, length_m, length_m, "exact")
    spots = _searched(distance_m, group, back, seconds)
    length_m = _length(distance_m, back, spots)
    bound_m = min(held_karp_bound(distance_m, group, back, aim_m=length_m), length_m)
    return Loop(spots, length_m, bound_m, "search")


def _checked(distance_m: Floats, group: Ints) -> int:
    """Return the number of groups."""
    count = len(group)
    if distance_m.shape != (count, count):
        raise ArgumentError("distance_m", got=str(distance_m.shape), allowed=f"({count}, {count})")
    if not np.isfinite(distance_m).all() or (distance_m < 0).any():
        raise ArgumentError("distance_m", got="nan, inf or below 0", allowed="finite, >= 0 metres")
    present = np.unique(group[1:])
    if count == 0 or group[0] != -1 or present.tolist() != list(range(len(present))):
        raise ArgumentError("group", got=str(present.tolist()), allowed="-1, then 0, 1, ... each")
    return len(present)


def _length(distance_m: Floats, back: Floats, spots: Ints) -> float:
    line = np.concatenate([[0], spots])
    return float(distance_m[line[:-1], line[1:]].sum() + back[line[-1]])


def _exact(distance_m: Floats, group: Ints, back: Floats, groups: int) -> Ints:
    """The best loop, by sets of groups already passed and the spot passed last."""
    count, full = len(group), (1 << groups) - 1
    bit = np.where(group >= 0, 1 << np.maximum(group, 0), 0)
    best = np.full((full + 1, count), np.inf)
    came_from = np.zeros((full + 1, count), dtype=np.int16)
    best[0, 0] = 0.0
    for done in range(full):
        at = np.flatnonzero(np.isfinite(best[done]))
        to = np.flatnonzero((bit > 0) & (bit & done == 0))
        if not len(at):
            continue
        over = best[done, at, None] + distance_m[np.ix_(at, to)]
        least = over.argmin(axis=0)
        reached = over[least, np.arange(len(to))]
        sets = done | bit[to]
        better = reached < best[sets, to]
        best[sets[better], to[better]] = reached[better]
        came_from[sets[better], to[better]] = at[least[better]]
    spots = [int(np.argmin(best[full] + back))]
    done = full
    while True:
        spot = spots[-1]
        before = int(came_from[done, spot])
        done &= ~int(bit[spot])
        if before == 0:
            return np.array(spots[::-1], dtype=np.int64)
        spots.append(before)


def _searched(distance_m: Floats, group: Ints, back: Floats, seconds: float) -> Ints:
    arcs = np.rint(distance_m * _UNITS_PER_M).astype(np.int64)
    arcs[:, 0] = np.rint(back * _UNITS_PER_M).astype(np.int64)
    spots = searched_apart(arcs, group, seconds)
    # Not even a first loop within the time: enter the groups one by one.
    return _by_nearest(distance_m, group) if spots is None else spots


def _by_nearest(distance_m: Floats, group: Ints) -> Ints:
    """Always to the nearest spot of a group not passed yet."""
    open_spots = group >= 0
    spots = [0]
    while open_spots.any():
        nearest = int(np.argmin(np.where(open_spots, distance_m[spots[-1]], np.inf)))
        spots.append(nearest)
        open_spots &= group != group[nearest]
    return np.array(spots[1:], dtype=np.int64)
