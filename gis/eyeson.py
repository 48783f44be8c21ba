"""When subjects were in view of live cameras, from runs of checks: for sure, perhaps, or not.

A subject is in view while the cameras that are known to be alive see at least a stated share of it.
How much several see together is bounded from both sides by what is known of them one by one, so a
time in view is one for any overlap, and where the bounds leave it open the time is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Sights:
    """Which camera sees how much of which subject, row by row.

    `seen_m2` of one camera, its ground certainly seen, 0 where it sees the subject possibly;
    `camera` and `subject` are numbers from 0.
    """

    camera: Ints
    subject: Ints
    seen_m2: Floats


@dataclass(frozen=True, slots=True)
class Ground:
    """Subjects: what all cameras together see, and what has to be seen; m2.

    `possible_m2` comes to what is certain where poses are not known well enough.
    """

    together_m2: Floats
    possible_m2: Floats
    wanted_m2: Floats


@dataclass(frozen=True, slots=True)
class Runs:
    """Times a camera was known to be alive or dead, [begin, end) in seconds; not overlapping."""

    camera: Ints
    begin_s: Floats
    end_s: Floats
    is_alive: Bools


@dataclass(frozen=True, slots=True)
class Views:
    """Pieces of time of each subject, in order of subject and time; together the whole window.

    `state`: 1 in view, 0 out of view, -1 unknown.
    """

    subject: Ints
    begin_s: Floats
    end_s: Floats
    state: Ints

    def seconds(self, count: int, state: int) -> Floats:
        """Seconds each of `count` subjects spent in a state."""
        is_so = self.state == state
        length_s = (self.end_s - self.begin_s)[is_so]
        total_s = np.bincount(self.subject[is_so], weights=length_s, minlength=count)
        return np.asarray(total_s, dtype=np.float64)

    def last_s(self, count: int) -> Floats:
        """When each of `count` subjects was last in view for sure; NaN where never."""
        last = np.full(count, np.nan)
        seen = np.flatnonzero(self.state == 1)
        last[self.subject[seen]] = self.end_s[seen]  # ascending: the last one stays
        return last


def views(sights: Sights, ground: Ground, runs: Runs, begin_s: float, end_s: float) -> Views:
    """Pieces of a window of time in which each subject is in view, out of view or unknown.

    With `live`, `dead` the ground seen by cameras known to be alive or dead, each added up, and
    `sum` that of all cameras, all together certainly see `together` <= `sum`. The live ones see at
    least the most that one of them sees, and at least `together - (sum - live)`; those that may be
    alive see at most `min(together, sum - dead)`, and what is possible besides while one of them
    may be. In view: the former reaches `wanted`. Out of view: the latter does not. Else unknown.

    Parameters
    ----------
    sights, ground, runs
        See there; a camera without runs is never known to be alive or dead.
    begin_s, end_s : float
        The window, seconds; begin_s < end_s.

    Returns
    -------
    Views
        At least one piece a subject; a subject no camera sees is out of view throughout.

    Raises
    ------
    ArgumentError
        If the window is empty.

    Notes
    -----
    One sweep over the ends of runs, O(n log n) for n pairs of a sight and a run in the window.

    """
    if not begin_s < end_s:
        raise ArgumentError("end_s", got=str(end_s), allowed=f"above begin_s = {begin_s}")
    subject, at_s, change = _changes(sights, ground, runs, begin_s, end_s)
    order = np.lexsort((at_s, subject))
    subject, at_s, change = subject[order], at_s[order], change[order]
    # Sums restart at each subject: what was reached before its first row is taken off again.
    total = np.cumsum(change, axis=0)
    first = np.flatnonzero(np.diff(subject, prepend=-1))
    before = np.concatenate([np.zeros((1, 4)), total])[first]
    total -= before[np.cumsum(np.diff(subject, prepend=-1) > 0) - 1]
    # The last row of a moment knows all that changed in it.
    is_last = np.append((subject[1:] != subject[:-1]) | (at_s[1:] > at_s[:-1]), True)
    subject, at_s, total = subject[is_last], at_s[is_last], total[is_last]
    until_s = np.append(at_s[1:], end_s)
    until_s[np.append(subject[1:] != subject[:-1], True)] = end_s
    is_piece = at_s < until_s
    state = _states(sights, ground, subject, total)
    return Views(subject[is_piece], at_s[is_piece], until_s[is_piece], state[is_piece])


def _changes(
    sights: Sights, ground: Ground, runs: Runs, begin_s: float, end_s: float
) -> tuple[Ints, Floats, Floats]:
    """Rows of subject, moment, and what changes: live, dead m2; dead cameras, such as suffice."""
    begin = np.clip(runs.begin_s, begin_s, end_s)
    end = np.clip(runs.end_s, begin_s, end_s)
    sight, run = _pairs(sights.camera, runs.camera)
    is_within = begin[run] < end[run]
    sight, run = sight[is_within], run[is_within]
    seen, alive = sights.seen_m2[sight], runs.is_alive[run]
    suffices = seen >= ground.wanted_m2[sights.subject[sight]]
    gain = np.stack([seen * alive, seen * ~alive, ~alive, suffices & alive & (seen > 0)], axis=1)
    count = len(ground.wanted_m2)
    return (
        np.concatenate([np.arange(count), sights.subject[sight], sights.subject[sight]]),
        np.concatenate([np.full(count, begin_s), begin[run], end[run]]),
        np.concatenate([np.zeros((count, 4)), gain, -gain]),
    )


def _pairs(left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Rows of `left` and `right` that have the same value."""
    order = np.argsort(right, kind="stable")
    first = np.searchsorted(right[order], left, side="left")
    counts = np.searchsorted(right[order], left, side="right") - first
    rows = np.repeat(np.arange(len(left)), counts)
    offset = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, order[np.repeat(first, counts) + offset]


def _states(sights: Sights, ground: Ground, subject: Ints, total: Floats) -> Ints:
    live, dead, dead_cameras, sufficient = total.T
    wanted, together = ground.wanted_m2[subject], ground.together_m2[subject]
    count = len(ground.wanted_m2)
    cameras = np.bincount(sights.subject, minlength=count)[subject]
    all_m2 = np.bincount(sights.subject, weights=sights.seen_m2, minlength=count)[subject]
    slack = 1e-6 * all_m2 + 1e-9  # sums of floats: a hair must not turn the answer
    is_seen = (sufficient > 0.5) | ((together - (all_m2 - live) >= wanted - slack) & (live > 0))
    most = np.minimum(together, all_m2 - dead) + ground.possible_m2[subject]
    may_be = (cameras - dead_cameras > 0.5) & (most >= wanted - slack) & (most > slack)
    return np.where(is_seen, 1, np.where(may_be, -1, 0))


def last_camera(sights: Sights, runs: Runs, last_s: Floats) -> Ints:
    """The live camera that saw most of each subject when it was last in view; -1 where none.

    Parameters
    ----------
    sights, runs
        As `views` took them.
    last_s : numpy.ndarray of float64, shape (subjects,)
        When each was last in view, as `Views.last_s` gives it.

    Returns
    -------
    numpy.ndarray of int64, that shape
        Numbers of cameras.

    """
    sight, run = _pairs(sights.camera, runs.camera)
    moment = last_s[sights.subject[sight]]
    holds = runs.is_alive[run] & (runs.begin_s[run] < moment) & (moment <= runs.end_s[run])
    sight = sight[holds]
    order = sight[np.argsort(sights.seen_m2[sight], kind="stable")]
    found = np.full(len(last_s), -1, dtype=np.int64)
    found[sights.subject[order]] = sights.camera[order]
    return found
