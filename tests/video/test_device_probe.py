"""What a probe learns from simulated devices, and what it answers to hostile ones."""

import asyncio
import http.server
import re
import threading
import time
from pathlib import Path

import pytest

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.device import probe
from video.discovery import discover, discover_at
from video.errors import (
    CredentialsRejected,
    DeviceError,
    ProtocolViolation,
    TimedOut,
    Unreachable,
)
from video.simulator.devices import DeviceSpec
from video.simulator.digest import DigestGate, Verdict
from video.simulator.fleet import ThreadedFleet

POLICY = AddressPolicy.of("127.0.0.0/8")
REPLIES = Path(__file__).parents[3] / "shared/data/devices/onvif_mock_replies"
LOGIN = Credentials("admin", "gridlink-sim")


def ask(url, credentials=LOGIN, **limits):
    return asyncio.run(probe(url, credentials, POLICY, **limits))


@pytest.mark.parametrize("auth", ["both", "wsse", "http_digest"])
def test_probe_reads_everything_whatever_the_login_and_the_clock(auth):
    spec = DeviceSpec("cam-001", ptz=True, lon=110.24, lat=34.54, auth=auth)
    with ThreadedFleet([spec]) as fleet:
        fleet.device("cam-001").clock_offset_s = 3600.0
        report = ask(fleet.onvif_url("cam-001"))
        main, sub = report.profiles
        assert (main.codec, main.width, main.height) == ("h264", 1280, 720)
        assert (sub.codec, sub.width, sub.height) == ("h264", 640, 360)
        assert sub.stream_url == fleet.rtsp_url("cam-001", "sub")
        assert sub.snapshot_url.endswith("/cam-001/snapshot.jpg")
        assert report.has_ptz
        assert (report.location.lon, report.location.lat) == (110.24, 34.54)
        # The simulator tells whole seconds.
        assert abs(report.clock_offset_s - 3600) < 1.5
        assert report.information.serial_number == "cam-001"


def test_camera_without_ptz_or_place_says_so():
    with ThreadedFleet([DeviceSpec("cam-001")]) as fleet:
        report = ask(fleet.onvif_url("cam-001"))
    assert not report.has_ptz
    assert report.location is None


@pytest.mark.fault
def test_wrong_password_costs_one_failed_digest_login(monkeypatch):
    verdicts = []
    judge = DigestGate.judge

    def counted(gate, header, method, uri):
        verdicts.append(judge(gate, header, method, uri))
        return verdicts[-1]

    monkeypatch.setattr(DigestGate, "judge", counted)
    with (
        ThreadedFleet([DeviceSpec("cam-001", auth="http_digest")]) as fleet,
        pytest.raises(CredentialsRejected),
    ):
        ask(fleet.onvif_url("cam-001"), Credentials("admin", "wrong"))
    assert verdicts.count(Verdict.REFUSED) == 1


@pytest.mark.parametrize("auth", ["both", "wsse"])
def test_wrong_password_and_missing_password_are_rejected(auth):
    with ThreadedFleet([DeviceSpec("cam-001", auth=auth)]) as fleet:
        for credentials in (Credentials("admin", "wrong"), Credentials()):
            with pytest.raises(CredentialsRejected):
                ask(fleet.onvif_url("cam-001"), credentials)


def test_nobody_there_is_unreachable():
    with pytest.raises(Unreachable):
        ask("http://127.0.0.1:9/onvif/device_service")


def test_dead_hanging_and_dripping_devices_end_in_time():
    with ThreadedFleet([DeviceSpec("cam-001")]) as fleet:
        device, url = fleet.device("cam-001"), fleet.onvif_url("cam-001")
        for fault, error in (
            (device.die, (Unreachable, ProtocolViolation)),
            (device.hang, TimedOut),
            (device.drip, TimedOut),
        ):
            fault()
            began = time.monotonic()
            with pytest.raises(error):
                ask(url, call_s=1.0)
            assert time.monotonic() - began < 2.0


def test_device_is_found_by_discovery():
    with ThreadedFleet([DeviceSpec("cam-001", name="东门 1")], has_discovery=True) as fleet:
        for asking in (
            discover_at("127.0.0.1", 0.5),
            discover(0.5, interfaces=["127.0.0.1"]),
        ):
            mine = fleet.onvif_url("cam-001")
            (found,) = [one for one in asyncio.run(asking) if one.addresses == (mine,)]
            assert found.name == "东门 1"


