"""Bounding-box queries under row-level security against the same query without it.

100,000 cameras, nine in ten of them in the caller's county. Limit: twice the cost. Both run
prepared on one connection each, in turns, so that what else the machine does weighs on both alike.
"""

import random
import statistics
import time

import psycopg
from databases_for_bench import database

LIMIT = 2.0
BOXES = 400
_QUERY = (
    "SELECT id, name FROM cameras WHERE geom_3857 && ST_Transform("
    "ST_MakeEnvelope(%s, %s, %s + 0.02, %s + 0.02, 4326), 3857)"
)
_OWN = " AND division_code BETWEEN 610522000000 AND 610522999999"


def main() -> bool:
    with database("bench_rls") as url:
        _fill(url)
        with psycopg.connect(url) as owner, psycopg.connect(url) as app:
            app.execute(
                "SELECT set_config('role', 'gridlink_app', false),"
                " set_config('gridlink.low', '610522000000', false),"
                " set_config('gridlink.high', '610522999999', false),"
                " set_config('gridlink.user_id', '1', false)"
            )
            without_ms, under_ms, differing = _compare(owner, app)
    ratio = under_ms / without_ms
    print(
        f"bounding box: row-level security {under_ms:.3f} ms, without {without_ms:.3f} ms (p50),"
        f" ratio {ratio:.2f}x (limit {LIMIT:.0f}x), differing answers {differing}"
    )
    return ratio <= LIMIT and differing == 0


def _fill(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("SELECT setseed(0.5)")
        connection.execute(
            "INSERT INTO cameras (set_name, name, division_code, geom)"
            " SELECT 'bench', 'camera ' || i,"
            " CASE WHEN i % 10 > 0 THEN 610522101201 ELSE 610523101201 END,"
            " ST_SetSRID(ST_Point(110 + random() * 1.1, 34.2 + random() * 0.45), 4326)"
            " FROM generate_series(1, 100000) AS i"
        )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE cameras")


def _compare(owner: psycopg.Connection, app: psycopg.Connection) -> tuple[float, float, int]:
    """Return p50 milliseconds without and under row-level security, and wrong answers."""
    rng = random.Random(7)
    without: list[float] = []
    under: list[float] = []
    differing = 0
    for _ in range(BOXES):
        lon, lat = 110 + rng.random() * 1.08, 34.2 + rng.random() * 0.43
        box = (lon, lat, lon, lat)
        began = time.perf_counter()
        everything = owner.execute(_QUERY, box, prepare=True).fetchall()
        between = time.perf_counter()
        seen = app.execute(_QUERY, box, prepare=True).fetchall()
        ended = time.perf_counter()
        without.append(between - began)
        under.append(ended - between)
        own = owner.execute(_QUERY + _OWN, box, prepare=True).fetchall()
        differing += sorted(own) != sorted(seen)
        assert len(everything) >= len(seen)
    return statistics.median(without) * 1000, statistics.median(under) * 1000, differing
