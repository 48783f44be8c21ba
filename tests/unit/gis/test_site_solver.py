"""Siting as arrays: every small question against all answers there are, and honest gaps."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import sitesolver
from gis.errors import ArgumentError
from gis.sitebound import lagrangian_bound
from gis.sitegreedy import lazy_greedy, quick_bound
from gis.siteproblem import SitingProblem, collapsed
from gis.sitesolver import Siting, Step, solve
from gis.siteswap import gains, swapped


def problem_of(
    covers: list[list[int]],
    weight: list[float],
    budget: float,
    *,
    cost: list[float] | None = None,
    group: list[int] | None = None,
    per_group: int = 1,
) -> SitingProblem:
    starts = np.cumsum([0] + [len(set(cover)) for cover in covers])
    cells = [cell for cover in covers for cell in sorted(set(cover))]
    return SitingProblem(
        starts,
        np.array(cells, dtype=np.int64),
        np.array(weight, dtype=np.float64),
        np.array(cost or [1.0] * len(covers)),
        np.array(group or range(len(covers))),
        budget,
        per_group,
    )


def best_of_all(problem: SitingProblem) -> float:
    """Value of the best allowed choice, by trying every subset."""
    best = 0.0
    for size in range(len(problem) + 1):
        for chosen in combinations(range(len(problem)), size):
            picked = np.array(chosen, dtype=np.int64)
            if problem.is_allowed(picked):
                best = max(best, problem.value(picked))
    return best


@st.composite
def small_problems(draw: st.DrawFn) -> SitingProblem:
    cells = draw(st.integers(1, 10))
    options = draw(st.integers(1, 7))
    covers = [draw(st.lists(st.integers(0, cells - 1), max_size=6)) for _ in range(options)]
    weight = draw(st.lists(st.floats(0.0, 20.0), min_size=cells, max_size=cells))
    cost = draw(st.lists(st.sampled_from([1.0, 2.0, 3.5]), min_size=options, max_size=options))
    group = draw(st.lists(st.integers(0, 3), min_size=options, max_size=options))
    budget = draw(st.floats(0.0, 8.0))
    return problem_of(
        covers, weight, budget, cost=cost, group=group, per_group=draw(st.integers(1, 2))
    )


@settings(deadline=None, max_examples=150)
@given(small_problems())
def test_answer_is_the_best_of_all_answers(problem: SitingProblem) -> None:
    siting = solve(problem, seconds=20.0)
    truth = best_of_all(problem)
    assert problem.is_allowed(siting.chosen)
    assert siting.value == pytest.approx(problem.value(siting.chosen), rel=1e-12)
    # 1e-6 of a weight up to 20: the solver's own tolerance of feasibility.
    assert siting.value == pytest.approx(truth, rel=1e-6, abs=1e-6)
    assert siting.is_optimal
    assert siting.by_step["greedy"] <= siting.by_step["swap"] <= siting.value <= siting.bound


@settings(deadline=None, max_examples=150)
@given(small_problems())
def test_quick_bound_is_never_passed_and_greedy_keeps_its_promise(problem: SitingProblem) -> None:
    truth = best_of_all(problem)
    greedy = lazy_greedy(problem)
    assert problem.is_allowed(greedy)
    assert quick_bound(problem, greedy) >= truth * (1.0 - 1e-9)
    assert quick_bound(problem, np.empty(0, np.int64)) >= truth * (1.0 - 1e-9)
    assert lagrangian_bound(problem, problem.value(greedy)) >= truth * (1.0 - 1e-9)
    if np.all(problem.cost == 1.0) and len(np.unique(problem.group)) == len(problem):
        assert problem.value(greedy) >= (1.0 - 1.0 / np.e) * truth - 1e-9


@settings(deadline=None, max_examples=100)
@given(small_problems(), st.integers(1, 1000))
def test_exchanges_and_kicks_never_lose(problem: SitingProblem, seed: int) -> None:
    first = lazy_greedy(problem)
    found = swapped(problem, first, kicks=20, seed=seed)
    assert problem.is_allowed(found)
    # A gain of less than 1e-12 of all weight is rounding to it.
    assert problem.value(found) >= problem.value(first) - 1e-9 * problem.weight.sum()


@settings(deadline=None, max_examples=100)
@given(small_problems())
def test_merged_cells_change_no_value(problem: SitingProblem) -> None:
    merged = collapsed(problem)
    assert len(merged.weight) <= len(problem.weight)
    for size in range(len(problem) + 1):
        for chosen in combinations(range(len(problem)), size):
            picked = np.array(chosen, dtype=np.int64)
            assert merged.value(picked) == pytest.approx(problem.value(picked), abs=1e-9)


def test_exchange_repairs_what_greedy_cannot() -> None:
    # Greedy takes the middle (6), then either side adds 4: 10. The two sides alone see all 12.
    problem = problem_of(
        [[0, 1, 2, 3, 4, 5], [0, 1, 2, 6, 7, 8], [3, 4, 5, 9, 10, 11]], [1.1] * 6 + [1.0] * 6, 2
    )
    assert 0 in lazy_greedy(problem).tolist()
    assert swapped(problem, lazy_greedy(problem)).tolist() == [1, 2]


def test_budget_in_money_prefers_two_cheap_cameras_to_one_dear() -> None:
    covers = [[0, 1, 2], [0, 1], [2, 3]]
    siting = solve(problem_of(covers, [1.0] * 4, 4.0, cost=[4.0, 2.0, 2.0]))
    assert (siting.chosen.tolist(), siting.value) == ([1, 2], 4.0)


def test_a_dear_camera_that_sees_most_is_not_lost_to_a_cheap_one() -> None:
    # By gain per cost the cheap one comes first and leaves too little money for the other.
    problem = problem_of([[0], list(range(1, 11))], [2.0] + [1.0] * 10, 10.0, cost=[1.0, 10.0])
    assert lazy_greedy(problem).tolist() == [1]


def test_one_pole_carries_one_camera_unless_two_are_allowed() -> None:
    covers, group = [[0, 1], [2, 3], [4]], [0, 0, 1]
    one = solve(problem_of(covers, [1.0] * 5, 2, group=group))
    two = solve(problem_of(covers, [1.0] * 5, 2, group=group, per_group=2))
    assert (one.value, two.value) == (3.0, 4.0)
    assert one.chosen.tolist() in ([0, 2], [1, 2])


def test_nothing_to_choose_is_an_answer() -> None:
    for problem in (
        problem_of([[0]], [1.0], 0.0),
        problem_of([[]], [1.0], 5.0),
        problem_of([[0]], [0.0], 5.0),
    ):
        siting = solve(problem)
        assert (siting.chosen.tolist(), siting.value, siting.gap) == ([], 0.0, 0.0)
        assert siting.is_optimal


def crowded(options: int = 300, cells: int = 1500, budget: int = 40) -> SitingProblem:
    rng = np.random.default_rng(5)
    covers = [
        rng.choice(cells, 60, replace=False).tolist() for _ in range(options)
    ]  # no geometry: the hardest kind to prove
    return problem_of(covers, rng.integers(1, 9, cells).tolist(), budget)


def test_time_out_gives_the_best_so_far_with_its_honest_gap() -> None:
    problem = crowded()
    siting = solve(problem, seconds=1.0)
    assert not siting.is_optimal
    assert not siting.is_stopped
    assert problem.is_allowed(siting.chosen)
    assert siting.value == problem.value(siting.chosen) >= siting.by_step["swap"]
    assert siting.value < siting.bound <= problem.weight.sum()
    assert siting.gap == pytest.approx((siting.bound - siting.value) / siting.bound)


@pytest.mark.parametrize("stopped_in", ["greedy", "kick", "milp"])
def test_a_stop_is_heard_in_every_step(stopped_in: str) -> None:
    told: list[Step] = []

    def on_step(step: Step) -> bool:
        told.append(step)
        return step.name != stopped_in or step.value == 0.0

    problem = crowded()
    siting = solve(problem, seconds=60.0, on_step=on_step)
    assert siting.is_stopped
    assert siting.seconds < 30.0
    assert siting.value == problem.value(siting.chosen) > 0.0
    assert siting.bound >= siting.value
    # Greedy and exchanges take milliseconds and are finished.
    assert told[-1].name == {"greedy": "swap"}.get(stopped_in, stopped_in)


def test_the_same_question_has_the_same_answer() -> None:
    problem = crowded(options=12, cells=200, budget=4)
    first, second = solve(problem), solve(problem)
    assert first.chosen.tolist() == second.chosen.tolist()
    assert (first.value, first.bound) == (second.value, second.bound)


def test_steps_tell_a_value_that_never_falls_and_a_bound_that_never_rises() -> None:
    told: list[Step] = []
    solve(crowded(options=12, cells=200, budget=4), on_step=lambda s: told.append(s) is None)
    values, bounds = [s.value for s in told], [s.bound for s in told]
    assert values == sorted(values)
    assert bounds == sorted(bounds, reverse=True)


def test_a_question_too_large_for_the_solver_has_a_bound_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = crowded(options=12, cells=200, budget=4)
    proved = solve(problem)
    monkeypatch.setattr(sitesolver, "_MOST_ENTRIES", 0)
    bound_alone = solve(problem)
    assert "milp" not in bound_alone.by_step
    # Views without geometry: the linear relaxation itself lies some 8 % above the optimum.
    assert proved.value <= bound_alone.bound <= 1.1 * proved.bound
    assert bound_alone.bound < quick_bound(problem, bound_alone.chosen)


def test_a_fault_of_the_listener_comes_out_of_the_solver() -> None:
    def on_step(step: Step) -> bool:
        if step.name == "milp":
            raise ConnectionError("the database is away")
        return True

    with pytest.raises(ConnectionError, match="away"):
        solve(crowded(), seconds=60.0, on_step=on_step)


def test_gains_follow_the_choice() -> None:
    problem = problem_of([[0, 1], [1, 2], [2]], [1.0, 2.0, 4.0], 1)
    assert gains(problem, np.array([0])).tolist() == [0.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"weight": np.array([-1.0])}, "weight"),
        ({"cost": np.array([np.nan])}, "cost"),
        ({"budget": -1.0}, "budget"),
        ({"cells": np.array([3])}, "cells"),
        ({"starts": np.array([0, 2])}, "starts"),
        ({"group": np.array([0, 1])}, "group"),
        ({"per_group": 0}, "per_group"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change: dict[str, object], named: str) -> None:
    fine = {
        "starts": np.array([0, 1]), "cells": np.array([0]), "weight": np.array([1.0]),
        "cost": np.array([1.0]), "group": np.array([0]), "budget": 1.0, "per_group": 1,
    }  # fmt: skip
    with pytest.raises(ArgumentError, match=named):
        SitingProblem(**(fine | change))  # type: ignore[arg-type]


def test_gap_of_an_answer() -> None:
    assert Siting(np.empty(0, np.int64), 98.0, 100.0, False, False, 1.0, {}).gap == 0.02
