"""Siting in steps, each better than the last: greedy, exchanges, kicks, and the proof.

Every answer states its value, a bound no choice can pass, and the gap between the two.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from gis.errors import ArgumentError
from gis.sitebound import lagrangian_bound
from gis.sitegreedy import lazy_greedy, quick_bound
from gis.siteproblem import Indices, SitingProblem, collapsed
from gis.siteswap import swapped

#: Names of the steps, in their order.
STEPS: Final = ("greedy", "swap", "kick", "milp", "bound")

#: Entries of the collapsed matrix up to which the solver gets anywhere in a minute; beyond, the
#: time goes into a Lagrangian bound (a 2 x 2 km town with 69,000 options has 1.1 million).
_MOST_ENTRIES = 400_000
#: Rounds of the Lagrangian bound, at most.
_MOST_ROUNDS = 3_000

#: Kicks: one per so many entries of the collapsed matrix, and no more than this.
_ENTRIES_PER_KICK = 50
_MOST_KICKS = 2_000
#: Share of the time the kicks may take.
_KICK_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Step:
    """How far the search is."""

    #: One of `STEPS`.
    name: str
    elapsed_s: float
    #: Best so far; `bound` is inf until one is known.
    value: float
    bound: float


@dataclass(frozen=True, slots=True)
class Siting:
    """Chosen options and how good they are."""

    #: Ascending.
    chosen: Indices
    #: Weight of the cells they see.
    value: float
    #: No allowed choice is worth more.
    bound: float
    is_optimal: bool
    #: Whether the search was stopped from outside; the answer is the best it had.
    is_stopped: bool
    seconds: float
    #: Value after each step.
    by_step: dict[str, float]

    @property
    def gap(self) -> float:
        """(bound - value) / bound; 0 when there is nothing to gain."""
        return (self.bound - self.value) / self.bound if self.bound > 0.0 else 0.0


def solve(
    problem: SitingProblem,
    *,
    seconds: float = 60.0,
    on_step: Callable[[Step], bool] = lambda step: True,
) -> Siting:
    """The best options within a budget, with the proof of how good they are.

    Parameters
    ----------
    problem : SitingProblem
        What each option sees, weights, costs, places, budget.
    seconds : float
        Time for all steps together, > 0. Greedy and exchanges are finished whatever it says; the
        solver may pass it by one of its own steps.
    on_step : callable
        Told of each step, and some times a second of the solver's bound; False stops.

    Returns
    -------
    Siting
        When time ends before the proof, the best choice found and the gap as it then is.

    Raises
    ------
    ArgumentError
        If `seconds` is not positive.

    Notes
    -----
    Deterministic as long as time does not run out. 2,000 options and 20,000 cells in a city take
    a second or two to proof; where views overlap 15-fold, a minute leaves a gap of 2 %.

    """
    if not seconds > 0.0:
        raise ArgumentError("seconds", got=seconds, allowed="above 0")
    search = _Search(collapsed(problem), seconds, on_step)
    search.greedy()
    search.kick()
    search.prove()
    return search.answer()


class _Search:
    """The best choice so far and the clock."""

    def __init__(
        self, problem: SitingProblem, seconds: float, on_step: Callable[[Step], bool]
    ) -> None:
        self.problem, self.seconds, self.on_step = problem, seconds, on_step
        self.began = time.monotonic()
        self.chosen = np.empty(0, dtype=np.int64)
        self.value, self.bound = 0.0, np.inf
        self.is_stopped = self.is_proven = False
        self.by_step: dict[str, float] = {}

    def elapsed_s(self) -> float:
        return time.monotonic() - self.began

    def greedy(self) -> None:
        self._tell("greedy")
        self._keep("greedy", lazy_greedy(self.problem))
        self._keep("swap", swapped(self.problem, self.chosen))
        self.bound = quick_bound(self.problem, self.chosen)

    def kick(self) -> None:
        kicks = min(len(self.problem.cells) // _ENTRIES_PER_KICK, _MOST_KICKS)

        def goes_on() -> bool:
            self._tell("kick")
            return not self.is_stopped and self.elapsed_s() < _KICK_SHARE * self.seconds

        if not self._is_done() and kicks and goes_on():
            found = swapped(self.problem, self.chosen, kicks=kicks, goes_on=goes_on)
            self._keep("kick", found)
            self.bound = min(self.bound, quick_bound(self.problem, self.chosen))

    def prove(self) -> None:
        left = self.seconds - self.elapsed_s()
        if self._is_done() or left <= 0.0:
            return
        if len(self.problem.cells) > _MOST_ENTRIES:
            self._bind()
            return
        self._tell("milp")
        # The solver's library takes 0.1 s to load and is not wanted by who only reads answers.
        from gis.sitemilp import proven

        found = proven(self.problem, self.chosen, seconds=left, on_bound=self._on_bound)
        self._keep("milp", found.chosen)
        self.is_proven = found.is_optimal
        self.bound = min(self.bound, found.bound)

    def _bind(self) -> None:
        def goes_on(bound: float) -> bool:
            self.bound = min(self.bound, max(bound, self.value))
            self._tell("bound")
            return not self.is_stopped and self.elapsed_s() < self.seconds

        found = lagrangian_bound(self.problem, self.value, rounds=_MOST_ROUNDS, goes_on=goes_on)
        self.bound = min(self.bound, found)

    def answer(self) -> Siting:
        # The solver proves to a tolerance of its own; a bound under the value is that rounding.
        bound = max(self.value, self.bound)
        if self.is_proven:
            bound = self.value
        return Siting(
            self.chosen,
            self.value,
            bound,
            bound <= self.value * (1.0 + 1e-9),
            self.is_stopped,
            self.elapsed_s(),
            self.by_step,
        )

    def _is_done(self) -> bool:
        return self.is_stopped or self.bound <= self.value * (1.0 + 1e-12)

    def _keep(self, step: str, chosen: Indices) -> None:
        value = self.problem.value(chosen)
        if value >= self.value:
            self.chosen, self.value = chosen, value
        self.by_step[step] = self.value
        self._tell(step)

    def _on_bound(self, value: float, bound: float) -> bool:
        self.bound = min(self.bound, max(bound, self.value))
        self._tell("milp")
        return not self.is_stopped

    def _tell(self, name: str) -> None:
        step = Step(name, self.elapsed_s(), self.value, self.bound)
        self.is_stopped |= not self.on_step(step)
