"""`gridlink serve` as the process it is: started, killed and started again by a test."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import httpx

# Compiling the kernels of changed sources takes a minute of a busy machine.
_READY_S = 150.0


class Served:
    """The API server with its media worker, on free ports of loopback.

    `settings` are `GRIDLINK_*` variables beside the ones every test needs.
    """

    def __init__(self, database_url: str, log: Path, **settings: str) -> None:
        self.port, self.media_port = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.environment = {
            **os.environ,
            "GRIDLINK_DATABASE_URL": database_url,
            "GRIDLINK_HTTP__PORT": str(self.port),
            "GRIDLINK_MEDIA__FIRST_PORT": str(self.media_port),
            "GRIDLINK_MEDIA__ALLOWED_NETWORKS": '["127.0.0.0/8"]',
            "GRIDLINK_EVIDENCE__FOLDER": str(log.parent / "evidence"),
            **settings,
        }
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Start it; return the seconds until it answered that its database does too."""
        started = time.monotonic()
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "backend.cli", "serve"],
                env=self.environment,
                stdout=out,
                stderr=out,
            )
        while not (self.is_healthy() and listens(self.media_port)):
            assert self._child.poll() is None, self.log.read_text()
            assert time.monotonic() - started < _READY_S, self.log.read_text()
            time.sleep(0.02)
        return time.monotonic() - started

    def run(self, arguments: Sequence[str]) -> None:
        """Run a Python command with the settings of this server."""
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def kill(self) -> None:
        """End it as a power cut would: no handler runs, nothing is said to anybody."""
        assert self._child is not None
        self._child.send_signal(signal.SIGKILL)
        self._child.wait()

    def stop(self) -> None:
        """End it in order; a server that was killed before stays dead."""
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            self._child.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()

    @contextmanager
    def signed_in(self, username: str, password: str) -> Iterator[httpx.Client]:
        """Give a client with a session of its own."""
        login = {"username": username, "password": password}
        with httpx.Client(base_url=self.url, timeout=20) as client:
            answer = client.post("/api/session", json=login)
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
            yield client

    def children(self) -> list[int]:
        """Return the process ids of its media workers."""
        assert self._child is not None
        threads = Path(f"/proc/{self._child.pid}/task").glob("*/children")
        return [int(pid) for file in threads for pid in file.read_text().split()]

    def is_healthy(self) -> bool:
        """Return whether it answers and its database does too."""
        try:
            return httpx.get(f"{self.url}/api/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False


def free_ports(count: int) -> list[int]:
    """Return ports of loopback that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def listens(port: int) -> bool:
    """Return whether something accepts connections on a port of loopback."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
