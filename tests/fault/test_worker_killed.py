"""The job worker: what a killed one left is taken up again; sessions ended under it do no harm."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from backend import db
from backend.jobs import defer

pytestmark = pytest.mark.fault

TASK = "cameras.refresh_viewsheds"


@contextmanager
def worker(log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "worker"],
            env=os.environ.copy(),
            stdout=out,
            stderr=out,
        )
    try:
        yield child
    finally:
        child.terminate()
        child.wait(10)


def wait_for(fact: Callable[[], bool], log: Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.05)


def ask_for_viewsheds(key: str) -> None:
    with db.begin() as session:
        defer(session, TASK, key=key, camera_ids=[])


def test_a_job_that_a_killed_worker_left_is_done_by_the_next(land, tmp_path) -> None:
    ask_for_viewsheds("viewsheds:1")
    # What kill -9 leaves: a job under way, its worker pruned for want of a heartbeat.
    land.run("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL")
    ask_for_viewsheds("viewsheds:1")  # and a newer one of the same key, which stands for both
    log = tmp_path / "worker.log"
    with worker(log):
        wait_for(lambda: land.run("SELECT 1 FROM procrastinate_jobs") == [], log)


def test_a_worker_whose_sessions_were_ended_goes_on(land, tmp_path) -> None:
    log = tmp_path / "worker.log"
    with worker(log) as child:
        wait_for(lambda: "worker ready" in log.read_text(), log)
        ask_for_viewsheds("viewsheds:1")
        wait_for(lambda: land.run("SELECT 1 FROM procrastinate_jobs") == [], log)
        land.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        ask_for_viewsheds("viewsheds:1")
        wait_for(lambda: land.run("SELECT 1 FROM procrastinate_jobs") == [], log)
        assert child.poll() is None


def test_a_job_that_failed_is_tried_again(land, tmp_path) -> None:
    land.run("ALTER TABLE poses RENAME TO hidden")
    ask_for_viewsheds("viewsheds:1")
    log = tmp_path / "worker.log"
    with worker(log):
        wait_for(lambda: "to retry" in log.read_text(), log)
        land.run("ALTER TABLE hidden RENAME TO poses")
        wait_for(lambda: land.run("SELECT 1 FROM procrastinate_jobs") == [], log)
