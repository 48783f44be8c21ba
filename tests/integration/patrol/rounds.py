"""Rounds of simulated units in the small land: fixes written as ingest writes them."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg

from backend import db

#: Metres of a degree at 34.5 degrees north.
M_PER_LON, M_PER_LAT = 111_320.0 * math.cos(math.radians(34.5)), 110_930.0

Fix = tuple[int, datetime, float, float]
"""Unit, time, lon, lat."""


def walk(
    unit: int,
    start: datetime,
    stops: list[tuple[float, float]],
    *,
    speed_mps: float = 1.2,
    every_s: float = 10.0,
) -> list[Fix]:
    """Return fixes of a unit that goes from stop to stop (lon, lat) in straight lines."""
    fixes, passed_s, next_s = [(unit, start, *stops[0])], 0.0, every_s
    for (lon0, lat0), (lon1, lat1) in pairwise(stops):
        length_m = math.hypot((lon1 - lon0) * M_PER_LON, (lat1 - lat0) * M_PER_LAT)
        lasted_s = length_m / speed_mps
        while next_s <= passed_s + lasted_s:
            part = (next_s - passed_s) / lasted_s
            spot = (lon0 + part * (lon1 - lon0), lat0 + part * (lat1 - lat0))
            fixes.append((unit, start + timedelta(seconds=next_s), *spot))
            next_s += every_s
        passed_s += lasted_s
    return fixes


def stand(
    unit: int, start: datetime, spot: tuple[float, float], lasted_s: float, every_s: float = 30.0
) -> list[Fix]:
    """Return fixes of a unit that stands still."""
    count = int(lasted_s / every_s) + 1
    return [(unit, start + timedelta(seconds=every_s * n), *spot) for n in range(count)]


def hear(url: str, fixes: Iterable[Fix], *, accuracy_dm: int = 50) -> None:
    """Write fixes and marks in one transaction, as ingest does."""
    rows = list(fixes)
    with psycopg.connect(url) as connection:
        for day in sorted({at.astimezone(UTC).date() for _, at, _, _ in rows}):
            connection.execute("SELECT fixes_partition(%s)", (day,))
        connection.cursor().executemany(
            "INSERT INTO fixes VALUES (%s, %s, %s, %s, %s, -1) ON CONFLICT DO NOTHING",
            [
                (unit, at, round(lon * 1e7), round(lat * 1e7), accuracy_dm)
                for unit, at, lon, lat in rows
            ],
        )
        marks = sorted({(unit, at.astimezone(UTC).date()) for unit, at, _, _ in rows})
        connection.cursor().executemany(
            "INSERT INTO patrol_dirty (unit_id, day) VALUES (%s, %s)"
            " ON CONFLICT (unit_id, day) DO UPDATE SET at = clock_timestamp()",
            marks,
        )


def derive_all(now: datetime | None = None) -> int:
    """Derive until no mark is left; return how many days were."""
    from backend.patrol.deriving.derive import derive

    days = 0
    while True:
        with db.begin() as session:
            done = derive(session, now or datetime.now(UTC))
        days += done.days
        if not done.marks:
            return days


def whole(url: str, *tables: str) -> list[list[tuple[Any, ...]]]:
    """Return all rows of tables without the numbers that are given in order of arrival."""
    found = []
    with psycopg.connect(url) as connection:
        for table in tables:
            names = [
                name
                for (name,) in connection.execute(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                    " AND table_schema = 'public' AND column_name <> 'id' ORDER BY 1",
                    (table,),
                )
            ]
            rows = connection.execute(
                f"SELECT {', '.join(names)} FROM {table}"  # type: ignore[arg-type]
            )
            found.append(sorted(rows.fetchall(), key=repr))
    return found
