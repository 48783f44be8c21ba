"""A camera is taken down while its device speaks: neither waits for the other for ever."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from backend.alarms import keeping, subscriptions
from backend.alarms.subscriptions import Asked, Tally
from backend.db import begin
from video.credentials import Credentials

_WAITING = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def heard_of(land, camera) -> int:
    """A camera whose device is being listened to, and has an alarm that stands."""
    with begin() as session:
        asked = Asked(camera, "http://127.0.0.1", "m", Credentials())
        subscriptions.note(session, asked, "subscribed", datetime.now(UTC))
    return camera


def until_waiting(url: str, number: int) -> None:
    """Return once so many transactions wait for locks of others."""
    end = time.monotonic() + 60
    with psycopg.connect(url, autocommit=True) as watching:
        while watching.execute(_WAITING).fetchall() != [(number,)]:
            assert time.monotonic() < end
            time.sleep(0.01)


@contextmanager
def one_at_work(url: str, act: Callable[[], object]) -> Iterator[None]:
    """Let a writer stand where writers take turns; what is done inside happens meanwhile."""
    faults: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as fault:
            faults.append(fault)

    working = threading.Thread(target=run)
    with psycopg.connect(url) as turn:
        turn.execute("SELECT pg_advisory_xact_lock(hashtext('alarms.admit'))")
        working.start()
        until_waiting(url, 1)
        yield
    working.join(60)
    assert not working.is_alive()
    assert faults == []


def test_taking_a_camera_down_waits_for_its_alarms_and_does_not_lock_them_out(
    land, heard_of, signal
) -> None:
    keeper = keeping.Keeper(0)
    keeper._tallies = {heard_of: Tally(received=3)}
    keeper._signals = [signal(heard_of), signal(heard_of, source="port=2")]
    gone = threading.Thread(
        target=land.run, args=("DELETE FROM cameras WHERE id = %s", heard_of), daemon=True
    )
    with one_at_work(land.url, keeper._write):
        gone.start()
        until_waiting(land.url, 2)
    gone.join(60)
    assert not gone.is_alive()
    assert land.run("SELECT count(*) FROM cameras") == [(0,)]
    assert land.run("SELECT count(*) FROM alarms") == [(0,)]


def test_what_a_device_says_of_a_camera_just_taken_down_is_let_go(land, heard_of, signal) -> None:
    land.run("DELETE FROM cameras WHERE id = %s", heard_of)
    keeper = keeping.Keeper(0)
    keeper._tallies, keeper._signals = {heard_of: Tally(received=1)}, [signal(heard_of)]
    keeper._write()
    with begin() as session:
        asked = Asked(heard_of, "http://127.0.0.1", "m", Credentials())
        subscriptions.note(session, asked, "lost", datetime.now(UTC))
    assert land.run("SELECT count(*) FROM event_subscriptions") == [(0,)]
