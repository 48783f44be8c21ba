"""Speed and exactness of visible sectors against pysovist 0.3.0 and CGAL, in one run.

Run from the project's root: `.venv/bin/python tests/bench/bench_visibility.py`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import shapely
from city import City, make_city
from visibility_peers import cgal_sector, local_segments, overlap_share, pysovist_area

from gis.obstacles import Obstacles, build_obstacles
from gis.viewshed import Mount, viewsheds
from gis.visibility import View, Views, visible_areas, visible_rings

SPEED_FLOOR = 200.0
OVERLAP_FLOOR = 0.9997
AREA_LIMIT = 1e-7


def main() -> bool:
    """Print the figures; True when every floor holds."""
    city = make_city()
    began = time.perf_counter()
    obstacles = build_obstacles(city.polygons, city.heights_m, city.ids)
    print(
        f"city: {len(city.polygons)} buildings, {len(obstacles.x0)} walls, {len(city.x)} cameras, "
        f"obstacles built in {time.perf_counter() - began:.2f} s (first call compiles)"
    )
    views = Views(city.x, city.y, city.azimuth_deg, city.fov_deg, city.range_m)
    is_good = _against_pysovist(obstacles, city, views)
    is_good &= _against_cgal(obstacles, city, views)
    _rates(obstacles, city, views)
    return is_good


def _against_pysovist(obstacles: Obstacles, city: City, views: Views) -> bool:
    # Peer and own runs take turns, so that a busy neighbour on the machine slows both alike.
    chosen = np.random.default_rng(1).choice(len(city.x), 300, replace=False)
    areas, _ = visible_areas(obstacles, views)
    peer_s, own_s, worst = 0.0, [], 0.0
    for k, i in enumerate(chosen):
        view = _view(city, int(i))
        area, spent = pysovist_area(local_segments(obstacles, view), view)
        peer_s += spent
        worst = max(worst, abs(area - areas[i]) / area)
        if k % 60 == 0:
            own_s.append(_seconds(lambda: visible_areas(obstacles, views)))
    own, peer = len(views) / float(np.mean(own_s)), len(chosen) / peer_s
    ratio = own / peer
    print(
        f"sector visibility: ours {own:.0f}/s, pysovist {peer:.0f}/s, ratio {ratio:.0f}x "
        f"(floor {SPEED_FLOOR:.0f}x)"
    )
    print(f"area against pysovist: worst {worst:.1e} relative, 300 cameras (limit {AREA_LIMIT:g})")
    return ratio >= SPEED_FLOOR and worst <= AREA_LIMIT


def _against_cgal(obstacles: Obstacles, city: City, views: Views) -> bool:
    chosen = np.random.default_rng(2).choice(len(city.x), 150, replace=False)
    polygons = visible_rings(obstacles, views).polygons()
    tree = shapely.STRtree(city.polygons)
    began, shares = time.perf_counter(), []
    for i in chosen:
        view = _view(city, int(i))
        near = tree.query(shapely.Point(view.x, view.y).buffer(view.range_m))
        shares.append(overlap_share(polygons[i], cgal_sector(city.polygons[near], view)))
    rate = len(chosen) / (time.perf_counter() - began)
    print(
        f"IoU with CGAL: min {min(shares):.6f}, mean {np.mean(shares):.6f} "
        f"(floor {OVERLAP_FLOOR}); {len(chosen)} cameras, CGAL with its adapter {rate:.0f}/s"
    )
    return min(shares) >= OVERLAP_FLOOR


def _rates(obstacles: Obstacles, city: City, views: Views) -> None:
    rings_s = min(_seconds(lambda: visible_rings(obstacles, views)) for _ in range(3))
    print(f"sector rings: {len(views) / rings_s:.0f}/s")
    turn = Views(city.x, city.y, city.azimuth_deg, np.full(len(views), 360.0), city.range_m)
    turn_s = min(_seconds(lambda: visible_areas(obstacles, turn)) for _ in range(3))
    print(f"full turns: {len(views) / turn_s:.0f}/s")
    some = range(2000)
    all_views = [_view(city, i) for i in some]
    mounts = [Mount(float(city.camera_height_m[i])) for i in some]
    viewsheds(obstacles, all_views[:1], mounts[:1])
    spent = min(_seconds(lambda: viewsheds(obstacles, all_views, mounts)) for _ in range(2))
    print(f"viewsheds with heights (2.5D): {len(some) / spent:.0f}/s")


def _view(city: City, i: int) -> View:
    columns = (city.x, city.y, city.azimuth_deg, city.fov_deg, city.range_m)
    return View(*(float(column[i]) for column in columns))


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
