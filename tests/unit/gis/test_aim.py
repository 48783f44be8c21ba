"""Directions, fields and drags against `gis.pinhole`, which projects by other formulas."""

import math

import numpy as np
import pytest

from gis.aim import Lens, Mount, aimed, dragged, nearest_view, offsets, views
from gis.errors import ArgumentError
from gis.pinhole import Attitude, Picture, project

PICTURE = Picture(1920, 1080)
MOUNT = Mount(100.0, 200.0, 12.0)


def seen_at(view, row, spots):
    attitude = Attitude(view.azimuth_deg[row], view.tilt_deg[row], view.fov_deg[row])
    return project(PICTURE, attitude, np.atleast_2d(spots) - [MOUNT.x, MOUNT.y, MOUNT.height_m])


def test_the_target_lies_in_the_middle_and_its_width_fills_the_picture() -> None:
    rng = np.random.default_rng(1)
    spots = np.column_stack([rng.uniform(0, 400, 200), rng.uniform(0, 400, 200), np.full(200, 1.5)])
    view, slant_m = aimed(MOUNT, Lens(90.0, 0.5), spots, width_m=8.0)
    for row, spot in enumerate(spots):
        marks, _ = seen_at(view, row, spot)
        assert marks[0] == pytest.approx([960, 540], abs=1e-6)
        if 0.5 < view.fov_deg[row] < 90.0:
            east, north = spot[0] - MOUNT.x, spot[1] - MOUNT.y
            across = np.array([north, -east, 0.0]) / math.hypot(east, north) * 4.0
            edges, _ = seen_at(view, row, [spot - across, spot + across])
            assert sorted(edges[:, 0]) == pytest.approx([0, 1920], abs=1e-6)
        assert slant_m[row] == pytest.approx(math.dist(spot, (MOUNT.x, MOUNT.y, MOUNT.height_m)))


def test_the_field_ends_where_the_lens_does() -> None:
    view, _ = aimed(MOUNT, Lens(60.0, 3.0), [[101, 200, 0], [100, 3000, 0]], width_m=20.0)
    assert view.fov_deg.tolist() == [60.0, 3.0]


def test_azimuths_are_of_true_north() -> None:
    leaning = Mount(0.0, 0.0, 10.0, convergence_deg=1.5)
    view, _ = aimed(leaning, Lens(60.0, 3.0), [[0, 100, 0]], width_m=10.0)
    assert view.azimuth_deg.tolist() == [1.5]


@pytest.mark.parametrize("tilt_deg", [-20.0, 0.0, 35.0, 80.0])
def test_what_was_dragged_to_the_middle_was_where_it_was_grasped(tilt_deg: float) -> None:
    before = views(40.0, tilt_deg, 50.0)
    after = dragged(before, 0.6, -0.4, zoom=2.0)
    across, down = offsets(before, after.azimuth_deg, after.tilt_deg)
    assert (across[0], down[0]) == pytest.approx((0.6, -0.4))
    half = math.tan(math.radians(25.0)) / 2.0
    assert after.fov_deg[0] == pytest.approx(math.degrees(2 * math.atan(half)))


def test_offsets_are_those_of_a_pinhole() -> None:
    view = views(30.0, 20.0, 60.0)
    spot = [MOUNT.x + 20.0, MOUNT.y + 30.0, 2.0]
    marks, _ = seen_at(view, 0, spot)
    azimuth = math.degrees(math.atan2(20.0, 30.0))
    depression = math.degrees(math.atan2(10.0, math.hypot(20.0, 30.0)))
    across, down = offsets(view, azimuth, depression)
    assert (across[0] * 960 + 960, down[0] * 540 + 540) == pytest.approx(tuple(marks[0]))


def test_the_preset_that_has_the_place_nearest_its_middle_is_taken() -> None:
    presets = views([0.0, 20.0, 22.0, 200.0], 10.0, [60.0, 60.0, 10.0, 60.0])
    assert nearest_view(presets, 21.0, 10.0) == 1  # 1 of 30 degrees off; in the third 1 of 5
    assert nearest_view(presets, 120.0, 10.0) == -1
    assert nearest_view(views([], [], []), 0.0, 0.0) == -1


def test_a_target_at_the_lens_has_no_direction() -> None:
    with pytest.raises(ArgumentError):
        aimed(MOUNT, Lens(60.0, 3.0), [[100, 200, 12]], width_m=10.0)
