"""Terrain: sampling, unknown ground and the ground under buildings."""

from __future__ import annotations

import math

import numpy as np
import pytest
from shapely.geometry import box

from gis.errors import ArgumentError
from gis.obstacles import build_obstacles
from gis.terrain import build_terrain, ground_height_m, ground_under

# Cells of 10 m, centres at x = 0, 10, 20 and y = 20 (first row), 10, 0.
AFFINE = (10.0, 0.0, -5.0, 0.0, -10.0, 25.0)
HEIGHTS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, math.nan]])


def test_heights_at_cell_centres_and_between() -> None:
    terrain = build_terrain(HEIGHTS, AFFINE)
    # (5, 15) lies amid 1, 2, 4, 5: mean 3. (2.5, 20): 1 + 0.25.
    found = ground_height_m(terrain, [0, 10, 5, 2.5], [20, 10, 15, 20])
    assert list(found) == pytest.approx([1.0, 5.0, 3.0, 1.25])


def test_outer_half_cell_keeps_the_outermost_height_and_beyond_is_unknown() -> None:
    terrain = build_terrain(HEIGHTS, AFFINE)
    found = ground_height_m(terrain, [-4.9, -5.1], [20, 20])
    assert found[0] == 1.0
    assert math.isnan(found[1])


def test_unknown_cell_spoils_only_what_it_weighs_in() -> None:
    terrain = build_terrain(HEIGHTS, AFFINE)
    found = ground_height_m(terrain, [15, 10, 20], [5, 0, 10])
    assert math.isnan(found[0])
    assert list(found[1:]) == [8.0, 6.0]


def test_building_stands_on_the_highest_ground_under_its_corners() -> None:
    terrain = build_terrain(HEIGHTS, AFFINE)
    scene = build_obstacles([box(0, 10, 10, 20), box(500, 500, 510, 510)], [5, 5], [1, 2])
    # Corners on 1, 2, 4, 5; the second is off the terrain and takes the first's ground.
    assert list(ground_under(scene, terrain)) == [5.0, 5.0]


def test_no_known_ground_at_all_is_zero() -> None:
    terrain = build_terrain(HEIGHTS, AFFINE)
    scene = build_obstacles([box(500, 500, 510, 510)], [5], [1])
    assert list(ground_under(scene, terrain)) == [0.0]
    assert len(ground_under(build_obstacles([], [], []), terrain)) == 0


@pytest.mark.parametrize(
    ("heights", "affine"),
    [
        (np.zeros((1, 5)), AFFINE),
        (np.full((2, 2), math.inf), AFFINE),
        (np.zeros((2, 2)), (10.0, 1.0, 0.0, 0.0, -10.0, 0.0)),
        (np.zeros((2, 2)), (10.0, 0.0, 0.0, 0.0, 10.0, 0.0)),
    ],
)
def test_rasters_that_cannot_serve_are_refused(heights, affine):
    with pytest.raises(ArgumentError):
        build_terrain(heights, affine)
