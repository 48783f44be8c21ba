"""Visits of 1,000,000 fixes against PostGIS of the same definition, in one run; ground too.

2,000 e-bikes, a fix each 10 s, 5,000 irregular grids of about 1 km². PostGIS makes the legs by a
window and indexes them, asks grid by grid in a lateral join (the form that is fastest there) and
joins the pieces with windows. Both are timed by the processor, so that neighbours do not matter.
Run: `.venv/bin/python tests/bench/run.py visits`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import psycopg
import shapely
from databases_for_bench import database
from served_for_bench import cpu_s
from tilings_for_bench import irregular_tiling

from gis.gridindex import GridIndex, index_grids
from gis.patrolground import ground_states
from gis.patrolplan import PatrolPlan, patrol_cells
from gis.tracks import Fixes, clean, legs, rules_of
from gis.visits import Visits, find_visits

T = TypeVar("T")

UNITS, FIXES_EACH, EVERY_S = 2_000, 500, 10.0
COLUMNS, ROWS = 100, 50
FLOOR = 25.0
#: PostGIS meets borders by its own arithmetic: times agree to a millisecond.
TIME_LIMIT_S = 1e-3

LEGS = """
CREATE TEMP TABLE bench_legs AS
WITH pairs AS (
    SELECT unit, at AS t1, geom AS b, radius AS r1, lag(at) OVER w AS t0,
           lag(geom) OVER w AS a, lag(radius) OVER w AS r0
    FROM bench_fixes WINDOW w AS (PARTITION BY unit ORDER BY at)
), judged AS (
    SELECT *, t1 - t0 <= %(gap_s)s
        AND ST_Distance(a, b) <= (t1 - t0) * %(speed_mps)s + r0 + r1 AS is_known FROM pairs
), runs AS (
    SELECT *, count(*) FILTER (WHERE is_known IS NOT TRUE) OVER (
        PARTITION BY unit ORDER BY t1) AS run FROM judged
)
SELECT unit, run::int, t0, t1, ST_MakeLine(a, b) AS geom FROM runs WHERE is_known
"""

VISITS = """
WITH pieces AS (
    SELECT l.unit, l.run, g.id AS grid, p.entered, p.left_at
    FROM bench_grids g
    CROSS JOIN LATERAL (
        SELECT l.*, ST_Covers(g.geom, l.geom) AS is_whole
        FROM bench_legs l WHERE ST_Intersects(g.geom, l.geom) OFFSET 0
    ) l
    CROSS JOIN LATERAL (
        SELECT l.t0 AS entered, l.t1 AS left_at WHERE l.is_whole
        UNION ALL
        SELECT l.t0 + ST_LineLocatePoint(l.geom, ST_StartPoint(d.geom)) * (l.t1 - l.t0),
               l.t0 + ST_LineLocatePoint(l.geom, ST_EndPoint(d.geom)) * (l.t1 - l.t0)
        FROM ST_Dump(CASE WHEN l.is_whole THEN NULL ELSE ST_Intersection(l.geom, g.geom) END) d
        WHERE ST_Dimension(d.geom) = 1
    ) p
), numbered AS (
    SELECT *, entered - max(left_at) OVER (
        PARTITION BY unit, run, grid ORDER BY entered, left_at
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS away_s
    FROM pieces
), islands AS (
    SELECT *, count(*) FILTER (WHERE away_s IS NULL OR away_s > %(merge_s)s) OVER (
        PARTITION BY unit, run, grid ORDER BY entered, left_at) AS island
    FROM numbered
)
SELECT unit, grid, min(entered), max(left_at), sum(left_at - entered)
FROM islands GROUP BY unit, run, grid, island ORDER BY 1, 2, 3
"""


def main() -> bool:
    """Print the figures; True when the floor holds and the visits are the same."""
    rng = np.random.default_rng(4)
    grids = irregular_tiling(rng, columns=COLUMNS, rows=ROWS)
    fixes, rules = riding(rng), rules_of("ebike")
    few = Fixes(*(getattr(fixes, name)[:20_000] for name in Fixes.__slots__))
    plan = patrol_cells(grids, _roads())
    _all_of(few, index_grids(grids), plan)  # compiles
    index = index_grids(grids)
    print(f"{len(fixes)} fixes, {UNITS} units, {len(grids)} grids; seconds are of the processor")
    own, own_s = _measured(fixes, index)
    with database("gridlink_bench_visits") as url, psycopg.connect(url) as connection:
        _load(connection, grids, fixes)
        limits = {"merge_s": rules.merge_s, "gap_s": rules.gap_s}
        _, making_s = _spent(connection, lambda: _make_legs(connection, limits))
        rows, asking_s = _spent(connection, lambda: connection.execute(VISITS, limits).fetchall())
    print(f"PostGIS: legs by a window and their index {making_s:.2f} s, visits {asking_s:.2f} s")
    # PostGIS is handed the fixes that cleaning keeps, so cleaning counts on neither side.
    from_fixes, from_legs = (making_s + asking_s) / sum(own_s[1:]), asking_s / own_s[2]
    print(f"ratio from fixes to visits {from_fixes:.0f}x (floor {FLOOR:g}x)", end=", ")
    print(f"from legs to visits {from_legs:.0f}x")
    is_good = _is_same(own, np.array(rows, dtype=np.float64)) and from_fixes >= FLOOR
    _report_ground(fixes, plan)
    return is_good


def riding(rng: np.random.Generator) -> Fixes:
    """Rides: each 10 s a fix, some silences; by unit and time, as a table is read."""
    heading = np.cumsum(rng.normal(0, 0.25, (UNITS, FIXES_EACH)), axis=1)
    heading += rng.uniform(0, 2 * np.pi, (UNITS, 1))
    step_m = rng.uniform(0, 2 * 4.2 * EVERY_S, (UNITS, FIXES_EACH)) * (
        rng.random((UNITS, 1)) < 0.95
    )
    x = np.cumsum(step_m * np.cos(heading), axis=1) + rng.uniform(5e3, 95e3, (UNITS, 1))
    y = np.cumsum(step_m * np.sin(heading), axis=1) + rng.uniform(5e3, 45e3, (UNITS, 1))
    # Nobody's fixes repeat to the bit; GEOS is of two minds about lines without length.
    x, y = x + rng.normal(0, 0.5, x.shape), y + rng.normal(0, 0.5, y.shape)
    at = 1.8e9 + np.arange(FIXES_EACH) * EVERY_S + rng.uniform(0, 5, (UNITS, 1))
    at = np.round(at + 300.0 * np.cumsum(rng.random(at.shape) < 0.005, axis=1), 3)
    unit = np.repeat(np.arange(UNITS), FIXES_EACH).reshape(at.shape)
    columns = (column.ravel() for column in (unit, at, x, y))
    accuracy_m = rng.uniform(3, 10, at.size)
    return Fixes(*columns, accuracy_m, np.full(at.size, np.nan))


def _roads() -> np.ndarray:
    """Streets each 200 m both ways over the middle of the region."""
    lines = [shapely.LineString([(40e3, y), (60e3, y)]) for y in np.arange(15e3, 35e3, 200)]
    lines += [shapely.LineString([(x, 15e3), (x, 35e3)]) for x in np.arange(40e3, 60e3, 200)]
    return np.array(lines, dtype=object)


def _all_of(fixes: Fixes, index: GridIndex, plan: PatrolPlan) -> None:
    track = legs(clean(fixes, rules_of("ebike")))
    find_visits(index, track)
    ground_states(plan, track, from_s=1_800_000_000, to_s=1_800_007_200)


def _measured(fixes: Fixes, index: GridIndex) -> tuple[Visits, list[float]]:
    """Visits, and the medians of cleaning, making legs and finding visits."""
    spent = []
    for _ in range(5):
        marks = [time.process_time()]
        cleaned = clean(fixes, rules_of("ebike"))
        marks.append(time.process_time())
        track = legs(cleaned)
        marks.append(time.process_time())
        visits = find_visits(index, track)
        marks.append(time.process_time())
        spent.append(np.diff(marks))
    median = [float(value) for value in np.median(spent, axis=0)]
    print(
        f"cleaned {median[0]:.3f} s, legs {median[1]:.3f} s, visits {median[2]:.3f} s:"
        f" {len(fixes) / sum(median) / 1e6:.1f} M fixes/s, visits alone"
        f" {len(fixes) / median[2] / 1e6:.1f} M/s; {len(visits)} visits"
    )
    return visits, median


def _load(connection: psycopg.Connection, grids: np.ndarray, fixes: Fixes) -> None:
    """Grids and the fixes that cleaning keeps, by unit and time."""
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.execute("SET jit = off")
    connection.execute("SET work_mem = '512MB'")
    connection.execute("SET maintenance_work_mem = '512MB'")
    connection.execute("CREATE TABLE bench_grids (id int PRIMARY KEY, geom geometry(Polygon))")
    connection.execute(
        "CREATE TABLE bench_fixes (unit int, at float8, radius float8, geom geometry(Point),"
        " PRIMARY KEY (unit, at))"
    )
    cleaned = clean(fixes, rules_of("ebike"))
    places = shapely.to_wkb(shapely.points(cleaned.x, cleaned.y), hex=True).tolist()
    columns = (c.tolist() for c in (cleaned.unit, cleaned.at_s, cleaned.radius_m))
    with connection.cursor() as cursor:
        with cursor.copy("COPY bench_grids FROM STDIN") as copy:
            for number, shape in enumerate(shapely.to_wkb(grids, hex=True)):
                copy.write_row((number, shape))
        with cursor.copy("COPY bench_fixes FROM STDIN") as copy:
            for row in zip(*columns, places, strict=True):
                copy.write_row(row)
    connection.execute("ANALYZE bench_grids")
    connection.execute("ANALYZE bench_fixes")


def _make_legs(connection: psycopg.Connection, limits: dict[str, float]) -> None:
    speed_mps = rules_of("ebike").speed_mps
    connection.execute(LEGS, {**limits, "speed_mps": speed_mps})
    connection.execute("CREATE INDEX ON bench_legs USING gist (geom)")
    connection.execute("ANALYZE bench_legs")


def _spent(connection: psycopg.Connection, work: Callable[[], T]) -> tuple[T, float]:
    """What a statement gives, and the processor's time of its backend."""
    before = cpu_s(connection.info.backend_pid)
    done = work()
    return done, cpu_s(connection.info.backend_pid) - before


def _is_same(own: Visits, rows: np.ndarray) -> bool:
    """Whether both found the same visits, to the millisecond."""
    mine = np.stack([own.unit, own.grid, own.entered_s, own.left_s, own.dwell_s], axis=1)
    # A way that grazes a border for less than the limit is there or not, by either's rounding.
    mine, rows = (told[told[:, 3] - told[:, 2] > TIME_LIMIT_S] for told in (mine, rows))
    if len(mine) != len(rows) or np.any(mine[:, :2] != rows[:, :2]):
        print(f"NOT the same visits: {len(mine)} and {len(rows)}")
        return False
    worst = float(np.abs(mine[:, 2:] - rows[:, 2:]).max())
    print(f"the same visits; times differ by at most {worst * 1e3:.4f} ms")
    return worst <= TIME_LIMIT_S


def _report_ground(fixes: Fixes, plan: PatrolPlan) -> None:
    track = legs(clean(fixes, rules_of("ebike")))
    began = time.process_time()
    found = ground_states(plan, track, from_s=1_800_000_000, to_s=1_800_014_400)
    seconds = time.process_time() - began
    print(f"ground: {len(found)} grids and hours in {seconds:.2f} s,", end=" ")
    print(f"{len(fixes) / seconds / 1e6:.2f} M fixes/s")


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
