"""Simulated devices and a media worker process for the tests of this folder."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend import db
from backend.cameras import devices
from backend.settings import load
from video.credentials import Credentials
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import ThreadedFleet

SECRET = "S3CRET/pass word"
SPECS = [
    DeviceSpec(id="good", name="人民路口", username="admin", password=SECRET, ptz=True),
    DeviceSpec(id="dead", name="停机", username="admin", password=SECRET, fault="dead"),
    DeviceSpec(id="locked", name="换过密码", password=SECRET, fault="wrong_password"),
]


@pytest.fixture
def fleet() -> Iterator[ThreadedFleet]:
    with ThreadedFleet(SPECS) as running:
        yield running


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    """Allow devices on loopback, and give this test's media worker a port and a vault key."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setenv("GRIDLINK_MEDIA__ALLOWED_NETWORKS", '["127.0.0.0/8"]')
    monkeypatch.setenv("GRIDLINK_MEDIA__FIRST_PORT", str(port))
    load.cache_clear()


@pytest.fixture
def enrol(fleet: ThreadedFleet, loopback: None, land: Any) -> Callable[[str], int]:
    """Return `enrol(device_id)`: adds a camera, probes its simulated device, returns the id."""

    def one(device_id: str) -> int:
        camera_id = int(land.add_camera(device_id, 110.0050, 34.5050))
        address = f"http://127.0.0.1:{fleet.onvif_port}/{device_id}/onvif/device_service"
        enrolment = devices.Enrolment(camera_id, address, Credentials("admin", SECRET))
        [outcome] = devices.ask_many([enrolment])
        with db.begin() as session:
            devices.store(session, outcome)
        return camera_id

    return one


@pytest.fixture
def media(loopback: None, tmp_path: Path) -> Iterator[Path]:
    """Run a media worker as the process it is; yield the file of its log."""
    log = tmp_path / "media.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "backend.media", "--worker", "0"],
            env=os.environ.copy(),
            stdout=out,
            stderr=out,
        )
    deadline = time.monotonic() + 90  # of a machine busy with other work
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", load().media.first_port)) == 0:
                break
        assert child.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    yield log
    child.terminate()
    child.wait(10)
