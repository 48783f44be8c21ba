"""The replay client against GStreamer's ONVIF replay server, a recorder we did not write."""

import asyncio
import json
import subprocess
from collections.abc import Iterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import pytest

from video.addresses import AddressPolicy
from video.protocol import ViewingTally
from video.replay import ReplayOrder, serve_replay
from video.replay_sending import ViewerWay
from video.replay_source import ReplayTarget, recorded_pictures
from video.simulator.barcode import read_code
from video.simulator.clips import ClipRecipe, make_clip

pytestmark = pytest.mark.peer

PYTHON = Path("/usr/bin/python3")
POLICY = AddressPolicy.of("127.0.0.0/8")
NTP_TO_UNIX_S = 2_208_988_800
# The recording begins here; the peer believes that it is 1900, so its clock is 126 years off.
BEGIN = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
OFFSET_S = -(BEGIN.timestamp() + NTP_TO_UNIX_S)
FPS, SECONDS = 25, 16


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    imports = (
        "import gi; gi.require_version('GstRtspServer', '1.0');"
        "from gi.repository import Gst, GstRtspServer; Gst.init(None);"
        "assert all(map(Gst.ElementFactory.find,"
        " ('qtdemux', 'h264parse', 'rtph264pay', 'rtponviftimestamp')))"
    )
    if (
        not PYTHON.exists()
        or subprocess.run([PYTHON, "-c", imports], check=False, capture_output=True).returncode
    ):
        pytest.skip("GStreamer's RTSP server is not here: apt install gir1.2-gst-rtsp-server-1.0")
    clip = tmp_path_factory.mktemp("clip") / "clip.mp4"
    make_clip(clip, ClipRecipe("h264", 320, 192, gop=25, seconds=SECONDS))
    script = Path(__file__).with_name("gst_replay_peer.py")
    with subprocess.Popen([PYTHON, script, clip], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        port = child.stdout.readline().strip()
        assert port.isdigit(), "the peer did not start"
        yield f"rtsp://127.0.0.1:{port}/replay"
        child.terminate()


def target_of(peer: str) -> ReplayTarget:
    return ReplayTarget(peer, POLICY, clock_offset_s=OFFSET_S)


async def played(target: ReplayTarget, since_s: float, until_s: float) -> list[tuple[float, int]]:
    """Return when each picture was taken, seconds after BEGIN, and the number burnt into it."""
    at, end = BEGIN + timedelta(seconds=since_s), BEGIN + timedelta(seconds=until_s)
    decoder = av.CodecContext.create("h264", "r")
    got = []
    async with aclosing(recorded_pictures(target, at, end)) as pictures:
        async for picture in pictures:
            assert picture.is_exact
            annex_b = b"".join(b"\0\0\0\1" + nal for nal in picture.nals)
            [frame] = decoder.decode(av.Packet(annex_b))
            code = read_code(frame.to_ndarray(format="rgb24"))
            assert code is not None
            got.append((picture.at_ms / 1000 - BEGIN.timestamp(), code))
    return got


def test_a_foreign_recorder_plays_what_was_asked_with_its_stamps(peer: str) -> None:
    async def scenario() -> None:
        began = asyncio.get_running_loop().time()
        got = await played(target_of(peer), 0.0, SECONDS)
        # Rate-Control: no. Sixteen seconds of recording come as fast as they are read.
        assert asyncio.get_running_loop().time() - began < SECONDS
        assert [code for _, code in got] == list(range(FPS * SECONDS))
        # The stamps are those of the pictures: number and instant agree to the millisecond.
        for at_s, code in got:
            assert at_s == pytest.approx(code / FPS, abs=0.002)

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_an_instant_in_the_middle_comes_from_the_key_picture_before_it(peer: str) -> None:
    async def scenario() -> None:
        got = await played(target_of(peer), 5.5, 8.0)
        assert got[0] == (pytest.approx(5.0, abs=0.002), 5 * FPS)
        assert got[-1][0] == pytest.approx(8.0, abs=0.15)
        for at_s, code in got:
            assert at_s == pytest.approx(code / FPS, abs=0.002)

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_a_foreign_recorder_is_served_to_a_viewer(peer: str) -> None:
    async def scenario() -> None:
        texts: list[dict] = []
        media: list[bytes] = []
        says: asyncio.Queue[str | None] = asyncio.Queue()

        async def send_text(text: str) -> None:
            texts.append(json.loads(text))
            if texts[-1].get("state") == "ended":
                says.put_nowait(None)

        async def send_bytes(message: bytes) -> None:
            media.append(message)

        async def find(_: datetime) -> ReplayTarget:
            return target_of(peer)

        way = ViewerWay(send_text, send_bytes, says.get, frozenset({"avc1"}))
        order = ReplayOrder(BEGIN, BEGIN + timedelta(seconds=12), 4.0)
        tally: ViewingTally = await serve_replay(find, order, way)
        assert tally.bytes_sent > 0
        assert sum(message[0] in (1, 2) for message in media) >= 11 * FPS
        assert any(text["type"] == "init" for text in texts)

    asyncio.run(asyncio.wait_for(scenario(), 60))
