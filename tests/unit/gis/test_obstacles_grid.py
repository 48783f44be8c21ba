"""Obstacles: edges, owners, grid and the building at a point."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from gis.errors import ArgumentError, GeometryError
from gis.obstacles import MAX_CELLS, build_obstacles, building_at

COURT = box(0, 0, 40, 40).difference(box(10, 10, 30, 30))


def test_walls_run_with_the_building_on_their_left() -> None:
    clockwise = Polygon([(0, 0), (0, 10), (10, 10), (10, 0)])
    scene = build_obstacles([clockwise, COURT], [5, 5], [7, 8])
    # Twice the signed area by the shoelace formula: the building left of its walls gives +.
    twice = scene.x0 * scene.y1 - scene.x1 * scene.y0
    assert np.bincount(scene.owner, twice) == pytest.approx([2 * 100, 2 * (1600 - 400)])
    assert list(scene.edge_starts) == [0, 4, 12]
    assert list(scene.ids) == [7, 8]


def test_point_in_courtyard_on_wall_and_inside_are_told_apart() -> None:
    scene = build_obstacles([COURT], [9.0], [1])
    assert building_at(scene, 5, 5) == 0
    assert building_at(scene, 20, 20) == -1
    assert building_at(scene, 0, 20) == -1
    assert building_at(scene, 40, 40) == -1
    assert building_at(scene, 1e6, 0) == -1


def test_building_larger_than_a_cell_holds_points_far_from_its_walls() -> None:
    scene = build_obstacles([box(0, 0, 1000, 1000)], [9.0], [1], cell_m=20.0)
    assert building_at(scene, 500, 500) == 0


def test_point_in_a_building_next_door_finds_its_own() -> None:
    scene = build_obstacles([box(0, 0, 10, 10), box(10, 0, 20, 10)], [5, 5], [1, 2])
    assert building_at(scene, 4, 5) == 0
    assert building_at(scene, 16, 5) == 1


def test_repeated_points_make_no_edge() -> None:
    ring = Polygon([(0, 0), (0, 0), (10, 0), (10, 10), (10, 10), (0, 10)])
    assert len(build_obstacles([ring], [5], [1]).x0) == 4


def test_empty_scene_has_no_building_anywhere() -> None:
    scene = build_obstacles([], [], [])
    assert len(scene) == 0
    assert building_at(scene, 0, 0) == -1


coordinate = st.floats(-200, 200, allow_nan=False).map(lambda v: round(v, 3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(coordinate, coordinate), min_size=3, max_size=3, unique=True))
def test_every_cell_an_edge_crosses_lists_it(corners):
    triangle = Polygon(corners)
    if triangle.area < 1e-3:
        return
    scene = build_obstacles([triangle], [5], [1], cell_m=25.0)
    for row in range(scene.nrows):
        for col in range(scene.ncols):
            cell = row * scene.ncols + col
            x, y = scene.origin_x + col * 25.0, scene.origin_y + row * 25.0
            listed = set(scene.items[scene.starts[cell] : scene.starts[cell + 1]])
            for e in range(len(scene.x0)):
                wall = LineString([(scene.x0[e], scene.y0[e]), (scene.x1[e], scene.y1[e])])
                gap = wall.distance(box(x, y, x + 25.0, y + 25.0))
                if gap == 0.0:
                    assert e in listed
                if gap > 0.01:
                    assert e not in listed


@settings(max_examples=100, deadline=None)
@given(coordinate, coordinate)
def test_building_at_agrees_with_shapely(x, y):
    shapes = [
        Polygon([(-150, -150), (100, -160), (20, -40), (-100, 10)]),
        MultiPolygon([box(30, 30, 80, 90), box(100, 100, 180, 140)]),
        COURT.buffer(0.0),
    ]
    shapes[2] = box(-190, 60, -40, 190).difference(box(-150, 100, -90, 150))
    scene = build_obstacles(shapes, [5, 5, 5], [1, 2, 3], cell_m=33.0)
    inside = [i for i, shape in enumerate(shapes) if shape.contains(Point(x, y))]
    if min(shape.boundary.distance(Point(x, y)) for shape in shapes) > 1e-5:
        assert building_at(scene, x, y) == (inside[0] if inside else -1)


def test_far_apart_buildings_get_larger_cells_instead_of_more() -> None:
    far = [box(0, 0, 10, 10), box(5e6, 5e6, 5e6 + 10, 5e6 + 10)]
    scene = build_obstacles(far, [5, 5], [1, 2])
    assert scene.ncols * scene.nrows <= MAX_CELLS
    assert building_at(scene, 5e6 + 5, 5e6 + 5) == 1


@pytest.mark.parametrize(
    ("polygons", "heights", "ids"),
    [
        ([Point(0, 0)], [5], [1]),
        ([None], [5], [1]),
        ([Polygon()], [5], [1]),
        ([shapely.transform(box(0, 0, 1, 1), lambda points: points + math.inf)], [5], [1]),
    ],
)
def test_footprints_that_are_no_polygons_are_refused(polygons, heights, ids):
    with pytest.raises(GeometryError, match="at 0"):
        build_obstacles(polygons, heights, ids)


@pytest.mark.parametrize(
    ("heights", "ids", "ground"),
    [
        ([5, 6], [1], None),
        ([-1], [1], None),
        ([math.nan], [1], None),
        ([5], [1.5], None),
        ([5], [1, 2], None),
        ([5], [1], [math.nan]),
    ],
)
def test_columns_outside_their_range_are_refused(heights, ids, ground):
    with pytest.raises(ArgumentError):
        build_obstacles([box(0, 0, 1, 1)], heights, ids, ground_m=ground)
