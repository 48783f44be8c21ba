"""The real server as a process of its own, and what processor time a process has had."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx


@contextmanager
def server(url: str, port: int) -> Iterator[int]:
    """Serve the database `url` on `port`, its media worker on the next; give its process id."""
    environment = os.environ | {
        "GRIDLINK_DATABASE_URL": url,
        "GRIDLINK_HTTP__PORT": str(port),
        "GRIDLINK_MEDIA__FIRST_PORT": str(port + 1),
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "backend.cli", "serve"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/api/health", timeout=1).raise_for_status()
                break
            except httpx.HTTPError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        yield child.pid
    finally:
        child.terminate()
        child.wait(15)


def cpu_s(pid: int) -> float:
    """Return the user and system seconds of a process so far."""
    # Fields 14 and 15 of proc(5) stat, counted after the name, which may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
