"""Exact figures of a real old town against points looked at one by one, by other means.

Suzhou: 3,076 buildings with storeys. What a camera sees is found anew here with shapely alone:
the straight line from lens to target is cut by the footprints it crosses and compared with each
roof along the cut. No kernel of `gis` takes part in the truth.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import shapely

from gis.coverage import Subjects
from gis.density import band_reach
from gis.exactcover import exact_figures
from gis.frame import frame_for
from gis.obstacles import build_obstacles
from gis.poseground import grounds_of
from gis.poses import PoseColumns, build_poses

SUZHOU = Path(__file__).parents[4] / "shared" / "data" / "cn" / "suzhou_buildings.json"
BANDS = (20.0, 40.0, 80.0)
TARGET_M = 1.5
SIDE_M = 120.0
STEP_M = 1.0
N_CAMERAS = 40


@pytest.fixture(scope="module")
def town():
    """Footprints in metres with heights, and cameras on open ground near the middle."""
    features = json.loads(SUZHOU.read_text())["features"]
    shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in features])
    lon, lat = shapely.get_coordinates(shapely.centroid(shapes)).T
    shapes = frame_for(lon, lat).geometry_to_metric(shapes)
    heights = np.array([3.0 * f["properties"]["Floor"] for f in features])
    is_sound = shapely.is_valid(shapes) & (shapely.area(shapes) > 1.0)
    shapes, heights = shapes[is_sound], heights[is_sound]
    rng = np.random.default_rng(8)
    middle = _dense_corner(shapes)
    spots = middle + rng.uniform(-70.0, 2.0 * SIDE_M + 70.0, (400, 2))
    inside = shapely.STRtree(shapes).query(shapely.points(spots), predicate="dwithin", distance=0.5)
    spots = np.delete(spots, np.unique(inside[0]), axis=0)[:N_CAMERAS]
    n = len(spots)
    poses = build_poses(
        PoseColumns(
            camera_index=np.arange(n),
            x=spots[:, 0],
            y=spots[:, 1],
            height_m=rng.uniform(3.5, 14.0, n),
            azimuth_deg=rng.uniform(0.0, 360.0, n),
            fov_deg=rng.choice([60.0, 90.0, 110.0, 360.0], n),
            range_m=100.0,
            azimuth_error_deg=rng.choice([0.0, 0.0, 10.0], n),
            width_px=3840.0,
        )
    )
    return shapes, heights, poses, middle


def _dense_corner(shapes):
    """Lower left corner of the square of 2 x 2 grids that holds most buildings."""
    at = shapely.get_coordinates(shapely.centroid(shapes))
    cell = np.floor((at - at.min(axis=0)) / (2.0 * SIDE_M)).astype(int)
    cells, counts = np.unique(cell, axis=0, return_counts=True)
    return at.min(axis=0) + cells[np.argmax(counts)] * 2.0 * SIDE_M


def field_of(poses, i, points):
    """1 for sure, 0 perhaps, -1 not, by azimuth alone."""
    dx, dy = (points - (poses.x[i], poses.y[i])).T
    off = np.degrees(np.arctan2(dx, dy)) - poses.azimuth_deg[i]
    off = np.abs((off + 180.0) % 360.0 - 180.0)
    half, error = poses.fov_deg[i] / 2.0, poses.azimuth_error_deg[i]
    if half >= 180.0:
        return np.ones(len(points), dtype=int)
    return np.where(off <= half - error, 1, np.where(off <= half + error, 0, -1))


def is_in_sight(poses, i, points, built):
    """Whether each point, 1.5 m above ground, is not hidden by any roof; shapely alone."""
    shapes, heights, tree = built
    eye = np.array([poses.x[i], poses.y[i]])
    lines = shapely.linestrings(np.stack([np.tile(eye, (len(points), 1)), points], axis=1))
    line, house = tree.query(lines, predicate="intersects")
    within = shapely.intersection(lines[line], shapes[house])
    # The line falls towards the target: it is lowest over a roof where it leaves it.
    furthest = np.zeros(len(line))
    xy, owner = shapely.get_coordinates(within, return_index=True)
    np.maximum.at(furthest, owner, np.hypot(*(xy - eye).T))
    share = furthest / shapely.length(lines[line])
    height = poses.height_m[i] + share * (TARGET_M - poses.height_m[i])
    # A stretch of no length grazes a corner.
    is_hiding = (height < heights[house]) & (shapely.length(within) > 1e-9)
    seen = np.ones(len(points), dtype=bool)
    seen[line[is_hiding]] = False
    return seen


def looked_at(poses, points, built):
    """By band: counts of cameras that see each point for sure, and whether any does perhaps."""
    reach = band_reach(poses, BANDS)
    sure = np.zeros((len(BANDS), len(points)), dtype=int)
    perhaps = np.zeros(sure.shape, dtype=bool)
    for i in range(len(poses)):
        away = np.hypot(points[:, 0] - poses.x[i], points[:, 1] - poses.y[i])
        field = field_of(poses, i, points)
        near = np.flatnonzero((away <= reach.possible_m[i, 0]) & (field >= 0) & (away > 0.0))
        near = near[is_in_sight(poses, i, points[near], built)]
        for band in range(len(BANDS)):
            held = near[away[near] <= reach.possible_m[i, band]]
            is_sure = (field[held] == 1) & (away[held] <= reach.certain_m[i, band])
            sure[band, held[is_sure]] += 1
            perhaps[band, held[~is_sure]] = True
    return sure, perhaps


@pytest.mark.realdata
@pytest.mark.skipif(not SUZHOU.exists(), reason="published data sets are not here")
def test_shares_of_an_old_town_are_those_of_points_looked_at_one_by_one(town):
    shapes, heights, poses, corner = town
    obstacles = build_obstacles(shapes, heights, np.arange(len(shapes)))
    corners = [corner + SIDE_M * np.array([i, j]) for i in (0, 1) for j in (0, 1)]
    areas, none = np.empty(4, dtype=object), np.empty(4, dtype=object)
    areas[:] = [shapely.box(*c, *(c + SIDE_M)) for c in corners]
    none[:] = [shapely.LineString()] * 4
    grounds = grounds_of(obstacles, poses, np.arange(len(poses)), reach=band_reach(poses, BANDS))
    figures = exact_figures(grounds, Subjects(areas, none, none), shapes)
    built = (shapes, heights, shapely.STRtree(shapes))
    rng = np.random.default_rng(1)
    n = int(SIDE_M / STEP_M)
    for k, low in enumerate(corners):
        # One point anywhere in each little square: no pattern of the town can fall in step.
        cells = np.stack(np.meshgrid(np.arange(n), np.arange(n)), axis=-1).reshape(-1, 2)
        points = low + STEP_M * (cells + rng.random(cells.shape))
        covered = built[2].query(shapely.points(points), predicate="within")[0]
        points = np.delete(points, np.unique(covered), axis=0)
        assert len(points) * STEP_M**2 == pytest.approx(figures.totals[0, k], rel=0.02)
        for band, (sure, perhaps) in enumerate(zip(*looked_at(poses, points, built), strict=True)):
            truth = [
                (sure > 0).mean(),
                ((sure == 0) & perhaps).mean(),
                (sure == 1).mean(),
                (sure > 1).mean(),
            ]
            found = figures.shares()[0, k, band]
            # Half a percentage point: sampling of some 10,000 points, one to a square.
            np.testing.assert_allclose(found, truth, atol=0.005)
    assert 0.1 < np.nanmean(figures.shares()[0, :, 0, 0]) < 0.95
    assert math.isclose(float(figures.totals.sum()), float(figures.totals[0].sum()))
