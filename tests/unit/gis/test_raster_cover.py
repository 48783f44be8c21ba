"""Coverage by counting cells, against every cell centre judged by the exact sightline."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon, box

from gis.coverage import Subjects
from gis.density import band_reach
from gis.errors import ArgumentError, GeometryError
from gis.frame import frame_for
from gis.obstacles import build_obstacles
from gis.optics import far_edge_m, near_edge_m
from gis.poses import PoseColumns, PoseTable, build_poses
from gis.rastercover import cover_plan, raster_figures, summed, tile_counts
from gis.rasterfill import to_plane, to_raster
from gis.rastersole import camera_amounts
from gis.sightline import sightlines

# The first test compiles the kernels: half a minute of a core, more beside other work.
pytestmark = pytest.mark.timeout(600)

SUZHOU = Path(__file__).parents[3].parent / "shared/data/cn/suzhou_buildings.json"
BANDS = (20.0, 40.0, 80.0, 125.0)
NO_LINE = LineString()


def subjects(areas, roads=None, outlines=None) -> Subjects:
    def column(lines):
        out = np.empty(len(areas), dtype=object)
        out[:] = [NO_LINE] * len(areas) if lines is None else lines
        return out

    shapes = np.empty(len(areas), dtype=object)
    shapes[:] = areas
    return Subjects(shapes, column(roads), column(outlines))


def town(*buildings: tuple[Polygon, float]):
    shapes = [b[0] for b in buildings]
    return build_obstacles(shapes, [b[1] for b in buildings], np.arange(len(shapes)))


def centres(area: Polygon, cell_m: float = 1.0) -> np.ndarray:
    """Centres x, y of the raster's cells in an area, by shapely."""
    corners = np.array(shapely.box(*area.bounds).exterior.coords)
    u, v = to_raster(corners[:, 0], corners[:, 1])
    columns = np.arange(math.floor(u.min() / cell_m), math.ceil(u.max() / cell_m)) + 0.5
    rows = np.arange(math.floor(v.min() / cell_m), math.ceil(v.max() / cell_m)) + 0.5
    grid = np.meshgrid(columns * cell_m, rows * cell_m)
    x, y = to_plane(grid[0].ravel(), grid[1].ravel())
    inside = shapely.contains_xy(area, x, y)
    return np.stack([x[inside], y[inside]], axis=1)


def brute_levels(buildings, poses: PoseTable, spots: np.ndarray, target_m: float = 1.5):
    """Band for sure and at least perhaps of every camera at every spot: int (cameras, spots)."""
    shapes, heights = [b[0] for b in buildings], np.array([b[1] for b in buildings])
    reach = band_reach(poses, BANDS, target_height_m=target_m)
    cameras = list(np.unique(poses.camera_index))
    sure = np.zeros((len(cameras), len(spots)), dtype=int)
    perhaps = np.zeros_like(sure)
    for i in range(len(poses)):
        place = (poses.x[i], poses.y[i])
        dx, dy = spots[:, 0] - place[0], spots[:, 1] - place[1]
        away, bearing = np.hypot(dx, dy), np.degrees(np.arctan2(dx, dy))
        axis = poses.azimuth_deg[i] - poses.convergence_deg[i]
        off = np.abs((bearing - axis + 180.0) % 360.0 - 180.0)
        slack = poses.azimuth_error_deg[i] + poses.fov_error_deg[i] / 2.0
        half = poses.fov_deg[i] / 2.0
        in_sure, in_widest = (off <= half - slack) & (half > slack), off <= half + slack
        if poses.fov_deg[i] >= 360.0:
            in_sure, in_widest = off >= 0.0, off >= 0.0
        elif np.isnan(axis):
            in_sure, in_widest = away < 0.0, away >= 0.0
        near, far = 0.0, poses.range_m[i]
        if not np.isnan(poses.tilt_deg[i]):
            drop = poses.height_m[i] - target_m
            near = near_edge_m(drop, poses.tilt_deg[i], poses.vfov_deg[i])
            far = min(far, far_edge_m(drop, poses.tilt_deg[i], poses.vfov_deg[i]))
        in_range = (away > near) & (away <= far)
        holds = [
            k
            for k in range(len(shapes))
            if heights[k] > poses.height_m[i] and shapes[k].contains(Point(place))
        ]
        kept = [k for k in range(len(shapes)) if k not in holds[:1]]
        scene = build_obstacles([shapes[k] for k in kept], heights[kept], kept)
        asked = np.flatnonzero(in_widest & in_range)
        from_camera = np.tile([*place, poses.height_m[i]], (len(asked), 1))
        to_spot = np.column_stack([spots[asked], np.full(len(asked), target_m)])
        clear = np.zeros(len(spots), dtype=bool)
        if len(asked):
            clear[asked] = sightlines(scene, from_camera, to_spot).is_visible
        if holds:
            in_sure[:] = False
        row = cameras.index(poses.camera_index[i])
        for b in range(len(BANDS)):
            now_sure = clear & in_sure & (away <= reach.certain_m[i, b])
            now_perhaps = now_sure | (clear & (away <= reach.possible_m[i, b]))
            sure[row, now_sure] = np.maximum(sure[row, now_sure], b + 1)
            perhaps[row, now_perhaps] = np.maximum(perhaps[row, now_perhaps], b + 1)
    return sure, perhaps


