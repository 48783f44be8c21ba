"""A cut that halves the work: along a road where one leads through, else straight."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Polygon, box

from gis.errors import ArgumentError
from gis.gridbalance import balanced_cut
from gis.roadpaths import crossing_paths

GROUND = box(0, 0, 1000, 600)


def lattice(west: float, south: float, east: float, north: float, step: float = 20) -> np.ndarray:
    x, y = np.meshgrid(np.arange(west + 5, east, step), np.arange(south + 5, north, step))
    return np.column_stack((x.ravel(), y.ravel()))


def even(spots: np.ndarray) -> np.ndarray:
    return np.ones(len(spots))


def test_work_spread_evenly_is_parted_in_the_middle_by_the_shorter_way() -> None:
    spots = lattice(0, 0, 1000, 600)
    cut = balanced_cut(GROUND, spots, even(spots), [])
    assert cut is not None
    assert cut.balance > 0.95
    # Across the short side: 600 m and a metre over at each end, not 1,000 m along it.
    assert cut.line.length == pytest.approx(602, abs=1e-6)
    assert cut.road_share == 0
    assert sum(part.area for part in cut.parts) == pytest.approx(GROUND.area, abs=1e-6)


def test_the_line_moves_to_where_the_work_is() -> None:
    spots = np.vstack((lattice(0, 0, 200, 600), lattice(200, 0, 1000, 600, 80)))
    cut = balanced_cut(GROUND, spots, even(spots), [])
    assert cut is not None
    assert cut.balance > 0.9
    assert min(cut.area_share, 1 - cut.area_share) < 0.3  # 300 of 380 points lie on a fifth


def test_a_road_that_parts_the_work_nearly_evenly_is_followed() -> None:
    spots = lattice(0, 0, 1000, 600)
    bent = LineString([(450, -50), (450, 300), (520, 300), (520, 650)])
    cut = balanced_cut(GROUND, spots, even(spots), [bent])
    assert cut is not None
    assert cut.road_share > 0.95  # all but the last metres to the border
    assert cut.line.hausdorff_distance(bent.intersection(GROUND)) < 6.5
    # 450 and 520 of 1,000 over half of the height each: a mean of 0.485.
    assert min(cut.area_share, 1 - cut.area_share) == pytest.approx(0.485, abs=1e-3)


def test_in_a_town_of_many_streets_one_of_them_is_followed() -> None:
    # 40 streets each way: 160 ends at the border, and most ways between two only cut off a corner.
    at = np.arange(12.5, 1000, 25.0)
    streets = [LineString([(x, -50), (x, 1050)]) for x in at]
    streets += [LineString([(-50, y), (1050, y)]) for y in at]
    spots = lattice(0, 0, 1000, 1000)
    cut = balanced_cut(box(0, 0, 1000, 1000), spots, even(spots), streets)
    assert cut is not None
    assert (cut.road_share > 0.95, cut.balance > 0.66) == (True, True)


def test_a_grid_round_another_is_parted_over_the_hole() -> None:
    ring = GROUND - box(300, 150, 700, 450)
    spots = lattice(0, 0, 1000, 600)
    cut = balanced_cut(ring, spots, even(spots), [])
    assert cut is not None
    assert cut.balance > 0.95
    assert sum(part.area for part in cut.parts) == pytest.approx(ring.area, abs=1e-6)


def test_a_road_at_the_edge_is_left_for_a_straight_line() -> None:
    spots = lattice(0, 0, 1000, 600)
    cut = balanced_cut(GROUND, spots, even(spots), [LineString([(100, -50), (100, 650)])])
    assert cut is not None
    assert (cut.road_share, cut.balance > 0.95) == (0, True)


def test_the_border_road_is_no_way_through() -> None:
    rim = LineString([(0, 0), (1000, 0), (1000, 600), (0, 600), (0, 0)])
    assert list(crossing_paths(GROUND, [rim])) == []


def test_ways_go_on_at_crossings_that_have_no_common_node() -> None:
    roads = [LineString([(500, -50), (500, 300)]), LineString([(-50, 200), (1050, 200)])]
    ways = [path.line for path in crossing_paths(GROUND, roads)]
    # West, south and east doors in pairs; the stub north of the crossing leads nowhere.
    assert len(ways) == 3
    assert all(not way.within(GROUND) for way in ways)
    assert sorted(round(way.length) for way in ways) == [702, 702, 1002]


def test_without_any_work_the_ground_itself_is_halved() -> None:
    cut = balanced_cut(GROUND, np.empty((0, 2)), [], [])
    assert cut is not None
    assert cut.area_share == pytest.approx(0.5, abs=0.02)


def test_of_several_pieces_the_largest_is_cut() -> None:
    both = shapely.union(GROUND, box(5000, 0, 5010, 10))
    cut = balanced_cut(both, np.empty((0, 2)), [], [])
    assert cut is not None
    assert sum(part.area for part in cut.parts) == pytest.approx(GROUND.area, abs=1e-6)


def test_what_is_no_area_is_refused() -> None:
    with pytest.raises(ArgumentError):
        balanced_cut(LineString([(0, 0), (1, 1)]), np.empty((0, 2)), [], [])
    with pytest.raises(ArgumentError):
        balanced_cut(GROUND, [[1, 1]], [-1], [])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(5, 14))
def test_a_cut_parts_the_ground_in_two_and_the_work_as_it_says(seed: int, corners: int) -> None:
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
    away = rng.uniform(200, 500, corners)
    ground = Polygon(np.column_stack((away * np.cos(turn), away * np.sin(turn))))
    if not ground.is_valid or ground.area < 1000:
        return
    spots = rng.uniform(-500, 500, (200, 2))
    weight = rng.uniform(0.1, 3, 200)
    roads = [LineString(rng.uniform(-600, 600, (3, 2))) for _ in range(4)]
    cut = balanced_cut(ground, spots, weight, roads)
    if cut is None:
        return
    first, second = cut.parts
    assert first.area + second.area == pytest.approx(ground.area, rel=1e-9)
    assert first.intersection(second).area < 1e-6
    within = shapely.within(shapely.points(spots), ground)
    counted = shapely.within(shapely.points(spots), first)
    if within.any():
        assert cut.share == pytest.approx(weight[counted].sum() / weight[within].sum(), abs=1e-9)
    assert 0 <= cut.balance <= 1
