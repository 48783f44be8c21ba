"""The clocks of dispatch run in the worker as it is started; one that was killed costs nothing."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.fault

VILLAGE = 610522101201


@contextmanager
def worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "worker"],
            env=os.environ.copy(),
            stdout=out,
            stderr=out,
        )
    try:
        yield child
    finally:
        child.kill()
        child.wait(10)


@pytest.mark.timeout(600)
def test_an_offer_times_out_once_under_workers_that_are_killed(land, account, tmp_path) -> None:
    maker = account("dispatcher")
    land.run(
        "INSERT INTO units (code, name, kind, division_code)"
        " SELECT 'A' || n, 'A' || n, 'response', %s FROM generate_series(1, 40) n",
        VILLAGE,
    )
    land.run(
        "INSERT INTO tasks (number, kind, title, severity, division_code, created_by)"
        " SELECT 'T1', 'other', 'x', 'red', %s, id FROM users WHERE username = %s",
        *(VILLAGE, maker),
    )
    land.run(
        "INSERT INTO assignments (task_id, unit_id, unit_code, unit_name, division_code,"
        " offered_at, accept_by) SELECT t.id, u.id, u.code, u.name, t.division_code,"
        " now() - interval '1 hour', now() - interval '50 minutes' FROM tasks t, units u"
    )

    def count(statement: str) -> int:
        return int(str(land.run(statement)[0][0]))

    ended = "SELECT count(*) FROM assignments WHERE state = 'timed_out'"
    log = tmp_path / "worker.log"
    deadline = time.monotonic() + 500  # for a worker that starts twice beside other tests
    with worker(log) as first:  # killed in its midst, when some have ended and some perhaps not
        while count(ended) == 0:
            assert first.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.005)
    with worker(log) as second:
        while count(ended) < 40:
            assert second.poll() is None and time.monotonic() < deadline, log.read_text()[-3000:]
            time.sleep(0.05)
    told = "SELECT count(*) FROM task_entries WHERE act = 'time_out'"
    assert count(told) == 40
    assert count("SELECT version FROM tasks") == 41  # each once, each told of
