"""A million points to 5,000 irregular grids: ours, shapely's prepared tree, the best SQL.

Floors: 4 times shapely, 12 times PostGIS, and the same grid for every point, those on borders and
corners among them. Seconds are of the processor; nobody's index counts, all are told.
"""

import time

import numpy as np
import psycopg
import shapely
from databases_for_bench import database
from served_for_bench import cpu_s
from tilings_for_bench import irregular_tiling

from gis.assignment import assign, index_for_assignment

POINTS, ON_BORDERS = 1_000_000, 4_000
SHAPELY_FLOOR, SQL_FLOOR = 4.0, 12.0
ROUNDS = 5

# The planner would go from points to grids and unpack an outline for each; this way each outline
# is prepared once and asked for all the points of its box. The smallest id wins, as with us.
LATERAL = """
SELECT DISTINCT ON (found.id) found.id, g.id FROM bench_grids g CROSS JOIN LATERAL (
  SELECT p.id FROM bench_points p WHERE p.geom && g.geom AND ST_Covers(g.geom, p.geom) OFFSET 0
) found ORDER BY found.id, g.id
"""


def main() -> bool:
    """Print the figures; True when the floors hold and all agree."""
    rng = np.random.default_rng(6)
    grids = irregular_tiling(rng, columns=100, rows=50)
    x, y = points_for(grids, rng)
    index = index_for_assignment(grids)
    assign(index, x[:10], y[:10])  # compiles
    began = time.process_time()
    index = index_for_assignment(grids)
    built_s = time.process_time() - began
    own, own_s = _median(lambda: assign(index, x, y))
    print(f"{POINTS} points, {len(grids)} grids of {_corners(grids)} corners")
    print(f"ours {own_s:.3f} s ({POINTS / own_s / 1e6:.1f} M/s), its index {built_s:.2f} s")
    theirs, shapely_s = _by_shapely(grids, x, y)
    sql, sql_s = _by_sql(grids, x, y)
    print(f"ratio to shapely {shapely_s / own_s:.1f}x (floor {SHAPELY_FLOOR:g}x)", end=", ")
    print(f"to PostGIS {sql_s / own_s:.1f}x (floor {SQL_FLOOR:g}x)")
    differ = int(np.count_nonzero(own != theirs)), int(np.count_nonzero(own != sql))
    print(f"points that differ: {differ[0]} from shapely, {differ[1]} from PostGIS")
    is_fast = shapely_s / own_s >= SHAPELY_FLOOR and sql_s / own_s >= SQL_FLOOR
    return is_fast and differ == (0, 0)


def points_for(grids: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points over the region and beyond; some on corners, some on the middle of edges."""
    west, south, east, north = shapely.total_bounds(grids)
    xy = rng.uniform([west - 2e3, south - 2e3], [east + 2e3, north + 2e3], (POINTS, 2))
    corners = shapely.get_coordinates(grids)
    some = rng.choice(len(corners) - 1, ON_BORDERS)
    half = ON_BORDERS // 2
    xy[:half] = corners[some[:half]]
    xy[half:ON_BORDERS] = (corners[some[half:]] + corners[some[half:] + 1]) / 2.0
    return xy[:, 0].copy(), xy[:, 1].copy()


def _median(work):
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        done = work()
        spent.append(time.process_time() - began)
    return done, float(np.median(spent))


def _corners(grids: np.ndarray) -> int:
    return int(np.median(shapely.get_num_coordinates(grids))) - 1


def _by_shapely(grids: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    points = shapely.points(x, y)
    began = time.process_time()
    tree = shapely.STRtree(points)
    shapely.prepare(grids)
    tree.query(grids[:1])  # builds the tree
    built_s = time.process_time() - began
    (grid, point), asked_s = _median(lambda: tree.query(grids, predicate="covers"))
    found = np.full(POINTS, -1)
    order = np.argsort(-grid, kind="stable")
    found[point[order]] = grid[order]
    print(f"shapely, prepared {asked_s:.2f} s, its tree {built_s:.2f} s")
    return found, asked_s


def _by_sql(grids: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    with database("gridlink_bench_assignment") as url, psycopg.connect(url) as connection:
        for setting in ("max_parallel_workers_per_gather = 0", "jit = off", "work_mem = '512MB'"):
            connection.execute(f"SET {setting}")
        _load(connection, grids, shapely.points(x, y))
        spent = []
        for _ in range(2):
            before = cpu_s(connection.info.backend_pid)
            rows = connection.execute(LATERAL).fetchall()
            spent.append(cpu_s(connection.info.backend_pid) - before)
    found = np.full(POINTS, -1)
    at, grid = np.array(rows, dtype=np.int64).T
    found[at] = grid
    print(f"PostGIS, LATERAL {min(spent):.2f} s")
    return found, min(spent)


def _load(connection: psycopg.Connection, grids: np.ndarray, points: np.ndarray) -> None:
    for table, shapes in (("bench_grids", grids), ("bench_points", points)):
        connection.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, geom geometry)")
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for number, wkb in enumerate(shapely.to_wkb(shapes, hex=True)):
                copy.write_row((number, wkb))
    connection.execute("CREATE INDEX ON bench_points USING gist (geom)")
    connection.execute("ANALYZE bench_points")
    connection.execute("ANALYZE bench_grids")


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
