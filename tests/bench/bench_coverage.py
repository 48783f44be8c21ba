"""Coverage of a city by counting cells, against GEOS' unions and pysovist with them, in one run.

10,000 cameras, 400 grids, the four DORI bands (radii 150, 60, 30 and 15 m), buildings with heights,
two threads. Run from the project's root: `.venv/bin/python tests/bench/run.py coverage`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import shapely
from city import City, make_city
from visibility_peers import local_segments, pysovist_area

from gis.coverage import Figures, Subjects
from gis.density import band_reach
from gis.obstacles import Obstacles, build_obstacles
from gis.poses import PoseColumns, PoseTable, build_poses
from gis.rastercover import raster_figures
from gis.viewshed import Mount, viewsheds
from gis.visibility import View

DORI = (25.0, 62.5, 125.0, 250.0)
#: With 90 degrees these pixels reach 150 m at 25 px/m.
WIDTH_PX = 7500.0
SECONDS_LIMIT = 3.0
UNION_FLOOR, PYSOVIST_FLOOR = 4.0, 30.0
DIFFERENCE_LIMIT = 0.1
PROVINCE_SIDES = 3


def main() -> bool:
    """Print the figures; True when every floor holds."""
    city = make_city()
    obstacles = build_obstacles(city.polygons, city.heights_m, city.ids)
    poses, grids = _poses(city), _grids(500.0, 20)
    raster_figures(obstacles, poses, _subjects(grids[:1]), px_per_m=DORI)  # compiles
    print(f"{len(city.x)} cameras, {len(grids)} grids, {len(city.polygons)} buildings, 4 bands")

    def count() -> Figures:
        return raster_figures(obstacles, poses, _subjects(grids), px_per_m=DORI, threads=2)

    # Ours and the union take turns, so that a busy neighbour on the machine slows both alike.
    views = _views(obstacles, city)
    own_s, union_s = [], []
    for _ in range(3):
        own_s.append(_seconds(count))
        union_s.append(_seconds(lambda: _union_areas(views, grids)))
    own, union = float(np.median(own_s)), float(np.median(union_s))
    is_good = _report_seconds(own, union)
    is_good &= _report_pysovist(obstacles, city, (own, union))
    is_good &= _report_difference(count(), city, (views, grids))
    _report_province(city)
    return bool(is_good)


def _report_seconds(own: float, union: float) -> bool:
    print(f"from scratch, viewsheds included, 2 threads: {own:.2f} s (limit {SECONDS_LIMIT:g} s)")
    ratio = union / own
    print(
        f"GEOS' union alone, viewsheds given: {union:.2f} s, ratio {ratio:.1f}x "
        f"(floor {UNION_FLOOR:g}x)"
    )
    return own < SECONDS_LIMIT and ratio >= UNION_FLOOR


def _report_pysovist(obstacles: Obstacles, city: City, seconds: tuple[float, float]) -> bool:
    """Time pysovist on 200 cameras, walls handed to it ready, and scale to all of them."""
    own, union = seconds
    chosen = np.random.default_rng(1).choice(len(city.x), 200, replace=False)
    spent = sum(
        pysovist_area(local_segments(obstacles, _view(city, int(i))), _view(city, int(i)))[1]
        for i in chosen
    )
    peer = spent * len(city.x) / len(chosen) + union
    ratio = peer / own
    print(
        f"pysovist (scaled up from {len(chosen)} cameras, without heights) + GEOS' union: "
        f"{peer:.1f} s, ratio {ratio:.0f}x (floor {PYSOVIST_FLOOR:g}x)"
    )
    return ratio >= PYSOVIST_FLOOR


def _report_difference(found: Figures, city: City, scene: tuple[np.ndarray, np.ndarray]) -> bool:
    """Against the union of the 2.5D viewsheds less the buildings, by shapely, in every grid."""
    views, grids = scene
    worst, tree = 0.0, shapely.STRtree(city.polygons)
    built = [
        shapely.union_all(shapely.intersection(city.polygons[tree.query(grid)], grid))
        for grid in grids
    ]
    for band, shapes in enumerate(views):
        seen = shapely.STRtree(shapes)
        for g, grid in enumerate(grids):
            near = shapes[seen.query(grid)]
            exact = shapely.union_all(shapely.intersection(near, grid)).difference(built[g]).area
            worst = max(worst, abs(found.seen[0, g, band, 0] - exact) / grid.area)
    print(
        f"worst of {len(grids)} grids x {len(views)} bands off the exact figure: "
        f"{100.0 * worst:.3f} % of the grid's area (limit {DIFFERENCE_LIMIT} %)"
    )
    return 100.0 * worst <= DIFFERENCE_LIMIT


def _report_province(city: City) -> None:
    """The city nine times side by side: how the count grows with the land."""
    side, n = 10_000.0, PROVINCE_SIDES
    shift = [(side * i, side * j) for i in range(n) for j in range(n)]
    shapes = np.concatenate(
        [shapely.transform(city.polygons, lambda xy, by=by: xy + by) for by in shift]
    )
    obstacles = build_obstacles(
        shapes, np.tile(city.heights_m, n * n), np.arange(len(shapes)), cell_m=50.0
    )
    poses = build_poses(
        PoseColumns(
            np.arange(n * n * len(city.x)),
            np.concatenate([city.x + by[0] for by in shift]),
            np.concatenate([city.y + by[1] for by in shift]),
            np.tile(city.camera_height_m, n * n),
            np.tile(city.azimuth_deg, n * n),
            90.0,
            150.0,
            width_px=WIDTH_PX,
        )
    )
    grids = _grids(500.0, 20 * n)
    spent = _seconds(lambda: raster_figures(obstacles, poses, _subjects(grids), px_per_m=DORI))
    print(
        f"province scale: {len(poses)} cameras, {len(grids)} grids, {len(shapes)} buildings in "
        f"{spent:.1f} s, {len(poses) / spent:.0f} cameras/s on 2 threads"
    )


def _poses(city: City) -> PoseTable:
    return build_poses(
        PoseColumns(
            np.arange(len(city.x)),
            city.x,
            city.y,
            city.camera_height_m,
            city.azimuth_deg,
            city.fov_deg,
            city.range_m,
            width_px=WIDTH_PX,
        )
    )


def _grids(side_m: float, per_row: int) -> np.ndarray:
    low = np.stack(np.meshgrid(np.arange(per_row), np.arange(per_row)), axis=-1).reshape(-1, 2)
    return np.asarray(shapely.box(*(low * side_m).T, *((low + 1) * side_m).T), dtype=object)


def _subjects(grids: np.ndarray) -> Subjects:
    empty = np.full(len(grids), shapely.LineString(), dtype=object)
    return Subjects(grids, empty, empty)


def _views(obstacles: Obstacles, city: City) -> np.ndarray:
    """2.5D viewsheds of every camera by band, object array (bands, cameras)."""
    mounts = [Mount(float(height)) for height in city.camera_height_m]
    sheds = viewsheds(obstacles, [_view(city, i) for i in range(len(city.x))], mounts)
    seen = np.array([shed.certain for shed in sheds], dtype=object)
    spots = shapely.points(city.x, city.y)
    radii = band_reach(_poses(city), DORI).certain_m
    discs = [shapely.buffer(spots, radius, quad_segs=64) for radius in radii.T]
    return np.array([shapely.intersection(seen, disc) for disc in discs], dtype=object)


def _union_areas(views: np.ndarray, grids: np.ndarray) -> list[float]:
    """What GEOS needs for the areas alone: per band and grid, clip and union."""
    areas = []
    for shapes in views:
        tree = shapely.STRtree(shapes)
        for grid in grids:
            clipped = shapely.intersection(shapes[tree.query(grid)], grid)
            areas.append(shapely.union_all(clipped).area)
    return areas


def _view(city: City, i: int) -> View:
    columns = (city.x, city.y, city.azimuth_deg, city.fov_deg, city.range_m)
    return View(*(float(column[i]) for column in columns))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
