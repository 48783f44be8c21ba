"""Rights, jurisdictions, holds, retention and a full store."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backend import db
from backend.audit.register import verify as verify_register
from backend.evidence import retention, storing
from backend.settings import load

NEIGHBOUR = 610523000000


def later(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def test_a_neighbour_finds_nothing_of_it(desk: Any, pieces: Any, client: Any) -> None:
    kept = pieces()
    stranger = client("admin", NEIGHBOUR)
    at = f"/api/evidence/{kept}"
    asked = [
        stranger.get(at),
        stranger.get(f"{at}/file", params={"purpose": "incident"}),
        stranger.get(f"{at}/export", params={"purpose": "incident"}),
        stranger.post(f"{at}/hold", json={"reason": "x"}),
        stranger.post(f"{at}/publication", json={"masks": [TRIANGLE]}),
        stranger.get(desk.base),
        stranger.post(f"{desk.base}/marks", json={"text": "x"}),
        stranger.post(f"{desk.base}/clips", json={"camera_id": 1}),
        stranger.post(f"{desk.base}/snapshots", json={"camera_id": 1}),
        stranger.post(f"{desk.base}/{kept}/stop"),
    ]
    absent = stranger.get("/api/evidence/999999").json()
    assert [answer.status_code for answer in asked] == [404] * len(asked)
    assert all(answer.json() == absent for answer in asked)


TRIANGLE = {"points": [[0.1, 0.1], [0.5, 0.1], [0.3, 0.6]]}


def test_the_second_wall_hides_it_as_well(pieces: Any, database: str) -> None:
    pieces()
    with psycopg.connect(database) as connection:
        connection.execute("SET ROLE gridlink_app")
        connection.execute("SELECT set_config('gridlink.low', %s, false)", (str(NEIGHBOUR),))
        connection.execute("SELECT set_config('gridlink.high', %s, false)", ("610523999999",))
        for table in ("evidence", "evidence_parts", "evidence_marks"):
            [count] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert count == 0
        # How full the one disk is may be told to each.
        assert connection.execute("SELECT used_bytes > 0 FROM evidence_used()").fetchone() == (
            True,
        )


def test_evidence_of_one_incident_cannot_be_stopped_through_another(desk: Any, pieces: Any) -> None:
    kept = pieces()
    other = desk.client.post("/api/incidents", json={"kind": "help", "lon": 110.03, "lat": 34.51})
    answer = desk.client.post(f"/api/incidents/{other.json()['id']}/evidence/{kept}/stop")
    assert answer.status_code == 404


def test_marks_stand_on_the_time_line_and_never_in_the_future(desk: Any) -> None:
    desk.post("marks", text="人员开始疏散")
    timeline = desk.client.get(f"/api/incidents/{desk.incident['id']}/timeline").json()["entries"]
    assert (timeline[-1]["act"], timeline[-1]["text"]) == ("evidence_mark", "人员开始疏散")
    early = desk.client.post(f"{desk.base}/marks", json={"text": "x", "at": later(1).isoformat()})
    assert early.json()["error"]["code"] == "evidence.mark_in_future"
    assert [m["text"] for m in desk.client.get(desk.base).json()["marks"]] == ["人员开始疏散"]


def test_what_is_old_goes_and_what_is_held_stays(
    desk: Any, pieces: Any, client: Any, store: Path, land: Any
) -> None:
    held, old = pieces(b"one"), pieces(b"two")
    dispatcher = client("dispatcher")
    unreasoned = dispatcher.post(f"/api/evidence/{held}/hold", json={})
    assert unreasoned.json()["error"]["code"] == "evidence.hold_reason_missing"
    assert desk.client.post(f"/api/evidence/{held}/hold", json={"reason": "x"}).status_code == 403
    answer = dispatcher.post(f"/api/evidence/{held}/hold", json={"reason": "法院调取"})
    assert answer.json()["hold_reason"] == "法院调取"
    assert retention.sweep(later(load().evidence.kept_days - 1)) == 0
    assert retention.sweep(later(load().evidence.kept_days + 1)) == 1
    assert (store / str(held) / "snapshot.jpg").exists()
    assert not (store / str(old)).exists()
    gone = desk.one(old)
    assert (gone["state"], gone["delete_reason"]) == ("deleted", "kept_long_enough")
    assert gone["manifest_sha256"]
    [(detail,)] = land.run("SELECT detail FROM register WHERE act = 'evidence.deleted'")
    assert detail["manifest_sha256"] == gone["manifest_sha256"]
    read = desk.client.get(f"/api/evidence/{old}/file", params={"purpose": "incident"})
    assert (read.status_code, read.json()["error"]["code"]) == (404, "evidence.gone")
    dispatcher.post(f"/api/evidence/{held}/hold", json={"held": False})
    assert retention.sweep(later(load().evidence.kept_days + 1)) == 1
    with db.begin() as session:
        assert verify_register(session).ok


def test_a_full_store_lets_the_oldest_go_but_nothing_that_is_held(
    desk: Any, pieces: Any, client: Any, monkeypatch: pytest.MonkeyPatch, land: Any
) -> None:
    first, second, third = (pieces(bytes(400_000), age_s=90 - n) for n in range(3))
    client("dispatcher").post(f"/api/evidence/{first}/hold", json={"reason": "复议"})
    monkeypatch.setenv("GRIDLINK_EVIDENCE__BUDGET_BYTES", str(1024 * 1024))
    load.cache_clear()
    assert desk.client.get("/api/evidence/storage").json()["state"] == "full"
    assert retention.make_room(datetime.now(UTC)) == 1
    assert [desk.one(n)["state"] for n in (first, second, third)] == ["kept", "deleted", "kept"]
    assert desk.client.get("/api/evidence/storage").json()["state"] == "ok"


def test_a_full_store_refuses_new_clips_loudly_and_everything_else_goes_on(
    desk: Any, pieces: Any, client: Any, monkeypatch: pytest.MonkeyPatch, land: Any
) -> None:
    kept = pieces(bytes(1_200_000))
    client("dispatcher").post(f"/api/evidence/{kept}/hold", json={"reason": "复议"})
    monkeypatch.setenv("GRIDLINK_EVIDENCE__BUDGET_BYTES", str(1024 * 1024))
    load.cache_clear()
    camera = land.run("SELECT id FROM cameras")[0][0]
    for path in ("clips", "snapshots"):
        refused = desk.client.post(f"{desk.base}/{path}", json={"camera_id": camera})
        assert (refused.status_code, refused.json()["error"]["code"]) == (
            503,
            "evidence.disk_full",
        )
    assert desk.client.get(desk.base).json()["storage"]["state"] == "full"
    desk.post("marks", text="存储已满")
    read = desk.client.get(f"/api/evidence/{kept}/file", params={"purpose": "incident"})
    assert read.status_code == 200


@pytest.fixture
def tiny_disk(store: Path) -> Any:
    """A real file system of one megabyte at the folder of evidence."""
    store.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(store)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a file system here")
    yield store
    subprocess.run(["umount", "-l", str(store)], check=True)


def test_a_disk_that_is_really_full_refuses_before_anything_is_lost(
    tiny_disk: Path, desk: Any, pieces: Any, monkeypatch: pytest.MonkeyPatch, land: Any
) -> None:
    kept = pieces(b"whole")
    (tiny_disk / "ballast").write_bytes(bytes(900 * 1024))
    monkeypatch.setenv("GRIDLINK_EVIDENCE__SPARE_BYTES", str(256 * 1024))
    load.cache_clear()
    with db.begin() as session:
        assert storing.room(session).state == "full"
    camera = land.run("SELECT id FROM cameras")[0][0]
    # The oldest is let go to make room, and the ballast of somebody else still fills the disk.
    desk.client.post(f"/api/evidence/{kept}/hold", json={"reason": "x"})
    refused = desk.client.post(f"{desk.base}/clips", json={"camera_id": camera})
    assert refused.json()["error"]["code"] == "evidence.disk_full"
    assert desk.one(kept)["state"] == "kept"  # what others filled is no reason to remove it
    (tiny_disk / "ballast").unlink()
    again = desk.client.post(f"{desk.base}/clips", json={"camera_id": camera})
    assert again.json()["error"]["code"] == "streams.not_enrolled"  # room again, but no device
