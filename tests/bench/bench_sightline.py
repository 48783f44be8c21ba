"""Which cameras see a point: in process against the same answer from PostGIS SQL.

Both sides hold the same made-up city of 10 x 10 km, 40,000 buildings and 10,000 cameras. The SQL
uses GiST indexes on buildings and cameras, a prepared statement and one connection over a socket.
Two answers are compared: what the product gives (every camera in reach; those that do not see with
the reason and the first building in the way), and the seeing cameras alone.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, LiteralString

import databases_for_bench as scratch
import numpy as np
import psycopg
import shapely
from city import City, make_city
from numpy.typing import NDArray

from gis.obstacles import Obstacles, build_obstacles
from gis.sight import (
    PoseColumns,
    PoseTable,
    Reason,
    Seen,
    build_poses,
    seeing,
    warm_up,
    watching,
)

FLOOR = 30.0
N_POINTS = 400
#: Each side goes over all points this often, by turns; a point counts with its best time, so that
#: what else the machine does meanwhile weighs on neither.
ROUNDS = 5
TARGET_HEIGHT_M = 1.5

Floats = NDArray[np.float64]
#: camera id -> reason and measures
Answer = dict[int, tuple[Any, ...]]

CREATE = """
CREATE EXTENSION IF NOT EXISTS postgis;
DROP TABLE IF EXISTS bench_buildings, bench_cameras;
CREATE TABLE bench_buildings (id int, height_m float8, geom geometry(Geometry));
CREATE TABLE bench_cameras (
    id int, height_m float8, azimuth_deg float8, error_deg float8, fov_deg float8, range_m float8,
    geom geometry(Point)
);
"""

INDEX = """
CREATE INDEX ON bench_buildings USING gist (geom);
CREATE INDEX ON bench_cameras USING gist (geom);
ANALYZE bench_buildings;
ANALYZE bench_cameras;
"""

# Every camera in reach, turned or hidden ones with the reason: what the product answers.
# The exact rule: hidden iff the line runs inside a footprint below its roof.
SEEING = """
WITH spot AS (SELECT ST_Point(%(x)s, %(y)s) AS geom, %(target_m)s::float8 AS z),
reaching AS (
    SELECT c.*, spot.z, ST_MakeLine(c.geom, spot.geom) AS line, d.length_m,
           degrees(ST_Azimuth(c.geom, spot.geom)) AS bearing_deg
    FROM spot
    JOIN bench_cameras c ON ST_DWithin(c.geom, spot.geom, %(reach_m)s)
    CROSS JOIN LATERAL (SELECT ST_Distance(c.geom, spot.geom) AS length_m) d
    WHERE d.length_m <= c.range_m
),
turned AS (
    SELECT r.*, abs(r.bearing_deg - r.azimuth_deg
                    - 360 * round((r.bearing_deg - r.azimuth_deg) / 360)) AS off_deg
    FROM reaching r
)
SELECT t.id,
       CASE WHEN t.off_deg > t.fov_deg / 2 + t.error_deg THEN 'OUT_OF_FIELD'
            WHEN hit.id IS NOT NULL THEN 'BLOCKED_BY_BUILDING'
            WHEN t.off_deg <= t.fov_deg / 2 - t.error_deg THEN 'SEES'
            ELSE 'POSE_UNCERTAIN' END AS reason,
       hit.id AS blocked_by, hit.at_m, t.length_m, t.bearing_deg,
       1920 / (2 * sqrt(t.length_m ^ 2 + (t.height_m - t.z) ^ 2) * tand(t.fov_deg / 2)) AS px_per_m
