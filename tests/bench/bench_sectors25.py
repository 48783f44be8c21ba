"""Exact sectors with heights (2.5D) per second and core, against PostGIS' own SQL in plan (2D).

The peer does less: every building is opaque to any height. It is plain SQL on an indexed table:
walls of the near buildings that face the camera, a shadow behind each, their union, the difference
with the sector. Both take turns in one run, and both are counted in processor time, the peer's
being that of its backend: a busy neighbour on the machine then burdens neither.
"""

import time

import numpy as np
import psycopg
import shapely
from city import City, make_city
from databases_for_bench import database
from served_for_bench import cpu_s
from visibility_peers import full_sector

from gis.obstacles import build_obstacles
from gis.viewshed import Mount, viewsheds
from gis.visibility import View, Views, visible_areas

FLOOR = 75.0
SAMPLE = 120
OURS = 1000

#: x, y, sector as WKB, range. Far corners lie ten ranges away; the middle one keeps a shadow
#: whole where the camera stands close before a wall.
SECTOR_SQL = """
WITH eye AS (SELECT ST_Point(%(x)s, %(y)s) AS p, ST_GeomFromWKB(%(sector)s) AS sector),
walls AS (
  SELECT ST_StartPoint(w.geom) AS a, ST_EndPoint(w.geom) AS b
  FROM eye, bench_buildings h, ST_DumpSegments(h.geom) w
  WHERE h.geom && eye.sector AND ST_DWithin(h.geom, eye.p, %(range)s)
    AND w.geom && eye.sector
), turned AS (
  SELECT ST_X(a) - %(x)s AS ax, ST_Y(a) - %(y)s AS ay, ST_X(b) - %(x)s AS bx,
         ST_Y(b) - %(y)s AS by
  FROM walls
), facing AS (
  SELECT *, 10 * %(range)s / sqrt(ax * ax + ay * ay) AS ka,
         10 * %(range)s / sqrt(bx * bx + by * by) AS kb
  FROM turned WHERE ax * by - ay * bx < 0
), shadows AS (
  SELECT ST_Union(ST_MakePolygon(ST_MakeLine(ARRAY[
    ST_Point(%(x)s + ax, %(y)s + ay), ST_Point(%(x)s + bx, %(y)s + by),
    ST_Point(%(x)s + kb * bx, %(y)s + kb * by),
    ST_Point(%(x)s + (ka * ax + kb * bx), %(y)s + (ka * ay + kb * by)),
    ST_Point(%(x)s + ka * ax, %(y)s + ka * ay), ST_Point(%(x)s + ax, %(y)s + ay)
  ]))) AS shade FROM facing
)
SELECT ST_Area(coalesce(ST_Difference(sector, shade), sector)) FROM eye, shadows
"""


def main() -> bool:
    """Print the figures; True when the floor holds."""
    city = make_city()
    obstacles = build_obstacles(city.polygons, city.heights_m, city.ids)
    chosen = np.random.default_rng(6).choice(len(city.x), SAMPLE, replace=False)
    ours = np.random.default_rng(7).choice(len(city.x), OURS, replace=False)
    views = [_view(city, int(i)) for i in ours]
    mounts = [Mount(float(city.camera_height_m[i])) for i in ours]
    viewsheds(obstacles, views[:20], mounts[:20])
    with database("bench_sectors25") as url, psycopg.connect(url) as connection:
        _fill(connection, city)
        own_s, spent_s, worst = [], [], 0.0
        plan = visible_areas(obstacles, _columns(city, chosen))[0]
        _peer_area(connection, views[0])
        before_s = cpu_s(connection.info.backend_pid)
        for k, i in enumerate(chosen):
            if k % 20 == 0:
                began = time.process_time()
                viewsheds(obstacles, views, mounts)
                own_s.append(time.process_time() - began)
            began = time.perf_counter()
            area = _peer_area(connection, _view(city, int(i)))
            spent_s.append(time.perf_counter() - began)
            worst = max(worst, abs(area - plan[k]) / plan[k])
        peer_s = (cpu_s(connection.info.backend_pid) - before_s) / SAMPLE
    return _report(own_s, (peer_s, spent_s), worst)


def _report(own_s: list[float], peer: tuple[float, list[float]], worst: float) -> bool:
    own, (peer_s, spent_s) = OURS / float(np.mean(own_s)), peer
    ratio = own * peer_s
    print(f"areas in plan, PostGIS against ours: worst {worst:.1e} relative, {SAMPLE} cameras")
    print(
        f"sectors with heights: ours {own:.0f}/s a core, PostGIS in plan {1.0 / peer_s:.0f}/s "
        f"(on the clock p50 {1e3 * np.percentile(spent_s, 50):.1f} ms, p99 "
        f"{1e3 * np.percentile(spent_s, 99):.0f} ms), ratio {ratio:.0f}x (floor {FLOOR:.0f}x)"
    )
    return ratio >= FLOOR and worst < 1e-3


def _fill(connection: "psycopg.Connection[tuple[object, ...]]", city: City) -> None:
    connection.execute("CREATE TABLE bench_buildings (geom geometry(Polygon))")
    oriented = shapely.orient_polygons(city.polygons, exterior_cw=False)
    with connection.cursor().copy("COPY bench_buildings FROM STDIN") as copy:
        for shape in shapely.to_wkb(oriented, hex=True):
            copy.write_row((shape,))
    connection.execute("CREATE INDEX ON bench_buildings USING gist (geom)")
    connection.execute("ANALYZE bench_buildings")
    connection.execute("SET jit = off")


def _peer_area(connection: "psycopg.Connection[tuple[object, ...]]", view: View) -> float:
    sector = shapely.to_wkb(full_sector(view))
    values = {"x": view.x, "y": view.y, "range": view.range_m, "sector": sector}
    row = connection.execute(SECTOR_SQL, values).fetchone()
    assert row is not None
    return float(str(row[0]))


def _view(city: City, i: int) -> View:
    columns = (city.x, city.y, city.azimuth_deg, city.fov_deg, city.range_m)
    return View(*(float(column[i]) for column in columns))


def _columns(city: City, rows: np.ndarray) -> Views:
    return Views(
        city.x[rows], city.y[rows], city.azimuth_deg[rows], city.fov_deg[rows], city.range_m[rows]
    )


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
