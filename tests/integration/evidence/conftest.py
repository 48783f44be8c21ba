"""A simulated camera, a media worker as the process it is, and evidence in a folder of the test."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backend import db
from backend.cameras import devices
from backend.settings import load
from video.credentials import Credentials
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import ThreadedFleet

SMALL = {"main_size": (640, 360), "main_fps": 8.0, "sub_fps": 8.0, "gop_s": 0.5}
HERE = {"kind": "fire", "lon": 110.005, "lat": 34.5055}


def _wait_for(fact: Callable[[], Any], seconds: float = 150) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := fact()):
        assert time.monotonic() < deadline, "the fact did not come about"
        time.sleep(0.05)
    return value


@pytest.fixture
def wait_for() -> Callable[..., Any]:
    return _wait_for


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path) -> Path:
    """Evidence and its key in folders of this test; devices on loopback are allowed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "secrets").mkdir(mode=0o700)
    folder = tmp_path / "evidence"
    monkeypatch.setenv("GRIDLINK_MEDIA__ALLOWED_NETWORKS", '["127.0.0.0/8"]')
    monkeypatch.setenv("GRIDLINK_MEDIA__FIRST_PORT", str(port))
    monkeypatch.setenv("GRIDLINK_EVIDENCE__FOLDER", str(folder))
    monkeypatch.setenv("GRIDLINK_EVIDENCE__BEFORE_S", "2")
    monkeypatch.setenv("GRIDLINK_EVIDENCE__SPARE_BYTES", "0")
    load.cache_clear()
    return folder


class MediaWorker:
    """A media worker process that can be killed and started again."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "backend.media", "--worker", "0"],
                env=os.environ.copy(),
                stdout=out,
                stderr=out,
            )
        _wait_for(self._answers)

    def _answers(self) -> bool:
        assert self._child is not None and self._child.poll() is None, self.log.read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", load().media.first_port)) == 0

    def kill(self) -> None:
        assert self._child is not None
        self._child.send_signal(signal.SIGKILL)
        self._child.wait()

    def stop(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


@pytest.fixture
def media(store: Path, tmp_path: Path) -> Iterator[MediaWorker]:
    worker = MediaWorker(tmp_path / "media.log")
    worker.start()
    yield worker
    worker.stop()


@pytest.fixture
def fleet() -> Iterator[Any]:
    with ThreadedFleet([DeviceSpec(id="good", name="人民路口", password="p", **SMALL)]) as running:
        yield running


@pytest.fixture
def camera(fleet: Any, store: Path, land: Any) -> int:
    """An enrolled camera that sends pictures with a burnt-in clock."""
    camera_id = int(land.add_camera("人民路口", 110.0050, 34.5050))
    address = f"http://127.0.0.1:{fleet.onvif_port}/good/onvif/device_service"
    enrolment = devices.Enrolment(camera_id, address, Credentials("admin", "p"))
    [outcome] = devices.ask_many([enrolment])
    with db.begin() as session:
        devices.store(session, outcome)
    return camera_id


@pytest.fixture
def desk(client: Any, store: Path, land: Any) -> SimpleNamespace:
    """An operator with an open incident, and the calls of evidence in few words."""
    return desk_of(client("operator"))


def desk_of(operator: Any) -> SimpleNamespace:
    answer = operator.post("/api/incidents", json=HERE)
    assert answer.status_code == 201, answer.text
    base = f"/api/incidents/{answer.json()['id']}/evidence"

    def post(path: str, **body: Any) -> Any:
        done = operator.post(f"{base}/{path}", json=body)
        assert done.status_code < 300, done.text
        return done.json()

    def one(evidence_id: int) -> Any:
        done = operator.get(f"/api/evidence/{evidence_id}")
        assert done.status_code == 200, done.text
        return done.json()

    def ended(evidence_id: int) -> Any:
        return _wait_for(
            lambda: (
                found
                if (found := one(evidence_id))["state"] not in ("waiting", "recording")
                else None
            )
        )

    return SimpleNamespace(
        client=operator, base=base, incident=answer.json(), post=post, one=one, ended=ended
    )


@pytest.fixture
def pieces(desk: SimpleNamespace, land: Any) -> Callable[..., int]:
    """Return `pieces(content)`: seals a picture as evidence without any camera or worker."""
    from datetime import UTC, datetime, timedelta

    from backend.evidence import storing
    from backend.evidence.manifest import Part
    from backend.evidence.models import Evidence
    from backend.evidence.sealing import Outcome, seal

    camera_id = int(land.add_camera("东门", 110.0050, 34.5050))
    maker = land.run("SELECT id FROM users ORDER BY id LIMIT 1")[0][0]
    at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    def make(content: bytes = b"\xff\xd8 picture", *, age_s: float = 0) -> int:
        with db.begin() as session:
            made = Evidence(
                kind="snapshot",
                incident_id=desk.incident["id"],
                camera_id=camera_id,
                camera_name="东门",
                division_code=610522101201,
                purpose="incident",
                made_by=maker,
                made_by_name="值班员",
                version=1,
            )
            session.add(made)
            session.flush()
            session.refresh(made)
            path = storing.make_folder(made.id) / "snapshot.jpg"
            storing.write_whole(path, content)
            digest = storing.sha256_of(path).hex()
            part = Part("snapshot.jpg", "image/jpeg", digest, len(content), at, at)
            now = datetime.now(UTC) - timedelta(seconds=age_s)
            seal(session, made, Outcome([part], "complete"), now=now)
            return made.id

    return make