def brute_figures(buildings, poses: PoseTable, area: Polygon):
    """Total and (bands, 4) parts in cells of one area, by `brute_levels`."""
    spots = centres(area)
    built = shapely.union_all([b[0] for b in buildings]) if buildings else Polygon()
    spots = spots[~shapely.contains_xy(built, spots[:, 0], spots[:, 1])]
    sure, perhaps = brute_levels(buildings, poses, spots)
    parts = np.zeros((len(BANDS), 4))
    for b in range(len(BANDS)):
        seeing = (sure > b).sum(axis=0)
        maybe = (seeing == 0) & (perhaps > b).any(axis=0)
        parts[b] = (seeing > 0).sum(), maybe.sum(), (seeing == 1).sum(), (seeing > 1).sum()
    return len(spots), parts


COURT = Polygon(box(40, 40, 80, 80).exterior, [box(50, 50, 70, 70).exterior])
QUARTER = [
    (COURT, 8.0),
    (box(90, 35, 110, 60), 3.5),
    (box(100, 50, 125, 75), 5.0),  # overlaps the one before
    (Polygon([(20, 90), (60, 90), (60, 96), (26, 96), (26, 120), (20, 120)]), 4.0),
    (box(85, 90, 95, 100), 1.0),  # lower than the target
    (box(130, 20, 140, 140), 30.0),
]


def pose_columns(**changed) -> PoseColumns:
    columns = {
        # Two sensors of one camera; a courtyard; inside a house; a roof; unknown azimuth; a dome;
        # tilted; an error wider than the field; one below the target.
        "camera_index": [7, 7, 2, 3, 4, 5, 6, 8, 9, 10],
        "x": [85.0, 85.0, 60.0, 45.0, 105.0, 10.0, 115.0, 30.0, 70.0, 5.0],
        "y": [20.0, 20.0, 60.0, 45.0, 45.0, 10.0, 110.0, 130.0, 130.0, 60.0],
        "height_m": [6.0, 6.0, 6.0, 5.0, 9.0, 4.0, 7.0, 6.0, 6.0, 1.2],
        "azimuth_deg": [0.0, 50.0, 200.0, 45.0, 300.0, math.nan, 0.0, 120.0, 200.0, 90.0],
        "fov_deg": [70.0, 70.0, 300.0, 90.0, 120.0, 60.0, 360.0, 60.0, 40.0, 90.0],
        "range_m": 90.0,
        "azimuth_error_deg": [5.0, 0.0, 10.0, 0.0, 0.0, 0.0, 0.0, 3.0, 30.0, 0.0],
        "fov_error_deg": [4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0],
        "tilt_deg": [*[math.nan] * 7, 20.0, math.nan, math.nan],
        "vfov_deg": [*[math.nan] * 7, 30.0, math.nan, math.nan],
        "width_px": [
            4000.0,
            4000.0,
            1920.0,
            1920.0,
            2560.0,
            1920.0,
            9000.0,
            4000.0,
            2560.0,
            2560.0,
        ],
        "lens_deg": [*[math.nan] * 6, 60.0, *[math.nan] * 3],
        "convergence_deg": 0.7,
    }
    return PoseColumns(**{**columns, **changed})


