"""The processes of `gridlink serve` fall and rise together: none outlives the other's end."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from served import Served, listens

pytestmark = pytest.mark.fault


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[Served]:
    running = Served(database, tmp_path / "server.log")
    try:
        running.start()
        yield running
    finally:
        running.stop()


def wait_for(fact: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Return whether a process has ended; one that only waits to be collected counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_killed_server_leaves_no_media_worker_and_starts_again_on_its_ports(
    served: Served,
) -> None:
    [worker] = served.children()
    served.kill()
    wait_for(lambda: is_gone(worker), 5)
    assert not listens(served.media_port)
    served.start()
    [successor] = served.children()
    assert successor != worker


def test_a_killed_media_worker_is_replaced_and_a_stopped_server_takes_the_new_one_along(
    served: Served,
) -> None:
    [worker] = served.children()
    os.kill(worker, signal.SIGKILL)
    wait_for(lambda: served.children() not in ([worker], []), 10)
    wait_for(lambda: listens(served.media_port), 60)
    assert served.is_healthy()
    [successor] = served.children()
    served.stop()
    assert is_gone(successor)
    assert not listens(served.port) and not listens(served.media_port)
