"""Simulated cameras over real RTSP: PyAV and a bare client against an in-process fleet."""

import hashlib
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from shutil import which

import av
import httpx
import pytest

from video.simulator.barcode import read_code
from video.simulator.clips import ClipRecipe, cached_clip
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet
from video.simulator.scenes import read_clock
from video.simulator.streams import ClipStream

#: Of a machine with other tests on it: to open, and between pictures, seconds.
PATIENCE = (60, 30)
OPTIONS = {"rtsp_transport": "tcp", "probesize": "32", "analyzeduration": "0"}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory) -> Iterator[Fleet]:
    clips = str(tmp_path_factory.mktemp("clips"))
    specs = [
        DeviceSpec("cam-001", "东街路口", password="s3cr/et@1", main_fps=12.5),
        DeviceSpec("cam-265", codec="h265", main_size=(640, 360), clip_folder=clips),
        DeviceSpec("cam-clip", scene="clip", has_sub=False, clip_folder=clips, join="at_once"),
        DeviceSpec("cam-lost", fault="wrong_password"),
        DeviceSpec("cam-fault"),
        DeviceSpec("cam-rare", gop_s=60),
    ]
    with ThreadedFleet(specs) as running:
        yield running


def login(fleet: Fleet, camera: str, stream: str) -> str:
    return fleet.rtsp_url(camera, stream, with_login=True).replace("s3cr/et@1", "s3cr%2Fet%401")


def pictures(url: str, count: int):
    with av.open(url, options=OPTIONS, timeout=PATIENCE) as container:
        for index, frame in enumerate(container.decode(video=0)):
            yield frame.to_ndarray(format="rgb24"), time.time()
            if index + 1 == count:
                return


def wait_for(fact: Callable[[], bool], limit_s: float = 60.0) -> None:
    """Return when *fact* holds; fail when it does not within the limit."""
    end = time.monotonic() + limit_s
    while not fact():
        assert time.monotonic() < end, "the awaited fact did not come about"
        threading.Event().wait(0.01)