@pytest.fixture(scope="module")
def quarter():
    return town(*QUARTER), build_poses(pose_columns())


def test_every_cell_is_as_the_exact_sightline_says(quarter) -> None:
    area = Polygon([(-3, 2), (150, -5), (148, 152), (70, 160), (2, 149)])
    found = raster_figures(*quarter, subjects([area]), px_per_m=BANDS)
    total, parts = brute_figures(QUARTER, quarter[1], area)
    assert found.totals[0, 0] == total
    # A centre within rounding of a border may fall either way: none of 22,000 does here.
    assert found.seen[0, 0].tolist() == parts.tolist()
    assert np.all(parts > 0), "the scene tries every part of every band"


@pytest.mark.realdata
@pytest.mark.skipif(not SUZHOU.exists(), reason="the published buildings of Suzhou are not here")
def test_old_town_of_suzhou_is_as_the_exact_sightline_says() -> None:
    buildings, middle = suzhou(radius_m=170.0)
    rng = np.random.default_rng(5)
    spots = rng.uniform(-110.0, 110.0, (24, 2)) + middle
    poses = build_poses(
        PoseColumns(
            np.arange(24) // 2,
            spots[:, 0],
            spots[:, 1],
            rng.uniform(2.5, 12.0, 24),
            rng.uniform(0.0, 360.0, 24),
            rng.choice([40.0, 90.0, 130.0, 360.0], 24),
            80.0,
            azimuth_error_deg=rng.choice([0.0, 5.0, 22.5], 24),
            width_px=2560.0,
        )
    )
    grids = [box(*(middle + low), *(middle + low + 90.0)) for low in ((-90, -90), (-90, 0), (0, 0))]
    found = raster_figures(town(*buildings), poses, subjects(grids), px_per_m=BANDS)
    for g, grid in enumerate(grids):
        total, parts = brute_figures(buildings, poses, grid)
        assert abs(found.totals[0, g] - total) <= 1
        # Published outlines overlap and touch: a line along a party wall is decided by rounding.
        assert np.abs(found.seen[0, g] - parts).max() <= 1


def suzhou(radius_m: float) -> tuple[list[tuple[Polygon, float]], np.ndarray]:
    rows = json.loads(SUZHOU.read_text())["features"]
    shapes = shapely.from_geojson([json.dumps(row["geometry"]) for row in rows])
    heights = np.array([3.0 * row["properties"]["Floor"] for row in rows])
    lon, lat = shapely.get_coordinates(shapely.centroid(shapes)).T
    frame = frame_for(lon, lat)
    plane = frame.geometry_to_metric(shapes)
    x, y = (np.median(shapely.get_coordinates(shapely.centroid(plane)), axis=0)).tolist()
    near = shapely.dwithin(plane, Point(x, y), radius_m)
    plane = shapely.make_valid(plane, method="structure", keep_collapsed=False)
    kept = near & np.isin(shapely.get_type_id(plane), (3, 6)) & (heights > 0)
    found = list(zip(plane[kept], heights[kept], strict=True))
    return found, np.array([x, y])


def test_any_partition_gives_the_same_bits(quarter) -> None:
    areas = [box(-20, -20, 60, 90), box(30, 30, 151.5, 150), box(500, 500, 510, 510)]
    roads = [LineString([(0, 0), (60, 90)]), LineString([(30, 85), (150, 85)]), NO_LINE]
    asked = subjects(areas, roads, [areas[0].exterior, NO_LINE, NO_LINE])
    whole = raster_figures(*quarter, asked, px_per_m=BANDS, threads=1)
    for tile_cells in (7, 64, 4096):
        plan = cover_plan(*quarter, asked, px_per_m=BANDS, tile_cells=tile_cells)
        backwards = [tile_counts(plan, k) for k in reversed(range(len(plan)))]
        parts = summed(plan, backwards)
        assert parts.totals.tobytes() == whole.totals.tobytes()
        assert parts.seen.tobytes() == whole.seen.tobytes()
    # One subject alone, with the buildings and poses around it: a partition of another process.
    for k in range(3):
        alone = subjects([areas[k]], [roads[k]], [asked.outlines[k]])
        part = raster_figures(*quarter, alone, px_per_m=BANDS)
        assert part.seen.tobytes() == np.ascontiguousarray(whole.seen[:, k : k + 1]).tobytes()


