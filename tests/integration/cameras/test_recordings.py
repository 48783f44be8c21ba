"""Recordings through the API and a media worker of its own process: spans, tickets, register."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from backend import db
from backend.cameras import devices
from video.credentials import Credentials
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet

SECRET = "S3CRET/pass word"
EVERY_S, GAP_S = 600.0, 60.0


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    small = {
        "password": SECRET,
        "scene": "clip",
        "has_sub": False,
        "main_size": (320, 192),
        "main_fps": 10.0,
        "record_gap": (EVERY_S, GAP_S),
        "clip_folder": str(tmp_path / "clips"),
    }
    specs = [
        DeviceSpec("recording", recorder="onvif", **small),
        DeviceSpec("forgetful", **small),
    ]
    with ThreadedFleet(specs) as running:
        yield running


@pytest.fixture
def enrol(fleet: Fleet, loopback: None, land: Any) -> Callable[[str], int]:
    def one(device_id: str) -> int:
        camera_id = int(land.add_camera(device_id, 110.0050, 34.5050))
        login = Credentials("admin", SECRET)
        enrolment = devices.Enrolment(camera_id, fleet.onvif_url(device_id), login)
        [outcome] = devices.ask_many([enrolment])
        with db.begin() as session:
            devices.store(session, outcome)
        return camera_id

    return one


def past(after_gap_s: float) -> datetime:
    """An instant so long after the beginning of the latest gap but one."""
    return datetime.fromtimestamp((time.time() // EVERY_S - 1) * EVERY_S + after_gap_s, UTC)


def order(camera_id: int, since: datetime, until: datetime, **more: object) -> dict[str, object]:
    span = {"from": since.isoformat(), "to": until.isoformat()}
    return {"camera_id": camera_id, "purpose": "patrol", "kind": "replay"} | span | more


@contextmanager
def opened(ticket: dict[str, Any]) -> Iterator[ClientConnection]:
    with connect(ticket["url"], compression=None) as socket:
        socket.send(json.dumps({"ticket": ticket["ticket"], "codecs": ["avc1"]}))
        yield socket


def told(socket: ClientConnection, **wanted: object) -> dict[str, Any]:
    """Return the first text message that says so."""
    while True:
        message = socket.recv(timeout=30)
        if isinstance(message, str):
            said: dict[str, Any] = json.loads(message)
            if all(said.get(key) == value for key, value in wanted.items()):
                return said


def test_spans_and_gaps_come_in_true_time(client: Any, enrol: Any, fleet: Fleet) -> None:
    camera = enrol("recording")
    fleet.device("recording").clock_offset_s = 600.0
    since = past(-30.0)
    answer = client().get(
        f"/api/cameras/{camera}/recordings",
        params={"from": since.isoformat(), "to": (since + timedelta(seconds=200)).isoformat()},
    )
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert (page["origin"], page["knows_gaps"]) == ("search", True)
    assert page["clock_offset_s"] == pytest.approx(600, abs=0.1)
    edges = [
        [(datetime.fromisoformat(span[end]) - since).total_seconds() for end in ("from", "to")]
        for span in page["spans"]
    ]
    assert edges == [pytest.approx([0, 30], abs=0.1), pytest.approx([90, 200], abs=0.1)]


def test_camera_without_recordings_without_device_and_out_of_reach(
    client: Any, enrol: Any, land: Any
) -> None:
    forgetful, bare = enrol("forgetful"), land.add_camera("bare", 110.005, 34.505)
    outside = land.add_camera("outside", 110.12, 34.505)
    span = {"from": past(0).isoformat(), "to": past(100).isoformat()}
    operator = client()
    page = operator.get(f"/api/cameras/{forgetful}/recordings", params=span).json()
    assert (page["origin"], page["spans"]) == ("none", [])
    assert operator.get(f"/api/cameras/{bare}/recordings", params=span).status_code == 422
    assert operator.get(f"/api/cameras/{outside}/recordings", params=span).status_code == 404
    backwards = {"from": span["to"], "to": span["from"]}
    answer = operator.get(f"/api/cameras/{forgetful}/recordings", params=backwards)
    assert answer.json()["error"]["code"] == "recordings.range"
    for role in ("planner", "inspector", "worker"):
        answer = client(role).get(f"/api/cameras/{forgetful}/recordings", params=span)
        assert answer.status_code == 403


@pytest.mark.parametrize("order_s", [(100, 100), (100, 50), (-90_000, 100)])
def test_impossible_ranges_are_refused(client: Any, enrol: Any, order_s: Any) -> None:
    camera = enrol("recording")
    since, until = (past(seconds) for seconds in order_s)
    answer = client().post("/api/streams", json=order(camera, since, until))
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "streams.replay_range")
    future = order(camera, past(100), datetime.now(UTC) + timedelta(hours=1))
    assert client().post("/api/streams", json=future).status_code == 422
    live = order(camera, past(0), past(50)) | {"kind": "live"}
    assert client().post("/api/streams", json=live).status_code == 422


def test_replay_over_the_media_socket_and_what_the_register_says_of_it(
    client: Any, enrol: Any, media: Path, land: Any, fleet: Fleet
) -> None:
    camera, since = enrol("recording"), past(200)
    fleet.device("recording").clock_offset_s = 600.0
    answer = client().post(
        "/api/streams", json=order(camera, since, since + timedelta(seconds=60), speed=2)
    )
    assert answer.status_code == 201, answer.text
    ticket = answer.json()
    with opened(ticket) as socket:
        init = told(socket, type="init")
        assert init["mime"].startswith('video/mp4; codecs="avc1.')
        instants: list[float] = []
        while not instants or instants[-1] < since.timestamp() + 2:
            message = socket.recv(timeout=30)
            if isinstance(message, bytes) and message[0] in (1, 2):
                instants.append(int.from_bytes(message[1:9], "big") / 1000)
        # The recorder's clock is ten minutes ahead; what is told is true time, to a frame.
        assert since.timestamp() - 1.1 < instants[0] < since.timestamp() + 0.1
    deadline = time.monotonic() + 20
    statement = "SELECT act, purpose, detail FROM register WHERE act LIKE 'stream.replay.%'"
    while len(rows := land.run(statement + " ORDER BY seq")) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    (first, why, asked), (second, _, seen) = rows
    assert (first, second, why) == ("stream.replay.opened", "stream.replay.closed", "patrol")
    assert asked["from"] == since.isoformat() and asked["speed"] == 2
    [[begin, end]] = seen["looked_at"]
    assert datetime.fromisoformat(begin) <= since < datetime.fromisoformat(end)
    assert seen["bytes"] > 0
    with opened(ticket) as again:
        assert told(again, type="error")["code"] == "stream.ticket_refused"
    assert SECRET not in media.read_text()


def test_a_replay_ends_when_its_user_is_shut_out(
    client: Any, enrol: Any, media: Path, land: Any
) -> None:
    camera, since = enrol("recording"), past(200)
    ticket = client().post("/api/streams", json=order(camera, since, since + timedelta(seconds=60)))
    with opened(ticket.json()) as socket:
        told(socket, type="replay", state="playing")
        land.run("UPDATE users SET is_active = false")
        assert told(socket, type="error")["code"] == "stream.revoked"
