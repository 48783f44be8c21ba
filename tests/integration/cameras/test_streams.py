"""From ticket to picture: a real media worker, a simulated camera, the register.

Waits are for facts (a row, a message), each with a deadline; nothing sleeps to hope.
"""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from backend import db
from backend.cameras import devices, registry, streams, viewing
from backend.errors import Refused

SECRET = "S3CRET/pass word"


def wait_for(fact: Callable[[], Any], seconds: float = 10) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := fact()):
        assert time.monotonic() < deadline, "the fact did not come about"
        time.sleep(0.02)
    return value


@pytest.fixture
def viewer(land: Any, account: Callable[..., str]) -> streams.Viewer:
    name = account("operator")
    user_id = land.run("SELECT id FROM users WHERE username = %s", name)[0][0]
    land.run(
        "INSERT INTO sessions (token_hash, csrf_token, user_id, expires_at)"
        " VALUES ('x', 'x', %s, now() + interval '1 hour')",
        user_id,
    )
    return streams.Viewer(user_id, name, "patrol", None)


def issue(camera_id: int, viewer: streams.Viewer) -> str:
    with db.begin() as session:
        return streams.issue(session, registry.get(session, camera_id), viewer).ticket


@contextmanager
def opened(camera_id: int, ticket: str) -> Iterator[ClientConnection]:
    with connect(streams.media_url(camera_id, "127.0.0.1"), compression=None) as socket:
        socket.send(json.dumps({"ticket": ticket, "codecs": ["avc1"]}))
        yield socket