class Client:
    """A bare RTSP client: digest, one track, raw bytes."""

    def __init__(self, fleet: Fleet, camera: str, stream: str, password: str = "gridlink-sim"):
        self.url = fleet.rtsp_url(camera, stream)
        self.password = password
        self.socket = socket.create_connection(("127.0.0.1", fleet.rtsp_port), timeout=60)
        self.file = self.socket.makefile("rb")
        self.realm = self.nonce = self.session = ""
        self.count = 0

    def ask(self, method: str, *headers: str, url: str = "") -> tuple[int, str, bytes]:
        self.send(method, *headers, url=url)
        return self._reply()

    def send(self, method: str, *headers: str, url: str = "") -> None:
        url, self.count = url or self.url, self.count + 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self.count}", *headers]
        if self.nonce:
            md5 = lambda text: hashlib.md5(text.encode()).hexdigest()  # noqa: E731
            secret = md5(f"admin:{self.realm}:{self.password}")
            answer = md5(f"{secret}:{self.nonce}:{md5(f'{method}:{url}')}")
            lines.append(
                f'Authorization: Digest username="admin", realm="{self.realm}", '
                f'nonce="{self.nonce}", uri="{url}", response="{answer}"'
            )
        if self.session:
            lines.append(f"Session: {self.session}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def _reply(self) -> tuple[int, str, bytes]:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.file.readline()
            if not line:
                raise ConnectionError("closed")
            head += line
        text = head.decode()
        length = re.search(r"Content-Length: (\d+)", text)
        body = self.file.read(int(length[1])) if length else b""
        challenge = re.search(r'Digest realm="([^"]+)", nonce="([^"]+)"', text)
        if challenge:
            self.realm, self.nonce = challenge[1], challenge[2]
        found = re.search(r"Session: (\w+)", text)
        self.session = found[1] if found else self.session
        return int(text.split()[1]), text, body

    def play(self, channels: str = "0-1") -> None:
        assert self.ask("DESCRIBE")[0] == 401
        assert self.ask("DESCRIBE")[0] == 200
        transport = f"Transport: RTP/AVP/TCP;unicast;interleaved={channels}"
        assert self.ask("SETUP", transport, url=f"{self.url}/trackID=0")[0] == 200
        assert self.ask("PLAY")[0] == 200

    def packet(self) -> tuple[int, bytes]:
        head = self.file.read(4)
        if len(head) < 4:
            raise ConnectionError("closed")
        assert head[:1] == b"$"
        return head[1], self.file.read(int.from_bytes(head[2:], "big"))

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@pytest.mark.parametrize("stream,size", [("main", (720, 1280)), ("sub", (360, 640))])
def test_live_clock_is_within_a_second_of_now(fleet, stream, size) -> None:
    ages = []
    for picture, seen_s in pictures(login(fleet, "cam-001", stream), 6):
        assert picture.shape[:2] == size
        clock_ms = read_clock(picture)
        assert clock_ms is not None
        ages.append(seen_s - clock_ms / 1000)
    assert min(ages) > -0.01 and ages[-1] < 1.0


def test_wrong_password_is_refused(fleet) -> None:
    url = fleet.rtsp_url("cam-001", "sub").replace("rtsp://", "rtsp://admin:wrong@")
    with pytest.raises(av.error.HTTPUnauthorizedError):
        av.open(url, options=OPTIONS, timeout=PATIENCE)


def test_device_whose_password_was_changed_refuses_the_recorded_one(fleet) -> None:
    with pytest.raises(av.error.HTTPUnauthorizedError):
        av.open(login(fleet, "cam-lost", "sub"), options=OPTIONS, timeout=PATIENCE)


def test_unknown_device_is_not_found(fleet) -> None:
    with pytest.raises(av.error.HTTPNotFoundError):
        av.open(f"rtsp://a:b@127.0.0.1:{fleet.rtsp_port}/none/main", options=OPTIONS)


def test_h265_main_decodes_and_counts_its_pictures(fleet) -> None:
    url = login(fleet, "cam-265", "main")
    with av.open(url, options=OPTIONS, timeout=PATIENCE) as container:
        assert container.streams.video[0].codec_context.name == "hevc"
    numbers = [read_code(picture) for picture, _ in pictures(url, 8)]
    length = len(fleet.device("cam-265").streams["main"].clip.units)
    assert numbers == [(numbers[0] + step) % length for step in range(8)]


def test_clip_pictures_leave_on_the_wall_clock_grid(fleet) -> None:
    stream = fleet.device("cam-265").streams["main"]
    assert isinstance(stream, ClipStream)
    ages = [
        stream.age_s(read_code(picture), seen_s)
        for picture, seen_s in pictures(login(fleet, "cam-265", "main"), 10)
    ]
    # FFmpeg's parser holds one picture back: 80 ms at 12.5 a second; the rest is this machine.
    assert ages[-1] < 1.0


def test_two_clients_share_one_encoder_and_get_the_same_bytes(fleet) -> None:
    stream = fleet.device("cam-001").streams["sub"]
    wait_for(lambda: not stream.is_running)
    before = stream.starts
    clients = [Client(fleet, "cam-001", "sub", "s3cr/et@1") for _ in range(2)]
    for client in clients:
        client.play()
    seen = []
    for client in clients:
        packets = [client.packet()[1] for _ in range(160)]
        seen.append({p[2:4]: p for p in packets if p[1] & 0x7F == 96})
    common = seen[0].keys() & seen[1].keys()
    assert stream.starts == before + 1
    assert len(common) > 20 and all(seen[0][key] == seen[1][key] for key in common)
    for client in clients:
        client.close()
    wait_for(lambda: not stream.is_running)


def test_first_picture_a_client_gets_is_a_key_picture(fleet) -> None:
    first, second = (Client(fleet, "cam-001", "sub", "s3cr/et@1") for _ in range(2))
    first.play()
    [first.packet() for _ in range(40)]
    second.play()
    packet = next(p for ch, p in iter(second.packet, None) if p[1] & 0x7F == 96)
    assert packet[12] & 0x1F == 7  # an SPS opens the key picture
    first.close()
    second.close()


def test_sender_report_goes_to_the_control_channel(fleet) -> None:
    client = Client(fleet, "cam-001", "sub", "s3cr/et@1")
    client.play("4-5")
    channel, report = client.packet()
    assert channel == 5 and report[1] == 200
    ntp_s = int.from_bytes(report[8:12], "big") - 2_208_988_800
    assert abs(ntp_s - time.time()) < 2
    assert client.packet()[0] == 4
    client.close()


def test_client_may_join_inside_a_group(fleet) -> None:
    stream = fleet.device("cam-clip").streams["main"]
    client = Client(fleet, "cam-clip", "main")
    # The clip has groups of 13: not within 3 pictures of a key, so that PLAY is done before it.
    wait_for(lambda: stream.next_number() % len(stream.clip.units) % 13 in range(2, 9))
    client.play()
    client.packet()  # the sender report
    packet = client.packet()[1]
    kind = packet[13 if packet[12] & 0x1F == 28 else 12] & 0x1F
    assert kind == 1  # a picture that refers to others, no SPS
    client.close()


def test_udp_is_refused(fleet) -> None:
    client = Client(fleet, "cam-fault", "sub")
    client.ask("DESCRIBE")
    assert client.ask("SETUP", "Transport: RTP/AVP;unicast;client_port=5000-5001")[0] == 461
    assert client.ask("PLAY")[0] == 455
    client.close()


def test_pause_stops_the_stream_and_play_goes_on(fleet) -> None:
    stream = fleet.device("cam-fault").streams["sub"]
    client = Client(fleet, "cam-fault", "sub")
    client.play()
    client.packet()
    client.send("PAUSE")
    wait_for(lambda: not stream.is_running)
    client.send("PLAY")
    wait_for(lambda: stream.is_running)
    client.close()


def test_receiver_reports_are_read_over(fleet) -> None:
    client = Client(fleet, "cam-fault", "sub")
    client.ask("DESCRIBE")
    client.socket.sendall(b"$\x01\x00\x04RTCP")
    assert client.ask("GET_PARAMETER")[0] == 200
    client.close()


def test_synchronization_point_brings_a_key_picture_at_once(fleet) -> None:
    client = Client(fleet, "cam-rare", "sub")  # a key picture every 60 s
    client.play()
    [client.packet() for _ in range(60)]
    media = "http://www.onvif.org/ver10/media/wsdl"
    body = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
        f'<m:SetSynchronizationPoint xmlns:m="{media}"><m:ProfileToken>profile-sub'
        "</m:ProfileToken></m:SetSynchronizationPoint></s:Body></s:Envelope>"
    )
    auth = httpx.DigestAuth("admin", "gridlink-sim")
    assert httpx.post(fleet.onvif_url("cam-rare"), content=body, auth=auth).status_code == 200
    # Without it the next one would be 750 pictures, over a thousand packets, away.
    kinds = [client.packet()[1][12] & 0x1F for _ in range(80)]
    assert 7 in kinds
    client.close()


