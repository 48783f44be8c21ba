"""Which device addresses are called: only allowed networks, resolved once and pinned."""

import asyncio
import socket
import threading
from itertools import takewhile

import pytest

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.device import probe
from video.errors import AddressRefused, CredentialsRejected, DeviceError, Unreachable
from video.rtsp import describe
from video.source import StreamTarget
from video.stills import fetch_still

SITE = AddressPolicy.of("10.0.0.0/8", "192.168.0.0/16", "fd00::/8")
LOOPBACK = AddressPolicy.of("127.0.0.1/32")


class Canary:
    """Listens where nothing may ever connect, and counts who does."""

    def __enter__(self):
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.2", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def __exit__(self, *_):
        # A connection made before now is in the backlog, so one of our own comes out after it.
        with socket.create_connection(("127.0.0.2", self.port)):
            pass
        deadline = threading.Event()
        while self.connections == 0 and not deadline.wait(0.01):
            pass
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)
        assert self.connections == 1, "the canary was called"


@pytest.mark.fault
@pytest.mark.parametrize(
    "url",
    [
        "rtsp://127.0.0.1/main",
        "rtsp://[::1]/main",
        "rtsp://[::ffff:127.0.0.1]/main",
        "rtsp://[::ffff:7f00:1]/main",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "rtsp://2130706433/main",  # 127.0.0.1 as one decimal number
        "rtsp://0x7f000001/main",
        "rtsp://0177.0.0.1/main",
        "rtsp://127.1/main",
        "rtsp://0.0.0.0/main",
        "rtsp://224.0.0.1/main",
        "rtsp://[ff02::1]/main",
        "rtsp://localhost/main",
        "rtsp://8.8.8.8/main",
        "rtsp://user@10.0.0.1#@evil.example/main",
        "rtsp://10.0.0.1@127.0.0.1/main",
        "rtsp://10.0.0.1\\@127.0.0.1/main",
        "rtsp://10.0.0.1/\r\nHost: evil",
        "rtsp://10.0.0.1:99999/main",
        "rtsp:///main",
        "file:///etc/passwd",
        "gopher://10.0.0.1/",
        "concat:rtsp://10.0.0.1/|file:///etc/passwd",
        "",
    ],
)
def test_address_outside_the_site_is_refused(url):
    with pytest.raises(AddressRefused):
        SITE.check(url)


def test_allowed_address_is_pinned_with_its_default_port():
    checked = SITE.check("rtsp://10.1.2.3/main?channel=1")
    assert checked.url == "rtsp://10.1.2.3:554/main?channel=1"
    assert SITE.check("rtsp://[fd00::5]:8554/x").url == "rtsp://[fd00::5]:8554/x"


def test_link_local_stays_refused_even_when_the_setting_allows_it():
    with pytest.raises(AddressRefused):
        AddressPolicy.of("0.0.0.0/0").check("http://169.254.169.254/")


def test_port_outside_the_allowed_ones_is_refused():
    with pytest.raises(AddressRefused):
        AddressPolicy.of("10.0.0.0/8", ports=[554]).check("rtsp://10.0.0.1:6379/")


def test_unknown_host_is_unreachable_not_a_crash():
    with pytest.raises(Unreachable):
        SITE.check("rtsp://no-such-camera.invalid/main")


def test_name_with_one_address_outside_is_refused_whole():
    policy = AddressPolicy(SITE.allowed_networks, resolve=lambda *_: ("10.0.0.1", "127.0.0.2"))
    with pytest.raises(AddressRefused):
        policy.check("rtsp://camera.example/main")


@pytest.mark.fault
def test_rebinding_name_is_resolved_once_and_its_first_answer_connected_to():
    answers = iter([("127.0.0.1",), ("127.0.0.2",)])
    asked = []

    def rebind(host, port):
        asked.append(host)
        return next(answers)

    policy = AddressPolicy(LOOPBACK.allowed_networks, resolve=rebind)
    with Canary() as canary, socket.create_server(("127.0.0.1", canary.port)) as camera:
        checked = policy.check(f"rtsp://camera.example:{canary.port}/main")
        answering = threading.Thread(target=_answer_once, args=(camera, b"RTSP/1.0 404 No\r\n\r\n"))
        answering.start()
        with pytest.raises(DeviceError, match="404"):
            describe(checked, Credentials())
        answering.join(5)
    assert asked == ["camera.example"]


