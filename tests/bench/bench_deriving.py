"""A county's day of patrols derived: 500 units, eight hours, a fix every ten seconds.

Printed, not floored: the whole day at once, then one batch of one unit until its figures show.
"""

import os
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import psycopg
from databases_for_bench import database
from numpy.typing import NDArray

from backend.settings import load

UNITS = 500
HOURS = 8
STEP_S = 10
SIDE = 22
"""Grids along one side: 484 of 300 m."""
VILLAGE = 610522101201
LON, LAT, WIDE = 110.2, 34.5, 0.0033
MARK = "INSERT INTO patrol_dirty (unit_id, day) SELECT id, %s FROM units WHERE id {} 1"


def main() -> bool:
    """Print seconds for the day and for one batch."""
    with database("bench_deriving") as url, psycopg.connect(url, autocommit=True) as connection:
        os.environ["GRIDLINK_DATABASE_URL"] = url
        load.cache_clear()
        _land(connection)
        day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        start = day - timedelta(days=1)
        fixes = _hear(connection, start)
        day_of = (start.date(),)
        connection.execute(MARK.format("="), day_of)  # kernels and the land, once a process
        _derive("the first of a process", connection)
        connection.execute(MARK.format(">"), day_of)
        took_s = _derive("a county's day", connection)
        print(f"{fixes / took_s:,.0f} fixes/s; {_sizes(connection)}")
        late = start + timedelta(hours=HOURS)
        connection.execute(
            "INSERT INTO fixes SELECT 1, %s::timestamptz + n * interval '10 s', lon_e7, lat_e7, 50,"
            " -1 FROM generate_series(1, 60) n, (SELECT lon_e7, lat_e7 FROM fixes WHERE unit_id = 1"
            " ORDER BY at DESC LIMIT 1) last",
            (late,),
        )
        connection.execute(MARK.format("="), day_of)
        _derive("one batch of one unit", connection)
    return True


def _land(connection: psycopg.Connection) -> None:
    connection.execute(
        "INSERT INTO grids (set_name, code, name, division_code, geom)"
        " SELECT 'basic', 'G' || x || '-' || y, 'G', %s, ST_Multi(ST_MakeEnvelope("
        " %s + x * %s, %s + y * %s, %s + (x + 1) * %s, %s + (y + 1) * %s, 4326))"
        " FROM generate_series(0, %s) x, generate_series(0, %s) y",
        (VILLAGE, LON, WIDE, LAT, WIDE, LON, WIDE, LAT, WIDE, SIDE - 1, SIDE - 1),
    )
    connection.execute(
        "INSERT INTO roads (set_name, name, road_class, geom) SELECT 'b', 'r', 'street', ST_Multi("
        " ST_SetSRID(ST_MakeLine(ST_Point(%s, %s + (y + 0.5) * %s),"
        "  ST_Point(%s + %s * %s, %s + (y + 0.5) * %s)), 4326)) FROM generate_series(0, %s) y",
        (LON, LAT, WIDE, LON, SIDE, WIDE, LAT, WIDE, SIDE - 1),
    )
    connection.execute(
        "INSERT INTO units (code, name, kind, division_code)"
        " SELECT 'U' || n, 'U', 'grid_worker', %s FROM generate_series(1, %s) n",
        (VILLAGE, UNITS),
    )


def _hear(connection: psycopg.Connection, start: datetime) -> int:
    """Walk every unit about for a shift: straight for some minutes, then another way."""
    rng = np.random.default_rng(7)
    connection.execute("SELECT fixes_partition(%s)", (start.date(),))
    connection.execute(
        "INSERT INTO shifts (unit_id, division_code, starts_at, ends_at, source)"
        " SELECT id, division_code, %s, %s, 'plan' FROM units",
        (start, start + timedelta(hours=HOURS)),
    )
    steps = HOURS * 3600 // STEP_S
    wide_m = SIDE * 300.0
    with connection.cursor().copy("COPY fixes FROM STDIN") as copy:
        for unit in range(1, UNITS + 1):
            heading = np.repeat(rng.uniform(0, 2 * np.pi, steps // 30 + 1), 30)[:steps]
            lon, lat = (
                _within(edge, rng.uniform(0, wide_m) + 12.0 * np.cumsum(turn(heading)), wide_m)
                for edge, turn in ((LON, np.cos), (LAT, np.sin))
            )
            for n in range(steps):
                at = start + timedelta(seconds=n * STEP_S)
                copy.write_row((unit, at, lon[n], lat[n], 50, -1))
    return UNITS * steps


def _within(edge: float, metres: NDArray[np.float64], wide_m: float) -> list[int]:
    """Return places along one side, thrown back at its ends, in 1e-7 degrees."""
    back = np.abs(metres % (2 * wide_m) - wide_m)
    return [int(place) for place in (edge + back / wide_m * SIDE * WIDE) * 1e7]


def _derive(what: str, connection: psycopg.Connection) -> float:
    from backend import db
    from backend.patrol.deriving.derive import derive

    began, cpu = time.perf_counter(), time.process_time()
    days = 0
    while True:
        with db.begin() as session:
            done = derive(session, datetime.now(UTC))
        days += done.days
        if not done.marks:
            break
    took_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    print(f"{what}: {days} days of units in {took_s:.2f} s ({cpu_s:.2f} s of this process)")
    return took_s


def _sizes(connection: psycopg.Connection) -> str:
    names = ("visits", "patrol_traces", "patrol_grounds", "patrol_figures")
    rows = [connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in names]  # type: ignore[arg-type]
    return ", ".join(f"{name} {row[0]:,}" for name, row in zip(names, rows, strict=True) if row)


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
