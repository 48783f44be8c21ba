"""Answers that are broken, huge, packed, endless or of another kind: a named error, in time.

The recordings are those of the published data set; hypothesis spoils them further.
"""

import asyncio
import gzip
import http.server
import resource
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from video import onvif_session, onvif_wire
from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.device import DeviceReport, probe
from video.errors import AddressRefused, CredentialsRejected, DeviceError, ProtocolViolation
from video.simulator.odd_device import OddDevice, OddSpec
from video.source import StreamTarget
from video.stills import fetch_still

POLICY = AddressPolicy.of("127.0.0.0/8")
LOGIN = Credentials("admin", "gridlink-sim")
REPLIES = Path(__file__).parents[3] / "shared/data/devices/onvif_mock_replies"
RECORDED = [path.read_bytes() for path in sorted(REPLIES.glob("*.xml"))] or [b"<a/>"]
GOOD = OddDevice(OddSpec(channels=2), port=0)
GOOD._server.server_close()


class Raw:
    """A device that answers every request with the same raw bytes, or what a generator gives."""

    def __init__(self, answer):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with suppress(BrokenPipeError, ConnectionResetError):
                    for piece in answer() if callable(answer) else [answer]:
                        self.wfile.write(piece)
                self.close_connection = True

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/onvif/device_service"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()


def response(body, *headers, status="200 OK"):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def endless(head, piece):
    def pieces():
        yield head
        while True:
            yield piece

    return pieces


NESTED = b"<a>" * 200_000
BOMB = gzip.compress(bytes(200_000_000), 9)
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
DIGEST = 'WWW-Authenticate: Digest realm="cam", nonce="abc", qop="auth"'
HOSTILE = {
    "packed bomb": response(BOMB, "Content-Encoding: gzip"),
    "unknown packing": response(b"x", "Content-Encoding: br"),
    "broken packing": response(b"not gzip", "Content-Encoding: gzip"),
    "deep nesting": response(NESTED),
    "deep nesting, closed": response(NESTED + b"</a>" * 200_000),
    "multipart": response(
        b"--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x--",
        'Content-Type: multipart/related; boundary="x"',
    ),
    "login page": response(b"<!DOCTYPE html><html><body>Login</body></html>"),
    "no content": response(b"", status="204 No Content"),
    "server error": response(b"oops", status="500 Internal Server Error"),
    "no http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "endless body": endless(CHUNKED, b"10000\r\n" + b" " * 65536 + b"\r\n"),
    "endless header": endless(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 4096 + b"\r\n"),
    "utf-16 of nothing": response("<网格/>".encode("utf-16")),
    "wrong length": b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n<a/>",
    "many attributes": response(b"<a " + b" ".join(b'a%d=""' % n for n in range(50_000)) + b"/>"),
    "null bytes": response(b"\0" * 10_000),
}  # fmt: skip


@pytest.mark.fault
@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_answer_is_a_named_error_in_time_and_in_memory(kind):
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    with Raw(HOSTILE[kind]) as device, pytest.raises(DeviceError) as caught:
        asyncio.run(probe(device.url, LOGIN, POLICY, call_s=4.0, total_s=8.0))
    assert type(caught.value) is not DeviceError
    # The stated deadline, and the time a loaded machine takes to notice.
    assert time.monotonic() - began < 8.0 + 12.0
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    assert grown_kib < 200_000, "more was kept than twenty times the largest answer allowed"


@pytest.mark.fault
def test_endless_body_of_a_login_demand_is_not_read():
    """httpx reads a 401 whole before it logs in by digest."""
    head = f"HTTP/1.1 401 No\r\n{DIGEST}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    with Raw(endless(head, piece)) as device:
        for asking in (
            lambda: probe(device.url, LOGIN, POLICY, call_s=6.0),
            lambda: fetch_still(StreamTarget("", POLICY, LOGIN, snapshot_url=device.url)),
        ):
            with pytest.raises(ProtocolViolation, match="larger"):
                asyncio.run(asking())


@pytest.mark.fault
def test_packed_bomb_of_a_snapshot_is_stopped():
    with Raw(response(BOMB, "Content-Encoding: gzip")) as device:
        target = StreamTarget("", POLICY, LOGIN, snapshot_url=device.url)
        with pytest.raises(ProtocolViolation, match="larger"):
            asyncio.run(fetch_still(target))


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_redirect_of_any_kind_is_refused(status):
    raw = response(b"", "Location: http://127.0.0.9/", status=f"{status} Go")
    with Raw(raw) as device, pytest.raises(AddressRefused):
        asyncio.run(probe(device.url, LOGIN, POLICY))


