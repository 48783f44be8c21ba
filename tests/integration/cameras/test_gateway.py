"""The outer gateway's side as MediaMTX documents it: what it asks us, and what we ask it.

Its API is played by a recorder that accepts only the operations of MediaMTX's OpenAPI description
(`api/openapi.yaml` of version 1); with the program itself see `test_both_gateways`.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from backend import db
from backend.cameras import registry, streams
from backend.cameras.gateway import following, paths
from backend.media import records
from backend.settings import load

SECRET = "a secret of the gateway"
CAMERA_SECRET = "S3CRET/pass word"
OPERATIONS = {
    ("GET", "/v3/config/paths/get/"), ("POST", "/v3/config/paths/replace/"),
    ("DELETE", "/v3/config/paths/delete/"), ("GET", "/v3/webrtc/sessions/list"),
    ("POST", "/v3/webrtc/sessions/kick/"),
}  # fmt: skip
# Of PathConf, whose other properties we leave alone.
PATH_PROPERTIES = {
    "source": str,
    "sourceOnDemand": bool,
    "sourceOnDemandCloseAfter": str,
    "rtspTransport": str,
}


class Recorder(BaseHTTPRequestHandler):
    """Paths and sessions in memory; every request is held against the description."""

    def do_GET(self) -> None:
        self.answer("GET")

    def do_POST(self) -> None:
        self.answer("POST")

    def do_DELETE(self) -> None:
        self.answer("DELETE")

    def answer(self, method: str) -> None:
        place = self.path.split("?")[0]
        head, _, name = place.rpartition("/")
        known = (method, f"{head}/") in OPERATIONS or (method, place) in OPERATIONS
        assert known, (method, self.path)
        assert self.headers["Authorization"].startswith("Basic ")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        state = self.server.state  # type: ignore[attr-defined]
        state["asked"].append((method, head))
        if place.endswith("sessions/list"):
            items = list(state["sessions"].values())
            self.tell(200, {"itemCount": len(items), "pageCount": 1, "items": items})
        elif "kick" in head:
            gone = state["sessions"].pop(name, None)
            self.tell(200 if gone else 404, {"status": "ok" if gone else "error"})
        elif "replace" in head:
            path = json.loads(body)
            assert {key: type(value) for key, value in path.items()} == PATH_PROPERTIES
            state["paths"][name] = path
            self.tell(200, {"status": "ok"})
        elif name not in state["paths"]:
            self.tell(404, {"status": "error", "error": "path configuration not found"})
        elif "delete" in head:
            del state["paths"][name]
            self.tell(200, {"status": "ok"})
        else:
            self.tell(200, state["paths"][name] | {"name": name, "record": False})

    def tell(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def outer(loopback: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """A MediaMTX API that records; pictures go through it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    server.state = {"paths": {}, "sessions": {}, "asked": []}  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setenv("GRIDLINK_MEDIA__GATEWAY", "mediamtx")
    monkeypatch.setenv("GRIDLINK_MEDIA__MEDIAMTX_SECRET", SECRET)
    monkeypatch.setenv("GRIDLINK_MEDIA__MEDIAMTX_API", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("GRIDLINK_MEDIA__MEDIAMTX_NETWORKS", '["127.0.0.0/8", "0.0.0.0/0"]')
    load.cache_clear()
    paths.control.cache_clear()
    yield server.state  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()
    paths.control.cache_clear()


def question(path: str, token: str = "", **more: object) -> dict[str, object]:
    """The documented body of a WHEP read."""
    asked = {
        "user": "", "password": "", "token": token, "ip": "10.1.2.3", "action": "read",
        "path": path, "protocol": "webrtc", "id": str(uuid4()), "query": "",
    }  # fmt: skip
    return asked | more


@pytest.fixture
def picture(outer: dict[str, Any], enrol: Any, client: Any, land: Any) -> Iterator[Any]:
    """`picture()` opens the camera as an operator; returns the answer."""
    camera = enrol("good")
    operator = client("operator")

    def opened(**order: object) -> dict[str, Any]:
        wanted = {"camera_id": camera, "purpose": "patrol", "profile": "sub", "codecs": ["avc1"]}
        answer = operator.post("/api/streams", json=wanted | order)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    opened.operator = operator  # type: ignore[attr-defined]
    yield opened


def path_of(ticket: dict[str, Any]) -> str:
    return str(ticket["url"].split("/")[-2])


def ask(client: Any, body: dict[str, object], secret: str = SECRET) -> int:
    login = ("gridlink", secret)
    return int(client(None).post("/api/media/authorise", json=body, auth=login).status_code)


def test_a_path_is_made_on_demand_and_neither_name_nor_answer_tells_the_camera(
    picture: Any, outer: dict[str, Any]
) -> None:
    ticket = picture()
    assert ticket["protocol"] == "whep"
    [(name, path)] = outer["paths"].items()
    assert ticket["url"] == f"/whep/{name}/whep"
    assert path["source"].startswith("rtsp://admin:S3CRET%2Fpass%20word@127.0.0.1:")
    assert path["sourceOnDemand"] is True and path["rtspTransport"] == "tcp"
    assert "S3CRET" not in json.dumps(ticket) and "good" not in name and name.isalnum()
    picture()
    replaced = [place for _, place in outer["asked"] if place.endswith("replace")]
    assert len(replaced) == 1, "set anew, it would end everyone's picture"


def test_a_read_needs_a_ticket_of_that_path_and_the_ticket_is_good_once(
    picture: Any, client: Any, land: Any
) -> None:
    ticket = picture()
    path = path_of(ticket)
    assert ask(client, question(path)) == 401  # MediaMTX asks before it has credentials
    first = question(path, ticket["ticket"])
    assert ask(client, first) == 204
    assert ask(client, first) == 204  # the same session asks again
    assert ask(client, question(path, ticket["ticket"])) == 401
    acts = land.run("SELECT act FROM register WHERE act LIKE 'stream.%'")
    assert [act for (act,) in acts] == ["stream.live.opened"]


def test_a_ticket_carried_to_another_path_is_spent(picture: Any, client: Any, land: Any) -> None:
    ticket, other = picture(), picture(profile="main")
    assert path_of(ticket) != path_of(other)
    assert ask(client, question(path_of(other), ticket["ticket"])) == 401
    assert ask(client, question(path_of(ticket), ticket["ticket"])) == 401
    reasons = land.run("SELECT end_reason FROM streams WHERE ended_at IS NOT NULL")
    assert reasons == [("other_path",)]


def test_nothing_but_reading_is_ever_allowed(picture: Any, client: Any) -> None:
    ticket = picture()
    whole = question(path_of(ticket), ticket["ticket"])
    for action in ("publish", "playback", "metrics", "pprof", "", "read "):
        assert ask(client, whole | {"action": action}) == 401
    assert ask(client, whole | {"protocol": "rtsp"}) == 401
    assert ask(client, whole | {"id": None}) == 401


def test_its_own_api_is_ours_alone(picture: Any, client: Any) -> None:
    ours = question("", action="api", user="gridlink", password=SECRET, protocol="")
    assert ask(client, ours) == 204
    assert ask(client, ours | {"password": "guess"}) == 401


def test_to_anybody_but_the_gateway_the_question_does_not_exist(
    picture: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = picture()
    body = question(path_of(ticket), ticket["ticket"])
    assert ask(client, body, secret="guess") == 404
    assert client(None).post("/api/media/authorise", json=body).status_code == 404
    monkeypatch.setenv("GRIDLINK_MEDIA__MEDIAMTX_NETWORKS", '["192.0.2.0/24"]')
    load.cache_clear()
    assert ask(client, body) == 404


def test_who_left_is_entered_with_the_bytes_counted(
    picture: Any, client: Any, outer: dict[str, Any], land: Any
) -> None:
    ticket = picture()
    body = question(path_of(ticket), ticket["ticket"])
    assert ask(client, body) == 204
    counted: dict[str, int] = {}
    outer["sessions"][body["id"]] = {
        "id": body["id"], "path": body["path"], "state": "read", "outboundBytes": 123456,
    }  # fmt: skip
    following.follow_up(counted)
    assert land.run("SELECT ended_at FROM streams") == [(None,)]
    outer["sessions"].clear()
    following.follow_up(counted)
    assert land.run("SELECT ended_at FROM streams") == [(None,)], "it may only just have come"
    land.run("UPDATE streams SET started_at = now() - interval '20 s'")
    following.follow_up(counted)
    [(detail,)] = land.run("SELECT detail FROM register WHERE act = 'stream.live.closed'")
    assert (detail["bytes"], detail["reason"]) == (123456, "viewer_left")


def test_who_is_signed_out_is_kicked_and_so_is_who_came_without_a_ticket(
    picture: Any, client: Any, outer: dict[str, Any], land: Any
) -> None:
    ticket = picture()
    body = question(path_of(ticket), ticket["ticket"])
    assert ask(client, body) == 204
    for one in (str(body["id"]), "stranger"):
        outer["sessions"][one] = {"id": one, "path": "x", "state": "read", "outboundBytes": 1}
    following.follow_up({})
    assert set(outer["sessions"]) == {body["id"]}
    land.run("UPDATE sessions SET ended_at = now()")
    following.follow_up({})
    assert outer["sessions"] == {}
    assert land.run("SELECT end_reason FROM streams") == [("revoked",)]


def test_a_forgotten_camera_has_no_path_any_more(picture: Any, outer: dict[str, Any]) -> None:
    ticket = picture()
    assert path_of(ticket) in outer["paths"]
    with db.begin() as session:
        [camera] = session.scalars(registry.select(registry.Camera.id))
    paths.drop_paths(camera)
    assert outer["paths"] == {}


def test_with_the_gateway_away_the_relay_serves(
    picture: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDLINK_MEDIA__MEDIAMTX_API", "http://127.0.0.1:9")
    load.cache_clear()
    paths.control.cache_clear()
    ticket = picture()
    assert ticket["protocol"] == "relay" and ticket["url"].startswith("ws://")


def test_streams_in_the_gateway_are_not_taken_for_lost(
    picture: Any, client: Any, land: Any
) -> None:
    ticket = picture()
    assert ask(client, question(path_of(ticket), ticket["ticket"])) == 204
    land.run("UPDATE streams SET used_at = now() - interval '1 hour'")
    records.finish_lost(0, [])
    assert land.run("SELECT ended_at FROM streams") == [(None,)]
    assert streams.digest(ticket["ticket"])
