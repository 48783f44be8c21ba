"""Exact coverage figures: cases worked by hand, points looked at one by one, and laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiLineString, Polygon, box

from gis.coverage import Subjects
from gis.density import band_reach
from gis.errors import ArgumentError
from gis.exactcover import changed_figures, exact_figures, plot_figures, plots_of
from gis.obstacles import build_obstacles
from gis.poseground import grounds_of
from gis.poses import PoseColumns, build_poses
from gis.seenground import seen_grounds
from gis.viewshed import Mount, viewshed
from gis.visibility import View

AREA, ROAD, OUTLINE = 0, 1, 2
CERTAIN, POSSIBLE, ONE, MORE = 0, 1, 2, 3
NO_BUILDINGS = np.empty(0, dtype=object)


def array(*shapes):
    found = np.empty(len(shapes), dtype=object)
    found[:] = list(shapes)
    return found


def subjects(*areas, roads=None, outlines=None):
    none = [LineString()] * len(areas)
    return Subjects(array(*areas), array(*(roads or none)), array(*(outlines or none)))


def looking_at(*views, possible=None):
    """Grounds of one band from ready polygons."""
    perhaps = possible or [Polygon()] * len(views)
    return seen_grounds(
        (20.0,), np.arange(len(views)), array(*views)[:, None], array(*perhaps)[:, None]
    )


def test_parts_of_an_area_add_up_by_hand():
    # 10 x 10 with a house of 2 x 2: 96 m2. Two views of 4 x 10 overlap by 1 x 10, less the house's
    # 1 x 2 of it and 2 x 2 in all: once 7 x 10 - 4 = 66, twice 10 - 2 = 8. Perhaps all of 9 x 10:
    # 90 - 4 - 66 = 20.
    grounds = looking_at(
        box(0, 0, 4, 10), box(3, 0, 7, 10), Polygon(), possible=[Polygon()] * 2 + [box(0, 0, 9, 10)]
    )
    figures = exact_figures(grounds, subjects(box(0, 0, 10, 10)), array(box(2, 4, 4, 6)))
    assert figures.totals[AREA, 0] == 96.0
    assert figures.seen[AREA, 0, 0] == pytest.approx([66.0, 20.0, 58.0, 8.0], abs=1e-3)
    assert figures.shares()[AREA, 0, 0, CERTAIN] == pytest.approx(66.0 / 96.0)


def test_roads_are_measured_within_the_views():
    road = MultiLineString([[(0, 1), (10, 1)], [(5, 0), (5, 10)]])
    grounds = looking_at(box(0, 0, 4, 10), box(3, 0, 6, 10))
    figures = exact_figures(grounds, subjects(box(0, 0, 10, 10), roads=[road]), NO_BUILDINGS)
    # Across: 0 to 6 once, 3 to 4 twice; along x = 5: all 10 m once.
    assert figures.totals[ROAD, 0] == 20.0
    assert figures.seen[ROAD, 0, 0] == pytest.approx([16.0, 0.0, 15.0, 1.0], abs=1e-3)


def test_wall_of_a_building_can_be_seen_though_no_view_enters_it():
    # A view that ends on the west face of a house and covers 6 of its 10 m: the outline is looked
    # at half a metre before the wall, so the west face counts and the others do not.
    house = box(20, 0, 30, 10)
    grounds = looking_at(box(0, -5, 20, 6))
    figures = exact_figures(
        grounds,
        subjects(box(0, -10, 50, 20), outlines=[LineString(house.exterior)]),
        array(house),
    )
    assert figures.totals[OUTLINE, 0] == pytest.approx(40.0)
    # Half a metre of the south face's stand-off line does not reach under x = 20.
    assert figures.seen[OUTLINE, 0, 0, CERTAIN] == pytest.approx(6.0, abs=1e-3)


def test_fence_in_the_open_is_looked_at_where_it_stands():
    fence = LineString([(0, 5), (10, 5)])
    figures = exact_figures(
        looking_at(box(0, 4.9, 3, 5.1)), subjects(box(0, 0, 10, 10), outlines=[fence]), NO_BUILDINGS
    )
    assert figures.seen[OUTLINE, 0, 0] == pytest.approx([3.0, 0.0, 3.0, 0.0], abs=1e-3)


def test_subject_without_ground_has_figures_of_nought():
    figures = exact_figures(
        looking_at(box(0, 0, 9, 9)), subjects(box(2, 2, 4, 4)), array(box(0, 0, 5, 5))
    )
    assert not figures.totals.any() and not figures.seen.any()
    assert np.isnan(figures.shares()).all()


def test_no_camera_and_no_subject_are_allowed():
    none = seen_grounds((20.0,), [], np.empty((0, 1), object), np.empty((0, 1), object))
    assert not exact_figures(none, subjects(box(0, 0, 1, 1)), NO_BUILDINGS).seen.any()
    assert exact_figures(looking_at(box(0, 0, 1, 1)), subjects(), NO_BUILDINGS).seen.size == 0


def test_camera_given_twice_is_refused():
    views = array(box(0, 0, 1, 1), box(0, 0, 1, 1))[:, None]
    with pytest.raises(ArgumentError):
        seen_grounds((20.0,), [4, 4], views, views)


def scene(seed=0, *, n_cameras=12, more_houses=()):
    """Turned houses with heights on a lattice of 26 m, and cameras of all kinds among them."""
    rng = np.random.default_rng(seed)
    houses = []
    for i in range(-3, 3):
        for j in range(-3, 3):
            w, d = rng.uniform(3.0, 9.0, 2)
            house = shapely.affinity.rotate(box(-w, -d, w, d), rng.uniform(0, 90), origin=(0, 0))
            houses.append(shapely.affinity.translate(house, 26.0 * i + 13.0, 26.0 * j + 13.0))
    heights = [*rng.uniform(1.0, 15.0, len(houses)).round(1), *([9.0] * len(more_houses))]
    houses = array(*houses, *more_houses)
    n = n_cameras
    azimuth = np.where(rng.random(n) < 0.2, math.nan, rng.uniform(0, 360, n))
    poses = build_poses(
        PoseColumns(
            camera_index=100 + np.arange(n),
            x=rng.uniform(-60, 60, n),
            y=rng.uniform(-60, 60, n),
            height_m=rng.uniform(2.0, 12.0, n),
            azimuth_deg=azimuth,
            fov_deg=rng.choice([40.0, 60.0, 90.0, 360.0], n),
            range_m=rng.uniform(30.0, 90.0, n),
            azimuth_error_deg=rng.choice([0.0, 0.0, 22.5], n),
            fov_error_deg=rng.choice([0.0, 0.0, 8.0], n),
            width_px=rng.choice([1920.0, 3840.0], n),
        )
    )
    return houses, build_obstacles(houses, heights, np.arange(len(houses))), poses


BANDS = (20.0, 40.0, 80.0, 125.0)


def seen(obstacles, poses, rows=None):
    chosen = np.arange(len(poses)) if rows is None else rows
    return grounds_of(obstacles, poses, chosen, reach=band_reach(poses, BANDS))


def quarters():
    return subjects(
        *(box(x, y, x + 60, y + 60) for x in (-60, 0) for y in (-60, 0)),
        roads=[LineString([(x + 3, y), (x + 50, y + 60)]) for x in (-60, 0) for y in (-60, 0)],
        outlines=[
            LineString(box(x + 20, y + 20, x + 35, y + 30).exterior)
            for x in (-60, 0)
            for y in (-60, 0)
        ],
    )


@pytest.mark.parametrize("seed", range(3))
def test_grounds_keep_to_the_viewsheds_and_the_discs(seed):
    _, obstacles, poses = scene(seed)
    grounds, reach = seen(obstacles, poses), band_reach(poses, BANDS)
    for i in range(len(poses)):
        view = View(
            *(float(c[i]) for c in (poses.x, poses.y, poses.azimuth_deg, poses.fov_deg)), 200.0
        )
        errors = (float(poses.azimuth_error_deg[i]), float(poses.fov_error_deg[i]))
        shed = viewshed(
            obstacles, view, Mount(float(poses.height_m[i]), math.nan, math.nan, *errors)
        )
        spot = shapely.Point(view.x, view.y)
        for band in range(len(BANDS)):
            near, far = (spot.buffer(r[i, band], 400) for r in (reach.certain_m, reach.possible_m))
            sure = shed.certain.intersection(near)
            whole = shapely.union_all([shed.certain, shed.possible]).intersection(far)
            # Arcs are chords: at most 1e-4 of the radius and 5 cm off, all round.
            slack = 2e-4 * math.tau * reach.possible_m[i, band] ** 2 + 1e-6
            certain, possible = grounds.certain[i, band], grounds.possible[i, band]
            assert certain.difference(sure).area <= 1e-3
            assert sure.area - certain.area <= slack
            assert certain.intersection(possible).area <= 1e-6
            assert certain.area + possible.area == pytest.approx(whole.area, abs=slack)


def test_poses_of_one_camera_are_one():
    _, obstacles, poses = scene(5, n_cameras=4)
    columns = {
        name: getattr(poses, name) for name in PoseColumns.__slots__ if name != "camera_index"
    }
    paired = build_poses(PoseColumns(camera_index=[7, 8, 7, 8], **columns))
    apart, joined = seen(obstacles, poses), seen(obstacles, paired)
    assert joined.camera_index.tolist() == [7, 8]
    for camera, rows in enumerate(([0, 2], [1, 3])):
        for band in range(len(BANDS)):
            whole = shapely.union_all([apart.certain[rows, band], apart.possible[rows, band]])
            sure = shapely.union_all(apart.certain[rows, band])
            assert joined.certain[camera, band].area == pytest.approx(sure.area, abs=1e-6)
            perhaps = whole.area - sure.area
            assert joined.possible[camera, band].area == pytest.approx(perhaps, abs=1e-6)


def overlaid(grounds, subject, built):
    """Figures of one subject by unions, differences and pairs of GEOS: (bands, parts)."""
    ground = subject.difference(shapely.union_all(built))
    rows = []
    for band in range(len(grounds.px_per_m)):
        views = grounds.certain[:, band]
        once = shapely.union_all(views).intersection(ground)
        pairs = [one.intersection(other) for i, one in enumerate(views) for other in views[:i]]
        more = shapely.union_all(pairs).intersection(ground)
        whole = shapely.union_all([*views, *grounds.possible[:, band]]).intersection(ground)
        perhaps = whole.difference(once)
        rows.append([once.area, perhaps.area, once.difference(more).area, more.area])
    return np.array(rows)


@pytest.mark.parametrize("seed", range(4))
def test_figures_equal_plain_overlays(seed):
    houses, obstacles, poses = scene(seed)
    grounds = seen(obstacles, poses)
    figures = exact_figures(grounds, quarters(), houses)
    for i, area in enumerate(quarters().areas):
        # 4 micrometres of rounding along some kilometres of border.
        np.testing.assert_allclose(figures.seen[0, i], overlaid(grounds, area, houses), atol=0.01)


def changed_scene(seed, change):
    """Grounds before and after one camera is added, taken away or replaced by another."""
    houses, obstacles, poses = scene(seed, n_cameras=14)
    full = seen(obstacles, poses)
    rng = np.random.default_rng(seed)
    camera = 100 + int(rng.integers(14))
    if change == "added":
        return houses, full.without([camera]), full, camera
    if change == "removed":
        return houses, full, full.without([camera]), camera
    _, _, others = scene(seed + 1, n_cameras=14)
    moved = seen(obstacles, others, [camera - 100])
    return houses, full, full.with_cameras(moved), camera


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 200), st.sampled_from(["added", "removed", "moved"]))
def test_changed_figures_equal_a_full_count(seed, change):
    houses, before, after, camera = changed_scene(seed, change)
    plots = plots_of(quarters(), houses)
    figures = changed_figures(before, after, plots, plot_figures(before, plots), [camera])
    full = plot_figures(after, plots)
    # Asked for: 1e-6 relative and 1e-3 m2. Promised: the same bits.
    np.testing.assert_array_equal(figures.seen, full.seen)
    np.testing.assert_array_equal(figures.totals, full.totals)


def test_camera_far_from_a_subject_leaves_its_figures_alone():
    near, far = box(0, 0, 4, 4), box(100, 0, 104, 4)
    before, after = looking_at(near), looking_at(near, far)
    plots = plots_of(subjects(box(0, 0, 9, 9), box(98, 0, 109, 9)), NO_BUILDINGS)
    figures = plot_figures(before, plots)
    marked = figures.seen.copy()
    marked[0, 0] = -1.0  # would be counted over if the subject were touched
    spoiled = type(figures)(figures.px_per_m, figures.totals, marked)
    changed = changed_figures(before, after, plots, spoiled, [1])
    assert (changed.seen[0, 0] == -1.0).all()
    assert changed.seen[0, 1, 0, ONE] == pytest.approx(16.0, abs=1e-3)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 200))
def test_another_camera_never_lowers_what_is_seen(seed):
    houses, fewer, more, _ = changed_scene(seed, "added")
    plots = plots_of(quarters(), houses)
    less, plus = plot_figures(fewer, plots).seen, plot_figures(more, plots).seen
    for part in (CERTAIN, MORE):
        assert (plus[..., part] >= less[..., part] - 1e-6).all()
    whole = [seen[..., CERTAIN] + seen[..., POSSIBLE] for seen in (less, plus)]
    assert (whole[1] >= whole[0] - 1e-6).all()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 200))
def test_another_building_never_adds_to_what_is_seen(seed):
    _, obstacles, poses = scene(seed)
    houses, crowded, _ = scene(seed, more_houses=[box(-4, -4, 4, 4), box(24, -3, 29, 3)])
    # The ground stays the same, so that only sight differs.
    plots = plots_of(quarters(), houses)
    fewer, more = (plot_figures(seen(o, poses), plots).seen for o in (obstacles, crowded))
    inside = shapely.contains(shapely.union_all(houses[-2:]), shapely.points(poses.x, poses.y))
    if not inside.any():
        assert (more[0, ..., CERTAIN] <= fewer[0, ..., CERTAIN] + 0.01).all()
        assert (more[0, ..., MORE] <= fewer[0, ..., MORE] + 0.01).all()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 200), st.floats(-180, 180), st.floats(-5000, 5000))
def test_rigid_motion_keeps_the_figures(seed, turn, shift):
    houses, obstacles, poses = scene(seed)
    here = exact_figures(seen(obstacles, poses), quarters(), houses)

    def moved(shapes):
        return array(
            *(
                shapely.affinity.translate(
                    shapely.affinity.rotate(shape, -turn, origin=(0, 0)), shift, 2.0 * shift
                )
                for shape in shapes
            )
        )

    a = math.radians(turn)
    columns = {n: getattr(poses, n) for n in PoseColumns.__slots__}
    columns["x"] = poses.x * math.cos(a) + poses.y * math.sin(a) + shift
    columns["y"] = -poses.x * math.sin(a) + poses.y * math.cos(a) + 2.0 * shift
    columns["azimuth_deg"] = poses.azimuth_deg + turn
    there_poses = build_poses(PoseColumns(**columns))
    there_obstacles = build_obstacles(moved(houses), obstacles.height_m, obstacles.ids)
    q = quarters()
    place = Subjects(moved(q.areas), moved(q.roads), moved(q.outlines))
    there = exact_figures(seen(there_obstacles, there_poses), place, moved(houses))
    # The corners of discs do not turn along: up to 1e-4 of the radius along each arc.
    np.testing.assert_allclose(there.totals, here.totals, rtol=1e-9)
    np.testing.assert_allclose(there.seen[AREA], here.seen[AREA], atol=4.0, rtol=2e-3)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 200), st.floats(0.5, 3.0))
@example(85, 0.75)  # scaled views that cross themselves at their highest corner
def test_twice_the_size_gives_the_square_of_the_figures(seed, scale):
    houses, _, poses = scene(seed)

    def larger(shapes):
        return array(*(shapely.affinity.scale(s, scale, scale, origin=(0, 0)) for s in shapes))

    views = seen(build_obstacles(houses, [9.0] * len(houses), np.arange(len(houses))), poses)
    wider = seen_grounds(
        BANDS,
        views.camera_index,
        larger(views.certain.ravel()).reshape(views.certain.shape),
        larger(views.possible.ravel()).reshape(views.possible.shape),
    )
    q = quarters()
    here = exact_figures(views, q, houses)
    there = exact_figures(
        wider, Subjects(larger(q.areas), larger(q.roads), q.outlines), larger(houses)
    )
    np.testing.assert_allclose(there.seen[AREA], scale**2 * here.seen[AREA], atol=0.05)
    np.testing.assert_allclose(there.seen[ROAD], scale * here.seen[ROAD], atol=1e-3)
