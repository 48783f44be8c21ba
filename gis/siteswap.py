"""Exchanges among chosen sites, until no exchange helps, and kicks out of such dead ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.siteproblem import Floats, Indices, SitingProblem, by_cell

#: Kicks handed to the kernel at a time: some 0.1 s on a city, then the caller is asked again.
_KICKS_AT_ONCE = 50
#: Options given up by one kick, at most.
_KICKED = 8
#: How far the filling after a kick may stray from the greedy order, as a share of a gain.
_STRAY = 0.25


class _State(NamedTuple):
    """The problem by option and by cell, and the choice so far."""

    starts: Indices
    cells: Indices
    cell_starts: Indices
    options: Indices
    weight: Floats
    cost: Floats
    group: Indices
    per_group: int
    affordable: float
    #: Gains below this are rounding.
    least: float
    times_seen: Indices
    is_chosen: NDArray[np.bool_]
    crowd: Indices
    #: What each option would add, chosen or not: the weight of its cells that none sees.
    gain: Floats
    #: Spent so far, and value of the choice.
    sums: Floats
    dice: NDArray[np.uint64]


def swapped(
    problem: SitingProblem,
    chosen: Indices,
    *,
    kicks: int = 0,
    seed: int = 1,
    goes_on: Callable[[], bool] = lambda: True,
) -> Indices:
    """The choice after exchanges of one option for another until none helps; ascending.

    Parameters
    ----------
    problem : SitingProblem
        Best collapsed.
    chosen : ndarray of int64
        An allowed choice.
    kicks : int
        After the exchanges: how often up to 8 neighbouring options are given up, refilled with
        chance in the order, exchanged again, and taken back unless the value rose or stayed.
    seed : int
        Of the chance; the same seed gives the same answer.
    goes_on : callable
        Asked between bundles of kicks; False ends the search with the best so far.

    Returns
    -------
    ndarray of int64
        Never worth less than `chosen`.

    """
    state = _state(problem, chosen, seed)
    _climb(state)
    done = 0
    while done < kicks and goes_on():
        bundle = min(_KICKS_AT_ONCE, kicks - done)
        _kick(state, bundle)
        done += bundle
    return np.flatnonzero(state.is_chosen)


def gains(problem: SitingProblem, chosen: Indices) -> Floats:
    """What each option would add to the choice, float64 (options,)."""
    return _state(problem, chosen, 1).gain


def _state(problem: SitingProblem, chosen: Indices, seed: int) -> _State:
    cell_starts, options = by_cell(problem)
    option = np.repeat(np.arange(len(problem)), np.diff(problem.starts))
    weights = problem.weight[problem.cells]
    state = _State(
        problem.starts,
        problem.cells,
        cell_starts,
        options,
        problem.weight,
        problem.cost,
        problem.group,
        problem.per_group,
        problem.affordable,
        1e-12 * float(problem.weight.sum()),
        np.zeros(len(problem.weight), dtype=np.int64),
        np.zeros(len(problem), dtype=np.bool_),
        np.zeros(int(problem.group.max(initial=0)) + 1, dtype=np.int64),
        np.bincount(option, weights=weights, minlength=len(problem)).astype(np.float64),
        np.zeros(2),
        np.array([2 * seed + 1], dtype=np.uint64),
    )
    for number in chosen.tolist():
        _add(state, number)
    return state


@compiled
def _add(state: Any, option: int) -> None:
    state.sums[1] += state.gain[option]
    for c in range(state.starts[option], state.starts[option + 1]):
        cell = state.cells[c]
        state.times_seen[cell] += 1
        if state.times_seen[cell] == 1:
            for k in range(state.cell_starts[cell], state.cell_starts[cell + 1]):
                state.gain[state.options[k]] -= state.weight[cell]
    state.is_chosen[option] = True
    state.crowd[state.group[option]] += 1
    state.sums[0] += state.cost[option]


@compiled
def _drop(state: Any, option: int) -> None:
    for c in range(state.starts[option], state.starts[option + 1]):
        cell = state.cells[c]
        state.times_seen[cell] -= 1
        if state.times_seen[cell] == 0:
            for k in range(state.cell_starts[cell], state.cell_starts[cell + 1]):
                state.gain[state.options[k]] += state.weight[cell]
    state.is_chosen[option] = False
    state.crowd[state.group[option]] -= 1
    state.sums[0] -= state.cost[option]
    state.sums[1] -= state.gain[option]


@compiled
def _best(state: Any, stray: float) -> int:
    """Allowed option that adds most, or -1; with `stray` chance shortens each gain by up to it."""
    best, most = -1, state.least
    left = state.affordable - state.sums[0]
    for option in range(len(state.cost)):
        gain = state.gain[option]
        if gain <= most or state.is_chosen[option] or state.cost[option] > left:
            continue
        if state.crowd[state.group[option]] >= state.per_group:
            continue
        if stray > 0.0:
            gain *= 1.0 - stray * _chance(state)
        if gain > most:
            best, most = option, gain
    return best


@compiled
def _fill(state: Any, stray: float) -> None:
    while True:
        option = _best(state, stray)
        if option < 0:
            return
        _add(state, option)


@compiled
def _climb(state: Any) -> None:
    """Fill, then exchange one for one until a whole round changes nothing."""
    _fill(state, 0.0)
    improves = True
    while improves:
        improves = False
        for option in range(len(state.cost)):
            if not state.is_chosen[option]:
                continue
            _drop(state, option)
            best = _best(state, 0.0)
            if best < 0 or state.gain[best] <= state.gain[option] + state.least:
                _add(state, option)
            else:
                _add(state, best)
                _fill(state, 0.0)
                improves = True


@compiled
def _kick(state: Any, times: int) -> None:
    for _ in range(times):
        before = state.is_chosen.copy()
        value = state.sums[1]
        _give_up_neighbours(state)
        _fill(state, _STRAY)
        _climb(state)
        if state.sums[1] < value - state.least:
            _restore(state, before)


@compiled
def _give_up_neighbours(state: Any) -> None:
    """Drop options met on a walk from option to option through the cells they share."""
    option = int(_chance(state) * len(state.cost))
    wanted, dropped = 2 + int(_chance(state) * (_KICKED - 1)), 0
    for _ in range(16 * _KICKED):
        if state.is_chosen[option]:
            _drop(state, option)
            dropped += 1
            if dropped == wanted:
                return
        first, last = state.starts[option], state.starts[option + 1]
        if first == last:
            option = int(_chance(state) * len(state.cost))
            continue
        cell = state.cells[first + int(_chance(state) * (last - first))]
        first, last = state.cell_starts[cell], state.cell_starts[cell + 1]
        option = state.options[first + int(_chance(state) * (last - first))]


@compiled
def _restore(state: Any, before: NDArray[np.bool_]) -> None:
    for option in range(len(before)):
        if state.is_chosen[option] and not before[option]:
            _drop(state, option)
    for option in range(len(before)):
        if before[option] and not state.is_chosen[option]:
            _add(state, option)


@compiled
def _chance(state: Any) -> float:
    """Next number of xorshift64 (Marsaglia 2003), 0 <= number < 1."""
    x = state.dice[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    state.dice[0] = x
    return float(x >> np.uint64(11)) / 9007199254740992.0