def probe_of(answers, monkeypatch):
    """Probe a device that gives these bodies by operation, without a network."""

    class Given(httpx.AsyncBaseTransport):
        def __init__(self, limit):
            self._limit = limit

        async def handle_async_request(self, request):
            body = await request.aread()
            name = body.partition(b"<s:Body><")[2].partition(b":")[2].partition(b"/")[0]
            name = name.partition(b">")[0].partition(b" ")[0].decode()
            return httpx.Response(200, content=answers(name))

    monkeypatch.setattr(onvif_wire, "BoundedTransport", Given)
    url = "http://127.0.0.1/onvif/device_service"
    return asyncio.run(probe(url, Credentials(), POLICY, call_s=5.0, total_s=10.0))


def spoilt(data):
    """A recorded reply, cut, flipped, doubled, recoded or stuffed."""
    reply = data.draw(st.sampled_from(RECORDED))
    size = len(reply)
    at = data.draw(st.integers(0, size))
    how = data.draw(st.integers(0, 6))
    if how == 0:
        return reply[:at]
    if how == 1:
        noise = data.draw(st.binary(max_size=40))
        return reply[:at] + noise + reply[at + len(noise) :]
    if how == 2:
        return reply[:at] + reply
    if how == 3:
        coding = data.draw(st.sampled_from(["utf-16", "utf-8-sig", "gb18030", "cp037", "utf-7"]))
        return reply.decode("utf-8", "replace").encode(coding, "replace")
    if how == 4:
        return reply[:at] + b"<x>" * data.draw(st.integers(1, 3000)) + reply[at:]
    if how == 5:
        return reply.replace(b"true", b"maybe").replace(b"0", b"-1").replace(b"1920", b"9" * 400)
    return b'<!DOCTYPE a [<!ENTITY x "y">]>' + reply


@pytest.mark.fault
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_spoilt_recordings_give_a_report_or_a_named_error(data):
    """Every operation is answered with its own spoilt reply, or with one of another."""
    replies = [spoilt(data) for _ in range(3)]
    with pytest.MonkeyPatch.context() as patch:
        try:
            report = probe_of(lambda name: replies[len(name) % 3], patch)
        except DeviceError as error:
            assert type(error) is not DeviceError
        else:
            assert isinstance(report, DeviceReport)


@pytest.mark.fault
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_one_spoilt_answer_among_good_ones_is_no_crash(data):
    victim = data.draw(
        st.sampled_from(
            ["GetSystemDateAndTime", "GetDeviceInformation", "GetServices", "GetProfiles",
             "GetStreamUri", "GetSnapshotUri", "GetNetworkInterfaces", "GetGeoLocation"]
        )
    )  # fmt: skip
    bad = spoilt(data)

    def answers(name):
        if name == victim:
            return bad
        write = getattr(GOOD, f"_{name}", None)
        from video.simulator import soap

        return soap.envelope(write("p1-main") if write else "<a/>")

    with pytest.MonkeyPatch.context() as patch:
        try:
            report = probe_of(answers, patch)
        except DeviceError as error:
            assert type(error) is not DeviceError
        else:
            assert report.channels and all(p.stream_url for p in report.profiles)


def test_good_answers_alone_are_read_without_a_network(monkeypatch):
    """Keeps the two tests above honest: what they spoil is otherwise a device."""
    from video.simulator import soap

    def answers(name):
        write = getattr(GOOD, f"_{name}", None)
        return soap.envelope(write("p1-main") if write else "<a/>")

    report = probe_of(answers, monkeypatch)
    assert len(report.channels) == 2 and report.macs


@pytest.mark.fault
def test_a_device_that_refuses_half_way_is_not_asked_on():
    """The login holds for the whole session: one refusal ends it, whatever comes after."""
    with OddDevice(OddSpec()) as device:

        async def scenario():
            async with onvif_session.OnvifSession(
                POLICY.check(device.url), Credentials("admin", "wrong"), POLICY
            ) as session:
                for _ in range(3):
                    with pytest.raises(CredentialsRejected):
                        await session.open()

        asyncio.run(scenario())
    assert device.refused == 1