def test_two_sensors_of_one_camera_are_one_camera() -> None:
    columns = {"x": [0.0, 0.0], "y": [0.0, 0.0], "height_m": 6.0, "azimuth_deg": [0.0, 30.0]}
    columns = {**columns, "fov_deg": 60.0, "range_m": 50.0, "width_px": 4000.0}
    area = subjects([box(-60, -60, 60, 60)])
    one = build_poses(PoseColumns([4, 4], **columns))
    two = build_poses(PoseColumns([4, 5], **columns))
    of_one = raster_figures(town(), one, area, px_per_m=[20.0]).seen[0, 0, 0]
    of_two = raster_figures(town(), two, area, px_per_m=[20.0]).seen[0, 0, 0]
    assert of_one[3] == 0.0
    assert of_one[0] == of_one[2] == of_two[0]
    # The fields share 30 of 60 degrees: pi 50^2 / 12 m2; border of that figure 126 m, so +-10 m2.
    assert of_two[3] == pytest.approx(math.pi * 50.0**2 / 12.0, abs=10.0)


def test_a_pose_that_does_not_count_is_as_if_it_were_not_there(quarter) -> None:
    obstacles, poses = quarter
    area = subjects([box(0, 0, 150, 150)])
    use = poses.camera_index != 6
    columns = {name: getattr(poses, name)[use] for name in PoseColumns.__slots__}
    without = raster_figures(obstacles, build_poses(PoseColumns(**columns)), area, px_per_m=BANDS)
    unused = raster_figures(obstacles, poses, area, px_per_m=BANDS, use=use)
    assert unused.seen.tobytes() == without.seen.tobytes()


def test_no_camera_and_no_building_leave_bare_ground() -> None:
    nobody = build_poses(PoseColumns(np.empty(0, int), *[np.empty(0)] * 6))
    found = raster_figures(town(), nobody, subjects([box(0, 0, 300, 200)]), px_per_m=BANDS)
    # Discrepancy of the lattice: a handful of cells of 60,000.
    assert found.totals[0, 0] == pytest.approx(60_000.0, abs=5.0)
    assert not found.seen.any()


def test_wall_along_the_axes_costs_no_row_of_cells() -> None:
    # 80 houses whose walls run along the axes. On a raster along the axes each wall would err by
    # up to half a cell over its length, 100 m2 and more in all; a turned raster errs by one or two
    # cells a house, either way.
    houses = [
        (box(30.0 * i, 30.0 * j, 30.0 * i + 10.0 + 0.31 * i, 30.0 * j + 12.0 + 0.17 * j), 9.0)
        for i in range(10)
        for j in range(8)
    ]
    nobody = build_poses(PoseColumns(np.empty(0, int), *[np.empty(0)] * 6))
    whole = box(-10, -10, 310, 250)
    found = raster_figures(town(*houses), nobody, subjects([whole]), px_per_m=[20.0])
    built = sum(shape.area for shape, _ in houses)
    assert found.totals[0, 0] == pytest.approx(whole.area - built, abs=15.0)


def test_road_is_measured_by_its_cells() -> None:
    # Field of 90 degrees to the north-east, range 60: the road along y = 20 is in it from x = 0
    # to sqrt(60^2 - 20^2) = 56.57; 20 px/m reaches 100 m.
    poses = build_poses(PoseColumns([1], 0.0, 0.0, 6.0, 45.0, 90.0, 60.0, width_px=4000.0))
    road = LineString([(-40, 20), (100, 20)])
    asked = subjects([box(-50, -50, 120, 60)], [road])
    found = raster_figures(town(), poses, asked, px_per_m=[20.0])
    assert found.totals[1, 0] == pytest.approx(140.0, abs=1e-4)
    assert found.seen[1, 0, 0, 0] == pytest.approx(56.57, abs=1.5)


