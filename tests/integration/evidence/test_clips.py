"""Clips by a real media worker of a simulated camera: pre-roll, sealing, a worker killed midway."""

import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import av
import pytest

from backend import db
from backend.audit.register import verify as verify_register
from backend.evidence.verifying import verify
from video.simulator.barcode import read_code


def burnt_in(path: Path) -> list[float]:
    """The camera's clock in every picture, epoch seconds."""
    with av.open(str(path)) as clip:
        codes = [read_code(f.to_ndarray(format="gray")) for f in clip.decode(video=0)]
    return [code / 1000 for code in codes if code]


def watched(land: Any, camera: int, incident: int) -> None:
    """Let the camera's picture stand open for the incident, as a tile does."""
    land.run(
        "INSERT INTO streams (ticket_hash, kind, camera_id, user_id, division_code, purpose,"
        " incident_id, profile, expires_at, used_at, started_at)"
        " SELECT sha256('x'), 'live', %s, id, 610522101201, 'incident', %s, 'sub', now(),"
        " now(), now() FROM users ORDER BY id LIMIT 1",
        *(camera, incident),
    )


@pytest.mark.fault
def test_a_clip_holds_what_was_before_it_and_a_killed_worker_costs_one_group(
    camera: int, media: Any, desk: Any, land: Any, store: Path, wait_for: Any
) -> None:
    # One long story, because each start of a media worker costs seconds.
    watched(land, camera, desk.incident["id"])
    wait_for(lambda: land.run("SELECT 1 FROM cameras WHERE last_frame_at IS NOT NULL"))
    filled = datetime.now().astimezone() + timedelta(seconds=4)  # the ring's two seconds and a half
    wait_for(lambda: datetime.now().astimezone() > filled)

    asked = desk.post("clips", camera_id=camera)
    wait_for(lambda: desk.one(asked["id"])["state"] == "recording")
    desk.post("marks", text="东侧出现浓烟", camera_id=camera)
    desk.post(f"{asked['id']}/stop")
    kept = desk.ended(asked["id"])
    assert (kept["state"], kept["end_reason"], kept["gaps"]) == ("kept", "stopped", [])
    [part] = kept["parts"]
    path = store / str(asked["id"]) / part["file"]
    clocks = burnt_in(path)
    asked_at = datetime.fromisoformat(asked["asked_at"]).timestamp()
    # It begins with the key picture at or before T - 2 s: half a second of group, load beside.
    assert asked_at - 2 - 2 < clocks[0] <= asked_at - 2 + 0.3
    assert part["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert verify(path.parent / "manifest.json", key_of(desk)).ok
    assert "东侧出现浓烟" in (path.parent / "manifest.json").read_text("utf-8")

    second = desk.post("clips", camera_id=camera)
    folder = store / str(second["id"])
    wait_for(lambda: frames_in(folder) >= 8)
    media.kill()
    before = frames_in(folder)
    media.start()  # the clip goes on as another part
    wait_for(lambda: len(list(folder.glob("*.journal"))) == 2 and frames_in(folder) >= 8)
    media.kill()
    between = frames_in(folder)
    media.start()
    wait_for(lambda: len(list(folder.glob("*.journal"))) == 3 and frames_in(folder) >= 8)
    desk.post(f"{second['id']}/stop")
    resumed = desk.ended(second["id"])
    assert (resumed["state"], resumed["end_reason"]) == ("kept", "stopped")
    assert [gap["reason"] for gap in resumed["gaps"]] == ["crashed", "crashed"]
    parts = resumed["parts"]
    assert [part["frames"] for part in parts[:2]] == [before, between]
    for part in parts:
        clocks = burnt_in(folder / part["file"])
        assert len(clocks) == part["frames"] and clocks == sorted(clocks)
    for gap, left, right in zip(resumed["gaps"], parts, parts[1:], strict=False):
        assert instants(gap["from_at"], gap["to_at"]) == instants(
            left["last_at"], right["first_at"]
        )
    assert verify(folder / "manifest.json", key_of(desk)).ok

    late = desk.post("clips", camera_id=camera)
    folder = store / str(late["id"])
    wait_for(lambda: frames_in(folder) >= 8)
    media.kill()
    before = frames_in(folder)
    land.run("UPDATE evidence SET stop_at = now() WHERE id = %s", late["id"])
    media.start()
    crashed = desk.ended(late["id"])
    assert (crashed["state"], crashed["end_reason"]) == ("kept", "crashed")
    [part] = crashed["parts"]
    assert part["frames"] == before == len(burnt_in(folder / part["file"]))
    told = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert told["ended"] == "crashed"
    assert verify(folder / "manifest.json", key_of(desk)).ok

    third = desk.post("clips", camera_id=camera)
    wait_for(lambda: frames_in(store / str(third["id"])) >= 8)
    media.stop()
    assert desk.ended(third["id"])["end_reason"] == "shut_down"
    assert verify(store / str(third["id"]) / "manifest.json", key_of(desk)).ok
    acts = [row[0] for row in land.run("SELECT act FROM register WHERE act LIKE 'evidence.%%'")]
    assert acts.count("evidence.sealed") == 4
    with db.begin() as session:
        assert verify_register(session).ok


def instants(*texts: str) -> list[datetime]:
    return [datetime.fromisoformat(text) for text in texts]


def frames_in(folder: Path) -> int:
    """Frames of the whole groups on the disk, by the journal."""
    journals = sorted(folder.glob("*.journal"))
    lines = journals[-1].read_text().splitlines() if journals else []
    return json.loads(lines[-1])["frames"] if lines else 0


def key_of(desk: Any) -> bytes:
    from backend.evidence.keys import public_of

    told = desk.client.get("/api/evidence/keys").json()["keys"]
    return public_of(told[0]["public_key_pem"].encode())


def test_a_camera_that_sends_nothing_leaves_no_evidence(
    fleet: Any, camera: int, media: Any, desk: Any, wait_for: Any
) -> None:
    fleet.device("good").freeze()
    asked = desk.post("clips", camera_id=camera)
    wait_for(lambda: desk.one(asked["id"])["state"] == "recording")
    again = desk.client.post(f"{desk.base}/clips", json={"camera_id": camera})
    assert again.json()["error"]["code"] == "evidence.already_recording"
    desk.post(f"{asked['id']}/stop")
    ended = desk.ended(asked["id"])
    assert (ended["state"], ended["end_reason"]) == ("failed", "no_picture")
    stopped = desk.client.post(f"{desk.base}/{asked['id']}/stop")
    assert stopped.json()["error"]["code"] == "evidence.not_recording"


def test_a_snapshot_is_sealed_at_once_with_its_origin_and_read_on_record(
    camera: int, media: Any, desk: Any, land: Any
) -> None:
    made = desk.post("snapshots", camera_id=camera)
    assert (made["state"], made["kind"]) == ("kept", "snapshot")
    [part] = made["parts"]
    path = f"/api/evidence/{made['id']}/file"
    assert desk.client.get(path).status_code == 422  # without a purpose
    read = desk.client.get(path, params={"purpose": "incident"})
    assert hashlib.sha256(read.content).hexdigest() == part["sha256"]
    piece = desk.client.get(path, params={"purpose": "incident"}, headers={"Range": "bytes=10-19"})
    assert (piece.status_code, piece.content) == (206, read.content[10:20])
    entries = land.run(
        "SELECT purpose, camera_id, incident_id FROM register WHERE act = 'evidence.read'"
    )
    assert entries == [("incident", camera, desk.incident["id"])]
    timeline = desk.client.get(f"/api/incidents/{desk.incident['id']}/timeline").json()["entries"]
    assert timeline[-1]["act"] == "evidence_snapshot"
