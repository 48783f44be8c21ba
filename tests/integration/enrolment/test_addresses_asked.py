"""F9: whatever address anybody or any device names, nothing outside the allowed nets is called.

The canary listens where the forms point to: on loopback and on all the machine's own addresses.
"""

import asyncio
import json
import socket
import threading
from contextlib import suppress

import pytest

from backend.cameras import devices
from backend.cameras.enrolment import lists, probing
from backend.settings import load
from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.device import probe
from video.errors import DeviceError
from video.rtsp import describe
from video.simulator.odd_device import OddDevice, OddSpec
from video.source import StreamTarget
from video.stills import fetch_still


class Canary:
    """Listens on every address of the machine and counts connections but its own last one."""

    def __enter__(self):
        self.callers = []
        self._socket = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def _accept(self):
        while True:
            connection, caller = self._socket.accept()
            mark = connection.recv(4)
            connection.close()
            if mark == b"stop":
                return
            self.callers.append((caller, mark))

    def __exit__(self, *_):
        # Whoever called before now stands before this one in the queue.
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"stop")
        self._thread.join(30)
        self._socket.close()
        assert self.callers == []


def forms(port):
    """The spellings of PERFORMANCE.md, each of which some parser takes for this machine."""
    return [
        f"http://127.0.0.1:{port}/",
        f"http://[::1]:{port}/",
        f"http://[::ffff:127.0.0.1]:{port}/",
        f"http://[::ffff:7f00:1]:{port}/",
        f"http://[64:ff9b::7f00:1]:{port}/",
        f"http://[2002:7f00:1::]:{port}/",
        f"http://2130706433:{port}/",
        f"http://0x7f000001:{port}/",
        f"http://017700000001:{port}/",
        f"http://0177.0.0.1:{port}/",
        f"http://127.1:{port}/",
        f"http://0:{port}/",
        f"http://0.0.0.0:{port}/",
        f"http://localhost:{port}/",
        f"http://localhost.:{port}/",
        f"http://LOCALHOST:{port}/",
        f"http://127。0。0。1:{port}/",
        f"http://①②⑦.⓪.⓪.①:{port}/",
        f"http://10.0.0.1@127.0.0.1:{port}/",
        f"http://127.0.0.1:{port}#@10.0.0.1/",
        f"http://10.0.0.1\\@127.0.0.1:{port}/",
        f"http://127.0.0.1:{port}\t@10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        f"rtsp://user@127.0.0.1:{port}#@10.0.0.1/main",
        f"gopher://127.0.0.1:{port}/_x",
        "file:///etc/passwd",
        f"ftp://127.0.0.1:{port}/",
        f"//127.0.0.1:{port}/",
        f"http:/127.0.0.1:{port}/",
    ]


@pytest.fixture
def site(monkeypatch, database, tmp_path):
    """An installation whose cameras live in 10/8 alone."""
    monkeypatch.setenv("GRIDLINK_MEDIA__ALLOWED_NETWORKS", '["10.0.0.0/8"]')
    monkeypatch.setenv("GRIDLINK_VAR_DIR", str(tmp_path))
    load.cache_clear()


@pytest.mark.fault
def test_no_route_that_takes_an_address_calls_outside_the_site(site, client, land):
    admin = client("admin")
    camera_id = land.add_camera("c", 110.001, 34.501)
    with Canary() as canary:
        for form in forms(canary.port):
            order = {"address": form, "username": "u", "password": "p"}
            for path in ("/api/cameras/probe", f"/api/cameras/{camera_id}/enrol"):
                answer = admin.post(path, json=order)
                assert answer.status_code == 422, (form, answer.text)
        for wide in ("127.0.0.0/24", "127.0.0.1", "0.0.0.0/8", "169.254.169.254", "::1"):
            answer = admin.post(
                "/api/devices/discover",
                json={"multicast": False, "ranges": [wide], "ports": [canary.port]},
            )
            assert answer.status_code == 422, wide
    assert land.run("SELECT count(*) FROM devices") == [(0,)]


