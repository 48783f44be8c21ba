"""Visible sectors in plan: cases worked by hand, and laws that hold whatever the scene."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, box
from shapely.geometry.base import BaseGeometry

from gis.errors import ArgumentError
from gis.obstacles import Obstacles, build_obstacles
from gis.visibility import (
    Sector,
    Standing,
    View,
    Views,
    visible_areas,
    visible_rings,
    visible_sector,
)

NORTH, EAST, SOUTH, WEST = 0.0, 90.0, 180.0, 270.0


def scene(*shapes: BaseGeometry) -> Obstacles:
    return build_obstacles(list(shapes), np.full(len(shapes), 10.0), np.arange(len(shapes)))


def random_boxes(seed: int, n: int = 30, *, side_m: float = 200.0) -> list[Polygon]:
    """Interior-disjoint turned boxes, one per cell of a lattice, none near the middle."""
    rng = np.random.default_rng(seed)
    cells = [(i, j) for i in range(-4, 4) for j in range(-4, 4) if (i, j) != (0, 0)]
    shapes = []
    for k in rng.permutation(len(cells))[:n]:
        half_w, half_d = rng.uniform(2.0, 7.0, 2)
        shape = shapely.affinity.rotate(box(-half_w, -half_d, half_w, half_d), rng.uniform(0, 90))
        centre = (np.array(cells[k]) + 0.5) * side_m / 8.0
        shapes.append(shapely.affinity.translate(shape, *centre))
    return shapes


def test_open_country_shows_the_whole_field() -> None:
    for fov_deg in (1.0, 60.0, 120.0, 121.0, 179.0, 180.0, 181.0, 300.0, 360.0):
        sector = visible_sector(scene(), View(3.0, 4.0, 33.0, fov_deg, 50.0))
        # pi R^2 fov / 360
        assert sector.area_m2 == pytest.approx(math.pi * 2500.0 * fov_deg / 360.0, rel=1e-12)
        assert sector.standing is Standing.CLEAR
        # Chords lose at most sagitta times arc length.
        assert 0.0 <= sector.area_m2 - sector.polygon.area <= 0.05 * math.radians(fov_deg) * 50.0
        assert sector.polygon.is_valid


def test_ring_is_closed_and_runs_counter_clockwise() -> None:
    ring = visible_sector(scene(), View(0.0, 0.0, EAST, 90.0, 10.0)).ring
    assert tuple(ring[0]) == tuple(ring[-1])
    assert shapely.is_ccw(shapely.LinearRing(ring))


def test_azimuth_counts_clockwise_from_north() -> None:
    east = visible_sector(scene(), View(0.0, 0.0, EAST, 60.0, 10.0)).polygon
    assert east.covers(shapely.Point(9.0, 0.0))
    assert not east.intersects(shapely.Point(-1.0, 0.0))
    assert not east.intersects(shapely.Point(0.0, 1.0))


def test_wall_across_the_left_half_leaves_a_triangle_there() -> None:
    # Looking east with 90 degrees; the wall x = 10 stands from y = 0 up past the field's left
    # border. Right half: an eighth of the disc, pi R^2 / 8. Left half: the triangle (0, 0),
    # (10, 0), (10, 10) = 50 m2.
    sector = visible_sector(scene(box(10.0, 0.0, 12.0, 40.0)), View(0.0, 0.0, EAST, 90.0, 20.0))
    assert sector.area_m2 == pytest.approx(math.pi * 400.0 / 8.0 + 50.0, rel=1e-12)


def test_gap_between_two_walls_lets_a_narrow_sector_through() -> None:
    # Walls x = 10 to 11 above y = 1 and below y = -1. The near corners (10, +-1) set the gap:
    # slope 0.1. Right of it everything to the arc is seen, since the far corners (11, +-1) lie at
    # slope 1/11, inside the gap: the walls' inner faces cut it to slope 1/11. Between slopes 1/11
    # and 0.1 sight ends on the inner face y = 1 at u = 1/m: area of that triangle is
    # 1/2 (m1 - m0) u0 u1 = 1/2 (0.1 - 1/11) * 10 * 11 = 0.5 m2 each side.
    # Front faces: slopes 0.1 to 1 at u = 10: 1/2 * 0.9 * 100 = 45 m2 each side.
    sector = visible_sector(
        scene(box(10, 1, 11, 40), box(10, -40, 11, -1)), View(0.0, 0.0, EAST, 90.0, 20.0)
    )
    arc = math.atan(1.0 / 11.0) * 400.0
    assert sector.area_m2 == pytest.approx(arc + 2 * 0.5 + 2 * 45.0, rel=1e-12)


def test_square_tower_hides_its_cone_all_round() -> None:
    # Tower [4, 6] x [-1, 1] seen from the origin over the full turn, range 10: the cone has
    # slopes +-1/4 (near corners); in it only the triangle to the face, 1/2 * 0.5 * 16 = 4 m2.
    sector = visible_sector(scene(box(4, -1, 6, 1)), View(0.0, 0.0, NORTH, 360.0, 10.0))
    hidden_turn = 2.0 * math.atan(0.25)
    assert sector.area_m2 == pytest.approx((2 * math.pi - hidden_turn) * 50.0 + 4.0, rel=1e-12)


def test_camera_in_a_courtyard_sees_the_courtyard_alone() -> None:
    house = Polygon(box(-20, -20, 20, 20).exterior, [box(-5, -3, 5, 3).exterior])
    sector = visible_sector(scene(house), View(1.0, 1.0, 12.0, 360.0, 200.0))
    assert sector.standing is Standing.CLEAR
    assert sector.area_m2 == pytest.approx(60.0, rel=1e-12)  # 10 m x 6 m
    assert sector.polygon.equals_exact(box(-5, -3, 5, 3), 1e-9) or (
        sector.polygon.symmetric_difference(box(-5, -3, 5, 3)).area < 1e-9
    )


def test_camera_outside_does_not_see_into_a_courtyard() -> None:
    house = Polygon(box(-20, -20, 20, 20).exterior, [box(-5, -3, 5, 3).exterior])
    sector = visible_sector(scene(house), View(-30.0, 0.0, EAST, 90.0, 100.0))
    assert not sector.polygon.intersects(box(-5, -3, 5, 3))


def test_camera_on_a_wall_sees_outwards_only() -> None:
    # On the east face of a house, all round: half the disc, pi R^2 / 2.
    sector = visible_sector(scene(box(-20, -50, 0, 50)), View(0.0, 0.0, NORTH, 360.0, 30.0))
    assert sector.standing is Standing.ON_WALL
    # It stands two micrometres off: that adds a strip of 60 m x 2e-6 m.
    assert sector.area_m2 == pytest.approx(math.pi * 450.0, abs=2e-4)
    inwards = visible_sector(scene(box(-20, -50, 0, 50)), View(0.0, 0.0, WEST, 90.0, 30.0))
    assert inwards.area_m2 < 1e-6


def test_camera_at_an_outer_corner_sees_three_quarters() -> None:
    sector = visible_sector(scene(box(-40, -40, 0, 0)), View(0.0, 0.0, NORTH, 360.0, 30.0))
    assert sector.standing is Standing.ON_WALL
    assert sector.area_m2 == pytest.approx(0.75 * math.pi * 900.0, abs=2e-4)


def test_camera_in_an_inner_corner_sees_one_quarter() -> None:
    ell = Polygon([(-40, -40), (40, -40), (40, 0), (0, 0), (0, 40), (-40, 40)])
    sector = visible_sector(scene(ell), View(0.0, 0.0, NORTH, 360.0, 30.0))
    assert sector.standing is Standing.ON_WALL
    assert sector.area_m2 == pytest.approx(0.25 * math.pi * 900.0, abs=2e-4)


def test_camera_inside_a_building_sees_nothing() -> None:
    sector = visible_sector(scene(box(-20, -20, 20, 20)), View(1.0, 1.0, NORTH, 360.0, 30.0))
    assert sector.standing is Standing.INSIDE_BUILDING
    assert sector.area_m2 == 0.0
    assert sector.polygon.is_empty


def test_camera_on_a_party_wall_counts_as_inside() -> None:
    row = scene(box(-20, -20, 0, 20), box(0, -20, 20, 20))
    assert visible_sector(row, View(0.0, 0.0, 0, 90, 30)).standing is Standing.INSIDE_BUILDING


def test_touching_houses_leave_no_hairline_between_them() -> None:
    # A row along x = 10; its joints must not let a ray through.
    row = [box(10, y, 20, y + 7.3) for y in np.arange(-36.5, 36.0, 7.3)]
    sector = visible_sector(scene(*row), View(0.0, 0.0, EAST, 140.0, 100.0))
    # tan 70 = 2.7475: the field meets the wall's line at y = +-27.47, well inside the row.
    assert sector.area_m2 == pytest.approx(100.0 * math.tan(math.radians(70.0)), rel=1e-9)
    assert sector.polygon.bounds[2] == pytest.approx(10.0, abs=1e-9)


def test_overlapping_footprints_hide_as_their_union_does() -> None:
    one, other = box(10, -5, 20, 5), shapely.affinity.rotate(box(8, -4, 18, 6), 40)
    view = View(0.0, 0.0, EAST, 100.0, 40.0)
    joined = visible_sector(scene(one.union(other)), view)
    assert visible_sector(scene(one, other), view).area_m2 == pytest.approx(
        joined.area_m2, rel=1e-12
    )


def test_building_across_the_range_hides_only_to_the_arc() -> None:
    # A wall at x = 8 that leaves the disc of 10 m at y = +-6: slopes +-0.75 of a field of +-1.
    sector = visible_sector(scene(box(8, -50, 9, 50)), View(0.0, 0.0, EAST, 90.0, 10.0))
    arcs = (math.pi / 4 - math.atan(0.75)) * 100.0
    assert sector.area_m2 == pytest.approx(0.5 * 1.5 * 64.0 + arcs, rel=1e-12)


def test_camera_far_outside_the_city_sees_open_country() -> None:
    sector = visible_sector(scene(box(0, 0, 10, 10)), View(1e5, 1e5, NORTH, 90.0, 100.0))
    assert sector.area_m2 == pytest.approx(math.pi * 2500.0, rel=1e-9)


def test_batch_gives_what_single_calls_give() -> None:
    obstacles = scene(*random_boxes(3))
    rng = np.random.default_rng(4)
    columns = rng.uniform([-90, -90, 0, 10, 20], [90, 90, 360, 360, 120], (50, 5))
    views = Views(*columns.T)
    rings = visible_rings(obstacles, views)
    areas, standings = visible_areas(obstacles, views)
    assert set(standings) >= {Standing.CLEAR, Standing.INSIDE_BUILDING}
    for i, row in enumerate(columns):
        one: Sector = visible_sector(obstacles, View(*row))
        assert one.area_m2 == rings.area_m2[i] == areas[i]
        assert one.standing == rings.standing[i] == standings[i]
        np.testing.assert_array_equal(one.ring, rings.xy[rings.starts[i] : rings.starts[i + 1]])
    assert shapely.is_valid(rings.polygons()).all()


def test_no_views_give_empty_arrays() -> None:
    none = np.empty(0)
    rings = visible_rings(scene(), Views(none, none, none, none, none))
    assert len(rings.polygons()) == 0 == len(rings.area_m2)


@pytest.mark.parametrize(
    ("view", "argument"),
    [
        (View(math.nan, 0, 0, 90, 10), "x"),
        (View(0, 0, math.inf, 90, 10), "azimuth_deg"),
        (View(0, 0, 0, 0, 10), "fov_deg"),
        (View(0, 0, 0, 361, 10), "fov_deg"),
        (View(0, 0, 0, 90, 0), "range_m"),
    ],
)
def test_impossible_views_are_refused_by_name(view: View, argument: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        visible_sector(scene(), view)
    assert refusal.value.argument == argument


seeds = st.integers(0, 10_000)


@settings(max_examples=40, deadline=None)
@given(seeds, st.floats(-180, 180), st.floats(-500, 500), st.floats(10, 360))
def test_rigid_motion_keeps_the_area(seed: int, turn: float, shift: float, fov: float) -> None:
    shapes = random_boxes(seed)
    moved = [
        shapely.affinity.translate(
            shapely.affinity.rotate(s, -turn, origin=(0, 0)), shift, 2 * shift
        )
        for s in shapes
    ]
    here = visible_sector(scene(*shapes), View(12.0, 12.0, 20.0, fov, 100.0))
    a = math.radians(turn)
    x = 12.0 * math.cos(a) + 12.0 * math.sin(a) + shift
    y = -12.0 * math.sin(a) + 12.0 * math.cos(a) + 2 * shift
    there = visible_sector(scene(*moved), View(x, y, 20.0 + turn, fov, 100.0))
    # Coordinates of 1 km carry 1e-13 m; a corner grazed at 100 m turns that into about 1e-9.
    assert there.area_m2 == pytest.approx(here.area_m2, rel=1e-8)


@settings(max_examples=40, deadline=None)
@given(seeds, st.floats(200, 360))
def test_another_building_never_adds_to_the_area(seed: int, fov: float) -> None:
    shapes = random_boxes(seed, 30)
    view = View(12.0, 12.0, 77.0, fov, 90.0)
    areas = [visible_sector(scene(*shapes[:n]), view).area_m2 for n in range(0, 31, 5)]
    assert all(more <= fewer + 1e-9 for fewer, more in itertools.pairwise(areas))
    assert areas[-1] < areas[0]


@settings(max_examples=40, deadline=None)
@given(seeds, st.floats(10, 359), st.floats(0, 360))
def test_two_halves_of_a_field_add_up(seed: int, fov: float, azimuth: float) -> None:
    obstacles = scene(*random_boxes(seed))

    def area(azimuth_deg: float, fov_deg: float) -> float:
        return visible_sector(obstacles, View(12.0, 12.0, azimuth_deg, fov_deg, 90.0)).area_m2

    halves = area(azimuth - fov / 4, fov / 2) + area(azimuth + fov / 4, fov / 2)
    assert halves == pytest.approx(area(azimuth, fov), rel=1e-8)
