"""The shortest loop through groups of spots: against all orders, its bound against the truth."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import ArgumentError
from gis.loopbound import held_karp_bound
from gis.patrolloop import EXACT_GROUPS, Loop, shortest_loop


def land(seed: int, groups: int, spots: int) -> tuple[np.ndarray, np.ndarray]:
    """Return distances and groups of random spots, `spots` in each of some clusters."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 5000, (groups, 2))
    places = centres.repeat(spots, axis=0) + rng.normal(0, 300, (groups * spots, 2))
    places = np.concatenate([rng.uniform(0, 5000, (1, 2)), places])
    distance_m = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    return distance_m, np.concatenate([[-1], np.arange(groups).repeat(spots)])


def by_trying_all(distance_m: np.ndarray, group: np.ndarray, *, returns: bool) -> float:
    of = [np.flatnonzero(group == g).tolist() for g in range(group.max() + 1)]
    best = np.inf
    for order in permutations(range(len(of))):
        for spots in product(*(of[g] for g in order)):
            line = [0, *spots, *([0] if returns else [])]
            best = min(best, distance_m[line[:-1], line[1:]].sum())
    return float(best)


def is_whole(loop: Loop, group: np.ndarray) -> bool:
    return sorted(group[loop.spots].tolist()) == list(range(group.max() + 1))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    groups=st.integers(1, 5),
    spots=st.integers(1, 3),
    returns=st.booleans(),
)
def test_few_groups_are_solved_as_by_trying_all(seed, groups, spots, returns) -> None:
    distance_m, group = land(seed, groups, spots)
    loop = shortest_loop(distance_m, group, returns=returns)
    assert is_whole(loop, group)
    assert loop.length_m == pytest.approx(by_trying_all(distance_m, group, returns=returns))
    assert (loop.method, loop.gap, loop.bound_m) == ("exact", 0.0, loop.length_m)


@pytest.mark.parametrize("returns", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_lies_under_the_truth_and_not_far(seed, returns) -> None:
    distance_m, group = land(seed, 9, 3)
    truth = shortest_loop(distance_m, group, returns=returns).length_m
    back = distance_m[:, 0] if returns else np.zeros(len(group))
    bound = held_karp_bound(distance_m, group, back, aim_m=truth)
    assert 0.5 * truth < bound <= truth + 1e-6


def test_with_one_spot_a_group_the_bound_is_nearly_the_tour() -> None:
    distance_m, group = land(3, 12, 1)
    truth = shortest_loop(distance_m, group).length_m
    bound = held_karp_bound(distance_m, group, distance_m[:, 0], aim_m=truth)
    # Held and Karp's bound of the plain problem lies within a percent or two.
    assert 0.97 * truth <= bound <= truth + 1e-6


@pytest.mark.parametrize("returns", [True, False])
def test_more_groups_are_searched_and_the_answer_says_how_good_it_is(returns) -> None:
    distance_m, group = land(5, 20, 4)
    loop = shortest_loop(distance_m, group, returns=returns, seconds=1.0)
    assert is_whole(loop, group)
    assert loop.method == "search"
    assert loop.bound_m <= loop.length_m
    assert 0 <= loop.gap < 0.4


def test_the_search_meets_the_exact_answer_where_both_can(monkeypatch) -> None:
    distance_m, group = land(11, 12, 5)
    exact = shortest_loop(distance_m, group)
    monkeypatch.setattr("gis.patrolloop.EXACT_GROUPS", 0)
    searched = shortest_loop(distance_m, group, seconds=1.0)
    assert searched.method == "search"
    assert exact.length_m <= searched.length_m + 1e-6 <= 1.02 * exact.length_m
    assert searched.bound_m <= exact.length_m


def test_a_first_loop_is_found_in_no_time_at_all() -> None:
    distance_m, group = land(2, 25, 6)
    loop = shortest_loop(distance_m, group, seconds=0.001)
    assert is_whole(loop, group)


def test_without_groups_there_is_nothing_to_walk() -> None:
    loop = shortest_loop(np.zeros((1, 1)), np.array([-1]))
    assert (loop.spots.tolist(), loop.length_m, loop.bound_m, loop.gap) == ([], 0, 0, 0)


def test_groups_that_all_lie_where_one_stands_cost_nothing() -> None:
    loop = shortest_loop(np.zeros((3, 3)), np.array([-1, 0, 1]))
    assert (sorted(loop.spots.tolist()), loop.length_m, loop.gap) == ([1, 2], 0, 0)


@pytest.mark.parametrize(
    ("distance_m", "group"),
    [
        (np.zeros((2, 3)), [-1, 0, 1]),
        (np.full((2, 2), np.inf), [-1, 0]),
        (-np.ones((2, 2)), [-1, 0]),
        (np.zeros((2, 2)), [-1, 1]),
        (np.zeros((2, 2)), [0, 1]),
    ],
)
def test_what_makes_no_sense_is_refused(distance_m, group) -> None:
    with pytest.raises(ArgumentError):
        shortest_loop(distance_m, np.array(group))


def test_a_loop_is_found_beside_the_solver_of_sitings() -> None:
    # Both bring a libhighs of their own, which cannot share a process.
    import highspy

    assert highspy.Highs().version()
    distance_m, group = land(11, EXACT_GROUPS + 2, 2)
    assert is_whole(shortest_loop(distance_m, group, seconds=0.2), group)
