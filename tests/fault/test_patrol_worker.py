"""Fixes become figures by the worker process, also by the one after a killed one."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from test_worker_killed import wait_for, worker

from backend import db
from backend.patrol.fixes import decoding
from backend.patrol.fixes.batch import Batch
from backend.patrol.fixes.storing import store

pytestmark = pytest.mark.fault

HOUR = (datetime.now(UTC) - timedelta(hours=30)).replace(minute=0, second=0, microsecond=0)


def send(unit: int, first: int, count: int) -> None:
    """Store fixes as the server does: a unit walks north through grid 1."""
    rows = [
        {
            "lon": 110.01,
            "lat": 34.505 + n * 0.0001,
            "at": (HOUR + timedelta(seconds=10 * n)).isoformat(),
            "accuracy": 5.0,
        }
        for n in range(first, first + count)
    ]
    fixes, places, _, _ = decoding.decoded(json.dumps({"fixes": rows}).encode(), limit=5000)
    batch = Batch(decoding.columns(fixes, places, np.full(count, unit, np.int64))[0])
    with db.begin() as session:
        store(session, [batch], now=datetime.now(UTC), known_days=frozenset())


def dwell(land: Any) -> float:
    [(dwell_s,)] = land.run("SELECT coalesce(sum(dwell_s), 0) FROM patrol_figures")
    return float(dwell_s)


@pytest.fixture
def walker(land) -> int:
    [(unit,)] = land.run(
        "INSERT INTO units (code, name, kind, division_code)"
        " VALUES ('A', 'A', 'grid_worker', 610522101201) RETURNING id"
    )
    land.run(
        "INSERT INTO shifts (unit_id, division_code, starts_at, ends_at, source)"
        " VALUES (%s, 610522101201, %s, %s, 'plan')",
        *(unit, HOUR, HOUR + timedelta(hours=2)),
    )
    land.run("UPDATE grids SET valid_to = CURRENT_DATE WHERE set_name = 'police'")
    return int(unit)


def test_a_batch_shows_in_the_figures_and_a_killed_worker_loses_none(
    land, walker, tmp_path, record_property: Callable[[str, object], None]
) -> None:
    log = tmp_path / "worker.log"
    send(walker, 0, 10)
    with worker(log):  # the first job brings numba and the kernels
        wait_for(lambda: dwell(land) == 90.0, log, 120)
        send(walker, 10, 10)
        began = datetime.now(UTC)
        wait_for(lambda: dwell(land) == 190.0, log)
        took_s = (datetime.now(UTC) - began).total_seconds()
    record_property("seconds until a batch shows", took_s)
    with worker(tmp_path / "killed.log") as child:
        wait_for(lambda: "worker ready" in (tmp_path / "killed.log").read_text(), log)
        send(walker, 20, 10)
        with suppress(ProcessLookupError):
            child.kill()
        child.wait(10)
    # What kill -9 leaves: perhaps a job under way, whose worker is pruned in time.
    land.run("UPDATE procrastinate_jobs SET worker_id = NULL WHERE status = 'doing'")
    with worker(tmp_path / "next.log"):
        wait_for(lambda: dwell(land) == 290.0, tmp_path / "next.log", 120)
    print(f"a batch shows in the figures after {took_s:.2f} s")
