"""Silences of units: from when to when which fixes bound where a unit may have been.

Seconds since 1970 UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gis.errors import ArgumentError
from gis.tracks import Floats, Ints, Legs

#: Bounded by both fixes of a leg, by its last, by its first, by nothing.
BETWEEN, AFTER, BEFORE, NOWHERE = range(4)

#: Leg, kind, beginning and end.
Silences = tuple[Ints, Ints, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Duties:
    """When units were on duty; arrays of shape (d,), in any order."""

    unit: Ints
    #: Seconds since 1970 UTC; an open end is the time up to which is asked.
    from_s: Floats
    to_s: Floats

    def __post_init__(self) -> None:
        if not len(self.unit) == len(self.from_s) == len(self.to_s):
            raise ArgumentError("duties", got="columns of several lengths", allowed="one length")
        is_span = np.isfinite(self.from_s) & np.isfinite(self.to_s) & (self.from_s <= self.to_s)
        if not np.all(is_span):
            got = f"{self.from_s[~is_span][0]} to {self.to_s[~is_span][0]}"
            raise ArgumentError("duties", got=got, allowed="finite times, the end not before")


def silences_of(legs: Legs, duties: Duties | None) -> Silences:
    """Times at which units were silent, as columns.

    Parameters
    ----------
    legs : Legs
        From `gis.tracks.legs`.
    duties : Duties or None
        Silences are cut to them, and added before the first fix and after the last; None takes
        the gaps alone, whole.

    Returns
    -------
    legs, kinds, from_s, to_s : ndarray, shape (k,)
        Leg whose fixes bound the silence and which of them; the leg is -1 for `NOWHERE`.

    """
    gaps = np.flatnonzero(~legs.is_known)
    if duties is None:
        kinds = np.full(len(gaps), BETWEEN, dtype=np.int64)
        return gaps, kinds, legs.t0[gaps], legs.t1[gaps]
    rows: list[tuple[int, int, float, float]] = []
    for unit, from_s, to_s in sorted(
        zip(duties.unit.tolist(), duties.from_s.tolist(), duties.to_s.tolist(), strict=True)
    ):
        rows += _on_duty(legs, gaps, unit, (from_s, to_s))
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return (*columns[:, :2].astype(np.int64).T, *np.ascontiguousarray(columns[:, 2:].T))


def _on_duty(
    legs: Legs, gaps: Ints, unit: int, duty: tuple[float, float]
) -> list[tuple[int, int, float, float]]:
    """Silences of one unit within one duty."""
    first, end = np.searchsorted(legs.unit, [unit, unit + 1])
    if first == end:
        return [(-1, NOWHERE, *duty)] if duty[0] < duty[1] else []
    rows = []
    own = gaps[np.searchsorted(gaps, first) : np.searchsorted(gaps, end)]
    for leg in own[(legs.t0[own] < duty[1]) & (legs.t1[own] > duty[0])]:
        rows.append((int(leg), BETWEEN, max(legs.t0[leg], duty[0]), min(legs.t1[leg], duty[1])))
    if duty[0] < legs.t0[first]:
        rows.append((int(first), BEFORE, duty[0], min(duty[1], float(legs.t0[first]))))
    if duty[1] > legs.t1[end - 1]:
        rows.append((int(end) - 1, AFTER, max(duty[0], float(legs.t1[end - 1])), duty[1]))
    return rows
