"""A list of 10,000 devices: read, sealed and written; then asked, where most do not answer.

Of 2,000 asked a tenth answers (a simulated recorder, which shares the processor), half refuse the
connection, and the rest accept it and say nothing, which costs a deadline of 5 s each. Printed: the
time of writing, and the time of asking against what the silent ones alone must cost.
"""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from databases_for_bench import database, token

from backend import db
from backend.cameras.enrolment import lists, probing
from backend.cameras.enrolment.models import Enrolment
from backend.cameras.enrolment.reading import read_table
from backend.settings import load
from video.simulator.odd_device import OddDevice, OddSpec

ROWS, ASKED = 10_000, 2_000
DEADLINE_S = 5.0
MOST_RATIO = 2.0
SPEC = OddSpec(channels=1, password="bench")


def main(asked: int = ASKED) -> bool:
    """Print figures; False when the asking took twice what it must."""
    with (
        database("bench_enrolment") as url,
        _silent_port() as silent,
        OddDevice(SPEC, host="0.0.0.0") as recorder,
    ):
        _use(url)
        began = time.perf_counter()
        _written(url, [f"10.{n >> 8}.{n & 255}.9" for n in range(ROWS)])
        written_s = time.perf_counter() - began
        ports = {0: int(recorder.authority.rpartition(":")[2]), 1: silent}
        enrolment = _written(
            url, [f"127.7.{n >> 8}.{n & 255}:{ports.get(_kind(n), 9)}" for n in range(asked)]
        )
        began = time.perf_counter()
        probing.probe(enrolment)
        asked_s = time.perf_counter() - began
        outcomes = _outcomes(url, enrolment)
        db.engine().dispose()
    return _told(written_s, asked, asked_s, outcomes)


def _kind(n: int) -> int:
    """Return 0 for a device that answers, 1 for a silent one, 2 where the connection is refused."""
    return 0 if n % 10 == 0 else 1 if n % 10 < 5 else 2


def _use(url: str) -> None:
    os.environ["GRIDLINK_DATABASE_URL"] = url
    os.environ["GRIDLINK_MEDIA__ALLOWED_NETWORKS"] = '["127.0.0.0/8"]'
    load.cache_clear()
    db.engine.cache_clear()
    token(url, "admin", "0")


@contextmanager
def _silent_port() -> Iterator[int]:
    """Accept connections on every loopback address, and never say a word."""
    with socket.create_server(("0.0.0.0", 0), backlog=4096) as listener:
        yield int(listener.getsockname()[1])


def _written(url: str, addresses: list[str]) -> int:
    table = "address,user,password\n" + "".join(f"{one},admin,bench\n" for one in addresses)
    rows = read_table(table.encode())
    with psycopg.connect(url) as connection:
        user = connection.execute("SELECT id FROM users").fetchone()
    wish = {"low": 0, "high": 999_999_999_999, "language": "en"}
    with db.begin() as session:
        made = Enrolment(
            source="file", name="bench", division_code=0, wish=wish, created_by=user and user[0]
        )
        session.add(made)
        session.flush()
        lists.add_rows(session, made, rows)
        return made.id


def _outcomes(url: str, enrolment: int) -> dict[str, int]:
    with psycopg.connect(url) as connection:
        return dict(
            connection.execute(
                "SELECT coalesce(reason, state), count(*) FROM enrolment_rows"
                " WHERE enrolment_id = %s GROUP BY 1 ORDER BY 1",
                (enrolment,),
            ).fetchall()
        )


def _told(written_s: float, asked: int, asked_s: float, outcomes: dict[str, int]) -> bool:
    lanes, most = probing.lanes(asked), probing.lanes(ROWS)
    silent = sum(_kind(n) == 1 for n in range(asked))
    least_s = silent * DEADLINE_S / lanes
    ratio = asked_s / least_s
    print(f"{ROWS} rows read, sealed and written in {written_s:.1f} s")
    print(
        f"{asked} devices asked in {asked_s:.0f} s, {lanes} at once; the {silent} silent ones alone"
        f" must cost {least_s:.0f} s: ratio {ratio:.2f} (limit {MOST_RATIO:g}); {outcomes}"
    )
    print(
        f"the silent of {ROWS} such devices, {most} at once: {ROWS * 0.4 * DEADLINE_S / most:.0f} s"
    )
    return ratio <= MOST_RATIO


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if len(sys.argv) > 1 else ASKED) else 1)
