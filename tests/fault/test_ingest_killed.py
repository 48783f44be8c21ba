"""F1 for fixes: the server is killed with SIGKILL while trackers send; what it acknowledged is in
store once, and what it did not is sent again."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest
from ingesting import Sending, add_trackers, check_store, sending

pytestmark = pytest.mark.fault

_SERVE = (
    "import sys, uvicorn; from backend.app import create_app;"
    "uvicorn.run(create_app(), port=int(sys.argv[1]), log_level='error')"
)
CLIENTS, BATCHES, KILLS = 8, 12, 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(port: int) -> subprocess.Popen[bytes]:
    child = subprocess.Popen([sys.executable, "-c", _SERVE, str(port)])
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=5).raise_for_status()
        except httpx.HTTPError:
            assert child.poll() is None
            threading.Event().wait(0.02)
        else:
            return child


def answered(senders: list[Sending]) -> int:
    return sum(each.answered for each in senders)


@pytest.mark.timeout(600)
def test_no_fix_that_was_acknowledged_is_lost_and_none_is_doubled(land) -> None:
    port = free_port()
    server = start(port)
    senders = [sending(*each, batches=BATCHES) for each in add_trackers(land.url, CLIENTS)]
    address = f"http://127.0.0.1:{port}"
    threads = [threading.Thread(target=each.send_all, args=(address,)) for each in senders]
    for thread in threads:
        thread.start()
    try:
        for kill in range(1, KILLS + 1):
            while answered(senders) < kill * CLIENTS * BATCHES // (KILLS + 1):
                assert any(thread.is_alive() for thread in threads)
                threading.Event().wait(0.002)
            os.kill(server.pid, signal.SIGKILL)
            server.wait()
            server = start(port)
        deadline = time.monotonic() + 400
        for thread in threads:
            thread.join(max(0.1, deadline - time.monotonic()))
    finally:
        server.kill()
        server.wait()
    assert answered(senders) == CLIENTS * BATCHES
    check_store(land.url, senders)
    assert {status for each in senders for status in each.statuses} <= {200, 429, 503}
