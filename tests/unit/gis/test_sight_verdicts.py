"""Which cameras see a point: range, field, picture edges, pose errors and buildings, by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from shapely.geometry import box

from gis.errors import ArgumentError
from gis.obstacles import Obstacles, build_obstacles
from gis.sight import (
    NEAR_LIMIT,
    PoseColumns,
    Reason,
    Seen,
    Verdict,
    build_poses,
    judged,
    seeing,
    warm_up,
)
from gis.terrain import build_terrain

OPEN = build_obstacles([], [], [])
# A house 10 m wide and 8 m high, 40 m east of the camera.
HOUSE = build_obstacles([box(40, -10, 50, 10)], [8.0], [77])


def seen_by(
    camera: dict[str, Any], target: tuple[float, float], obstacles: Obstacles = OPEN
) -> Seen:
    """One camera at the origin, 6 m up, looking east over 90 degrees and 100 m unless said."""
    usual = {"x": [0.0], "y": [0.0], "height_m": 6.0, "azimuth_deg": 90.0, "fov_deg": 90.0}
    columns = PoseColumns([5], **{**usual, "range_m": 100.0, "width_px": 1920.0, **camera})
    return seeing(build_poses(columns), obstacles, None, *target)


def answer(
    camera: dict[str, Any], target: tuple[float, float], obstacles: Obstacles = OPEN
) -> tuple[Verdict, Reason]:
    seen = seen_by(camera, target, obstacles)
    assert len(seen) == 1
    return Verdict(seen.verdict[0]), Reason(seen.reason[0])


CERTAIN = (Verdict.CERTAIN, Reason.SEES)
UNCERTAIN = (Verdict.POSSIBLE, Reason.POSE_UNCERTAIN)
BESIDE = (Verdict.BLOCKED, Reason.OUT_OF_FIELD)


def at(bearing_deg: float, distance_m: float = 50.0) -> tuple[float, float]:
    angle = math.radians(bearing_deg)
    return distance_m * math.sin(angle), distance_m * math.cos(angle)


def test_camera_that_looks_at_the_place_sees_it_and_says_how_well() -> None:
    seen = seen_by({}, (40.0, 30.0))
    assert (seen.verdict[0], seen.reason[0]) == CERTAIN
    assert seen.pose[0] == 0
    assert seen.distance_m[0] == pytest.approx(50.0)
    # 90 - atan(30 / 40) = 90 - 36.8699.
    assert seen.bearing_deg[0] == pytest.approx(53.1301, abs=1e-4)
    assert seen.blocked_by[0] == -1
    assert math.isnan(seen.blocked_at_m[0])
    assert seen.line_clear[0]


def test_edges_of_the_field_belong_to_it() -> None:
    assert answer({}, (30.0, 30.0)) == CERTAIN
    assert answer({}, at(45.1)) == CERTAIN
    assert answer({}, at(44.9)) == BESIDE
    assert answer({}, at(134.9)) == CERTAIN
    assert answer({}, at(135.1)) == BESIDE


@pytest.mark.parametrize(("azimuth", "inside"), [(350.0, 20.0), (20.0, 350.0), (-10.0, 20.0)])
def test_field_goes_through_north(azimuth: float, inside: float) -> None:
    assert answer({"azimuth_deg": azimuth, "fov_deg": 62.0}, at(inside)) == CERTAIN
    assert answer({"azimuth_deg": azimuth, "fov_deg": 58.0}, at(inside)) == BESIDE


def test_octant_azimuth_narrows_what_is_certain_and_widens_what_is_possible() -> None:
    # Field 90 and error 22.5: certain within 22.5 of the axis, possible within 67.5.
    octant = {"azimuth_error_deg": 22.5}
    assert answer(octant, at(90 + 22.4)) == CERTAIN
    assert answer(octant, at(90 + 22.6)) == UNCERTAIN
    assert answer(octant, at(90 - 67.4)) == UNCERTAIN
    assert answer(octant, at(90 - 67.6)) == BESIDE


def test_octant_azimuth_of_a_narrow_lens_is_nowhere_certain() -> None:
    octant = {"azimuth_error_deg": 22.5, "fov_deg": 40.0}
    assert answer(octant, at(90)) == UNCERTAIN
    assert answer(octant, at(90 + 42.4)) == UNCERTAIN
    assert answer(octant, at(90 + 42.6)) == BESIDE


def test_error_of_the_field_counts_half_on_each_side() -> None:
    # 90 +- 10: certain within 40 degrees, possible within 50.
    assert answer({"fov_error_deg": 10.0}, at(90 + 39.9)) == CERTAIN
    assert answer({"fov_error_deg": 10.0}, at(90 + 40.1)) == UNCERTAIN
    assert answer({"fov_error_deg": 10.0}, at(90 + 50.1)) == BESIDE


def test_unknown_azimuth_is_possible_all_round() -> None:
    for bearing in (10.0, 130.0, 250.0):
        assert answer({"azimuth_deg": math.nan}, at(bearing)) == (
            Verdict.POSSIBLE,
            Reason.AZIMUTH_UNKNOWN,
        )


@pytest.mark.parametrize("azimuth", [0.0, math.nan])
def test_camera_that_turns_all_round_is_certain_with_any_azimuth(azimuth: float) -> None:
    dome = {"fov_deg": 360.0, "azimuth_deg": azimuth, "azimuth_error_deg": 180.0}
    for bearing in (0.0, 120.0, 240.0):
        assert answer(dome, at(bearing)) == CERTAIN


def test_wide_field_over_180_degrees() -> None:
    assert answer({"fov_deg": 270.0}, at(90 + 134)) == CERTAIN
    assert answer({"fov_deg": 270.0}, at(90 + 136)) == BESIDE


def test_edge_of_range_is_in_range() -> None:
    # 60, 80, 100: exact in floating point.
    assert answer({"azimuth_deg": 37.0}, (60.0, 80.0)) == CERTAIN
    beyond = seen_by({"azimuth_deg": 37.0}, (60.0, 80.001))
    assert Reason(beyond.reason[0]) is Reason.OUT_OF_RANGE
    assert Verdict(beyond.verdict[0]) is Verdict.BLOCKED
    assert beyond.line_clear[0]


def test_picture_edges_of_a_tilted_camera() -> None:
    # Lens 6 m up, target 1.5 m: 4.5 m below. Tilt 20, field 30: depressions 5 to 35 degrees,
    # that is 4.5 / tan 35 = 6.427 m to 4.5 / tan 5 = 51.44 m.
    tilted = {"tilt_deg": 20.0, "vfov_deg": 30.0}
    assert answer(tilted, (6.40, 0.0)) == (Verdict.BLOCKED, Reason.TOO_NEAR)
    assert answer(tilted, (6.45, 0.0)) == CERTAIN
    assert answer(tilted, (51.4, 0.0)) == CERTAIN
    assert answer(tilted, (51.5, 0.0)) == BESIDE


@pytest.mark.parametrize("unknown", ["tilt_deg", "vfov_deg"])
def test_picture_edges_are_not_judged_when_tilt_or_field_is_unknown(unknown: str) -> None:
    tilted = {"tilt_deg": 20.0, "vfov_deg": 30.0, unknown: math.nan}
    assert answer(tilted, (3.0, 0.0)) == CERTAIN


def test_place_right_under_a_fixed_camera_is_only_possible() -> None:
    assert answer({}, (0.0, 0.0)) == UNCERTAIN


def test_building_between_blocks_and_is_named_with_its_distance() -> None:
    seen = seen_by({}, (80.0, 0.0), HOUSE)
    assert (seen.verdict[0], seen.reason[0]) == (Verdict.BLOCKED, Reason.BLOCKED_BY_BUILDING)
    assert HOUSE.ids[seen.blocked_by[0]] == 77
    assert seen.blocked_at_m[0] == pytest.approx(40.0)
    assert not seen.line_clear[0]


def test_turned_away_camera_tells_whether_its_line_is_clear() -> None:
    away = {"azimuth_deg": 270.0}
    clear, hidden = seen_by(away, (30.0, 0.0), HOUSE), seen_by(away, (80.0, 0.0), HOUSE)
    for seen in (clear, hidden):
        assert (seen.verdict[0], seen.reason[0]) == BESIDE
    assert clear.line_clear[0]
    assert not hidden.line_clear[0]
    assert hidden.blocked_by[0] == 0


def test_camera_placed_inside_a_taller_building_is_never_certain() -> None:
    inside = {"x": [45.0]}
    assert answer(inside, (80.0, 0.0), HOUSE) == (Verdict.POSSIBLE, Reason.INSIDE_BUILDING)
    # A second house behind the first still blocks.
    two = build_obstacles([box(40, -10, 50, 10), box(60, -10, 70, 10)], [8.0, 8.0], [1, 2])
    seen = seen_by(inside, (80.0, 0.0), two)
    assert (seen.verdict[0], seen.reason[0]) == (Verdict.BLOCKED, Reason.BLOCKED_BY_BUILDING)
    assert seen.blocked_by[0] == 1
    # And a place in the same building stays hidden.
    assert answer(inside, (48.0, 0.0), HOUSE) == (Verdict.BLOCKED, Reason.BLOCKED_BY_BUILDING)


def test_camera_on_a_roof_is_certain_over_its_edge() -> None:
    # 5 m above the roof, 5 m from its edge: 45 degrees down clears it beyond 5 + 6.5 m.
    assert answer({"x": [45.0], "height_m": 13.0}, (75.0, 0.0), HOUSE) == CERTAIN


def test_place_inside_a_building_is_blocked_by_it() -> None:
    seen = seen_by({}, (45.0, 0.0), HOUSE)
    assert (seen.verdict[0], seen.reason[0]) == (Verdict.BLOCKED, Reason.BLOCKED_BY_BUILDING)
    assert seen.blocked_by[0] == 0


def test_hill_blocks_and_is_told_from_a_building() -> None:
    heights = np.zeros((5, 13))
    heights[:, 6] = 10.0
    hill = build_terrain(heights, (10.0, 0.0, -15.0, 0.0, -10.0, 25.0))
    poses = build_poses(PoseColumns([1], [0.0], [0.0], 6.0, 90.0, 60.0, 110.0))
    seen = seeing(poses, OPEN, hill, 100.0, 0.0)
    assert (seen.verdict[0], seen.reason[0]) == (Verdict.BLOCKED, Reason.BLOCKED_BY_TERRAIN)
    assert seen.blocked_by[0] == -1


def test_bearing_is_true_where_the_grid_is_turned() -> None:
    # Convergence 2 degrees: what the grid calls 90 is 92 true; the field 47 to 137 true.
    turned = {"convergence_deg": 2.0, "azimuth_deg": 90.0}
    assert seen_by(turned, (50.0, 0.0)).bearing_deg[0] == pytest.approx(92.0)
    assert answer(turned, at(134.0)) == BESIDE
    assert answer(turned, at(132.9)) == CERTAIN


def test_density_uses_slant_range_and_the_lens_of_a_turning_camera() -> None:
    # 6 m to 1.5 m over 6 m: slant 7.5 m. Field 90: 1920 / (2 * 7.5 * tan 45) = 128 px/m.
    assert seen_by({}, (6.0, 0.0)).pixels_per_m[0] == pytest.approx(128.0)
    dome = {"fov_deg": 360.0, "lens_deg": 90.0}
    assert seen_by(dome, (6.0, 0.0)).pixels_per_m[0] == pytest.approx(128.0)
    assert math.isnan(seen_by({"width_px": math.nan}, (6.0, 0.0)).pixels_per_m[0])


def test_near_cameras_out_of_range_follow_nearest_first_up_to_the_limit() -> None:
    count = 3 * NEAR_LIMIT
    order = np.random.default_rng(0).permutation(count)
    x = 20.0 + 10.0 * order
    poses = build_poses(PoseColumns(np.arange(count), x, np.zeros(count), 6.0, 270.0, 60.0, 55.0))
    seen = seeing(poses, OPEN, None, 0.0, 0.0, search_radius_m=150.0)
    # In range 20 to 50 m: 4 cameras; near 60 to 150 m: 10.
    assert sorted(seen.distance_m[:4]) == [20.0, 30.0, 40.0, 50.0]
    assert list(seen.distance_m[4:]) == [60.0 + 10.0 * i for i in range(10)]
    assert len(seeing(poses, OPEN, None, 0.0, 0.0, search_radius_m=5000.0)) == 4 + NEAR_LIMIT
    assert len(seeing(poses, OPEN, None, 0.0, 0.0, search_radius_m=0.0)) == 4


def test_chosen_poses_are_judged_wherever_they_stand() -> None:
    columns = PoseColumns([1, 2], [0.0, 5000.0], [0.0, 0.0], 6.0, 90.0, 360.0, 100.0)
    seen = judged(build_poses(columns), OPEN, None, 50.0, 0.0, chosen=[1, 0])
    assert list(seen.pose) == [1, 0]
    assert list(seen.reason) == [Reason.OUT_OF_RANGE, Reason.SEES]
    with pytest.raises(ArgumentError):
        judged(build_poses(columns), OPEN, None, 50.0, 0.0, chosen=[2])


def test_no_camera_at_all_is_an_empty_answer() -> None:
    assert len(seeing(build_poses(PoseColumns([], [], [], [], [], [], [])), OPEN, None, 0, 0)) == 0


def test_one_long_range_among_many_short_ones_is_found_far_away() -> None:
    x = np.append(np.arange(0.0, 5000.0, 5.0), 0.0)
    reach = np.append(np.full(1000, 20.0), 30_000.0)
    poses = build_poses(PoseColumns(np.arange(1001), x, np.zeros(1001), 6.0, 90.0, 360.0, reach))
    seen = seeing(poses, OPEN, None, 29_999.0, 0.0, search_radius_m=0.0)
    assert list(seen.pose) == [1000]


@pytest.mark.parametrize(
    "wrong",
    [
        {"range_m": 0.0},
        {"range_m": math.inf},
        {"fov_deg": math.nan},
        {"fov_deg": 361.0},
        {"height_m": -1.0},
        {"x": [math.nan]},
        {"azimuth_deg": [1.0, 2.0]},
    ],
)
def test_poses_outside_their_range_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ArgumentError, match=next(iter(wrong))):
        seen_by(wrong, (1.0, 1.0))


def test_places_that_are_none_are_refused() -> None:
    poses = build_poses(PoseColumns([1], [0.0], [0.0], 6.0, 90.0, 60.0, 100.0))
    with pytest.raises(ArgumentError):
        seeing(poses, OPEN, None, math.nan, 0.0)
    with pytest.raises(ArgumentError):
        seeing(poses, OPEN, None, 0.0, 0.0, target_height_m=-1.0)


def test_warm_up_leaves_nothing_to_compile() -> None:
    from gis.sightjudge import judge_all, judge_around

    warm_up()
    before = [len(kernel.signatures) for kernel in (judge_around, judge_all)]  # type: ignore[attr-defined]
    poses = build_poses(PoseColumns([1], [0], [0], 6, 90, 60, 100))
    seeing(poses, HOUSE, None, 30, np.float64(0.0), target_height_m=1, search_radius_m=200)
    judged(poses, HOUSE, None, 30, 0, chosen=np.array([0], dtype=np.int64))
    after = [len(kernel.signatures) for kernel in (judge_around, judge_all)]  # type: ignore[attr-defined]
    assert before == after
