"""One contract for both ways of a picture: our own relay, and MediaMTX where its program is here.

Admitted by a fresh ticket, refused with a used one, ended when the right is taken, entered with its
reason.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from backend.cameras.gateway import following, paths
from backend.settings import load

SECRET = "a secret of the gateway"
ROOT = Path(__file__).resolve().parents[3]
# A browser's offer to receive H.264, as far as a server needs one.
OFFER = "\r\n".join(
    [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
        "m=video 9 UDP/TLS/RTP/SAVPF 102", "c=IN IP4 0.0.0.0", "a=rtcp-mux", "a=mid:0",
        "a=recvonly", "a=ice-ufrag:abcd", "a=ice-pwd:abcdefghijklmnopqrstuvwx",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=setup:actpass",
        "a=rtpmap:102 H264/90000",
        "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", "",
    ]
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(fact: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (value := fact()):
        assert time.monotonic() < deadline, "the fact did not come about"
        time.sleep(0.05)
    return value


class Relay:
    """Our own media worker, over WebSocket."""

    def admits(self, ticket: dict[str, Any]) -> bool:
        self.socket = connect(ticket["url"], compression=None)
        self.socket.send(json.dumps({"ticket": ticket["ticket"], "codecs": ["avc1"]}))
        while True:
            message = self.socket.recv(timeout=60)
            if isinstance(message, str) and json.loads(message)["type"] == "error":
                return False
            if isinstance(message, bytes) and message[0] == 1:
                return True

    def follow_up(self) -> None:
        """It follows by itself."""

    def is_ended(self) -> bool:
        try:
            while True:
                self.socket.recv(timeout=0.1)
        except TimeoutError:
            return False
        except ConnectionClosed:
            return True


class Outer:
    """MediaMTX, by WHEP."""

    def __init__(self, port: int) -> None:
        self.host = f"http://127.0.0.1:{port}"
        self.counted: dict[str, int] = {}

    def admits(self, ticket: dict[str, Any]) -> bool:
        head = {"Content-Type": "application/sdp", "Authorization": f"Bearer {ticket['ticket']}"}
        place = ticket["url"].removeprefix("/whep")
        answer = httpx.post(self.host + place, content=OFFER, headers=head, timeout=60)
        return answer.status_code == 201

    def follow_up(self) -> None:
        following.follow_up(self.counted)

    def is_ended(self) -> bool:
        return not paths.control().sessions()


@pytest.fixture(params=["embedded", "mediamtx"])
def gateway(
    request: pytest.FixtureRequest, loopback: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Any]:
    """Give one of the two, running."""
    if request.param == "embedded":
        request.getfixturevalue("media")
        yield Relay()
        return
    program = shutil.which("mediamtx")
    if program is None:
        pytest.skip("MediaMTX is not on PATH: its side of the contract was not run")
    api, whep = free_port(), free_port()
    monkeypatch.setenv("GRIDLINK_MEDIA__GATEWAY", "mediamtx")
    monkeypatch.setenv("GRIDLINK_MEDIA__MEDIAMTX_SECRET", SECRET)
    monkeypatch.setenv("GRIDLINK_MEDIA__MEDIAMTX_API", f"http://127.0.0.1:{api}")
    load.cache_clear()
    paths.control.cache_clear()
    server = request.getfixturevalue("server")
    host = server.removeprefix("http://")
    settings = {
        "MTX_AUTHHTTPADDRESS": f"http://gridlink:{SECRET}@{host}/api/media/authorise",
        "MTX_APIADDRESS": f"127.0.0.1:{api}",
        "MTX_WEBRTCADDRESS": f"127.0.0.1:{whep}",
        "MTX_WEBRTCLOCALUDPADDRESS": f"127.0.0.1:{free_port()}",
    }
    with (tmp_path / "mediamtx.log").open("wb") as log:
        child = subprocess.Popen(
            [program, str(ROOT / "deploy" / "mediamtx.yml")],
            env=os.environ | settings, stdout=log, stderr=log,
        )  # fmt: skip
    wait_for(lambda: socket.socket().connect_ex(("127.0.0.1", whep)) == 0)
    yield Outer(whep)
    child.terminate()
    child.wait(10)
    paths.control.cache_clear()


def test_a_ticket_opens_once_a_lost_right_ends_it_and_the_register_says_so(
    gateway: Any, enrol: Any, client: Any, land: Any
) -> None:
    camera = enrol("good")
    operator = client("operator")
    order = {"camera_id": camera, "purpose": "patrol", "profile": "sub", "codecs": ["avc1"]}
    ticket = operator.post("/api/streams", json=order).json()
    assert gateway.admits(ticket)
    watched = getattr(gateway, "socket", None)
    assert not gateway.admits(ticket)
    gateway.socket = watched
    gateway.follow_up()
    land.run("UPDATE sessions SET ended_at = now()")

    def is_revoked() -> bool:
        gateway.follow_up()
        return bool(gateway.is_ended())

    wait_for(is_revoked)
    reasons = wait_for(lambda: land.run("SELECT detail FROM register WHERE act LIKE '%.closed'"))
    assert [detail["reason"] for (detail,) in reasons] == ["revoked"]
