"""The stored viewshed and the verdict for a point are two answers to one question: they agree."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import affinity, box

from gis.obstacles import build_obstacles
from gis.poses import PoseColumns, build_poses
from gis.sight import judged
from gis.viewshed import Mount, viewsheds
from gis.visibility import View

CERTAIN, POSSIBLE, BLOCKED = 0, 1, 2
RANGE_M = 80.0


def random_poses(rng, n):
    """Poses of all kinds: octant errors, unknown azimuths, domes, known and unknown tilts."""
    azimuth = rng.uniform(0, 360, n)
    azimuth[rng.random(n) < 0.2] = math.nan
    fov = rng.choice([40.0, 60.0, 90.0, 200.0, 360.0], n)
    error = rng.choice([0.0, 0.0, 5.0, 22.5], n)
    fov_error = rng.choice([0.0, 8.0], n)
    tilt = np.where(rng.random(n) < 0.5, rng.uniform(-10, 60, n), math.nan)
    return azimuth, fov, error, fov_error, tilt


@pytest.mark.parametrize("seed", range(5))
def test_viewshed_holds_exactly_the_points_of_its_verdict(seed):
    rng = np.random.default_rng(seed)
    cells = [(i, j) for i in range(-4, 4) for j in range(-4, 4)]
    shapes = [
        affinity.translate(
            affinity.rotate(box(-w, -d, w, d), rng.uniform(0, 90)), 26 * i + 13, 26 * j + 13
        )
        for (i, j), (w, d) in zip(cells, rng.uniform(3, 9, (64, 2)), strict=True)
    ]
    obstacles = build_obstacles(shapes, rng.uniform(1, 15, 64).round(1), np.arange(64))
    n = 60
    x, y = rng.uniform(-60, 60, (2, n))
    height = rng.uniform(2.0, 12.0, n)
    azimuth, fov, error, fov_error, tilt = random_poses(rng, n)
    vfov = np.full(n, 35.0)
    poses = build_poses(
        PoseColumns(
            camera_index=np.arange(n),
            x=x,
            y=y,
            height_m=height,
            azimuth_deg=azimuth,
            fov_deg=fov,
            range_m=np.full(n, RANGE_M),
            azimuth_error_deg=error,
            fov_error_deg=fov_error,
            tilt_deg=tilt,
            vfov_deg=vfov,
        )
    )
    views = [View(x[i], y[i], azimuth[i], fov[i], RANGE_M) for i in range(n)]
    mounts = [Mount(height[i], tilt[i], vfov[i], error[i], fov_error[i]) for i in range(n)]
    sheds = viewsheds(obstacles, views, mounts)
    targets = rng.uniform(-120, 120, (250, 2))
    points = shapely.points(targets)
    verdicts = np.array(
        [judged(poses, obstacles, None, *t, chosen=np.arange(n)).verdict for t in targets]
    ).T
    for i, shed in enumerate(sheds):
        # Arcs are chords: 5 cm round both limits of range, a picture's edge included; and on a
        # border itself either answer is right.
        border = shapely.union_all([shed.certain.boundary, shed.possible.boundary])
        clear = shapely.distance(border, points) > 0.05 if not border.is_empty else True
        drawn = np.where(shapely.contains(shed.certain, points), CERTAIN, BLOCKED)
        drawn[shapely.contains(shed.possible, points)] = POSSIBLE
        wrong = (drawn != verdicts[i]) & clear
        assert not wrong.any(), (views[i], mounts[i], shed.standing, targets[wrong][:3])
    assert {CERTAIN, POSSIBLE, BLOCKED} == set(np.unique(verdicts))
