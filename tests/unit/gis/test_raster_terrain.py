"""Coverage over terrain: every cell is asked for by its own line of sight."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon, box

from gis.coverage import Subjects
from gis.density import band_reach
from gis.obstacles import build_obstacles
from gis.poses import PoseColumns, build_poses
from gis.rastercover import raster_figures
from gis.rasterfill import to_plane, to_raster
from gis.sight import Verdict, watching
from gis.terrain import build_terrain, ground_under
from gis.viewshed import Mount, viewshed
from gis.visibility import Standing, View

# The first test compiles the kernels: half a minute of a core, more beside other work.
pytestmark = pytest.mark.timeout(600)

BANDS = (20.0, 40.0, 80.0)
AREA = box(-60.0, -60.0, 60.0, 60.0)


def ridge():
    """Ground that rises 12 m to a ridge along x = 25, and slopes 0.05 to the north."""
    east, north = np.meshgrid(np.arange(-97.5, 100.0, 5.0), np.arange(97.5, -100.0, -5.0))
    heights = 12.0 * np.exp(-(((east - 25.0) / 8.0) ** 2)) + 0.05 * north
    return build_terrain(heights, (5.0, 0.0, -100.0, 0.0, -5.0, 100.0))


def scene(terrain):
    shapes = [box(-30, 10, -15, 30), Polygon([(0, -40), (20, -40), (20, -20), (10, -30), (0, -20)])]
    flat = build_obstacles(shapes, [6.0, 4.0], [1, 2])
    return shapes, build_obstacles(shapes, [6.0, 4.0], [1, 2], ground_m=ground_under(flat, terrain))


def subjects(area: Polygon) -> Subjects:
    areas, empty = np.empty(1, dtype=object), np.empty(1, dtype=object)
    areas[0], empty[0] = area, LineString()
    return Subjects(areas, empty, empty)


def poses():
    return build_poses(
        PoseColumns(
            [1, 1, 2, 3],
            [-5.0, -5.0, 50.0, -22.0],
            [0.0, 0.0, 5.0, 20.0],
            [6.0, 6.0, 8.0, 4.0],
            [80.0, 200.0, 270.0, 0.0],
            [90.0, 60.0, 80.0, 360.0],
            70.0,
            azimuth_error_deg=[4.0, 0.0, 0.0, 0.0],
            tilt_deg=[math.nan, 15.0, math.nan, math.nan],
            vfov_deg=[math.nan, 40.0, math.nan, math.nan],
            width_px=[5000.0, 5000.0, 4000.0, 6000.0],
            lens_deg=[math.nan, math.nan, math.nan, 60.0],
        )
    )


def test_every_cell_over_terrain_is_as_the_verdict_of_sight_says() -> None:
    terrain, cell_m = ridge(), 2.0
    shapes, obstacles = scene(terrain)
    table = poses()
    found = raster_figures(
        obstacles, table, subjects(AREA), px_per_m=BANDS, cell_m=cell_m, terrain=terrain
    )
    reach, built = band_reach(table, BANDS), shapely.union_all(shapes)
    half = np.arange(-50, 50)
    columns, rows = np.meshgrid((half + 0.5) * cell_m, (half + 0.5) * cell_m)
    x, y = to_plane(columns.ravel(), rows.ravel())
    is_ground = shapely.contains_xy(AREA, x, y) & ~shapely.contains_xy(built, x, y)
    parts = np.zeros((len(BANDS), 4))
    for spot in np.column_stack([x, y])[is_ground]:
        seen = watching(table, obstacles, terrain, *spot)
        for b in range(len(BANDS)):
            sure = (seen.verdict == Verdict.CERTAIN) & (
                seen.distance_m <= reach.certain_m[seen.pose, b]
            )
            maybe = seen.distance_m <= reach.possible_m[seen.pose, b]
            cameras = len(np.unique(table.camera_index[seen.pose[sure]]))
            parts[b] += cameras > 0, cameras == 0 and maybe.any(), cameras == 1, cameras > 1
    assert found.totals[0, 0] == is_ground.sum() * cell_m**2
    assert found.seen[0, 0].tolist() == (parts * cell_m**2).tolist()
    assert np.all(parts[0] > 0)


def test_ridge_hides_what_flat_ground_would_show() -> None:
    terrain = ridge()
    _, obstacles = scene(terrain)
    behind = subjects(box(35.0, -30.0, 45.0, 30.0))
    west = build_poses(PoseColumns([1], -5.0, 0.0, 6.0, 90.0, 90.0, 70.0, width_px=9000.0))
    flat = raster_figures(obstacles, west, behind, px_per_m=BANDS)
    over = raster_figures(obstacles, west, behind, px_per_m=BANDS, terrain=terrain)
    assert flat.seen[0, 0, 0, 0] > 300.0
    assert over.seen[0, 0, 0, 0] == 0.0


def test_level_terrain_gives_the_figures_of_flat_ground() -> None:
    level = build_terrain(np.full((40, 40), 7.0), (5.0, 0.0, -100.0, 0.0, -5.0, 100.0))
    _, obstacles = scene(level)
    table = poses()
    flat = raster_figures(obstacles, table, subjects(AREA), px_per_m=BANDS)
    over = raster_figures(obstacles, table, subjects(AREA), px_per_m=BANDS, terrain=level)
    assert over.totals.tolist() == flat.totals.tolist()
    assert over.seen[0, 0].ravel().tolist() == pytest.approx(flat.seen[0, 0].ravel(), abs=2.0)


def test_place_on_the_raster_and_back_is_the_place() -> None:
    x, y = to_plane(*to_raster(np.array([3.0, -70.0]), np.array([5.0, 1e4])))
    assert x == pytest.approx([3.0, -70.0], abs=1e-9)
    assert y == pytest.approx([5.0, 1e4], abs=1e-9)


def test_viewshed_over_terrain_holds_the_spots_that_sight_calls_seen() -> None:
    terrain = ridge()
    _, obstacles = scene(terrain)
    view, mount = View(-5.0, 0.0, 80.0, 90.0, 70.0), Mount(6.0, azimuth_error_deg=4.0)
    shed = viewshed(obstacles, view, mount, terrain=terrain)
    table = build_poses(PoseColumns([1], -5.0, 0.0, 6.0, 80.0, 90.0, 70.0, azimuth_error_deg=4.0))
    spots = np.random.default_rng(3).uniform(-60.0, 60.0, (1500, 2))
    verdicts = [watching(table, obstacles, terrain, *spot).verdict for spot in spots]
    points = shapely.points(spots)
    for verdict, ground in ((Verdict.CERTAIN, shed.certain), (Verdict.POSSIBLE, shed.possible)):
        is_seen = np.array([verdict in found for found in verdicts])
        inside = shapely.contains(ground, points)
        # A cell of 2 m is judged by its centre, at most 1.42 m away.
        far_off = shapely.distance(ground.boundary, points) > 1.42
        assert ground.is_valid
        assert is_seen.sum() > 10
        assert np.array_equal(inside[far_off], is_seen[far_off])


def test_viewshed_over_level_terrain_is_that_of_flat_ground() -> None:
    level = build_terrain(np.full((40, 40), 7.0), (5.0, 0.0, -100.0, 0.0, -5.0, 100.0))
    _, obstacles = scene(level)
    view, mount = View(-5.0, 0.0, 200.0, 120.0, 50.0), Mount(6.0, tilt_deg=10.0, vfov_deg=40.0)
    flat = viewshed(obstacles, view, mount)
    over = viewshed(obstacles, view, mount, terrain=level)
    # Squares of 4 m2 on a lattice: a few of them per shape.
    assert over.certain.area == pytest.approx(flat.certain.area, abs=40.0)
    assert over.certain.symmetric_difference(flat.certain).area < 1.0 * flat.certain.length
    assert over.standing is flat.standing


def test_camera_inside_a_house_on_terrain_sees_nothing_for_sure() -> None:
    terrain = ridge()
    _, obstacles = scene(terrain)
    shed = viewshed(obstacles, View(-22.0, 20.0, 0.0, 360.0, 40.0), Mount(4.0), terrain=terrain)
    assert shed.standing is Standing.INSIDE_BUILDING
    assert shed.certain.is_empty
    assert shed.possible.area > 500.0
