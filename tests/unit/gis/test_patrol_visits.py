"""Visits of grids by runs of legs: entry and exit on the straight way, gaps, leavings, proof."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import shapely

from gis.errors import GeometryError
from gis.tracks import Fixes, Legs, clean, legs, rules_of
from gis.visits import Visits, find_visits

CAR = dataclasses.replace(rules_of("car"), merge_s=30.0)
SQUARE = np.array([shapely.box(0, 0, 100, 100)])


def driven(*rows: tuple[float, float, float], accuracy_m: float = 1.0) -> Legs:
    """Known legs through places x, y at times."""
    at, x, y = np.array(rows, dtype=np.float64).T
    filled = np.full(len(at), accuracy_m)
    unit = np.ones(len(at), dtype=np.int64)
    return legs(clean(Fixes(unit, at, x, y, filled, filled * np.nan), CAR))


def spans(visits: Visits) -> list[tuple[int, float, float, float]]:
    columns = (visits.grid, visits.entered_s, visits.left_s, visits.dwell_s)
    return [tuple(round(float(v), 6) for v in row) for row in zip(*columns, strict=True)]


def test_entry_and_exit_lie_where_the_straight_way_crosses_the_border():
    """10 m/s along y = 50 from x = -50: in at 5 s, out at 15 s, though no fix lies inside."""
    assert spans(find_visits(SQUARE, driven((0, -50, 50), (20, 150, 50)))) == [(0, 5, 15, 10)]


def test_a_short_leaving_is_within_the_visit_and_not_in_its_dwell():
    way = driven((0, 50, 50), (10, 50, 150), (20, 50, 50))
    assert spans(find_visits(SQUARE, way)) == [(0, 0, 20, 10)]


def test_a_long_leaving_makes_two_visits():
    way = driven((0, 50, 50), (10, 50, 150), (50, 50, 150), (60, 50, 50))
    assert spans(find_visits(SQUARE, way)) == [(0, 0, 5, 5), (0, 55, 60, 5)]


def test_a_gap_ends_a_visit_even_on_the_spot():
    way = driven((0, 50, 50), (10, 50, 60), (200, 50, 60), (210, 50, 50))
    assert spans(find_visits(SQUARE, way)) == [(0, 0, 10, 10), (0, 200, 210, 10)]


def test_a_fix_between_two_gaps_is_a_visit_without_duration():
    way = driven((0, 500, 50), (300, 50, 50), (600, 500, 50))
    assert spans(find_visits(SQUARE, way)) == [(0, 300, 300, 0)]


def test_a_hole_and_a_second_part_are_left_and_entered():
    ring = shapely.box(0, 0, 90, 90).difference(shapely.box(30, 30, 60, 60))
    grid = np.array([shapely.MultiPolygon([ring, shapely.box(120, 0, 150, 90)])])
    rules = dataclasses.replace(CAR, merge_s=0.0)
    way = dataclasses.replace(driven((0, -10, 45), (17, 160, 45)), rules=rules)
    assert spans(find_visits(grid, way)) == [(0, 1, 4, 3), (0, 7, 10, 3), (0, 13, 16, 3)]


def test_grids_that_overlap_are_visited_each():
    grids = np.array([shapely.box(0, 0, 100, 100), shapely.box(50, 0, 100, 100)])
    assert spans(find_visits(grids, driven((0, -50, 50), (20, 150, 50)))) == [
        (0, 5, 15, 10),
        (1, 10, 15, 5),
    ]


def test_a_way_along_the_shared_border_is_in_one_of_the_two_at_any_time():
    grids = np.array([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])
    visits = find_visits(grids, driven((0, 100, 10), (10, 100, 90)))
    assert visits.dwell_s.sum() == pytest.approx(10.0)


def test_through_the_corner_of_four_squares_no_time_is_lost():
    """The diagonal meets four edges in one point, at 5 s."""
    low = np.array([(0, 0), (100, 0), (0, 100), (100, 100)])
    grids = shapely.box(*low.T, *(low + 100).T)
    assert spans(find_visits(grids, driven((0, 50, 50), (10, 150, 150)))) == [
        (0, 0, 5, 5),
        (3, 5, 10, 5),
    ]


def test_a_fix_on_the_border_itself_carries_nothing_over_to_the_next_leg():
    """Steps of 10 m along y = 50; the fix at 10 s stands on x = 100 exactly."""
    grids = np.array([shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)])
    way = driven(*[(float(k), 10.0 * k, 50.0) for k in range(1, 20)])
    assert spans(find_visits(grids, way)) == [(0, 1, 10, 9), (1, 10, 19, 9)]


def test_a_visit_is_sure_only_by_a_fix_farther_inside_than_it_may_be_off():
    """Scaled by 3, 16 m may be off 48 m and 17 m 51 m; the middle is 50 m from the border."""
    for accuracy_m, is_sure in ((16.0, True), (17.0, False)):
        way = driven((0, -200, 50), (10, 50, 50), (20, 300, 50), accuracy_m=accuracy_m)
        assert find_visits(SQUARE, way).is_sure.tolist() == [is_sure]


def test_passing_without_a_fix_inside_is_not_sure():
    assert find_visits(SQUARE, driven((0, -50, 50), (20, 150, 50))).is_sure.tolist() == [False]


def test_visits_are_cut_at_the_ends_of_the_period():
    way = driven((0, -50, 50), (20, 150, 50))
    assert spans(find_visits(SQUARE, way, from_s=8.0, to_s=12.0)) == [(0, 8, 12, 4)]


def test_a_grid_that_is_no_polygon_is_refused():
    with pytest.raises(GeometryError, match="grids"):
        find_visits(np.array([shapely.Point(0, 0)]), driven((0, 0, 0)))


@pytest.mark.parametrize(("vehicle", "every_s"), [("car", 20.0), ("car", 2.0), ("foot", 3.0)])
@pytest.mark.parametrize("seed", range(3))
def test_time_within_odd_shapes_is_that_of_cutting_the_way_by_geos(seed, vehicle, every_s, walker):
    """Stars of many corners that overlap; GEOS cuts each leg, lengths are shares of its time."""
    rng = np.random.default_rng(seed)
    walk = walker(seed, vehicle, every_s=every_s, hours=0.5)
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    middle = rng.uniform(0, 1, (60, 2)) * np.ptp([walk.x, walk.y], axis=1)
    middle += [walk.x.min(), walk.y.min()]
    radius = rng.uniform(0.02, 0.25, (60, 40)) * np.ptp(walk.x)
    ring = middle[:, None] + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)
    grids = shapely.polygons(ring)
    own = legs(clean(walk.fixes, rules_of(vehicle)))
    visits = find_visits(grids, own)
    ways = shapely.linestrings(np.stack([own.x0, own.y0, own.x1, own.y1], 1).reshape(-1, 2, 2))
    lasted, length = (own.t1 - own.t0) * own.is_known, shapely.length(ways)
    for g, grid in enumerate(grids):
        inside = shapely.length(shapely.intersection(ways, grid)) / length @ lasted
        assert visits.dwell_s[visits.grid == g].sum() == pytest.approx(inside, abs=1e-6)
    assert len(visits) > 5
