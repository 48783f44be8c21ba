"""Sightlines worked by hand; metres, camera at the origin unless said otherwise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from gis.errors import ArgumentError
from gis.obstacles import build_obstacles
from gis.sightline import Cause, Spot, plan_sightline, sightline, sightlines
from gis.terrain import build_terrain

# A house 10 m wide, between x = 40 and x = 50 on the line along y = 0.
HOUSE = box(40, -10, 50, 10)


def scene(*buildings):
    footprints, heights = zip(*buildings, strict=True)
    return build_obstacles(footprints, heights, range(len(buildings)))


def test_open_ground_is_seen_with_endless_clearance() -> None:
    line = sightline(build_obstacles([], [], []), Spot(0, 0, 6), Spot(100, 0))
    assert line.is_visible
    assert line.cause is Cause.CLEAR
    assert line.clearance_m == math.inf
    assert line.blocked_by is None
    assert line.blocked_at_m is None


def test_wall_between_blocks_at_its_near_face() -> None:
    # Line from 6 m to 1.5 m over 100 m: at x = 40 it is 6 - 4.5 * 0.4 = 4.2 m up; roof 8 m.
    line = sightline(scene((HOUSE, 8.0)), Spot(0, 0, 6), Spot(100, 0, 1.5))
    assert not line.is_visible
    assert line.cause is Cause.BUILDING
    assert line.blocked_by == 0
    assert line.blocked_at_m == pytest.approx(40.0)
    assert line.clearance_m == pytest.approx(4.2 - 8.0)


def test_high_camera_sees_over_a_low_building() -> None:
    # From 20 m to 1.5 m over 100 m: lowest above the house at its far face x = 50,
    # 20 - 18.5 * 0.5 = 10.75 m; roof 8 m, so 2.75 m to spare.
    line = sightline(scene((HOUSE, 8.0)), Spot(0, 0, 20), Spot(100, 0, 1.5))
    assert line.is_visible
    assert line.clearance_m == pytest.approx(2.75)


def test_roof_edge_hides_the_ground_right_behind_it() -> None:
    # From 20 m to 1.5 m over 60 m: at x = 40, 20 - 18.5 * 2 / 3 = 7.667 m, under the roof of 8 m
    # would block there; with a roof of 6 m it enters above and passes 6 m at
    # s = 60 * 14 / 18.5 = 45.405 m, inside the house.
    line = sightline(scene((HOUSE, 6.0)), Spot(0, 0, 20), Spot(60, 0, 1.5))
    assert not line.is_visible
    assert line.blocked_at_m == pytest.approx(60 * 14 / 18.5)
    # At the far face it is 20 - 18.5 * 50 / 60 = 4.583 m up.
    assert line.clearance_m == pytest.approx(20 - 18.5 * 50 / 60 - 6.0)


def test_line_that_only_grazes_the_roof_edge_is_clear() -> None:
    # 8 m to 0 m over 80 m: 3 m at the far face x = 50, the roof's own height.
    line = sightline(scene((HOUSE, 3.0)), Spot(0, 0, 8), Spot(80, 0, 0))
    assert line.is_visible
    assert line.clearance_m == pytest.approx(0.0, abs=1e-12)


def test_low_camera_looking_up_is_blocked_where_it_enters() -> None:
    # A rising line: 2 m to 12 m over 100 m is 6 m up at x = 40.
    assert not sightline(scene((HOUSE, 6.5)), Spot(0, 0, 2), Spot(100, 0, 12)).is_visible
    assert sightline(scene((HOUSE, 5.5)), Spot(0, 0, 2), Spot(100, 0, 12)).is_visible


def test_first_building_along_the_line_is_named() -> None:
    near, far = box(20, -1, 22, 1), box(60, -1, 62, 1)
    line = sightline(scene((far, 9.0), (near, 9.0)), Spot(0, 0, 6), Spot(100, 0))
    assert line.blocked_by == 1
    assert line.blocked_at_m == pytest.approx(20.0)


def test_line_through_a_corner_is_clear_and_one_beside_it_is_not() -> None:
    # Corner of the box at (40, -10) lies on the line to (80, -20).
    assert sightline(scene((HOUSE, 9.0)), Spot(0, 0, 6), Spot(80, -20)).is_visible
    assert not sightline(scene((HOUSE, 9.0)), Spot(0, 0, 6), Spot(80, -19.99)).is_visible


def test_line_along_a_wall_is_clear() -> None:
    assert sightline(scene((box(40, 0, 50, 10), 9.0)), Spot(0, 0, 6), Spot(90, 0)).is_visible
    assert sightline(scene((box(40, -10, 50, 0), 9.0)), Spot(0, 0, 6), Spot(90, 0)).is_visible


def test_line_through_the_corner_into_the_building_is_blocked() -> None:
    # Through the corner (40, 0) of a diamond, along its diagonal.
    diamond = Polygon([(40, 0), (50, -10), (60, 0), (50, 10)])
    line = sightline(scene((diamond, 9.0)), Spot(0, 0, 6), Spot(100, 0))
    assert line.blocked_at_m == pytest.approx(40.0)


def test_camera_on_a_wall_sees_away_and_not_through() -> None:
    town = scene((HOUSE, 9.0))
    assert sightline(town, Spot(40, 0, 6), Spot(0, 0)).is_visible
    through = sightline(town, Spot(40, 0, 6), Spot(100, 0))
    assert through.blocked_by == 0
    assert through.blocked_at_m == pytest.approx(0.0)


def test_target_on_the_near_wall_is_seen_and_on_the_far_wall_is_not() -> None:
    town = scene((HOUSE, 9.0))
    assert sightline(town, Spot(0, 0, 6), Spot(40, 0)).is_visible
    assert not sightline(town, Spot(0, 0, 6), Spot(50, 0)).is_visible


def test_courtyard_is_seen_from_inside_and_hides_what_is_outside() -> None:
    court = box(0, 0, 40, 40).difference(box(10, 10, 30, 30))
    town = scene((court, 12.0))
    assert sightline(town, Spot(12, 12, 5), Spot(28, 28)).is_visible
    assert not sightline(town, Spot(12, 12, 5), Spot(60, 12)).is_visible
    # From outside at 50 m up, 60 m away: at the inner edge x = 10 it must pass 12 m.
    # 50 - 48.5 * (70 / 85) = 10.06 m: hidden at x = 25; 50 - 48.5 * 70 / 89.9 = 12.24: seen.
    assert not sightline(town, Spot(-60, 20, 50), Spot(25, 20)).is_visible
    assert sightline(town, Spot(-60, 20, 50), Spot(29.9, 20)).is_visible


def test_gap_between_the_parts_of_one_building_is_open() -> None:
    two = MultiPolygon([box(40, 1, 50, 9), box(40, -9, 50, -1)])
    assert sightline(scene((two, 9.0)), Spot(0, 0, 6), Spot(90, 0)).is_visible


def test_camera_on_the_roof_sees_over_its_edge_but_not_its_foot() -> None:
    # Roof 10 m, camera 3 m above it in the middle, 5 m from the edge at x = 50.
    # The ray over the edge falls 3 m in 5 m, so it meets 1.5 m height at 5 * 11.5 / 3 = 19.17 m.
    town = scene((HOUSE, 10.0))
    assert not sightline(town, Spot(45, 0, 13), Spot(45 + 19.1, 0)).is_visible
    assert sightline(town, Spot(45, 0, 13), Spot(45 + 19.2, 0)).is_visible


def test_camera_inside_a_taller_building_is_told_so() -> None:
    line = sightline(scene((HOUSE, 10.0)), Spot(45, 0, 6), Spot(100, 0))
    assert line.cause is Cause.CAMERA_INSIDE
    assert line.blocked_by == 0
    assert line.blocked_at_m == 0.0


def test_target_inside_a_building_is_hidden_and_on_its_roof_is_seen() -> None:
    town = scene((HOUSE, 8.0))
    # From 60 m up: enters at x = 40 at 60 - 58.5 * 40 / 45 = 8 m exactly, then sinks inside.
    inside = sightline(town, Spot(0, 0, 60), Spot(45, 0, 1.5))
    assert inside.cause is Cause.BUILDING
    assert inside.blocked_by == 0
    assert sightline(town, Spot(0, 0, 60), Spot(45, 0, 8.0)).is_visible


def test_target_right_below_the_camera_is_seen_unless_a_roof_is_between() -> None:
    assert sightline(scene((HOUSE, 8.0)), Spot(0, 0, 6), Spot(0, 0)).is_visible
    assert not sightline(scene((HOUSE, 8.0)), Spot(45, 0, 12), Spot(45, 0)).is_visible


def test_plan_sightline_takes_every_building_as_endlessly_tall() -> None:
    town = scene((HOUSE, 0.5))
    assert sightline(town, Spot(0, 0, 20), Spot(100, 0)).is_visible
    flat = plan_sightline(town, Spot(0, 0, 20), Spot(100, 0))
    assert flat.blocked_by == 0
    assert flat.blocked_at_m == pytest.approx(40.0)
    assert plan_sightline(town, Spot(0, 20, 20), Spot(100, 20)).is_visible


def test_endless_building_is_never_seen_over() -> None:
    assert not sightline(scene((HOUSE, math.inf)), Spot(0, 0, 500), Spot(60, 0)).is_visible


def test_line_outside_the_grid_of_buildings_is_clear() -> None:
    town = scene((HOUSE, 9.0))
    assert sightline(town, Spot(-500, 300, 6), Spot(700, 300)).is_visible
    assert not sightline(town, Spot(-5000, 0, 6), Spot(7000, 0)).is_visible


def hill(peak_m):
    """Flat 0 m, 10 m cells centred on multiples of 10, a ridge of `peak_m` along x = 50."""
    heights = np.zeros((5, 13))
    heights[:, 6] = peak_m
    return build_terrain(heights, (10.0, 0.0, -15.0, 0.0, -10.0, 25.0))


def test_ridge_hides_what_lies_behind_it() -> None:
    # Line from 6 m to 1.5 m over 100 m is 3.75 m up at x = 50.
    town = build_obstacles([], [], [])
    behind = sightline(town, Spot(0, 0, 6), Spot(100, 0), terrain=hill(10.0))
    assert behind.cause is Cause.TERRAIN
    assert behind.blocked_by is None
    # Ground rises from 0 at x = 40 to 10 at x = 50 as x - 40; the line is 6 - 0.045 x:
    # they meet at 46 / 1.045 = 44.02 m.
    assert behind.blocked_at_m == pytest.approx(46 / 1.045)
    low = sightline(town, Spot(0, 0, 6), Spot(100, 0), terrain=hill(3.0))
    assert low.is_visible
    assert low.clearance_m == pytest.approx(0.75)


def test_bulge_between_cell_centres_is_met_exactly() -> None:
    # Four centres of one cell, 0 and 8 m on the diagonals: along the diagonal from (0, 0) to
    # (10, 10) bilinear ground is 16 u (1 - u), 4 m in the middle; the line is level at 3.9 m.
    saddle = build_terrain([[8.0, 0.0], [0.0, 8.0]], (10.0, 0.0, -5.0, 0.0, -10.0, 15.0))
    town = build_obstacles([], [], [])
    ends = Spot(0, 0, 3.9), Spot(10, 10, 3.9)
    line = sightline(town, *ends, terrain=saddle)
    assert line.cause is Cause.TERRAIN
    # 16 u (1 - u) = 3.9 first at u = (1 - sqrt(1 - 0.975)) / 2 = 0.42094.
    assert line.blocked_at_m == pytest.approx(0.42094 * math.hypot(10, 10), abs=1e-3)
    clear = sightline(town, Spot(0, 0, 4.1), Spot(10, 10, 4.1), terrain=saddle)
    assert clear.clearance_m == pytest.approx(0.1)


def test_ground_lifts_camera_target_and_roof_alike() -> None:
    # Everything 200 m up: the same answers as on flat ground at 0.
    ground = build_terrain(np.full((5, 13), 200.0), (10.0, 0.0, -15.0, 0.0, -10.0, 25.0))
    for roof in (3.0, 8.0):
        flat = build_obstacles([HOUSE], [roof], [0])
        high = build_obstacles([HOUSE], [roof], [0], ground_m=[200.0])
        before = sightline(flat, Spot(0, 0, 6), Spot(100, 0))
        after = sightline(high, Spot(0, 0, 6), Spot(100, 0), terrain=ground)
        assert before.is_visible == after.is_visible
        assert after.clearance_m == pytest.approx(before.clearance_m)


def test_camera_on_a_hill_sees_over_a_house_in_the_valley() -> None:
    # Ground 30 m under the camera, 0 from x = 10 on; house of 8 m at x = 40 to 50.
    heights = np.zeros((5, 13))
    heights[:, :2] = 30.0
    slope = build_terrain(heights, (10.0, 0.0, -15.0, 0.0, -10.0, 25.0))
    town = build_obstacles([HOUSE], [8.0], [0])
    assert not sightline(town, Spot(0, 0, 6), Spot(100, 0)).is_visible
    # 36 m to 1.5 m: at x = 50 the line is 18.75 m up.
    assert sightline(town, Spot(0, 0, 6), Spot(100, 0), terrain=slope).is_visible


def test_end_off_the_terrain_is_judged_on_flat_ground() -> None:
    town = build_obstacles([HOUSE], [8.0], [0], ground_m=[500.0])
    line = sightline(town, Spot(0, 0, 20), Spot(1000, 0), terrain=hill(300.0))
    assert line.is_visible


@pytest.mark.parametrize(
    ("camera", "target"),
    [
        (Spot(math.nan, 0, 6), Spot(1, 1)),
        (Spot(0, 0, -1), Spot(1, 1)),
        (Spot(0, 0, 6), Spot(1, math.inf)),
        (Spot(0, 0, 6), Spot(1, 1, math.nan)),
    ],
)
def test_ends_that_are_no_places_are_refused(camera, target):
    with pytest.raises(ArgumentError):
        sightline(build_obstacles([], [], []), camera, target)


def test_batch_refuses_wrong_shapes() -> None:
    with pytest.raises(ArgumentError, match="shape"):
        sightlines(build_obstacles([], [], []), [[0.0, 0.0]], [[1.0, 1.0, 1.0]])