def test_basic_authentication_opens_too(fleet) -> None:
    client = Client(fleet, "cam-fault", "sub")
    basic = "Authorization: Basic YWRtaW46Z3JpZGxpbmstc2lt"  # admin:gridlink-sim
    assert client.ask("DESCRIBE", basic)[0] == 200
    client.close()


def test_frozen_device_keeps_the_connection_and_sends_nothing(fleet) -> None:
    device = fleet.device("cam-fault")
    client = Client(fleet, "cam-fault", "sub")
    client.play()
    client.packet()
    device.freeze()
    client.socket.settimeout(0.6)
    with pytest.raises(TimeoutError):
        for _ in range(10_000):
            client.packet()
    device.revive()
    client.close()
    again = Client(fleet, "cam-fault", "sub")
    again.play()
    again.packet()
    again.close()


def test_dead_device_cuts_and_refuses_until_revived(fleet) -> None:
    device = fleet.device("cam-fault")
    client = Client(fleet, "cam-fault", "sub")
    client.play()
    device.die()
    with pytest.raises(ConnectionError):
        for _ in range(10_000):
            client.packet()
    with pytest.raises(ConnectionError):
        Client(fleet, "cam-fault", "sub").ask("DESCRIBE")
    device.revive()
    assert next(pictures(login(fleet, "cam-fault", "sub"), 1))[0].shape == (360, 640, 3)


def test_client_that_does_not_read_is_cut_off(tmp_path) -> None:
    heavy = ClipRecipe("h264", 1280, 720, Fraction(25), gop=5, seconds=1, bitrate_kbps=30_000)
    spec = DeviceSpec(
        "cam-1", scene="clip", has_sub=False, main_clip=str(cached_clip(tmp_path, heavy))
    )
    with ThreadedFleet([spec]) as fleet:
        client = Client(fleet, "cam-1", "main")
        client.play()
        track = fleet.rtsp.tracks["cam-1", "main"]
        wait_for(lambda: track.dropped == 1, 20)
        assert track.players == [] and not track.stream.is_running
        client.close()


@pytest.mark.peer
@pytest.mark.skipif(which("ffprobe") is None, reason="ffprobe is not installed")
@pytest.mark.parametrize("camera,stream", [("cam-001", "sub"), ("cam-265", "main")])
def test_ffmpeg_plays_without_a_word_of_warning(fleet, camera, stream) -> None:
    url = login(fleet, camera, stream)
    command = ["ffmpeg", "-v", "warning", "-rtsp_transport", "tcp", "-i", url]
    run = subprocess.run(
        [*command, "-frames:v", "10", "-f", "null", "-"],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, b"")