@pytest.mark.fault
def test_no_row_of_a_list_is_called_outside_the_site(site, client, land):
    admin = client("admin")
    with Canary() as canary:
        table = "address;user;password\n"
        table += "".join(f'"{form}";u;p\n' for form in forms(canary.port) if "\t" not in form)
        files = {"file": ("x.csv", table.encode(), "text/csv")}
        made = admin.post("/api/devices/enrolments", files=files)
        assert made.status_code == 201, made.text
        url = f"/api/devices/enrolments/{made.json()['id']}"
        admin.post(f"{url}/probe", json={})
        with suppress(lists.CalledOff):
            probing.probe(made.json()["id"])
        assert "answered" not in admin.get(url).json()["counts"]
        stored = json.dumps(admin.get(f"{url}/rows").json())
    assert "@" not in stored


@pytest.mark.fault
def test_an_address_that_reached_the_database_by_another_way_is_not_called(site, land):
    """The row is checked again at the moment of opening, not only when it was written."""
    camera_id = land.add_camera("c", 110.001, 34.501)
    with Canary() as canary:
        url = f"rtsp://127.0.0.1:{canary.port}/main"
        profile = json.dumps([{"token": "m", "name": "m", "codec": "h264", "stream_url": url}])
        land.run(
            "INSERT INTO devices (camera_id, address, profiles) VALUES (%s, %s, %s)",
            *(camera_id, f"http://127.0.0.1:{canary.port}/", profile),
        )
        from backend.cameras.models import Device
        from backend.db import begin

        with begin() as session:
            target = devices.target(session.get(Device, camera_id), "main", frozenset({"avc1"}))
        with pytest.raises(DeviceError):
            describe(target.policy.check(target.url), Credentials())
        with pytest.raises(DeviceError):
            asyncio.run(
                fetch_still(
                    StreamTarget("", target.policy, snapshot_url=f"http://[::1]:{canary.port}/")
                )
            )


@pytest.mark.fault
def test_services_streams_and_stills_a_device_names_elsewhere_stay_at_the_device():
    """XAddr, stream and snapshot addresses of a hostile device point at the canary."""
    policy = AddressPolicy.of("127.0.0.3/32")
    with Canary() as canary:

        class Hostile(OddDevice):
            def _xaddr(self):
                return f"http://127.0.0.1:{canary.port}/onvif/media"

            def _GetStreamUri(self, token):
                uri = f"rtsp://u:p@127.0.0.1:{canary.port}/x"
                return (
                    "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>"
                    f"{uri}</tt:Uri></trt:MediaUri></trt:GetStreamUriResponse>"
                )

            def _GetSnapshotUri(self, token):
                uri = f"http://localhost:{canary.port}/x.jpg"
                return (
                    "<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>"
                    f"{uri}</tt:Uri></trt:MediaUri></trt:GetSnapshotUriResponse>"
                )

        with Hostile(OddSpec(channels=1), host="127.0.0.3") as device:
            login = Credentials("admin", "gridlink-sim")
            report = asyncio.run(probe(device.url, login, policy))
            (main, _) = report.profiles
            assert main.stream_url == f"rtsp://127.0.0.3:{canary.port}/x"
            assert main.snapshot_url == f"http://{device.authority}/x.jpg"
            with pytest.raises(DeviceError):
                asyncio.run(fetch_still(StreamTarget("", policy, login, main.snapshot_url)))
        assert "foreign_xaddr" in report.quirks


@pytest.mark.fault
def test_name_that_changes_its_mind_is_resolved_once(monkeypatch):
    """DNS rebinding: the second answer would be this machine."""
    with Canary() as canary, OddDevice(OddSpec(channels=1), host="127.0.0.3") as device:
        port = int(device.authority.rpartition(":")[2])
        answers = iter([("127.0.0.3",)])
        policy = AddressPolicy(
            AddressPolicy.of("127.0.0.3/32").allowed_networks,
            resolve=lambda *_: next(answers, ("127.0.0.1",)),
        )
        login = Credentials("admin", "gridlink-sim")
        with suppress(DeviceError):
            asyncio.run(probe(f"http://camera.example:{port}/onvif/device_service", login, policy))
        assert device.operations["GetSystemDateAndTime"] == 1
        assert canary.callers == []


def test_no_setting_names_an_address_to_be_called_back():
    """There is no webhook: an address to be called exists in settings for tiles and Dask alone."""
    from backend.settings import Settings

    named = {
        f"{branch}.{field}"
        for branch, info in Settings.model_fields.items()
        if hasattr(info.annotation, "model_fields")
        for field in info.annotation.model_fields
        if any(word in field for word in ("webhook", "callback", "notify_url"))
    }
    assert named == set()
