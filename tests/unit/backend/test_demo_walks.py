"""Rounds of simulated units: on the roads, closed, and a function of time alone."""

import math
from itertools import pairwise

import numpy as np
import pytest

from backend.demo.walks import M_PER_DEG, Roads, round_trip

D = 100 / M_PER_DEG  # 100 m of latitude; on the equator also of longitude
CORNERS = np.array([[0, 0], [D, 0], [D, D], [0, D], [9.0, 9.0]])


def square() -> Roads:
    """Four streets of 100 m round a block, and one corner that no road reaches."""
    source, target = np.array([0, 1, 2, 3]), np.array([1, 2, 3, 0])
    lines = [CORNERS[[a, b]] for a, b in zip(source, target, strict=True)]
    return Roads(source, target, np.full(4, 100.0), lines)


def test_a_round_through_opposite_corners_is_the_way_there_and_back() -> None:
    walk = round_trip(square(), np.array([0, 2]), 1.0)
    assert walk is not None
    assert walk.along_m[-1] == pytest.approx(400, rel=1e-4)


def test_a_unit_keeps_to_the_streets_and_to_its_speed() -> None:
    walk = round_trip(square(), np.array([0, 2]), 1.2)
    assert walk is not None
    spots = [walk.position(1_790_000_000.0 + 10.0 * k) for k in range(200)]
    for lon, lat in spots:
        assert min(abs(lon), abs(lon - D), abs(lat), abs(lat - D)) * M_PER_DEG < 0.01
    steps_m = [math.dist(a, b) * M_PER_DEG for a, b in pairwise(spots)]
    assert max(steps_m) <= 12.0 + 1e-3
    assert min(steps_m) < 1e-3  # it rests now and then


def test_the_same_moment_has_the_same_place() -> None:
    first, again = (round_trip(square(), np.array([0, 2]), 1.2) for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.position(1_790_000_123.0) == again.position(1_790_000_123.0)


def test_a_stop_that_no_road_reaches_is_left_out() -> None:
    roads = square()
    far = Roads(
        np.append(roads.source, 4),
        np.append(roads.target, 4),
        np.append(roads.length_m, 0.0),
        [*roads.lines, CORNERS[[4, 4]]],
    )
    walk = round_trip(far, np.array([0, 4, 2]), 1.0)
    assert walk is not None
    assert walk.along_m[-1] == pytest.approx(400, rel=1e-4)
    assert round_trip(far, np.array([0, 4]), 1.0) is None
