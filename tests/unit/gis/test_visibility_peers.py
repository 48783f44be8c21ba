"""Visible sectors against programs others wrote, on a made-up and on a real city."""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pyogrio
import pyproj
import pytest
import shapely

from gis.obstacles import build_obstacles
from gis.visibility import Standing, View, Views, visible_rings

ROOT = Path(__file__).parents[3]
SAN_FRANCISCO = ROOT.parent / "shared" / "data" / "sf" / "buildings.zip"


def load_bench(name: str) -> ModuleType:
    """A module of tests/bench, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "bench" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


city_bench, peers = load_bench("city"), load_bench("visibility_peers")


@pytest.fixture(scope="module")
def city():
    return city_bench.make_city(n_buildings=400, n_cameras=120, side_m=1000.0, seed=11)


@pytest.fixture(scope="module")
def city_obstacles(city):
    return build_obstacles(city.polygons, city.heights_m, city.ids)


@pytest.fixture(scope="module", params=[90.0, 30.0, 200.0, 360.0])
def city_views(request, city):
    return Views(city.x, city.y, city.azimuth_deg, np.full(120, request.param), city.range_m)


def view_of(views: Views, i: int) -> View:
    return View(views.x[i], views.y[i], views.azimuth_deg[i], views.fov_deg[i], views.range_m[i])


def test_areas_equal_the_closed_form_of_pysovist(city_obstacles, city_views):
    found = visible_rings(city_obstacles, city_views)
    for i in range(0, 120, 2):
        view = view_of(city_views, i)
        area, _ = peers.pysovist_area(peers.local_segments(city_obstacles, view), view)
        # 1e-7 relative is the promise; both work in doubles and come out near 1e-14.
        assert found.area_m2[i] == pytest.approx(area, rel=1e-7), view


def test_polygons_equal_the_exact_polygons_of_cgal(city, city_obstacles, city_views):
    found = visible_rings(city_obstacles, city_views).polygons()
    tree = shapely.STRtree(city.polygons)
    for i in range(0, 120, 4):
        view = view_of(city_views, i)
        near = tree.query(shapely.Point(view.x, view.y).buffer(view.range_m))
        peer = peers.cgal_sector(city.polygons[near], view)
        assert peers.overlap_share(found[i], peer) >= 0.9997, view


def test_rings_are_valid_and_lose_only_the_chords(city_obstacles, city_views):
    found = visible_rings(city_obstacles, city_views)
    polygons = found.polygons()
    assert shapely.is_valid(polygons).all()
    lost = found.area_m2 - shapely.area(polygons)
    # Chords stay within 1e-4 of 150 m: 15 mm along an arc of at most the whole field.
    arcs_m = np.radians(city_views.fov_deg) * city_views.range_m
    assert (lost >= -1e-6).all()
    assert (lost <= 0.015 * arcs_m).all()


@pytest.mark.realdata
@pytest.mark.skipif(not SAN_FRANCISCO.exists(), reason="published data sets are not here")
def test_areas_on_san_francisco_equal_pysovist():
    footprints = shapely.make_valid(_san_francisco_window(), method="structure")
    # Doubles at tile edges and overlaps stay in on purpose: edges that cross must not matter.
    footprints = footprints[shapely.area(footprints) > 4.0]
    assert len(footprints) > 300
    obstacles = build_obstacles(
        footprints, np.full(len(footprints), 9.0), np.arange(len(footprints))
    )
    rng = np.random.default_rng(5)
    centre, n = shapely.total_bounds(footprints).reshape(2, 2).mean(axis=0), 60
    spots = centre + rng.uniform(-150.0, 150.0, (n, 2))
    views = Views(*spots.T, rng.uniform(0, 360, n), np.full(n, 90.0), np.full(n, 150.0))
    found = visible_rings(obstacles, views)
    assert shapely.is_valid(found.polygons()).all()
    is_inside = found.standing == Standing.INSIDE_BUILDING
    within = shapely.contains(shapely.union_all(footprints), shapely.points(spots))
    np.testing.assert_array_equal(is_inside, within)
    open_air = np.flatnonzero(~is_inside)
    assert len(open_air) > 15
    # pysovist takes walls from both sides; the outline of the union is the same obstacle.
    for i in open_air:
        view = view_of(views, i)
        area, _ = peers.pysovist_area(peers.local_segments(obstacles, view), view)
        assert found.area_m2[i] == pytest.approx(area, rel=1e-7, abs=1e-6), view


def _san_francisco_window():
    """Footprints of the Mission, metres of a transverse Mercator at the window."""
    lon, lat, half_deg = -122.4185, 37.7600, 0.004
    frame = pyogrio.read_dataframe(
        SAN_FRANCISCO, bbox=(lon - half_deg, lat - half_deg, lon + half_deg, lat + half_deg)
    )
    local = pyproj.Transformer.from_crs(
        4326, f"+proj=tmerc +lat_0={lat} +lon_0={lon} +ellps=WGS84", always_xy=True
    )
    shapes = frame.geometry.to_numpy()
    assert math.isfinite(shapely.area(shapes).sum())
    return shapely.transform(shapes, local.transform, interleaved=False)