@pytest.mark.fault
@pytest.mark.parametrize("status", [301, 302, 305])
def test_rtsp_redirect_is_not_followed(status):
    with Canary() as canary, socket.create_server(("127.0.0.1", 0)) as camera:
        reply = f"RTSP/1.0 {status} Go\r\nLocation: rtsp://127.0.0.2:{canary.port}/x\r\n\r\n"
        answering = threading.Thread(target=_answer_once, args=(camera, reply.encode()))
        answering.start()
        checked = LOOPBACK.check(f"rtsp://127.0.0.1:{camera.getsockname()[1]}/main")
        with pytest.raises(AddressRefused):
            describe(checked, Credentials("u", "p"))
        answering.join(5)


@pytest.mark.fault
def test_http_redirect_of_device_service_and_snapshot_is_not_followed():
    with Canary() as canary, socket.create_server(("127.0.0.1", 0)) as camera:
        goes = f"http://127.0.0.2:{canary.port}/"
        reply = f"HTTP/1.1 302 Go\r\nLocation: {goes}\r\nContent-Length: 0\r\n\r\n".encode()
        url = f"http://127.0.0.1:{camera.getsockname()[1]}/onvif/device_service"
        for attempt in (
            lambda: asyncio.run(probe(url, Credentials("u", "p"), LOOPBACK)),
            lambda: asyncio.run(fetch_still(StreamTarget("", LOOPBACK, snapshot_url=url))),
        ):
            answering = threading.Thread(target=_answer_once, args=(camera, reply))
            answering.start()
            with pytest.raises(DeviceError):
                attempt()
            answering.join(5)


def test_hosts_a_device_reports_are_replaced_by_its_own_address():
    device = SITE.check("http://10.0.0.5:8081/onvif/device_service")
    elsewhere = SITE.check_own("http://169.254.169.254/onvif/media", device)
    assert elsewhere.url == "http://10.0.0.5:8081/onvif/media"
    assert SITE.check_own("rtsp://8.8.8.8:5544/s1?x=1", device).url == "rtsp://10.0.0.5:5544/s1?x=1"
    assert SITE.check_own("http://10.0.0.5/snap.jpg", device).url == "http://10.0.0.5:80/snap.jpg"
    with_login = SITE.check_own("rtsp://admin:p@w@10.0.0.5/s1", device)
    assert with_login.url == "rtsp://10.0.0.5:554/s1"
    with pytest.raises(AddressRefused):
        SITE.check_own("file:///etc/passwd", device)


def test_describe_stops_after_one_login():
    logins = []

    def serve(camera):
        connection, _ = camera.accept()
        with connection, connection.makefile("rb") as lines:
            while request := b"".join(takewhile(bytes.strip, iter(lines.readline, b""))):
                logins.append(b"Authorization" in request)
                connection.sendall(
                    b"RTSP/1.0 401 No\r\n"
                    b'WWW-Authenticate: Digest realm="cam", nonce="abc", qop="auth"\r\n\r\n'
                )

    with socket.create_server(("127.0.0.1", 0)) as camera:
        serving = threading.Thread(target=serve, args=(camera,))
        serving.start()
        checked = LOOPBACK.check(f"rtsp://127.0.0.1:{camera.getsockname()[1]}/main")
        with pytest.raises(CredentialsRejected):
            describe(checked, Credentials("admin", "wrong"))
        serving.join(5)
    assert not serving.is_alive()
    assert logins == [False, True]


def test_environment_proxy_is_not_used_for_devices(monkeypatch):
    with Canary() as canary:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.2:{canary.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.2:{canary.port}")
        with pytest.raises(DeviceError):
            asyncio.run(probe("http://127.0.0.1:9/", Credentials(), LOOPBACK))


def _answer_once(server, reply):
    connection, _ = server.accept()
    with connection:
        connection.recv(8192)
        connection.sendall(reply)