def test_ground_that_only_one_camera_sees_is_its_loss() -> None:
    # Two fields along x that overlap: each alone sees what the figure loses when it is left out.
    poses = build_poses(
        PoseColumns([1, 2], [0.0, 70.0], 0.0, 6.0, [90.0, 270.0], 40.0, 50.0, width_px=4000.0)
    )
    asked = subjects([box(-60, -60, 130, 60)], [LineString([(0, 0), (70, 0)])])
    scene = town((box(20, 5, 24, 9), 4.0))
    both = raster_figures(scene, poses, asked, px_per_m=BANDS)
    amounts = camera_amounts(scene, poses, asked, px_per_m=BANDS)
    for camera in (0, 1):
        use = np.arange(2) != camera
        without = raster_figures(scene, poses, asked, px_per_m=BANDS, use=use)
        loss = both.seen[:, 0, :, 0] - without.seen[:, 0, :, 0]
        assert amounts.sole_m2[camera].tolist() == loss[0].tolist()
        assert amounts.sole_road_m[camera] == pytest.approx(loss[1], abs=1e-9)
        alone = raster_figures(scene, poses, asked, px_per_m=BANDS, use=~use)
        assert amounts.seen_m2[camera].tolist() == alone.seen[0, 0, :, 0].tolist()


spot = st.tuples(st.floats(5.0, 95.0), st.floats(5.0, 95.0))


@settings(max_examples=25, deadline=None)
@given(spots=st.lists(spot, min_size=1, max_size=4), added=spot, azimuth=st.floats(0.0, 360.0))
def test_another_camera_never_lowers_a_figure(spots, added, azimuth) -> None:
    def table(places):
        x, y = np.array(places).T
        turn = azimuth + 77.0 * np.arange(len(x))
        return build_poses(
            PoseColumns(np.arange(len(x)), x, y, 6.0, turn % 360, 90.0, 60.0, width_px=4000.0)
        )

    scene, area = town((box(40, 40, 60, 55), 5.0)), subjects([box(0, 0, 100, 100)])
    before = raster_figures(scene, table(spots), area, px_per_m=BANDS)
    after = raster_figures(scene, table([*spots, added]), area, px_per_m=BANDS)
    assert np.all(after.seen[..., [0, 3]] >= before.seen[..., [0, 3]])


@settings(max_examples=25, deadline=None)
@given(corner=spot, height=st.floats(0.0, 30.0), camera=st.tuples(spot, st.floats(1.0, 15.0)))
def test_another_building_never_raises_a_figure(corner, height, camera) -> None:
    (x, y), camera_m = camera
    poses = build_poses(PoseColumns([1], x, y, camera_m, 40.0, 250.0, 80.0, width_px=8000.0))
    area, house = subjects([box(0, 0, 100, 100)]), (box(30, 60, 45, 70), 4.0)
    added = (box(*corner, corner[0] + 12.0, corner[1] + 9.0), height)
    before = raster_figures(town(house), poses, area, px_per_m=BANDS)
    after = raster_figures(town(house, added), poses, area, px_per_m=BANDS)
    assert np.all(after.totals <= before.totals)
    assert np.all(after.seen[..., 0] <= before.seen[..., 0])


def test_progress_is_told_and_ends_the_count_when_it_raises(quarter) -> None:
    asked, told = subjects([box(0, 0, 3000, 10)]), []
    raster_figures(*quarter, asked, px_per_m=BANDS, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0

    class CancelledError(Exception):
        pass

    def cancel(share: float) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        raster_figures(*quarter, asked, px_per_m=BANDS, progress=cancel)


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"cell_m": 0.0}, "cell_m"),
        ({"target_height_m": math.nan}, "target_height_m"),
        ({"threads": 0}, "threads"),
        ({"use": np.ones(3, dtype=bool)}, "use"),
        ({"px_per_m": np.arange(1.0, 9.0)}, "px_per_m"),
    ],
)
def test_an_argument_outside_its_range_is_refused_by_name(quarter, wrong, name) -> None:
    how = {"px_per_m": BANDS, **wrong}
    with pytest.raises(ArgumentError, match=f"^{name}"):
        raster_figures(*quarter, subjects([box(0, 0, 10, 10)]), **how)


def test_a_line_is_no_area(quarter) -> None:
    with pytest.raises(GeometryError, match="areas"):
        raster_figures(*quarter, subjects([LineString([(0, 0), (1, 1)])]), px_per_m=BANDS)
