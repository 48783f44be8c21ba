"""Fixes through HTTP, durable and idempotent, against binary COPY into the same table.

One server process takes JSON in batches of 1,000; the peer is COPY of the very bytes PostgreSQL
stores, 1,000 rows a transaction, over one connection: what the database can do when nothing is
decoded, checked or answered. Both write into the partition of today with its key, in turns.
"""

import http.client
import json
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
from databases_for_bench import database, token
from served_for_bench import cpu_s, server

from backend.patrol.fixes.batch import Fixes

FLOOR = 0.4
PORT = 8451
CLIENTS = 16
UNITS = 200
BATCH = 1000
ROUNDS = 3
BATCHES = 96
VILLAGE = 610522101201
SETTLE_S = 120.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What one round came to."""

    points: int
    wall_s: float
    server_s: float = 0.0
    database_s: float = 0.0

    @property
    def per_s(self) -> float:
        return self.points / self.wall_s


def main() -> bool:
    """Print points a second and processor time a point; True when the floor is kept."""
    with database("bench_ingest") as url, psycopg.connect(url, autocommit=True) as connection:
        units = _units(connection)
        bearer = token(url, "dispatcher", "610522000000")
        with server(url, PORT) as pid:
            _settle(pid)
            _send(bearer, [_body(_rows(units, 0, 100))], pid, connection)  # opens today
            copied, sent = [], []
            for turn in range(ROUNDS):
                copied.append(_copy(connection, _batches(units, 2 * turn, BATCH)))
                sent.append(_post(bearer, _batches(units, 2 * turn + 1, BATCH), pid, connection))
            small = _post(bearer, _batches(units, 2 * ROUNDS, 100), pid, connection)
            again = _post(bearer, _batches(units, 2 * ROUNDS, 100), pid, connection, fresh=False)
        expected = 100 + 2 * ROUNDS * BATCHES * BATCH + BATCHES * 100
        stored = connection.execute("SELECT count(*) FROM fixes").fetchone()
    assert stored == (expected,), f"{stored} in store, {expected} were acknowledged"
    return _report(copied, sent, small, again)


def _settle(pid: int) -> None:
    """Wait until the server has read and compiled what it does beside its start."""
    deadline, spent_s, quiet = time.monotonic() + SETTLE_S, cpu_s(pid), 0
    while quiet < 3 and time.monotonic() < deadline:
        time.sleep(1)
        before_s, spent_s = spent_s, cpu_s(pid)
        quiet = quiet + 1 if spent_s - before_s < 0.05 else 0


def _units(connection: "psycopg.Connection[tuple[object, ...]]") -> list[int]:
    connection.execute(
        "INSERT INTO units (code, name, kind, division_code) SELECT 'U' || k, 'U' || k,"
        " 'grid_worker', %s FROM generate_series(1, %s) k",
        (VILLAGE, UNITS),
    )
    connection.execute(
        "INSERT INTO shifts (unit_id, division_code, starts_at, source)"
        " SELECT id, division_code, now() - interval '3 days', 'dispatcher' FROM units"
    )
    return [int(str(n)) for (n,) in connection.execute("SELECT id FROM units ORDER BY id")]


def _rows(units: Sequence[int], number: int, size: int) -> Fixes:
    """Return batch `number`: `size` seconds of one unit on its way, in order."""
    unit = units[number % len(units)]
    turn = number // len(units)
    # Yesterday, so that all of one day lies behind whatever the hour is.
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    first = int(day.timestamp()) + turn * BATCH
    k = np.arange(size)
    return Fixes(
        np.full(size, unit),
        (first + k) * 1_000_000,
        1_100_000_000 + 100 * ((k * 7 + unit) % 5000),
        345_000_000 + 100 * k,
        np.full(size, 50),
        np.full(size, 120),
        k,
    )


def _batches(units: Sequence[int], turn: int, size: int) -> list[Fixes]:
    return [_rows(units, turn * UNITS + k + 1, size) for k in range(BATCHES)]


def _body(fixes: Fixes) -> bytes:
    """Return a batch as a gateway sends it."""
    rows = [
        {
            "lon": lon / 1e7,
            "lat": lat / 1e7,
            "at": datetime.fromtimestamp(at / 1e6, UTC).isoformat(),
            "accuracy": accuracy / 10,
            "speed": speed / 100,
        }
        for _, at, lon, lat, accuracy, speed in zip(
            *(c.tolist() for c in fixes.columns()), strict=True
        )
    ]
    return json.dumps({"unit": f"U{fixes.unit[0]}", "fixes": rows}).encode()


def _copy(connection: "psycopg.Connection[tuple[object, ...]]", batches: list[Fixes]) -> Rate:
    blocks = [batch.binary() for batch in batches]
    before, begun = _database_s(connection), time.perf_counter()
    for block in blocks:
        with connection.cursor().copy("COPY fixes FROM STDIN (FORMAT binary)") as copy:
            copy.write(block)
    wall_s = time.perf_counter() - begun
    return Rate(sum(map(len, batches)), wall_s, 0.0, _database_s(connection) - before)


def _post(
    bearer: str,
    batches: list[Fixes],
    pid: int,
    connection: "psycopg.Connection[tuple[object, ...]]",
    *,
    fresh: bool = True,
) -> Rate:
    rate, accepted = _send(bearer, [_body(batch) for batch in batches], pid, connection)
    assert accepted == (rate.points if fresh else 0)
    return rate


def _send(
    bearer: str,
    bodies: list[bytes],
    pid: int,
    connection: "psycopg.Connection[tuple[object, ...]]",
) -> tuple[Rate, int]:
    """Send all bodies over `CLIENTS` connections; return the rate, and how many were new."""
    left = list(reversed(bodies))
    told: list[dict[str, int]] = []

    def keep_sending() -> None:
        lane = http.client.HTTPConnection("127.0.0.1", PORT)
        while True:
            try:
                body = left.pop()
            except IndexError:
                return
            headers = {"Authorization": f"Bearer {bearer}"}
            lane.request("POST", "/api/patrol/fixes", body, headers)
            answer = lane.getresponse()
            content = answer.read()
            assert answer.status == 200, content
            told.append(json.loads(content))

    database_s, server_s = _database_s(connection), cpu_s(pid)
    begun = time.perf_counter()
    threads = [threading.Thread(target=keep_sending) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall_s = time.perf_counter() - begun
    assert len(told) == len(bodies)
    taken = sum(each["accepted"] + each["duplicates"] for each in told)
    spent = cpu_s(pid) - server_s, _database_s(connection) - database_s
    return Rate(taken, wall_s, *spent), sum(each["accepted"] for each in told)


_spent_s: dict[int, float] = {}


def _database_s(connection: "psycopg.Connection[tuple[object, ...]]") -> float:
    """Return the processor seconds of this database's backends so far, ended ones too."""
    rows = connection.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
    ).fetchall()
    for (pid,) in rows:
        if Path(f"/proc/{pid}").exists():
            _spent_s[int(str(pid))] = cpu_s(int(str(pid)))
    return sum(_spent_s.values())


def _report(copied: list[Rate], sent: list[Rate], small: Rate, again: Rate) -> bool:
    bound, ours = max(copied, key=lambda r: r.per_s), max(sent, key=lambda r: r.per_s)
    ratio = ours.per_s / bound.per_s
    print(f"binary COPY of {BATCH} rows a transaction: {_told(bound)}")
    print(f"HTTP, JSON, {BATCH} fixes a request: {_told(ours)}")
    print(f"HTTP, JSON, 100 fixes a request: {_told(small)}")
    print(f"the same 100 again (nothing new): {_told(again)}")
    print(
        f"ratio {ratio:.2f} (floor {FLOOR}); rounds "
        + ", ".join(f"{s.per_s / c.per_s:.2f}" for s, c in zip(sent, copied, strict=True))
    )
    return ratio >= FLOOR


def _told(rate: Rate) -> str:
    each = 1e6 / rate.points
    return (
        f"{rate.per_s / 1000:.0f} k points/s; processor time a point: server"
        f" {rate.server_s * each:.1f} us, database {rate.database_s * each:.1f} us"
    )


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    raise SystemExit(0 if main() else 1)
