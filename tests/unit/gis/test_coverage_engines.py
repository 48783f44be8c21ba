"""The two engines of coverage find the same figures."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path

import numpy as np
import pytest
import shapely

from gis.coverage import Subjects
from gis.density import PLANNING_PX_PER_M, band_reach
from gis.exactcover import exact_figures
from gis.obstacles import build_obstacles
from gis.poseground import grounds_of
from gis.poses import PoseColumns, build_poses
from gis.rastercover import raster_figures

# The first test compiles the kernels of both: half a minute of a core and more beside other work.
pytestmark = pytest.mark.timeout(600)


def make_city():
    """`tests/bench/city.py`, which is no package."""
    path = Path(__file__).parents[2] / "bench" / "city.py"
    spec = importlib.util.spec_from_file_location("city", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["city"] = module
    spec.loader.exec_module(module)
    return module.make_city(n_buildings=400, n_cameras=120, side_m=1000.0, seed=12)


@pytest.fixture(scope="module")
def figures():
    city = make_city()
    rng = np.random.default_rng(6)
    obstacles = build_obstacles(city.polygons, city.heights_m, city.ids)
    n = len(city.x)
    poses = build_poses(
        PoseColumns(
            np.arange(n) // 2,
            city.x,
            city.y,
            city.camera_height_m,
            np.where(rng.random(n) < 0.1, math.nan, city.azimuth_deg),
            rng.choice([40.0, 90.0, 360.0], n),
            150.0,
            azimuth_error_deg=rng.choice([0.0, 5.0, 22.5], n),
            fov_error_deg=rng.choice([0.0, 10.0], n),
            tilt_deg=rng.choice([math.nan, 12.0], n),
            vfov_deg=rng.choice([math.nan, 45.0], n),
            width_px=6000.0,
        )
    )
    corners = [(x, y) for x in (0.0, 500.0) for y in (0.0, 500.0)]
    grids = np.array([shapely.box(x, y, x + 500.0, y + 500.0) for x, y in corners], dtype=object)
    tree = shapely.STRtree(city.polygons)
    roads, outlines = np.empty(4, dtype=object), np.empty(4, dtype=object)
    for g, (x, y) in enumerate(corners):
        # Streets of the made-up city lie a whole lot beside every fourth; houses are the outlines.
        lines = [[(x + k, y), (x + k + 40.0, y + 500.0)] for k in (90.0, 240.0, 400.0)]
        roads[g] = shapely.MultiLineString(lines)
        inside = city.polygons[tree.query(grids[g], predicate="contains")]
        outlines[g] = shapely.MultiLineString(list(shapely.get_exterior_ring(inside)))
    subjects = Subjects(grids, roads, outlines)
    raster = raster_figures(obstacles, poses, subjects, px_per_m=PLANNING_PX_PER_M)
    seen = grounds_of(obstacles, poses, np.arange(n), reach=band_reach(poses))
    return raster, exact_figures(seen, subjects, city.polygons)


def test_ground_agrees_within_a_thousandth_of_each_grid(figures) -> None:
    raster, exact = figures
    area = 500.0**2
    assert np.abs(raster.totals[0] - exact.totals[0]).max() < 0.001 * area
    assert np.abs(raster.seen[0] - exact.seen[0]).max() < 0.001 * area
    assert np.all(exact.seen[0, :, 0] > 0.0), "every part is tried"


def test_roads_and_outlines_agree_within_a_hundredth(figures) -> None:
    raster, exact = figures
    assert raster.totals[1:] == pytest.approx(exact.totals[1:], abs=1e-3)
    # A border of what is seen crosses a line within half a metre of where its cell says.
    worst = np.abs(raster.seen[1:] - exact.seen[1:]).max(axis=(2, 3)) / exact.totals[1:]
    assert worst.max() < 0.01, worst