class Scripted:
    """A device whose every answer is given by the test."""

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                operation = re.search(r"<s:Body><\w+:(\w+)", body)[1]
                self.send_response(200)
                self.end_headers()
                try:
                    for part in answer(operation):
                        self.wfile.write(part)
                        self.wfile.flush()
                except (BrokenPipeError, ConnectionResetError):
                    pass

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/onvif/device_service"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def envelope(body):
    return f'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>{body}</e:Body></e:Envelope>'.encode()


BOMB = b'<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + b"".join(
    f'<!ENTITY b{n} "{f"&b{n - 1};" * 10 if n else "&a;" * 10}">'.encode() for n in range(9)
)
HOSTILE = {
    "login page": lambda op: [b"<!DOCTYPE html><html><body>Login<br></body></html>"],
    "well-formed page": lambda op: [b"<html><body>hello</body></html>"],
    "nothing": lambda op: [b""],
    "cut off": lambda op: [envelope(f"<{op}Response><Manufacturer>x</Manufacturer>")[:150]],
    "entity bomb": lambda op: [BOMB + b"]>" + envelope(f"<{op}Response>&b8;</{op}Response>")],
    "outside entity": lambda op: [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + envelope(f"<{op}Response>&x;</{op}Response>")  # noqa: E501
    ],
    "60 MB": lambda op: (b" " * 1_000_000 for _ in range(60)),
    "empty answers": lambda op: [envelope(f"<{op}Response/>")],
    "other answer": lambda op: [envelope("<GetUsersResponse/>")],
    "binary": lambda op: [bytes(range(256)) * 20],
}  # fmt: skip


@pytest.mark.fault
@pytest.mark.parametrize("kind", HOSTILE)
def test_malformed_answer_is_a_protocol_violation_within_its_deadline(kind):
    began = time.monotonic()
    with Scripted(HOSTILE[kind]) as device, pytest.raises(ProtocolViolation):
        ask(device.url, call_s=2.0, total_s=4.0)
    assert time.monotonic() - began < 5


@pytest.mark.fault
def test_slow_drip_ends_at_the_deadline_of_the_call():
    def drip(_):
        for _ in range(1000):
            time.sleep(0.02)
            yield b" "

    began = time.monotonic()
    with Scripted(drip) as device, pytest.raises(TimedOut):
        ask(device.url, call_s=0.6)
    assert time.monotonic() - began < 3


def recorded(operation):
    """The recording for an operation, as the mock device of the data set would give it."""
    for name in (operation, f"device.{operation}", f"media.{operation}", f"ptz.{operation}"):
        path = REPLIES / f"{name}.xml"
        if path.exists():
            return [path.read_bytes()]
    return [(REPLIES / "Error.xml").read_bytes()]


needs_replies = pytest.mark.skipif(not REPLIES.exists(), reason="the published data set is absent")


@pytest.mark.realdata
@needs_replies
def test_recorded_device_is_read_and_its_stream_pinned_to_its_own_address():
    with Scripted(recorded) as device:
        report = ask(device.url, Credentials())
    # Values as they stand in GetDeviceInformation.xml, GetProfiles.xml and GetStreamUri.xml; the
    # recording's own host is replaced.
    assert report.information.manufacturer == "Mockup Manufacturer"
    (profile,) = [one for one in report.profiles if one.token == "main"]
    assert (profile.codec, profile.width, profile.height, profile.gop) == ("h264", 1920, 1080, 30)
    assert profile.stream_url == "rtsp://127.0.0.1:554/h264main"
    assert report.has_ptz


@pytest.mark.realdata
@needs_replies
@pytest.mark.parametrize(
    "path", sorted(REPLIES.glob("*.xml")) if REPLIES.exists() else [], ids=lambda path: path.stem
)
def test_any_recording_in_place_of_the_right_answer_gives_a_named_error(path):
    reply = path.read_bytes()
    with Scripted(lambda _: [reply]) as device, pytest.raises(DeviceError) as caught:
        ask(device.url, Credentials(), call_s=3.0)
    assert type(caught.value) is not DeviceError
