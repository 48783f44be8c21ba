"""Viewsheds with heights: cases worked by hand, and every point against the exact sightline."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import Point, Polygon, affinity, box

from gis.errors import ArgumentError
from gis.footprints import footprints
from gis.obstacles import Obstacles, build_obstacles
from gis.sightline import Spot, sightlines
from gis.viewshed import Mount, Viewshed, viewshed, viewsheds
from gis.visibility import Standing, View, visible_sector

EAST = 90.0


def scene(*buildings: tuple[Polygon, float]) -> Obstacles:
    shapes, heights = [b[0] for b in buildings], [b[1] for b in buildings]
    return build_obstacles(shapes, heights, np.arange(len(shapes)))


def test_low_building_hides_itself_and_its_shadow() -> None:
    # Camera at 9 m, roof 5 m, target 1.5 m: scale (9 - 1.5) / (9 - 5) = 1.875. The house
    # [16, 24] x [-2, 2] hides from x = 16 to x = 24 * 1.875 = 45 along the axis.
    shed = viewshed(scene((box(16, -2, 24, 2), 5.0)), View(0, 0, EAST, 90.0, 100.0), Mount(9.0))
    seen = [x for x in (15.9, 16.1, 30.0, 44.9, 45.1) if shed.certain.contains(Point(x, 0))]
    assert seen == [15.9, 45.1]
    # The shadow is the hull of the house and its image [30, 45] x [-3.75, 3.75]: the trapezium
    # from (16, +-2) to (30, +-3.75), both on slope 1/8, and the image: 14 * (4 + 7.5) / 2 +
    # 15 * 7.5 = 80.5 + 112.5 = 193 m2.
    sector = visible_sector(scene(), View(0, 0, EAST, 90.0, 100.0)).polygon
    assert sector.area - shed.certain.area == pytest.approx(193.0, rel=1e-9)
    assert shed.possible.is_empty


def test_building_below_the_target_hides_nothing() -> None:
    view = View(0, 0, EAST, 90.0, 100.0)
    shed = viewshed(scene((box(16, -2, 24, 2), 1.5)), view, Mount(9.0))
    assert shed.certain.area == pytest.approx(visible_sector(scene(), view).polygon.area)


def test_building_as_high_as_the_camera_hides_all_behind_it() -> None:
    view = View(0, 0, EAST, 90.0, 100.0)
    obstacles = scene((box(16, -2, 24, 2), 9.0))
    plan = visible_sector(obstacles, view).polygon
    assert viewshed(obstacles, view, Mount(9.0)).certain.equals_exact(plan, 1e-9)


def test_courtyard_is_seen_over_a_low_roof_where_the_line_clears_it() -> None:
    # Camera 21.5 m, roof 11.5 m, target 1.5 m: scale 20 / 10 = 2. The near wing [10, 12] hides
    # 10 to 24; the court runs from 12 to 60, so 24 to 60 of it is seen; then the far wing
    # [60, 62] hides up to 124.
    house = Polygon(box(10, -50, 62, 50).exterior, [box(12, -48, 60, 48).exterior])
    view = View(0, 0, EAST, 20.0, 200.0)
    shed = viewshed(scene((house, 11.5)), view, Mount(21.5))
    seen = [x for x in (9.9, 10.1, 23.9, 24.1, 59.9, 60.1, 123.9, 124.1) if _sees(shed, x)]
    assert seen == [9.9, 24.1, 59.9, 124.1]


def _sees(shed: Viewshed, x: float) -> bool:
    return bool(shed.certain.contains(Point(x, 0.0)))


def test_camera_on_a_roof_sees_beyond_its_own_edge() -> None:
    # Roof 10 m over [-8, 8]; camera 2 m above it in the middle: scale (12 - 1.5) / (12 - 10) =
    # 5.25, so the ground is seen from 8 * 5.25 = 42 m on.
    shed = viewshed(scene((box(-8, -80, 8, 80), 10.0)), View(0, 0, EAST, 40.0, 100.0), Mount(12.0))
    assert shed.standing is Standing.CLEAR
    assert [x for x in (7.0, 9.0, 41.9, 42.1) if _sees(shed, x)] == [42.1]


def test_camera_below_the_target_is_hidden_from_by_roofs_between_the_two() -> None:
    # Camera 1 m, target 3 m, roof 2 m: the line passes the house at x = 10 to 12 below the roof
    # if the target is further than k = (3 - 1) / (2 - 1) = 2 times its front: from 20 m on.
    shed = viewshed(
        scene((box(10, -20, 12, 20), 2.0)),
        View(0, 0, EAST, 30.0, 60.0),
        Mount(1.0),
        target_height_m=3.0,
    )
    assert [x for x in (9.0, 11.0, 19.9, 20.1, 55.0) if _sees(shed, x)] == [9.0, 11.0, 19.9]


def test_ground_below_the_picture_is_not_seen() -> None:
    # 8.5 m mast, target 1.5 m: drop 7 m. Tilt 30, vertical field 30: lower edge 45 degrees
    # down, near edge 7 m; upper edge 15 degrees down, far edge 7 / tan 15 = 26.12 m.
    mount = Mount(8.5, tilt_deg=30.0, vfov_deg=30.0)
    shed = viewshed(scene(), View(0, 0, EAST, 60.0, 100.0), mount)
    assert [x for x in (6.9, 7.1, 26.0, 26.2) if _sees(shed, x)] == [7.1, 26.0]


def test_camera_that_looks_at_the_sky_sees_no_ground() -> None:
    mount = Mount(8.5, tilt_deg=-40.0, vfov_deg=30.0)
    shed = viewshed(scene(), View(0, 0, EAST, 60.0, 100.0), mount)
    assert shed.certain.is_empty and shed.possible.is_empty


def test_octant_azimuth_narrows_the_certain_field_and_widens_the_possible() -> None:
    # Field 60 degrees, azimuth +-22.5: certain within 30 - 22.5 = 7.5 degrees, possible up to
    # 52.5 degrees.
    mount = Mount(6.0, azimuth_error_deg=22.5)
    shed = viewshed(scene(), View(0, 0, EAST, 60.0, 100.0), mount)
    r2 = 100.0**2
    assert shed.certain.area == pytest.approx(math.radians(15.0) / 2 * r2, rel=2e-4)
    assert shed.possible.area == pytest.approx(math.radians(90.0) / 2 * r2, rel=2e-4)
    # The border between the two is computed for each: rounding.
    assert shed.certain.intersection(shed.possible).area < 1e-9


def test_field_error_counts_half_on_each_side() -> None:
    shed = viewshed(scene(), View(0, 0, EAST, 60.0, 100.0), Mount(6.0, fov_error_deg=20.0))
    assert shed.certain.area == pytest.approx(math.radians(40.0) / 2 * 1e4, rel=2e-4)
    assert shed.possible.area == pytest.approx(math.radians(40.0) / 2 * 1e4, rel=2e-4)


def test_error_wider_than_the_field_leaves_nothing_certain() -> None:
    shed = viewshed(scene(), View(0, 0, EAST, 40.0, 50.0), Mount(6.0, azimuth_error_deg=22.5))
    assert shed.certain.is_empty
    assert shed.possible.area == pytest.approx(math.radians(85.0) / 2 * 2500.0, rel=2e-4)


def test_unknown_azimuth_makes_the_whole_circle_possible() -> None:
    shed = viewshed(scene(), View(0, 0, math.nan, 60.0, 50.0), Mount(6.0))
    assert shed.certain.is_empty
    assert shed.possible.area == pytest.approx(math.pi * 2500.0, rel=2e-4)


def test_camera_that_sees_all_round_is_certain_without_azimuth() -> None:
    shed = viewshed(scene(), View(0, 0, math.nan, 360.0, 50.0), Mount(6.0, azimuth_error_deg=90.0))
    assert shed.possible.is_empty
    assert shed.certain.area == pytest.approx(math.pi * 2500.0, rel=2e-4)


def test_camera_inside_a_taller_building_sees_nothing_for_certain() -> None:
    house = box(-5, -5, 5, 5)
    shed = viewshed(scene((house, 12.0)), View(0, 0, EAST, 90.0, 50.0), Mount(4.0))
    assert shed.standing is Standing.INSIDE_BUILDING
    assert shed.certain.is_empty
    # A quarter disc less the quarter of the house, 25 m2.
    assert shed.possible.area == pytest.approx(math.pi * 625.0 - 25.0, rel=2e-4)


@pytest.mark.parametrize(
    ("view", "mount", "argument"),
    [
        (View(math.nan, 0, 0, 90, 10), Mount(4.0), "view"),
        (View(0, 0, 0, 0, 10), Mount(4.0), "fov_deg"),
        (View(0, 0, 0, 90, math.inf), Mount(4.0), "range_m"),
        (View(0, 0, 0, 90, 10), Mount(math.nan), "height_m"),
        (View(0, 0, 0, 90, 10), Mount(4.0, azimuth_error_deg=-1.0), "azimuth_error_deg"),
    ],
)
def test_impossible_poses_are_refused_by_name(view: View, mount: Mount, argument: str) -> None:
    with pytest.raises(ArgumentError) as refusal:
        viewshed(scene(), view, mount)
    assert refusal.value.argument == argument


def test_footprints_come_back_with_holes_and_parts() -> None:
    court = Polygon(box(0, 0, 10, 10).exterior, [box(2, 2, 4, 4).exterior])
    pair = shapely.MultiPolygon([box(20, 0, 25, 5), Polygon(box(30, 0, 40, 9).exterior)])
    obstacles = build_obstacles([court, pair, box(50, 50, 60, 60)], [3.0, 4.0, 5.0], [1, 2, 3])
    back = footprints(obstacles, np.array([1, 0, 1]))
    for shape, origin in zip(back, (pair, court, pair), strict=True):
        assert shape.symmetric_difference(origin).area == 0.0


def _village(rng: np.random.Generator) -> tuple[list[Polygon], np.ndarray]:
    shapes = []
    for i in range(-4, 4):
        for j in range(-4, 4):
            w, d = rng.uniform(3.0, 9.0, 2)
            shape = box(-w, -d, w, d)
            if rng.random() < 0.3:
                corner = [(-w, -d), (w, -d), (w, 0), (0, 0), (0, d), (-w, d)]
                shape = Polygon(corner)
            elif rng.random() < 0.3:
                shape = Polygon(shape.exterior, [box(-w / 2, -d / 2, w / 2, d / 2).exterior])
            shape = affinity.rotate(shape, rng.uniform(0, 90), origin=(0, 0))
            shapes.append(affinity.translate(shape, 26.0 * i + 13.0, 26.0 * j + 13.0))
    return shapes, rng.uniform(1.0, 15.0, len(shapes)).round(1)


@pytest.mark.parametrize("seed", range(6))
def test_every_point_agrees_with_the_exact_sightline(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes, heights = _village(rng)
    obstacles = build_obstacles(shapes, heights, np.arange(len(shapes)))
    n, range_m = 40, 80.0
    views = [View(*rng.uniform(-60, 60, 2), 0.0, 360.0, range_m) for _ in range(n)]
    mounts = [Mount(float(h)) for h in rng.uniform(0.5, 12.0, n)]
    seen_cameras = 0
    for view, mount, shed in zip(views, mounts, viewsheds(obstacles, views, mounts), strict=True):
        if shed.standing is Standing.INSIDE_BUILDING:
            assert shed.certain.is_empty
            continue
        seen_cameras += 1
        # 5 cm off the range: the band in which chords differ from the arc.
        r = (range_m - 0.05) * np.sqrt(rng.random(400))
        turn = rng.uniform(0.0, 2.0 * math.pi, 400)
        x, y = view.x + r * np.cos(turn), view.y + r * np.sin(turn)
        lines = sightlines(
            obstacles,
            np.tile([view.x, view.y, mount.height_m], (400, 1)),
            np.stack([x, y, np.full(400, 1.5)], axis=1),
        )
        points = shapely.points(x, y)
        differs = shapely.contains(shed.certain, points) != lines.is_visible
        # On a border itself (nearer than a micrometre) either answer is right.
        off_border = shapely.distance(shed.certain.boundary, points) > 1e-6
        assert not (differs & off_border).any(), (view, mount)
    assert seen_cameras > 10
    assert Spot(0.0, 0.0).height_m == 1.5  # the target height that both sides take by default
