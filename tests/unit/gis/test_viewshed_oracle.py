"""Viewsheds of cameras of all kinds against the same rule by overlays of polygons."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from gis.obstacles import Obstacles, build_obstacles
from gis.viewshed import Mount, viewsheds
from gis.visibility import View
from tests.unit.gis.overlaid import overlaid_viewsheds
from tests.unit.gis.test_visibility_oracle import city_bench

#: Chords of an arc lose at most this share of an open sector; where a field is cut at the border
#: of certainty its arc is divided otherwise, and only there.
CHORDS = 4 / 3 * 1e-4


@pytest.fixture(scope="module")
def town() -> Obstacles:
    made = city_bench.make_city(n_buildings=900, n_cameras=10, side_m=1500.0, seed=31)
    return build_obstacles(made.polygons, made.heights_m, made.ids)


def cameras(n: int, seed: int, errors: tuple[float, ...]) -> tuple[list[View], list[Mount]]:
    """Anywhere, on roofs and in houses too; domes, unknown azimuths, tilted and level ones."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(100.0, 1400.0, (2, n))
    azimuth = np.where(rng.random(n) < 0.1, math.nan, rng.uniform(0.0, 360.0, n))
    fov = rng.choice([30.0, 60.0, 90.0, 130.0, 200.0, 360.0], n)
    tilt = np.where(rng.random(n) < 0.4, rng.uniform(-10.0, 60.0, n), math.nan)
    views = [
        View(*row) for row in zip(x, y, azimuth, fov, rng.choice([40.0, 150.0], n), strict=True)
    ]
    hung = (rng.uniform(0.5, 20.0, n), tilt, np.full(n, 35.0), rng.choice(errors, n), np.zeros(n))
    return views, [Mount(*row) for row in zip(*hung, strict=True)]


def areas(sheds: list, name: str) -> np.ndarray:
    return shapely.area(np.array([getattr(shed, name) for shed in sheds], dtype=object))


@pytest.mark.parametrize("target_m", [1.5, 3.0])
def test_cameras_without_errors_see_the_same_ground_to_a_billionth(
    town: Obstacles, target_m: float
) -> None:
    views, mounts = cameras(400, 5, (0.0,))
    found = viewsheds(town, views, mounts, target_height_m=target_m)
    expected = overlaid_viewsheds(town, views, mounts, target_m)
    for name in ("certain", "possible"):
        np.testing.assert_allclose(areas(found, name), areas(expected, name), rtol=1e-9, atol=1e-6)
    assert [shed.standing for shed in found] == [shed.standing for shed in expected]
    shapes = np.array([(s.certain, s.possible) for s in found], dtype=object)
    assert shapely.is_valid(shapes).all()
    apart = [
        one.certain.symmetric_difference(two.certain).area
        for one, two in zip(found, expected, strict=True)
    ]
    assert max(apart) < 1e-5


def test_certain_and_possible_ground_are_parted_as_overlays_part_them(town: Obstacles) -> None:
    views, mounts = cameras(300, 6, (5.0, 22.5, 100.0))
    found = viewsheds(town, views, mounts)
    expected = overlaid_viewsheds(town, views, mounts, 1.5)
    for name in ("certain", "possible"):
        np.testing.assert_allclose(
            areas(found, name), areas(expected, name), rtol=CHORDS, atol=CHORDS * 150.0**2
        )
    shapes = np.array([(s.certain, s.possible) for s in found], dtype=object)
    assert shapely.is_valid(shapes).all()
    shared = shapely.area(shapely.intersection(shapes[:, 0], shapes[:, 1]))
    assert (shared < 1e-6).all()  # the border between the two, twice drawn: rounding


def test_a_long_range_over_many_low_roofs_agrees() -> None:
    made = city_bench.make_city(n_buildings=900, n_cameras=20, side_m=900.0, seed=8)
    heights = np.minimum(made.heights_m, 11.0)
    obstacles = build_obstacles(made.polygons, heights, made.ids)
    views = [View(x, y, 40.0, 360.0, 600.0) for x, y in zip(made.x, made.y, strict=True)]
    mounts = [Mount(12.0)] * len(views)
    found = viewsheds(obstacles, views, mounts)
    expected = overlaid_viewsheds(obstacles, views, mounts, 1.5)
    np.testing.assert_allclose(areas(found, "certain"), areas(expected, "certain"), rtol=1e-9)
    parts = shapely.get_parts([shed.certain for shed in found])
    assert shapely.get_num_interior_rings(parts).sum() > 10
