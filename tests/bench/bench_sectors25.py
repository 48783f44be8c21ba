"""Exact sectors with heights (2.5D) per second and core, against PostGIS' own SQL.

Two peers, both plain SQL on an indexed table, both on the same cameras in the same run. In plan
(2D) it does less than we do: every building is opaque to any height; walls of the near buildings
that face the camera, a shadow behind each, their union, the difference with the sector. With
heights (2.5D) it does the same task: walls of buildings as high as the camera hide all behind them,
lower buildings hide their footprint swept away from the camera. The floor holds against both.

Counted is processor time, the peer's being that of its backend: a busy neighbour on the machine
then burdens neither.
"""

import time
from contextlib import ExitStack
from typing import Any

import numpy as np
import psycopg
import shapely
from city import City, make_city
from databases_for_bench import database
from served_for_bench import cpu_s
from visibility_peers import full_sector

from gis.obstacles import build_obstacles
from gis.sightline import TARGET_HEIGHT_M
from gis.viewshed import Mount, viewsheds
from gis.visibility import View, Views, visible_areas

FLOOR = 75.0
SAMPLE = 120
OURS = 1000

#: x, y, sector as WKB, range, heights. Far corners lie ten ranges away; the middle one keeps a
#: shadow whole where the camera stands close before a wall.
_NEAR_SQL = """
WITH eye AS (SELECT ST_Point(%(x)s, %(y)s) AS p, ST_GeomFromWKB(%(sector)s) AS sector),
near AS (
  SELECT h.geom, h.height_m FROM eye, bench_buildings h
  WHERE h.geom && eye.sector AND ST_DWithin(h.geom, eye.p, %(range)s)
), walls AS (
  SELECT h.height_m, ST_StartPoint(w.geom) AS a, ST_EndPoint(w.geom) AS b
  FROM eye, near h, ST_DumpSegments(h.geom) w
  WHERE w.geom && eye.sector
), turned AS (
  SELECT height_m, ST_X(a) - %(x)s AS ax, ST_Y(a) - %(y)s AS ay, ST_X(b) - %(x)s AS bx,
         ST_Y(b) - %(y)s AS by
  FROM walls
), facing AS (
  SELECT *, 10 * %(range)s / sqrt(ax * ax + ay * ay) AS ka,
         10 * %(range)s / sqrt(bx * bx + by * by) AS kb
  FROM turned WHERE ax * by - ay * bx < 0
), opaque AS (
  SELECT height_m, ST_MakePolygon(ST_MakeLine(ARRAY[
    ST_Point(%(x)s + ax, %(y)s + ay), ST_Point(%(x)s + bx, %(y)s + by),
    ST_Point(%(x)s + kb * bx, %(y)s + kb * by),
    ST_Point(%(x)s + (ka * ax + kb * bx), %(y)s + (ka * ay + kb * by)),
    ST_Point(%(x)s + ka * ax, %(y)s + ka * ay), ST_Point(%(x)s + ax, %(y)s + ay)
  ])) AS shade FROM facing
)"""
PLAN_SQL = f"""{_NEAR_SQL}, shadows AS (SELECT ST_Union(shade) AS shade FROM opaque)
SELECT ST_Area(coalesce(ST_Difference(sector, shade), sector)) FROM eye, shadows
"""
HEIGHTS_SQL = f"""{_NEAR_SQL}, away AS (
  SELECT *, (%(camera)s - %(target)s) / (%(camera)s - height_m) AS k FROM turned
  WHERE ax * by - ay * bx > 1e-9 AND height_m > %(target)s AND height_m < %(camera)s
), shadows AS (
  SELECT ST_Union(shade) AS shade FROM (
    SELECT shade FROM opaque WHERE height_m >= %(camera)s
    UNION ALL
    SELECT geom FROM near WHERE height_m > %(target)s AND height_m < %(camera)s
    UNION ALL
    SELECT ST_MakePolygon(ST_MakeLine(ARRAY[
      ST_Point(%(x)s + ax, %(y)s + ay), ST_Point(%(x)s + k * ax, %(y)s + k * ay),
      ST_Point(%(x)s + k * bx, %(y)s + k * by), ST_Point(%(x)s + bx, %(y)s + by),
      ST_Point(%(x)s + ax, %(y)s + ay)
    ])) FROM away
  ) parts
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
    seen = [_view(city, int(i)) for i in chosen]
    hung = [Mount(float(city.camera_height_m[i])) for i in chosen]
    plan = visible_areas(obstacles, _columns(city, chosen))[0].tolist()
    heights = [shed.certain.area for shed in viewsheds(obstacles, seen, hung)]
    own_s = []
    with database("bench_sectors25") as url, ExitStack() as stack:
        _fill(stack.enter_context(psycopg.connect(url)), city)
        # A backend each: the kernel counts processor time by hundredths of a second.
        backends = [stack.enter_context(psycopg.connect(url)) for _ in range(2)]
        peers = [
            Peer("in plan", PLAN_SQL, backends[0], plan),
            Peer("with heights", HEIGHTS_SQL, backends[1], heights),
        ]
        for peer in peers:
            peer.area(seen[0], hung[0])
            peer.start_s = peer.cpu_s()
        for k, (view, mount) in enumerate(zip(seen, hung, strict=True)):
            if k % 20 == 0:
                began = time.process_time()
                viewsheds(obstacles, views, mounts)
                own_s.append(time.process_time() - began)
            for peer in peers:
                peer.compare(view, mount, k)
        return _report(OURS / float(np.mean(own_s)), peers)


class Peer:
    """One of the two queries, what it cost, and its areas beside ours."""

    def __init__(
        self, name: str, sql: str, backend: "psycopg.Connection[Any]", own_m2: list[float]
    ) -> None:
        self.name, self.sql, self.backend, self.own_m2 = name, sql, backend, own_m2
        self.start_s, self.clock_s, self.worst = 0.0, list[float](), 0.0
        backend.execute("SET jit = off")

    def cpu_s(self) -> float:
        return cpu_s(self.backend.info.backend_pid) - self.start_s

    def area(self, view: View, mount: Mount) -> float:
        values = {
            "x": view.x,
            "y": view.y,
            "range": view.range_m,
            "sector": shapely.to_wkb(full_sector(view)),
            "camera": mount.height_m,
            "target": TARGET_HEIGHT_M,
        }
        row = self.backend.execute(self.sql, values).fetchone()
        assert row is not None
        return float(row[0])

    def compare(self, view: View, mount: Mount, k: int) -> None:
        began = time.perf_counter()
        area = self.area(view, mount)
        self.clock_s.append(time.perf_counter() - began)
        self.worst = max(self.worst, abs(area - self.own_m2[k]) / self.own_m2[k])


def _report(own: float, peers: list[Peer]) -> bool:
    print(f"sectors with heights: ours {own:.0f}/s a core")
    holds = True
    for peer in peers:
        each_s = peer.cpu_s() / SAMPLE
        ratio = own * each_s
        print(
            f"PostGIS {peer.name} {1.0 / each_s:.0f}/s (on the clock p50"
            f" {1e3 * np.percentile(peer.clock_s, 50):.1f} ms, p99"
            f" {1e3 * np.percentile(peer.clock_s, 99):.0f} ms), ratio {ratio:.0f}x (floor"
            f" {FLOOR:.0f}x); areas against ours: worst {peer.worst:.1e} relative, {SAMPLE} cameras"
        )
        holds = holds and ratio >= FLOOR and peer.worst < 1e-3
    return holds


def _fill(connection: "psycopg.Connection[tuple[object, ...]]", city: City) -> None:
    connection.execute("CREATE TABLE bench_buildings (geom geometry(Polygon), height_m float8)")
    oriented = shapely.orient_polygons(city.polygons, exterior_cw=False)
    with connection.cursor().copy("COPY bench_buildings FROM STDIN") as copy:
        for row in zip(shapely.to_wkb(oriented, hex=True), city.heights_m.tolist(), strict=True):
            copy.write_row(row)
    connection.execute("CREATE INDEX ON bench_buildings USING gist (geom)")
    connection.execute("ANALYZE bench_buildings")
    connection.commit()


def _view(city: City, i: int) -> View:
    columns = (city.x, city.y, city.azimuth_deg, city.fov_deg, city.range_m)
    return View(*(float(column[i]) for column in columns))


def _columns(city: City, rows: np.ndarray) -> Views:
    return Views(
        city.x[rows], city.y[rows], city.azimuth_deg[rows], city.fov_deg[rows], city.range_m[rows]
    )


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
