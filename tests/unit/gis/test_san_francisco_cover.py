"""Coverage of three San Francisco grids recomputed by hand: shadows, unions and differences.

The grids with most cameras that state a bearing, all buildings taken as 9 m high, cameras at 5 m.
Whoever stands lower than every roof sees what no wall hides in plan, so the hand calculation needs
no heights: a sector less the shadow of each wall. Nothing of `gis` but the lens formula's inputs
enters it.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from gis.coverage import Subjects
from gis.density import band_reach
from gis.exactcover import exact_figures
from gis.obstacles import build_obstacles
from gis.poseground import grounds_of
from gis.poses import PoseColumns, build_poses

CITY = Path(__file__).parents[4] / "shared" / "data" / "sf"
BANDS = (20.0, 40.0, 80.0)
HEIGHT_M, TARGET_M, FOV_DEG, FOV_ERROR_DEG, AZIMUTH_ERROR_DEG = 5.0, 1.5, 80.0, 10.0, 5.0
WIDTH_PX, RANGE_M = 3840, 120.0
SLACK_DEG = AZIMUTH_ERROR_DEG + FOV_ERROR_DEG / 2.0
WIDEST_FOV_DEG, LEAST_FOV_DEG = FOV_DEG + FOV_ERROR_DEG, FOV_DEG - FOV_ERROR_DEG
_NAMES = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE")
_OPPOSITE = ("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")
LETTERS = {name: 22.5 * i for i, name in enumerate(_NAMES + _OPPOSITE)}

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not CITY.exists(), reason="published data sets are not here"),
]


def cameras():
    """Lon, lat and bearing of the cameras that state a single one."""
    rows = []
    with (CITY / "cameras.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            text = (row["camera:direction"] or row["direction"]).strip()
            if text in LETTERS:
                rows.append((float(row["lon"]), float(row["lat"]), LETTERS[text]))
            elif text.replace(".", "", 1).isdigit():
                rows.append((float(row["lon"]), float(row["lat"]), float(text) % 360.0))
    return np.array(rows)


def read(path, box):
    shapes = shapely.from_wkb(pyogrio.raw.read(path, columns=[], bbox=box)[2])
    return shapely.make_valid(shapes, method="structure", keep_collapsed=False)


@pytest.fixture(scope="module")
def city():
    """Three grids, the buildings around them and the cameras in reach, in metres."""
    table = cameras()
    grids = read(CITY / "grids.geojson", None)
    points = shapely.points(table[:, :2])
    held = shapely.STRtree(points).query(grids, predicate="contains")[0]
    # The largest grids are parks and the bay.
    small = shapely.area(grids) < np.quantile(shapely.area(grids), 0.8)
    counts = np.bincount(held, minlength=len(grids)) * small
    chosen = grids[np.argsort(-counts, kind="stable")[:3]]
    lon, lat = shapely.total_bounds(chosen).reshape(2, 2).mean(axis=0)
    plane = pyproj.Transformer.from_crs(
        4326, f"+proj=tmerc +lat_0={lat} +lon_0={lon} +ellps=WGS84", always_xy=True
    )

    def metric(shapes):
        return shapely.transform(shapes, lambda xy: np.stack(plane.transform(*xy.T), axis=1))

    buildings = [
        read(CITY / "buildings.zip", tuple(shapely.bounds(shapely.buffer(grid, 0.003))))
        for grid in chosen
    ]
    built = metric(np.concatenate(buildings))
    built = shapely.get_parts(shapely.union_all(built, grid_size=1e-3))
    built = built[shapely.area(built) > 4.0]
    spots = np.stack(plane.transform(table[:, 0], table[:, 1]), axis=1)
    away = shapely.distance(shapely.union_all(metric(chosen)), shapely.points(spots))
    inside = shapely.STRtree(built).query(
        shapely.points(spots), predicate="dwithin", distance=0.05
    )[0]
    free = np.setdiff1d(np.flatnonzero(away < RANGE_M), inside)
    return metric(chosen), built, spots[free], table[free, 2]


def fan(spot, bearing, half_deg, radius_m):
    turn = np.radians(bearing + np.linspace(-half_deg, half_deg, int(half_deg * 40) + 2))
    rim = spot + radius_m * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    return shapely.Polygon([spot, *rim])


def lit_by_hand(spot, bearing, built, tree):
    """All that no wall hides in the widest field: a fan less the shadow of every wall."""
    widest = fan(spot, bearing, FOV_DEG / 2.0 + SLACK_DEG, radius_by_hand(LEAST_FOV_DEG, BANDS[0]))
    near = built[tree.query(widest, predicate="intersects")]
    if not len(near):
        return widest
    rings = [shapely.get_coordinates(ring) - spot for ring in shapely.get_rings(near)]
    a, b = (np.concatenate([xy[k : len(xy) - 1 + k] for xy in rings]) for k in (0, 1))
    far_a, far_b = (9.0 * RANGE_M * p / np.hypot(*p.T)[:, None] for p in (a, b))
    corners = np.stack([a, b, far_b, far_a + far_b, far_a], axis=1) + spot
    shadows = shapely.polygons(corners)
    shadows = shadows[shapely.is_valid(shadows) & shapely.intersects(shadows, widest)]
    return widest.difference(shapely.union_all([*shapely.intersection(shadows, widest), *near]))


def radius_by_hand(fov_deg, density):
    slant = WIDTH_PX / (2.0 * density * math.tan(math.radians(fov_deg) / 2.0))
    return min(math.sqrt(slant**2 - (HEIGHT_M - TARGET_M) ** 2), RANGE_M)


def figures_by_hand(grid, built, eyes, density):
    """Certain, possible, one, more of one grid, square metres; and its ground."""
    spots, bearings, lit = eyes
    near_m, far_m = (radius_by_hand(fov, density) for fov in (WIDEST_FOV_DEG, LEAST_FOV_DEG))
    ground = grid.difference(shapely.union_all(built[shapely.STRtree(built).query(grid)]))
    sure, whole = [], []
    for spot, bearing, shape in zip(spots, bearings, lit, strict=True):
        half = FOV_DEG / 2.0
        sure.append(shape.intersection(fan(spot, bearing, half - SLACK_DEG, near_m)))
        whole.append(shape.intersection(fan(spot, bearing, half + SLACK_DEG, far_m)))
    once = shapely.union_all(sure).intersection(ground)
    pairs = [one.intersection(other) for i, one in enumerate(sure) for other in sure[:i]]
    more = shapely.union_all(pairs).intersection(ground)
    anyhow = shapely.union_all([*sure, *whole]).intersection(ground)
    certain, twice = once.area, more.area
    return [certain, anyhow.area - certain, certain - twice, twice], ground.area


def test_three_grids_have_the_figures_of_a_hand_calculation(city):
    grids, built, spots, bearings = city
    assert len(spots) >= 20
    poses = build_poses(
        PoseColumns(
            camera_index=np.arange(len(spots)),
            x=spots[:, 0],
            y=spots[:, 1],
            height_m=HEIGHT_M,
            azimuth_deg=bearings,
            fov_deg=FOV_DEG,
            range_m=RANGE_M,
            azimuth_error_deg=AZIMUTH_ERROR_DEG,
            fov_error_deg=FOV_ERROR_DEG,
            width_px=WIDTH_PX,
        )
    )
    obstacles = build_obstacles(built, np.full(len(built), 9.0), np.arange(len(built)))
    grounds = grounds_of(obstacles, poses, np.arange(len(poses)), reach=band_reach(poses, BANDS))
    none = np.full(3, shapely.LineString(), dtype=object)
    figures = exact_figures(grounds, Subjects(grids, none, none), built)
    tree = shapely.STRtree(built)
    lit = [lit_by_hand(*eye, built, tree) for eye in zip(spots, bearings, strict=True)]
    eyes = (spots, bearings, lit)
    for i, grid in enumerate(grids):
        for k, density in enumerate(BANDS):
            by_hand, ground_m2 = figures_by_hand(grid, built, eyes, density)
            assert figures.totals[0, i] == pytest.approx(ground_m2, rel=1e-6)
            # Arcs are chords, up to 1e-4 of the radius short or long: some 1e-4 of what is seen.
            np.testing.assert_allclose(
                figures.seen[0, i, k], by_hand, rtol=2e-3, atol=1e-4 * ground_m2
            )
    assert (figures.seen[0, :, 0, 0] > 100.0).all()