FROM turned t
LEFT JOIN LATERAL (
    SELECT b.id, CASE WHEN e.near_z < b.height_m THEN e.near_m
                      ELSE (t.height_m - b.height_m) / (t.height_m - t.z) * t.length_m END AS at_m
    FROM bench_buildings b
    CROSS JOIN LATERAL ST_Dump(ST_Intersection(b.geom, t.line)) piece
    CROSS JOIN LATERAL (
        SELECT least(a.m, z.m) AS near_m, greatest(a.m, z.m) AS far_m,
               t.height_m + (t.z - t.height_m) / t.length_m * least(a.m, z.m) AS near_z,
               t.height_m + (t.z - t.height_m) / t.length_m * greatest(a.m, z.m) AS far_z
        FROM (SELECT ST_Distance(t.geom, ST_StartPoint(piece.geom)) AS m) a,
             (SELECT ST_Distance(t.geom, ST_EndPoint(piece.geom)) AS m) z
    ) e
    WHERE ST_Intersects(b.geom, t.line) AND b.height_m > least(t.height_m, t.z)
      AND ST_Dimension(piece.geom) = 1 AND e.far_m - e.near_m > 1e-6
      AND b.height_m > least(e.near_z, e.far_z)
    ORDER BY at_m LIMIT 1
) hit ON true
"""

# Only the cameras that see the point: lines are tried only where range and field hold.
WATCHING = """
WITH spot AS (SELECT ST_Point(%(x)s, %(y)s) AS geom, %(target_m)s::float8 AS z),
facing AS (
    SELECT c.*, spot.z, ST_MakeLine(c.geom, spot.geom) AS line,
           ST_Distance(c.geom, spot.geom) AS length_m,
           abs(turn.deg - 360 * round(turn.deg / 360)) AS off_deg
    FROM spot
    JOIN bench_cameras c ON ST_DWithin(c.geom, spot.geom, %(reach_m)s)
    CROSS JOIN LATERAL (
        SELECT degrees(ST_Azimuth(c.geom, spot.geom)) - c.azimuth_deg AS deg
    ) turn
)
SELECT f.id, CASE WHEN f.off_deg <= f.fov_deg / 2 - f.error_deg THEN 'SEES'
                  ELSE 'POSE_UNCERTAIN' END AS reason
FROM facing f
WHERE f.length_m <= f.range_m AND f.off_deg <= f.fov_deg / 2 + f.error_deg
  AND NOT EXISTS (
    SELECT 1
    FROM bench_buildings b
    CROSS JOIN LATERAL ST_Dump(ST_Intersection(b.geom, f.line)) piece
    WHERE ST_Intersects(b.geom, f.line) AND b.height_m > least(f.height_m, f.z)
      AND ST_Dimension(piece.geom) = 1 AND ST_Length(piece.geom) > 1e-6
      AND b.height_m > f.height_m + (f.z - f.height_m) / f.length_m * CASE WHEN f.z < f.height_m
            THEN greatest(ST_Distance(f.geom, ST_StartPoint(piece.geom)),
                          ST_Distance(f.geom, ST_EndPoint(piece.geom)))
            ELSE least(ST_Distance(f.geom, ST_StartPoint(piece.geom)),
                       ST_Distance(f.geom, ST_EndPoint(piece.geom))) END
  )
"""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of each call, and what each answered."""

    calls_s: Floats
    answers: list[Answer]

    def best(self, other: Timing) -> Timing:
        return Timing(np.minimum(self.calls_s, other.calls_s), self.answers)

    def p50_us(self) -> float:
        return float(np.percentile(self.calls_s, 50) * 1e6)

    def p99_us(self) -> float:
        return float(np.percentile(self.calls_s, 99) * 1e6)


def error_of(city: City) -> Floats:
    """Half of the cameras know their azimuth to an octant only."""
    return np.where(np.arange(len(city.x)) % 2, 22.5, 0.0)


