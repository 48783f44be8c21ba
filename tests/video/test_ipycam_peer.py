"""The relay against ipycam 1.3.0, an ONVIF device and RTSP server this project did not write."""

import asyncio
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.device import probe
from video.discovery import discover_at
from video.errors import CredentialsRejected, ProtocolViolation
from video.gateway import MediaGateway
from video.onvif_session import OnvifSession
from video.profiles import choose_profile
from video.ptz import PtzHead
from video.ptz_skills import read_skills
from video.source import StreamTarget
from video.stills import fetch_still
from video.stream_state import HubKey

pytestmark = pytest.mark.peer

VERSION = "1.3.0"
ROOT = Path(__file__).parents[2]
VENV = ROOT / "var/peers/ipycam"
POLICY = AddressPolicy.of("127.0.0.0/8")
LOGIN = Credentials("admin", "peer-Pass/1")


def _installed() -> Path:
    """Return the peer's own interpreter; made on first use, apart from ours (it needs OpenCV)."""
    python = VENV / "bin/python"
    if not list(VENV.glob(f"lib/python*/site-packages/ipycam-{VERSION}.dist-info")):
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True, capture_output=True)
        install = subprocess.run(
            [python, "-m", "pip", "install", "-q", f"ipycam=={VERSION}"],
            check=False, capture_output=True, text=True, timeout=150,
        )  # fmt: skip
        if install.returncode:
            pytest.skip(f"the package registry cannot be reached: {install.stderr[-200:]}")
    return python


def _clip(path: Path) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for index in range(50):
            picture = np.full((360, 640, 3), 40, np.uint8)
            picture[:, (index * 12) % 640 :] = 200
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


@pytest.fixture(scope="module")
def camera(tmp_path_factory):
    """Run the peer; give the port of its ONVIF server."""
    python, home = _installed(), tmp_path_factory.mktemp("ipycam")
    _clip(home / "clip.mp4")
    onvif, rtsp, rtmp, web, go2rtc = _free_ports(5)
    config = {
        "local_ip": "127.0.0.1", "onvif_port": onvif, "rtsp_port": rtsp, "rtmp_port": rtmp,
        "web_port": web, "go2rtc_api_port": go2rtc, "username": LOGIN.username,
        "password": LOGIN.password, "main_width": 640, "main_height": 360, "main_fps": 15,
        "main_bitrate": "1M", "sub_width": 320, "sub_height": 180, "sub_fps": 15,
        "sub_bitrate": "300K", "hw_accel": "cpu",
    }  # fmt: skip
    (home / "config.json").write_text(json.dumps(config))
    log = (home / "log.txt").open("w")
    process = subprocess.Popen(
        [python, "-m", "ipycam", "--config", "config.json", "--source", "clip.mp4"],
        cwd=home, stdout=log, stderr=log, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        _until_open(onvif, process)
        _until_open(rtsp, process)
        yield onvif
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _until_open(port: int, process: subprocess.Popen, within_s: float = 40) -> None:
    end, pause = time.monotonic() + within_s, threading.Event()
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            pause.wait(0.1)
        else:
            return
    pytest.fail("the peer did not start")


def ask(port, credentials=LOGIN):
    url = f"http://127.0.0.1:{port}/onvif/device_service"
    return asyncio.run(probe(url, credentials, POLICY))


def test_probe_reads_the_peer(camera):
    report = ask(camera)
    assert report.information.manufacturer == "PythonCam"
    assert [(p.codec, p.width, p.height) for p in report.profiles] == [
        ("h264", 640, 360),
        ("h264", 320, 180),
    ]
    assert report.has_ptz
    assert abs(report.clock_offset_s) < 2


def test_wrong_password_is_rejected_although_the_fault_comes_with_status_200(camera):
    with pytest.raises(CredentialsRejected):
        ask(camera, Credentials("admin", "wrong"))


def test_peer_s_still_is_fetched(camera):
    profile = ask(camera).profiles[0]
    target = StreamTarget(profile.stream_url, POLICY, LOGIN, snapshot_url=profile.snapshot_url)
    assert asyncio.run(fetch_still(target)).startswith(b"\xff\xd8\xff")


def test_peer_is_found_by_discovery(camera):
    found = asyncio.run(discover_at("127.0.0.1", 1.0))
    assert any(f":{camera}/" in address for one in found for address in one.addresses)


def test_peer_s_stream_plays_through_the_relay(camera, relay):
    report = ask(camera)
    profile = choose_profile(report.profiles, want="sub", browser_codecs=frozenset({"avc1"}))

    async def scenario():
        async def resolve(_):
            return StreamTarget(profile.stream_url, POLICY, LOGIN)

        gateway = MediaGateway(resolve)
        async with relay.watching(gateway, HubKey(1, "sub")) as viewer:
            await viewer.until(lambda v: len(v.binaries) > 20, within_s=20)
            assert viewer.said(type="init", width=320, height=180)
        await gateway.close()
        return viewer.as_file()

    with av.open(io.BytesIO(asyncio.run(scenario()))) as clip:
        assert sum(1 for _ in clip.decode(video=0)) >= 18


def test_peer_s_head_obeys_every_move(camera):
    """GetStatus of 1.3.0 uses a prefix it never declares: read all the same, or a clear error."""

    async def scenario():
        url = f"http://127.0.0.1:{camera}/onvif/device_service"
        async with OnvifSession(POLICY.check(url), LOGIN, POLICY) as session:
            await session.open()
            head = PtzHead(session, await read_skills(session))
            assert head.skills.space == "generic"
            await head.move_to(0.25, -0.1, 0.0)
            if head.skills.tells_position:
                assert (await head.status()).position.pan == pytest.approx(0.25)
            else:
                with pytest.raises(ProtocolViolation, match="not XML"):
                    await head.status()
            await head.move_by(0.1, 0.0, 0.0)
            await head.move_on(0.1, 0.0, 0.0, for_s=0.5)
            await head.stop()
            token = await head.set_preset("gate")
            assert token in [preset.token for preset in await head.presets()]
            await head.goto_preset(token)

    asyncio.run(scenario())
