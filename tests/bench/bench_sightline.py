"""Which cameras see a point: in process against the same answer from PostGIS SQL.

Both sides hold the same made-up city of 10 x 10 km, 40,000 buildings and 10,000 cameras. The SQL
uses GiST indexes on buildings and cameras, a prepared statement and one connection over a socket;
it tries lines only of cameras that have the point in range and field, as any query would. Run with
GRIDLINK_BENCH_DATABASE_URL naming a database in which tables may be made.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np
import psycopg
import shapely
from city import City, make_city
from numpy.typing import NDArray

from gis.obstacles import Obstacles, build_obstacles
from gis.sight import (
    PoseColumns,
    PoseTable,
    Verdict,
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
#: camera id -> is it certain
Watchers = dict[int, bool]

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

# The exact rule in SQL: hidden iff the line runs inside a footprint below its roof.
SEEING = """
WITH spot AS (SELECT ST_Point(%(x)s, %(y)s) AS geom, %(target_m)s::float8 AS z),
facing AS (
    SELECT c.*, spot.geom AS place, spot.z, ST_MakeLine(c.geom, spot.geom) AS line,
           ST_Distance(c.geom, spot.geom) AS length_m,
           abs(turn.deg - 360 * round(turn.deg / 360)) AS off_deg
    FROM spot
    JOIN bench_cameras c ON ST_DWithin(c.geom, spot.geom, %(reach_m)s)
    CROSS JOIN LATERAL (
        SELECT degrees(ST_Azimuth(c.geom, spot.geom)) - c.azimuth_deg AS deg
    ) turn
)
SELECT f.id, f.off_deg <= f.fov_deg / 2 - f.error_deg AS is_certain
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
    answers: list[Watchers]

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


def measure_sql(connection: psycopg.Connection, points: Floats, reach_m: float) -> Timing:
    """One prepared query per point."""
    calls, answers = [], []
    with connection.cursor() as cursor:
        for x, y in points.tolist():
            values = {"x": x, "y": y, "target_m": TARGET_HEIGHT_M, "reach_m": reach_m}
            begun = time.perf_counter()
            rows = cursor.execute(SEEING, values, prepare=True).fetchall()
            calls.append(time.perf_counter() - begun)
            answers.append(dict(rows))
    return Timing(np.array(calls), answers)


def measure_in_process(obstacles: Obstacles, poses: PoseTable, points: Floats) -> Timing:
    """The same answer: cameras that certainly or possibly see each point."""
    calls, answers = [], []
    for x, y in points.tolist():
        begun = time.perf_counter()
        seen = watching(poses, obstacles, None, x, y, target_height_m=TARGET_HEIGHT_M)
        calls.append(time.perf_counter() - begun)
        is_certain = seen.verdict == Verdict.CERTAIN
        answers.append(dict(zip(seen.pose.tolist(), is_certain.tolist(), strict=True)))
    return Timing(np.array(calls), answers)


def measure_full(obstacles: Obstacles, poses: PoseTable, points: Floats) -> Timing:
    """Every camera in reach with its reason, those that do not see included."""
    calls, answers = [], []
    for x, y in points.tolist():
        begun = time.perf_counter()
        seen = seeing(poses, obstacles, None, x, y, search_radius_m=0.0)
        calls.append(time.perf_counter() - begun)
        sees = seen.rows[seen.verdict != Verdict.BLOCKED]
        answers.append(
            dict(zip(sees["pose"].tolist(), (sees["verdict"] == 0).tolist(), strict=True))
        )
    return Timing(np.array(calls), answers)


def run(connection: psycopg.Connection) -> bool:
    """Print the figures; true when the floor holds and every answer is the same."""
    warm_up()
    city = make_city()
    load(connection, city)
    obstacles, poses = in_process(city)
    points = np.random.default_rng(11).uniform(200.0, 9_800.0, (N_POINTS, 2))
    reach_m = float(city.range_m.max())
    sides = (
        lambda: measure_in_process(obstacles, poses, points),
        lambda: measure_full(obstacles, poses, points),
        lambda: measure_sql(connection, points, reach_m),
    )
    ours, full, peer = (measure() for measure in sides)
    for _ in range(ROUNDS - 1):
        ours, full, peer = (
            timing.best(measure())
            for timing, measure in zip((ours, full, peer), sides, strict=True)
        )
    return report(ours, full, peer)


def report(ours: Timing, full: Timing, peer: Timing) -> bool:
    """Print one line a figure."""
    ratio = peer.p50_us() / ours.p50_us()
    sums = float(peer.calls_s.sum() / ours.calls_s.sum())
    print(
        f"point to seeing cameras: ours {ours.p50_us():.1f} us p50 {ours.p99_us():.1f} us p99, "
        f"peer PostGIS {peer.p50_us():.0f} us p50 {peer.p99_us():.0f} us p99, "
        f"ratio {ratio:.1f}x of p50, {sums:.1f}x of totals (floor {FLOOR:.0f}x)"
    )
    print(
        "every camera in reach, with the reason of those that do not see: "
        f"ours {full.p50_us():.1f} us p50 {full.p99_us():.1f} us p99"
    )
    wrong = sum(
        a != b or a != c for a, b, c in zip(ours.answers, full.answers, peer.answers, strict=True)
    )
    watchers = sum(map(len, peer.answers))
    print(
        f"point to seeing cameras: mismatches {wrong} of {N_POINTS} points "
        f"({watchers} seeing cameras) (limit 0)"
    )
    return ratio >= FLOOR and wrong == 0 and watchers > 0


def main() -> int:
    with psycopg.connect(os.environ["GRIDLINK_BENCH_DATABASE_URL"], autocommit=True) as connection:
        return 0 if run(connection) else 1


if __name__ == "__main__":
    raise SystemExit(main())
