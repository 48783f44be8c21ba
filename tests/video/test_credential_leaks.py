"""A camera's password in every error, log and answer of the relay: it must be in none (F10)."""

import asyncio
import base64
import logging
import socket
import threading
import traceback
from contextlib import suppress
from pathlib import Path

import pytest

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.device import probe
from video.errors import DeviceError
from video.gateway import MediaGateway
from video.redaction import secret_forms
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.source import SourceTiming, StreamTarget, codec_of, open_stream
from video.stills import fetch_still
from video.stream_state import HubKey, HubSettings

SECRET = "S3CRET/p@ss:w"
LOGIN = Credentials("operator7", SECRET)
POLICY = AddressPolicy.of("127.0.0.0/8")
TIMING = SourceTiming(open_s=1.0, read_s=0.5, first_pause_s=0.05, longest_pause_s=0.1)


def assert_clean(text):
    for form in (*secret_forms(SECRET), "operator7"):
        assert form not in text, f"{form!r} leaked"
    assert base64.b64encode(f"operator7:{SECRET}".encode()).decode() not in text


def told(error):
    """Everything an error can show, its causes and contexts included."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(error.__dict__)


RTSP_REPLIES = {
    "refuses": None,
    "hangs up": b"",
    "not found": b"RTSP/1.0 404 Not Found\r\n\r\n",
    "garbage": b"\xff\xfe\x00garbage\r\n\r\n",
    "redirects": b"RTSP/1.0 302 Go\r\nLocation: rtsp://127.0.0.9/\r\n\r\n",
    "broken description": b"RTSP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nv=9\n",
    "asks for ever": b"RTSP/1.0 401 No\r\n"
    b'WWW-Authenticate: Digest realm="operator", nonce="n"\r\nContent-Length: 0\r\n\r\n',
}


@pytest.mark.fault
@pytest.mark.parametrize("kind", RTSP_REPLIES)
def test_no_rtsp_failure_shows_the_login(kind, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    reply = RTSP_REPLIES[kind]
    with socket.create_server(("127.0.0.1", 0)) as device:
        port = device.getsockname()[1]
        if reply is None:
            device.close()
        else:
            threading.Thread(target=serve_always, args=(device, reply), daemon=True).start()
        target = StreamTarget(f"rtsp://127.0.0.1:{port}/main", POLICY, LOGIN)
        with pytest.raises(DeviceError) as caught, open_stream(target, TIMING) as container:
            codec_of(container)
    assert_clean(told(caught.value) + repr(target) + caplog.text + "".join(capfd.readouterr()))


@pytest.mark.fault
def test_no_http_failure_shows_the_login(caplog):
    caplog.set_level(logging.DEBUG)
    url = "http://127.0.0.1:9/onvif/device_service"
    for asking in (
        lambda: probe(url, LOGIN, POLICY),
        lambda: fetch_still(StreamTarget("", POLICY, LOGIN, snapshot_url=url)),
        lambda: probe(f"http://operator7:{SECRET}@127.0.0.1/", LOGIN, POLICY),
    ):
        with pytest.raises(DeviceError) as caught:
            asyncio.run(asking())
        assert_clean(told(caught.value) + caplog.text)


@pytest.mark.fault
def test_relay_through_every_state_never_says_the_login(relay, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    statuses = []

    async def scenario():
        spec = DeviceSpec("cam-001", username="operator7", password=SECRET)
        async with Fleet([spec]) as fleet:
            logging.getLogger("video.simulator").setLevel(logging.CRITICAL)
            gateway = MediaGateway(
                relay.resolver(fleet),
                settings=HubSettings(timing=TIMING),
                on_status=lambda *status: statuses.append(status),
            )
            async with relay.watching(gateway, HubKey(1, "sub")) as viewer:
                await viewer.until(lambda v: v.of_kind(2))
                commands = [
                    path.read_bytes().decode("utf-8", "replace")
                    for path in Path("/proc/self/task").glob("*/cmdline")
                ]
                fleet.device("cam-001").die()
                await viewer.until(lambda v: v.said(state="stalled", reason="stream.failed"))
                await viewer.until(lambda v: v.said(reason="stream.camera_unreachable"))
            shown = f"{viewer.texts}{viewer.binaries[0]!r}{gateway.statuses()}{commands}"
            shown += repr(gateway.hub(HubKey(1, "sub")).target)
            await gateway.close()
        return shown

    shown = asyncio.run(scenario())
    assert_clean(shown + repr(statuses) + caplog.text + "".join(capfd.readouterr()))
    assert "stream of camera 1 failed" in caplog.text


def serve_always(server, reply):
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            while connection.recv(8192):
                connection.sendall(reply)
                if not reply:
                    break
