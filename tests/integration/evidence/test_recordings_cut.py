"""Evidence out of what a device has recorded: fetched, sealed and verified like any other."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from backend import db
from backend.cameras import devices
from backend.evidence.keys import public_of
from backend.evidence.verifying import verify
from backend.settings import load
from video.credentials import Credentials
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet

EVERY_S, GAP_S = 600.0, 60.0


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    small = {
        "password": "p",
        "scene": "clip",
        "has_sub": False,
        "main_size": (320, 192),
        "main_fps": 10.0,
        "record_gap": (EVERY_S, GAP_S),
        "clip_folder": str(tmp_path / "clips"),
    }
    specs = [
        DeviceSpec("profile-g", recorder="onvif", **small),
        DeviceSpec("plain", recorder="range", **small),
        DeviceSpec("forgetful", **small),
    ]
    with ThreadedFleet(specs) as running:
        yield running


def enrol(fleet: Fleet, land: Any, name: str) -> int:
    camera_id = int(land.add_camera(name, 110.0050, 34.5050))
    enrolment = devices.Enrolment(camera_id, fleet.onvif_url(name), Credentials("admin", "p"))
    [outcome] = devices.ask_many([enrolment])
    with db.begin() as session:
        devices.store(session, outcome)
    return camera_id


def past(after_gap_s: float) -> datetime:
    """An instant so long after the beginning of the latest gap but one."""
    return datetime.fromtimestamp((time.time() // EVERY_S - 1) * EVERY_S + after_gap_s, UTC)


def asked(camera_id: int, since: datetime, until: datetime) -> dict[str, object]:
    return {"camera_id": camera_id, "from": since.isoformat(), "to": until.isoformat()}


def frames_of(path: Path) -> int:
    with av.open(str(path)) as clip:
        return sum(1 for _ in clip.decode(video=0))


@pytest.mark.parametrize("kind", ["profile-g", "plain"])
def test_a_stretch_of_a_recording_is_sealed_with_its_gap_and_its_origin(
    fleet: Fleet, store: Path, land: Any, media: Any, desk: Any, kind: str
) -> None:
    camera = enrol(fleet, land, kind)
    # Four seconds before a gap of a minute, and four after it; the plain one plays at real pace.
    since, until = past(GAP_S + 5.0), past(GAP_S + 9.0)
    if kind == "profile-g":
        since, until = past(-4.0), past(GAP_S + 4.0)
    made = desk.post("recordings", **asked(camera, since, until))
    assert (made["state"], made["kind"]) == ("waiting", "clip")
    kept = desk.ended(made["id"])
    assert (kept["state"], kept["end_reason"]) == ("kept", "complete")
    folder = store / str(made["id"])
    for part in kept["parts"]:
        assert frames_of(folder / part["file"]) == part["frames"]
    first, last = (datetime.fromisoformat(kept[at]) for at in ("first_at", "last_at"))
    assert since - timedelta(seconds=3) < first <= since + timedelta(seconds=0.2)
    assert abs((last - until).total_seconds()) < 0.4
    if kind == "profile-g":
        assert [gap["reason"] for gap in kept["gaps"]] == ["recording.gap"]
        assert [len(kept["parts"]), round(gap_s(kept["gaps"][0]))] == [2, GAP_S]
        assert kept["duration_s"] == pytest.approx(8, abs=3)
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert {part["clock"] for part in told["parts"]} == {"device"}
    assert told["parts"][0]["recording"]["how"] == ("onvif" if kind == "profile-g" else "range")
    keys = desk.client.get("/api/evidence/keys").json()["keys"]
    key = public_of(keys[0]["public_key_pem"].encode())
    assert verify(folder / "manifest.json", key).ok
    acts = [row[0] for row in land.run("SELECT act FROM register WHERE act LIKE 'evidence.%%'")]
    assert acts == ["evidence.recording_asked", "evidence.sealed"]


def gap_s(gap: dict[str, str]) -> float:
    to_at, from_at = (datetime.fromisoformat(gap[at]) for at in ("to_at", "from_at"))
    return (to_at - from_at).total_seconds()


@pytest.fixture
def little_room(monkeypatch: pytest.MonkeyPatch, store: Path) -> int:
    room_bytes = 1024 * 1024
    monkeypatch.setenv("GRIDLINK_EVIDENCE__BUDGET_BYTES", str(room_bytes))
    load.cache_clear()
    return room_bytes


def test_a_store_that_fills_up_meanwhile_ends_the_fetching_and_keeps_what_is_whole(
    little_room: int, fleet: Fleet, store: Path, land: Any, media: Any, desk: Any
) -> None:
    camera = enrol(fleet, land, "profile-g")
    made = desk.post("recordings", **asked(camera, past(-1900.0), past(GAP_S - 100.0)))
    kept = desk.ended(made["id"])
    assert (kept["state"], kept["end_reason"]) == ("kept", "disk_full")
    folder = store / str(made["id"])
    assert 0.9 * little_room < kept["size_bytes"] < 1.2 * little_room
    for part in kept["parts"]:
        assert frames_of(folder / part["file"]) == part["frames"]
    assert desk.client.get("/api/evidence/storage").json()["state"] == "full"
    again = desk.client.post(
        f"{desk.base}/recordings", json=asked(camera, past(100.0), past(104.0))
    )
    # What nobody holds makes room for what is asked for; what is held does not.
    assert again.status_code == 201
    assert desk.ended(again.json()["id"])["end_reason"] == "complete"


def test_a_device_without_recordings_gives_none_and_a_wrong_stretch_is_refused(
    fleet: Fleet, store: Path, land: Any, media: Any, desk: Any
) -> None:
    camera = enrol(fleet, land, "forgetful")
    made = desk.post("recordings", **asked(camera, past(100.0), past(104.0)))
    ended = desk.ended(made["id"])
    assert ended["state"] == "failed"
    assert ended["end_reason"] in ("no_picture", "device_failed")
    now = datetime.now(UTC)
    hour = timedelta(hours=1)
    for since, until in ((now, now), (now - hour, now + hour), (now - 99 * hour, now)):
        answer = desk.client.post(f"{desk.base}/recordings", json=asked(camera, since, until))
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "evidence.stretch")
