"""Siting among buildings: who may stand where, what it sees, and what is proposed."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import LineString, Point, Polygon, box

from gis.candidates import (
    SOURCES,
    are_built,
    area_spots,
    corner_spots,
    grid_points,
    joined_spots,
    pole_spots,
    road_spots,
    thinned,
)
from gis.errors import ArgumentError, CrsError, GeometryError
from gis.obstacles import Obstacles, build_obstacles
from gis.poses import PoseColumns, build_poses
from gis.siteplan import Ground, Land, SitePlan, Wish, plan_sites
from gis.siteview import cells_seen, lenses_for, options_of
from gis.siting import propose
from gis.viewshed import Mount, viewshed
from gis.visibility import View

SQUARE = box(0, 0, 100, 100)


def shapes(*items: shapely.Geometry) -> np.ndarray:
    out = np.empty(len(items), dtype=object)
    out[:] = items
    return out


def scene(*buildings: tuple[Polygon, float]) -> Obstacles:
    polygons, heights = [b[0] for b in buildings], [b[1] for b in buildings]
    return build_obstacles(polygons, heights, np.arange(len(polygons)))


def ground_of(within: Polygon, obstacles: Obstacles, step_m: float = 5.0) -> Ground:
    x, y = grid_points(within, step_m)
    free = ~are_built(obstacles, x, y)
    x, y = x[free], y[free]
    return Ground(x, y, np.full(len(x), step_m**2), np.ones(len(x)))


def planned(land: Land, spots, ground: Ground, **wish: object) -> SitePlan:
    return plan_sites(land, spots, ground, Wish(**({"budget": 1, "seconds": 20.0} | wish)))


def test_corner_carries_a_camera_that_looks_outwards() -> None:
    spots = corner_spots(scene((box(40, 40, 60, 60), 9.0)), SQUARE, height_m=4.0)
    assert len(spots) == 4
    north_east = int(np.argmax(spots.x + spots.y))
    # 0.3 m along the bisector of a right angle: 0.3 / sqrt 2 each way.
    assert spots.x[north_east] == pytest.approx(60.0 + 0.3 / np.sqrt(2.0))
    assert spots.facing_deg[north_east] == pytest.approx(45.0)
    assert spots.open_deg.tolist() == pytest.approx([270.0] * 4)


def test_inner_corner_low_roof_and_far_building_carry_none() -> None:
    bent = Polygon([(0, 0), (40, 0), (40, 20), (20, 20), (20, 40), (0, 40)])
    spots = corner_spots(
        scene((bent, 9.0), (box(60, 60, 70, 70), 3.0), (box(500, 0, 510, 10), 9.0)),
        box(-10, -10, 100, 100),
        height_m=4.0,
    )
    assert len(spots) == 5
    assert not np.any((np.abs(spots.x - 20) < 1) & (np.abs(spots.y - 20) < 1))


def test_road_spots_stand_at_alternating_kerbs_no_farther_apart_than_asked() -> None:
    spots = road_spots(shapes(LineString([(0, 50), (100, 50)])), SQUARE, every_m=30.0)
    # 100 m in 4 pieces of 25 m: middles at 12.5, 37.5, ...
    assert spots.x.tolist() == pytest.approx([12.5, 37.5, 62.5, 87.5])
    assert spots.y.tolist() == pytest.approx([46.0, 54.0, 46.0, 54.0])


def test_area_gives_a_grid_and_at_least_its_middle() -> None:
    assert len(area_spots(SQUARE, every_m=25.0)) == 16
    assert len(area_spots(box(1, 1, 2, 2), every_m=25.0)) == 1


def test_joined_spots_keep_their_sources_and_neighbours_are_thinned() -> None:
    spots = joined_spots(pole_spots([1.0, 1.2], [1.0, 1.0]), area_spots(SQUARE, every_m=50.0))
    assert [SOURCES[k] for k in spots.source] == ["poles", "poles", "area", "area", "area", "area"]
    assert thinned(spots, 5.0).row.tolist() == [0, 2, 3, 4, 5]


def test_axis_keeps_to_the_open_side_and_a_panorama_is_not_turned() -> None:
    spots = corner_spots(scene((box(40, 40, 60, 60), 9.0)), SQUARE, height_m=4.0)
    lenses = lenses_for(np.array([90.0, 360.0]), width_px=1920, height_m=4.0, px_per_m=20.0)
    options = options_of(spots.only(np.array([0])), lenses)
    off = np.abs((options.azimuth_deg - spots.facing_deg[0] + 180) % 360 - 180)
    narrow = options.lens == 0
    # Eight azimuths 45 degrees apart, 135 to either side of the middle: seven.
    assert (narrow.sum(), (~narrow).sum()) == (7, 1) or off[narrow].max() <= 135.0


def test_cells_seen_are_those_in_the_exact_viewshed() -> None:
    obstacles = scene((box(30, 30, 50, 60), 3.0), (box(60, 10, 70, 40), 12.0))
    ground = ground_of(SQUARE, obstacles, 2.0)
    spots = pole_spots([10.0, 80.0], [20.0, 70.0])
    lenses = lenses_for(np.array([60.0, 100.0]), width_px=1920, height_m=6.0, px_per_m=20.0)
    options = options_of(spots, lenses)
    starts, cells = cells_seen((obstacles, None), (spots, lenses, options), (ground.x, ground.y))
    for j in range(len(options)):
        spot, lens = int(options.spot[j]), int(options.lens[j])
        view = View(
            float(spots.x[spot]), float(spots.y[spot]), float(options.azimuth_deg[j]),
            float(lenses.fov_deg[lens]), float(lenses.reach_m[lens]),
        )  # fmt: skip
        shed = viewshed(obstacles, view, Mount(6.0)).certain
        shapely.prepare(shed)
        found = np.zeros(len(ground.x), dtype=bool)
        found[cells[starts[j] : starts[j + 1]]] = True
        clear_of_edge = ~shapely.dwithin(shed.boundary, shapely.points(ground.x, ground.y), 0.06)
        truth = shapely.contains_xy(shed, ground.x, ground.y)
        assert np.array_equal(found[clear_of_edge], truth[clear_of_edge])


def test_camera_is_proposed_where_it_sees_most_and_says_why() -> None:
    wall = scene((box(48, 0, 52, 100), 20.0))
    ground = ground_of(SQUARE, wall)
    west_only = np.where(ground.x < 48, 1.0, 0.0)
    ground = Ground(ground.x, ground.y, ground.area_m2, west_only)
    plan = planned(Land(wall), pole_spots([40.0, 60.0], [50.0, 50.0]), ground)
    assert plan.spots.row[plan.options.spot].tolist() == [0]
    assert plan.options.azimuth_deg.tolist() == [270.0]
    assert plan.gain.sum() == pytest.approx(plan.siting.value)
    assert plan.gain_m2[0] == len(plan.seen[0]) * 25.0
    assert plan.siting.is_optimal


def test_ground_that_existing_cameras_see_earns_nothing_and_is_told_as_overlap() -> None:
    empty = scene()
    ground = ground_of(SQUARE, empty)
    poses = build_poses(PoseColumns([7], 50.0, 50.0, 4.0, 0.0, 180.0, 200.0, width_px=8000.0))
    plan = planned(
        Land(empty, poses=poses), pole_spots([50.0], [50.0]), ground, fov_deg=(100.0,), azimuths=4
    )
    # The northern half is seen; looking south the picture repeats nothing.
    assert (plan.options.azimuth_deg.tolist(), plan.overlap_share.tolist()) == ([180.0], [0.0])
    both = planned(
        Land(empty, poses=poses), pole_spots([50.0], [50.0]), ground, budget=4, per_spot=4,
        fov_deg=(100.0,), azimuths=4,
    )  # fmt: skip
    # East and west see half new, half known ground; north sees only known and is not proposed.
    assert both.options.azimuth_deg.tolist()[0] == 180.0
    assert set(both.options.azimuth_deg.tolist()) == {180.0, 90.0, 270.0}
    assert both.overlap_share[1] == pytest.approx(0.5, abs=0.05)


def test_no_camera_stands_in_a_building_or_a_restricted_area() -> None:
    house = scene((box(40, 40, 60, 60), 9.0))
    spots = pole_spots([50.0, 10.0, 80.0, 20.0], [50.0, 10.0, 80.0, 80.0])
    land = Land(house, forbidden=shapes(box(0, 0, 20, 20)), closed=shapes(box(70, 70, 90, 90)))
    plan = planned(land, spots, ground_of(SQUARE, house), budget=4)
    assert set(plan.spots.row.tolist()) == {3}
    assert plan.counts["spots_unlawful"] == 2
    assert plan.counts["spots_open"] == 1


def test_no_view_enters_a_forbidden_area_unless_a_wall_hides_it() -> None:
    forbidden = box(60, 45, 70, 55)
    spots, ground = pole_spots([30.0], [50.0]), ground_of(SQUARE, scene())
    free = planned(Land(scene()), spots, ground, fov_deg=(40.0,), budget=8, per_spot=8)
    kept = planned(
        Land(scene(), forbidden=shapes(forbidden)), spots, ground,
        fov_deg=(40.0,), budget=8, per_spot=8,
    )  # fmt: skip
    assert 90.0 in free.options.azimuth_deg
    assert 90.0 not in kept.options.azimuth_deg
    assert len(kept) == len(free) - 1
    assert shapely.area(shapely.intersection(kept.views, forbidden)).max() < 1e-6
    wall = scene((box(50, 30, 52, 70), 9.0))
    hidden = planned(
        Land(wall, forbidden=shapes(forbidden)), spots, ground_of(SQUARE, wall),
        fov_deg=(40.0,), budget=8, per_spot=8,
    )  # fmt: skip
    assert 90.0 in hidden.options.azimuth_deg


def test_a_long_lens_costs_what_it_costs() -> None:
    spots, ground = pole_spots([0.0, 100.0], [0.0, 100.0]), ground_of(SQUARE, scene())
    wish = {"fov_deg": (90.0, 45.0), "lens_cost": (1.0, 3.0), "px_per_m": 80.0}
    cheap = planned(Land(scene()), spots, ground, budget=2.0, **wish)
    assert (cheap.cost.sum(), len(cheap)) == (2.0, 2)
    dear = planned(Land(scene()), spots, ground, budget=6.0, **wish)
    assert dear.cost.sum() <= 6.0
    assert dear.siting.value >= cheap.siting.value


def test_what_a_camera_hangs_on_has_its_price() -> None:
    spots = joined_spots(pole_spots([50.0], [50.0]), pole_spots([52.0], [50.0], source="roads"))
    ground = ground_of(SQUARE, scene())
    prices = {"poles": 8000.0, "roads": 26_000.0}
    one = planned(Land(scene()), spots, ground, budget=10_000.0, source_cost=prices)
    assert (one.cost.tolist(), one.spots.source[one.options.spot].tolist()) == ([8000.0], [0])
    none = planned(Land(scene()), spots, ground, budget=7000.0, source_cost=prices)
    assert len(none) == 0


def test_nothing_lawful_means_nothing_proposed() -> None:
    land = Land(scene(), forbidden=shapes(SQUARE))
    plan = planned(land, pole_spots([50.0], [50.0]), ground_of(SQUARE, scene()))
    assert (len(plan), plan.siting.value, plan.siting.is_optimal) == (0, 0.0, True)


@pytest.mark.parametrize(
    "wish", [{"fov_deg": ()}, {"fov_deg": (400.0,)}, {"lens_cost": (1.0, 2.0)}, {"azimuths": 0}]
)
def test_wish_outside_its_range_is_refused(wish: dict[str, object]) -> None:
    with pytest.raises(ArgumentError):
        Wish(budget=1, **wish)  # type: ignore[arg-type]


CRS = "EPSG:32649"


def frames() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    candidates = gpd.GeoDataFrame(
        index=["pole 1", "pole 2"], geometry=[Point(40, 50), Point(60, 50)], crs=CRS
    )
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(0, 45, 5), np.arange(0, 100, 5)))
    ground = gpd.GeoDataFrame(
        {"weight": np.ones(len(x))}, geometry=shapely.box(x, y, x + 5, y + 5), crs=CRS
    )
    wall = gpd.GeoDataFrame({"height_m": [20.0]}, geometry=[box(48, 0, 52, 100)], crs=CRS)
    return candidates, ground, wall


def test_frames_in_proposals_out() -> None:
    found = propose(*frames(), Wish(budget=1, seconds=20.0))
    assert found["candidate"].tolist() == ["pole 1"]
    assert found.crs == CRS
    assert found["azimuth_deg"].tolist() == [270.0]
    assert found.attrs["is_optimal"]
    assert found.attrs["value"] == pytest.approx(found["gain"].sum())


def test_frames_that_are_not_in_one_metric_crs_are_refused() -> None:
    candidates, ground, wall = frames()
    with pytest.raises(CrsError):
        propose(candidates, ground.to_crs(4326), wall, Wish(budget=1))
    with pytest.raises(CrsError):
        propose(candidates.to_crs(4326), ground, wall, Wish(budget=1))
    with pytest.raises(GeometryError, match="candidates"):
        propose(ground, ground, wall, Wish(budget=1))