def first(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message = socket.recv(timeout=10)
        if isinstance(message, str) and json.loads(message)["type"] == kind:
            return json.loads(message)


def test_ticket_opens_the_picture_once_and_the_register_tells_how_long(
    enrol: Any, media: Path, viewer: streams.Viewer, land: Any
) -> None:
    camera = enrol("good")
    ticket = issue(camera, viewer)
    with opened(camera, ticket) as socket:
        init = first(socket, "init")
        assert init["mime"].startswith('video/mp4; codecs="avc1.')
        while not isinstance(message := socket.recv(timeout=10), bytes) or message[0] != 1:
            pass
        assert message[9:][4:8] == b"moof"
    entries = wait_for(
        lambda: (
            rows
            if len(
                rows := land.run(
                    "SELECT act, purpose, camera_id, detail FROM register"
                    " WHERE act LIKE 'stream.%' ORDER BY 1"
                )
            )
            == 2
            else None
        )
    )
    assert [row[0] for row in entries] == ["stream.live.closed", "stream.live.opened"]
    assert {row[1:3] for row in entries} == {("patrol", camera)}
    assert entries[0][3]["bytes"] > 0 and entries[0][3]["reason"] == "viewer_left"
    with opened(camera, ticket) as again:
        assert first(again, "error")["code"] == "stream.ticket_refused"


def test_status_comes_from_frames_received(
    enrol: Any, media: Path, viewer: streams.Viewer, land: Any
) -> None:
    camera = enrol("good")
    assert land.run("SELECT is_alive FROM cameras") == [(None,)]
    with opened(camera, issue(camera, viewer)) as socket:
        first(socket, "init")
        wait_for(lambda: land.run("SELECT is_alive FROM cameras") == [(True,)])
    assert land.run("SELECT last_frame_at > now() - interval '5 s' FROM cameras") == [(True,)]


def test_dead_device_is_kept_and_its_camera_is_dead(enrol: Any, land: Any) -> None:
    enrol("dead")
    assert land.run("SELECT is_alive, status_reason FROM cameras") == [
        (False, "stream.camera_unreachable")
    ]


def test_rejected_login_is_not_tried_again(
    enrol: Any, media: Path, viewer: streams.Viewer, land: Any
) -> None:
    camera = enrol("locked")
    assert land.run("SELECT auth_state FROM devices") == [("rejected",)]
    with opened(camera, issue(camera, viewer)) as socket:
        assert first(socket, "error")["code"] == "stream.credentials_rejected"


@pytest.mark.parametrize("state", ["signed_out", "disabled"])
def test_stream_ends_within_seconds_when_its_user_is_shut_out(
    state: str, enrol: Any, media: Path, viewer: streams.Viewer, land: Any
) -> None:
    camera = enrol("good")
    with opened(camera, issue(camera, viewer)) as socket:
        first(socket, "init")
        if state == "disabled":
            land.run("UPDATE users SET is_active = false")
        else:
            land.run("UPDATE sessions SET ended_at = now()")
        assert first(socket, "error")["code"] == "stream.revoked"
        with pytest.raises(ConnectionClosed):
            while True:
                socket.recv(timeout=10)


@pytest.mark.parametrize(
    ("change", "sees"),
    [
        ("UPDATE streams SET expires_at = now() - interval '1 s'", "stream.ticket_refused"),
        ("UPDATE users SET is_active = false", "stream.ticket_refused"),
        ("UPDATE users SET ends_at = now() - interval '1 s'", "stream.ticket_refused"),
    ],
)
def test_ticket_is_refused_when_too_old_or_its_user_is_gone(
    change: str, sees: str, enrol: Any, media: Path, viewer: streams.Viewer, land: Any
) -> None:
    camera = enrol("good")
    ticket = issue(camera, viewer)
    land.run(change)
    with opened(camera, ticket) as socket:
        assert first(socket, "error")["code"] == sees


def test_made_up_ticket_and_foreign_page_are_refused(media: Path) -> None:
    with opened(1, "x" * 43) as socket:
        assert first(socket, "error")["code"] == "stream.ticket_refused"
    url = streams.media_url(1, "127.0.0.1")
    with pytest.raises(Exception, match="403"), connect(url, origin="http://evil.example"):  # type: ignore[arg-type]
        pass


def test_a_ticket_opens_only_what_it_was_made_for(
    enrol: Any, media: Path, viewer: streams.Viewer, land: Any
) -> None:
    still = streams.snapshot_url(1)
    assert httpx.post(still, json={"ticket": issue(enrol("good"), viewer)}).status_code == 403
    assert httpx.post(still, content=b"x" * 2**20).status_code == 403
    assert land.run("SELECT count(*) FROM streams WHERE used_at IS NOT NULL") == [(0,)]


def test_a_stream_does_not_outlive_the_right_by_a_new_session(
    viewer: streams.Viewer, land: Any
) -> None:
    camera = land.add_camera("a", 110.005, 34.505)
    land.run("INSERT INTO devices (camera_id, address) VALUES (%s, 'http://10.0.0.1')", camera)
    with db.begin() as session:
        issued = streams.issue(session, registry.get(session, camera), viewer)
        opened_id = issued.stream.id
        assert issued.ticket not in repr(issued)

    def allowed() -> set[int]:
        with db.begin() as session:
            return viewing.still_allowed(session, [opened_id])

    assert allowed() == {opened_id}
    for change in ("role = 'inspector'", "role = 'operator', division_code = 610523000000"):
        land.run(f"UPDATE users SET {change}")
        land.run("UPDATE sessions SET ended_at = NULL")  # signed in again
        assert allowed() == set()


def test_a_stream_whose_worker_was_killed_is_closed_in_the_register(
    viewer: streams.Viewer, land: Any
) -> None:
    camera = land.add_camera("a", 110.005, 34.505)
    land.run("INSERT INTO devices (camera_id, address) VALUES (%s, 'http://10.0.0.1')", camera)
    lost, watched, fresh = (issue(camera, viewer) for _ in range(3))
    with db.begin() as session:
        ids = [viewing.redeem(session, t, "live").stream_id for t in (lost, watched, fresh)]
    land.run("UPDATE streams SET used_at = now() - interval '1 h' WHERE id <> %s", ids[2])
    with db.begin() as session:
        assert viewing.finish_lost(session, worker=0, watched=[ids[1]]) == 1
    closed = land.run("SELECT detail FROM register WHERE act = 'stream.live.closed'")
    # How long and how much nobody knows; the entry says so.
    told = {"stream_id": ids[0], "reason": "lost", "seconds": None, "bytes": None}
    assert closed == [(told,)]


def test_a_foreign_or_made_up_incident_is_not_entered(
    viewer: streams.Viewer, land: Any, account: Callable[..., str]
) -> None:
    camera = land.add_camera("a", 110.005, 34.505)
    land.run("INSERT INTO devices (camera_id, address) VALUES (%s, 'http://10.0.0.1')", camera)
    [(foreign,)] = land.run(
        "INSERT INTO incidents (number, kind, severity, geom, division_code, reported_by) VALUES"
        " ('N1', 'fire', 'red', ST_SetSRID(ST_Point(110.12, 34.51), 4326), 610523000000, %s)"
        " RETURNING id",
        viewer.user_id,
    )
    scope = db.Scope(viewer.user_id, 610522000000, 610522999999)
    for incident in (foreign, 999):
        with pytest.raises(streams.IncidentUnknown), db.begin(scope) as session:
            asking = streams.Viewer(viewer.user_id, "x", "patrol", incident)
            streams.issue(session, registry.get(session, camera), asking)
    assert land.run("SELECT count(*) FROM register") == [(0,)]


def test_no_purpose_no_picture(enrol: Any, viewer: streams.Viewer, land: Any) -> None:
    camera = enrol("good")
    for purpose, incident in (("curiosity", None), ("incident", None), ("incident", 999)):
        with pytest.raises(Refused):
            issue(camera, streams.Viewer(viewer.user_id, "x", purpose, incident))
    assert land.run("SELECT count(*) FROM streams") == [(0,)]
    assert land.run("SELECT count(*) FROM register WHERE purpose IS NOT NULL") == [(0,)]


@pytest.mark.fault
def test_camera_password_stands_nowhere_in_the_clear(
    enrol: Any, media: Path, viewer: streams.Viewer, land: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """F10: provoke every error there is, then look for the secret in all its forms."""
    cameras = {name: enrol(name) for name in ("good", "dead", "locked")}
    said: list[str] = []
    for camera in cameras.values():
        with opened(camera, issue(camera, viewer)) as socket:
            for _ in range(3):
                message = socket.recv(timeout=10)
                said.append(message if isinstance(message, str) else "")
                if "error" in said[-1]:
                    break
    with db.begin() as session:
        for camera in cameras.values():
            row = registry.get(session, camera)
            said += [registry.sheet_of(row).model_dump_json(), repr(row.device)]
            if row.device and row.device.profiles:
                said.append(repr(devices.target(row.device, "sub", frozenset({"avc1"})))) if (
                    row.device.auth_state == "accepted"
                ) else None
    tables = land.run(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        " AND table_type = 'BASE TABLE'"
    )
    said += [str(land.run(f'SELECT * FROM "{table}"')) for (table,) in tables]
    said += [media.read_text(), caplog.text, _command_lines()]
    everything = "\n".join(said)
    forms = {
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"admin:{SECRET}".encode()).decode(),
    }
    assert [form for form in forms if form in everything] == []
    assert "admin:" not in media.read_text()


def _command_lines() -> str:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(lines)