def load(connection: psycopg.Connection, city: City) -> None:
    """Make and fill the peer's tables."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(CREATE)
        with cursor.copy("COPY bench_buildings FROM STDIN") as copy:
            shapes = shapely.to_wkb(city.polygons, hex=True)
            for row in zip(city.ids.tolist(), city.heights_m.tolist(), shapes, strict=True):
                copy.write_row(row)
        columns = (city.camera_height_m, city.azimuth_deg, error_of(city), city.fov_deg)
        spots = shapely.to_wkb(shapely.points(city.x, city.y), hex=True)
        with cursor.copy("COPY bench_cameras FROM STDIN") as copy:
            for i, row in enumerate(zip(*columns, city.range_m, spots, strict=True)):
                copy.write_row((i, *map(float, row[:-1]), row[-1]))
        cursor.execute(INDEX)


def in_process(city: City) -> tuple[Obstacles, PoseTable]:
    """The same city for the kernels."""
    columns = PoseColumns(
        np.arange(len(city.x)),
        city.x,
        city.y,
        city.camera_height_m,
        city.azimuth_deg,
        city.fov_deg,
        city.range_m,
        azimuth_error_deg=error_of(city),
        width_px=1920.0,
    )
    return build_obstacles(city.polygons, city.heights_m, city.ids), build_poses(columns)


def measure_sql(
    connection: psycopg.Connection, query: LiteralString, points: Floats, reach_m: float
) -> Timing:
    """One prepared query per point."""
    calls, answers = [], []
    with connection.cursor() as cursor:
        for x, y in points.tolist():
            values = {"x": x, "y": y, "target_m": TARGET_HEIGHT_M, "reach_m": reach_m}
            begun = time.perf_counter()
            rows = cursor.execute(query, values, prepare=True).fetchall()
            calls.append(time.perf_counter() - begun)
            answers.append({row[0]: row[1:] for row in rows})
    return Timing(np.array(calls), answers)


def measure_seeing(obstacles: Obstacles, poses: PoseTable, points: Floats) -> Timing:
    """Every camera in reach with its reason, those that do not see included."""
    calls, answers = [], []
    for x, y in points.tolist():
        begun = time.perf_counter()
        seen = seeing(poses, obstacles, None, x, y, search_radius_m=0.0)
        calls.append(time.perf_counter() - begun)
        answers.append(rows_of(seen, obstacles))
    return Timing(np.array(calls), answers)


def measure_watching(obstacles: Obstacles, poses: PoseTable, points: Floats) -> Timing:
    """Cameras that certainly or possibly see each point."""
    calls, answers = [], []
    for x, y in points.tolist():
        begun = time.perf_counter()
        seen = watching(poses, obstacles, None, x, y)
        calls.append(time.perf_counter() - begun)
        answers.append({key: row[:1] for key, row in rows_of(seen, obstacles).items()})
    return Timing(np.array(calls), answers)


def rows_of(seen: Seen, obstacles: Obstacles) -> Answer:
    """What the query returns, from what the kernel returned.

    The query names the blocker of a turned-away camera too, as the kernel does.
    """
    answer: Answer = {}
    for row in seen.rows:
        blocker = int(obstacles.ids[row["blocked_by"]]) if row["blocked_by"] >= 0 else None
        at_m = None if blocker is None else float(row["blocked_at_m"])
        measures = (float(row[name]) for name in ("distance_m", "bearing_deg", "pixels_per_m"))
        answer[int(row["pose"])] = (Reason(row["reason"]).name, blocker, at_m, *measures)
    return answer


def is_same(one: Answer, other: Answer) -> bool:
    """Equal words and numbers of buildings; measures to a micrometre and its like."""
    return one.keys() == other.keys() and all(
        a == b if a is None or b is None or isinstance(a, str | int) else abs(a - b) < 1e-5
        for key in one
        for a, b in zip(one[key], other[key], strict=True)
    )


def run(connection: psycopg.Connection) -> bool:
    """Print the figures; true when the floor holds and every answer is the same."""
    warm_up()
    city = make_city()
    load(connection, city)
    obstacles, poses = in_process(city)
    points = np.random.default_rng(11).uniform(200.0, 9_800.0, (N_POINTS, 2))
    reach_m = float(city.range_m.max())
    sides = (
        lambda: measure_seeing(obstacles, poses, points),
        lambda: measure_sql(connection, SEEING, points, reach_m),
        lambda: measure_watching(obstacles, poses, points),
        lambda: measure_sql(connection, WATCHING, points, reach_m),
    )
    best = [measure() for measure in sides]
    for _ in range(ROUNDS - 1):
        best = [timing.best(measure()) for timing, measure in zip(best, sides, strict=True)]
    print_pair("the same without those that do not see", best[2], best[3])
    return print_pair("point to seeing cameras", best[0], best[1])


def print_pair(name: str, ours: Timing, peer: Timing) -> bool:
    """Print one comparison; true when the floor holds and nothing differs."""
    ratio = peer.p50_us() / ours.p50_us()
    print(
        f"{name}: ours {ours.p50_us():.1f} us p50 {ours.p99_us():.1f} us p99, "
        f"peer PostGIS {peer.p50_us():.0f} us p50 {peer.p99_us():.0f} us p99, "
        f"ratio {ratio:.1f}x (floor {FLOOR:.0f}x)"
    )
    pairs = zip(ours.answers, peer.answers, strict=True)
    wrong = sum(not is_same(one, other) for one, other in pairs)
    cameras = sum(map(len, peer.answers))
    print(f"{name}: mismatches {wrong} of {N_POINTS} points, {cameras} cameras (limit 0)")
    return ratio >= FLOOR and wrong == 0 and cameras > 0


def main() -> bool:
    with (
        scratch.database("bench_sightline") as url,
        psycopg.connect(url, autocommit=True) as connection,
    ):
        return run(connection)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
