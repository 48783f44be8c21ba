"""F2 for fixes: the database is killed and its sessions are ended while trackers send. The API
says 503 with a time to wait, never 500, and takes all that is sent again."""

import threading
import time

import psycopg
import pytest
from ingesting import Sending, add_trackers, check_store, sending
from test_database_away import kill_everything, own_cluster  # noqa: F401  a fixture

from backend import cluster

pytestmark = pytest.mark.fault

CLIENTS, BATCHES, STORMS = 4, 20, 12


def begin_sending(url: str, address: str, batches: int) -> tuple[list[Sending], list]:
    senders = [sending(*each, batches=batches) for each in add_trackers(url, CLIENTS)]
    threads = [threading.Thread(target=each.send_all, args=(address,)) for each in senders]
    for thread in threads:
        thread.start()
    return senders, threads


def answered(senders: list[Sending]) -> int:
    return sum(each.answered for each in senders)


def wait_until_answered(senders: list[Sending], count: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while answered(senders) < count:
        assert time.monotonic() < deadline, f"{answered(senders)} of {count} within {seconds} s"
        threading.Event().wait(0.002)


def test_a_killed_database_loses_nothing_that_was_acknowledged(own_cluster, serve) -> None:  # noqa: F811
    with serve() as address:
        senders, threads = begin_sending(own_cluster.url(), address, BATCHES)
        for part in (1, 2):
            wait_until_answered(senders, part * CLIENTS * BATCHES // 3)
            kill_everything(own_cluster)
            cluster.start(own_cluster)
            back, before = time.monotonic(), answered(senders)
            wait_until_answered(senders, min(before + CLIENTS + 1, CLIENTS * BATCHES))
            assert time.monotonic() - back < 10  # first acknowledged after it came back
        for thread in threads:
            thread.join(30)
        assert answered(senders) == CLIENTS * BATCHES
        check_store(own_cluster.url(), senders)
    assert max(each.slowest_s for each in senders) < 10


def test_while_the_database_is_away_senders_are_told_to_wait(own_cluster, serve) -> None:  # noqa: F811
    with serve() as address:
        senders, threads = begin_sending(own_cluster.url(), address, 3)
        for thread in threads:
            thread.join(30)
        cluster.stop(own_cluster)
        late = sending(senders[0].unit, senders[0].token, batches=1)
        thread = threading.Thread(target=late.send_all, args=(address,))
        thread.start()
        while not late.statuses:
            threading.Event().wait(0.01)
        assert late.statuses[0] == 503
        assert late.slowest_s < 5
        cluster.start(own_cluster)
        thread.join(30)
        assert late.statuses[-1] == 200
        check_store(own_cluster.url(), [*senders, late])


def test_a_storm_of_ended_sessions_gives_no_500(server, land) -> None:
    senders, threads = begin_sending(land.url, server, BATCHES)
    with psycopg.connect(land.url, autocommit=True) as admin:
        for _ in range(STORMS):
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            threading.Event().wait(0.2)
    for thread in threads:
        thread.join(60)
    assert answered(senders) == CLIENTS * BATCHES
    check_store(land.url, senders)
    assert {status for each in senders for status in each.statuses} <= {200, 429, 503}
