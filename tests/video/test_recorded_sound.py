"""The sound of recordings: kept in excerpts and sent to who wants it, at the instant it was made.

The simulated recorder sounds its tone in even seconds of the epoch alone.
"""

import asyncio
import io
import json
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import av
import numpy as np
import pytest

from video.addresses import AddressPolicy
from video.clipboxes import fragment
from video.credentials import Credentials
from video.errors import TimedOut
from video.excerpt import cut
from video.protocol import Kind, ViewingTally
from video.recordings import Recorder, find_replay
from video.replay import ReplayOrder, serve_replay
from video.replay_sending import ViewerWay
from video.replay_session import Session
from video.replay_sound import ViewerSound
from video.replay_source import RecordedSound
from video.rtspclient_rtp import RtpPacket
from video.rtspclient_sdp import SoundTrack, parse_description
from video.rtspclient_sound import SoundDepacketiser
from video.rtspclient_wire import Media
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.sound import SoundFormat, SoundPacker, playable
from video.tap import Unit

LOGIN = Credentials("admin", "gridlink-sim")
# A frame of AAC's own delay, one more of the conversion, and the grid of frames: 64 ms each.
NEAR_S = 0.2


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("clips"))


def run(clips, scenario, *, recorder="onvif", sound="aac"):
    spec = DeviceSpec(
        "a", recorder=recorder, sound=sound, scene="clip", has_sub=False, main_size=(320, 192),
        main_fps=10.0, record_gap=(0.0, 0.0), clip_folder=clips,
    )  # fmt: skip

    async def whole():
        async with Fleet([spec]) as fleet:
            fleet.device("a").clock.offset_s = 40.0  # as recorders are
            theirs = Recorder(
                fleet.onvif_url("a"), fleet.rtsp_url("a"), AddressPolicy.of("127.0.0.0/8"), LOGIN
            )
            await asyncio.wait_for(scenario(lambda at: find_replay(theirs, at)), 60)

    asyncio.run(whole())


def at(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def turns(heard: np.ndarray, rate: int, begin_s: float) -> list[tuple[float, bool]]:
    """When the tone began or ended, epoch seconds, and whether it began."""
    step = rate // 50
    loud = np.abs(heard[: len(heard) // step * step]).reshape(-1, step).max(axis=1) > 0.05
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    return [(begin_s + (edge + 1) / 50, bool(loud[edge + 1])) for edge in edges]


def heard_in(file: str | io.BytesIO) -> tuple[np.ndarray, int, float]:
    """The sound of a file, its rate, and at which second of the file it begins."""
    with av.open(file) as clip:
        frames = list(clip.decode(audio=0))
        wave = np.concatenate([frame.to_ndarray()[0] for frame in frames])
        return wave, frames[0].sample_rate, float(frames[0].pts * frames[0].time_base)


@pytest.mark.parametrize(
    ("recorder", "sound"), [("onvif", "aac"), ("onvif", "pcma"), ("range", "aac")]
)
def test_an_excerpt_holds_the_sound_of_its_instants(clips, tmp_path, recorder, sound):
    async def scenario(find):
        start = time.time() // 10 * 10 - 58.5  # in silence
        excerpt = await cut(find, tmp_path, at(start), at(start + 4.5))
        [part] = excerpt.parts
        assert excerpt.broken is None and part.frames >= 40
        heard, rate, begin_s = heard_in(str(tmp_path / part.file))
        edges = turns(heard, rate, part.first_ms / 1000 + begin_s)
        assert len(edges) >= 3
        for when_s, has_begun in edges:
            true_s = round(when_s)
            assert abs(when_s - true_s) < NEAR_S, edges
            assert has_begun == (true_s % 2 == 0)
        with av.open(str(tmp_path / part.file)) as clip:
            assert sum(1 for _ in clip.decode(video=0)) == part.frames

    run(clips, scenario, recorder=recorder, sound=sound)


def test_a_coding_that_is_not_played_leaves_the_picture_alone(clips, tmp_path):
    async def scenario(find):
        start = time.time() // 10 * 10 - 60
        excerpt = await cut(find, tmp_path, at(start), at(start + 2))
        with av.open(str(tmp_path / excerpt.parts[0].file)) as clip:
            assert not clip.streams.audio
            assert sum(1 for _ in clip.decode(video=0)) == excerpt.parts[0].frames

    run(clips, scenario, sound="g726")


def test_an_excerpt_that_may_not_grow_keeps_what_is_whole(clips, tmp_path):
    async def scenario(find):
        asked: list[int] = []

        async def may_grow(size_bytes: int) -> str | None:
            asked.append(size_bytes)
            return "disk_full" if len(asked) > 3 else None

        start = time.time() // 10 * 10 - 60
        excerpt = await cut(find, tmp_path, at(start), at(start + 30), may_grow=may_grow)
        assert excerpt.broken == "disk_full"
        assert asked == sorted(asked) and asked[-1] > 0
        [part] = excerpt.parts
        with av.open(str(tmp_path / part.file)) as clip:
            shown = sum(1 for _ in clip.decode(video=0))
        assert shown == part.frames
        assert 10 <= shown <= 40

    run(clips, scenario)


def test_a_viewer_of_a_recording_hears_it_from_when_it_asks(relay, clips):
    async def scenario(find):
        viewer, says = relay.Viewer(), asyncio.Queue()
        start = time.time() // 10 * 10 - 60
        way = ViewerWay(viewer.send_text, viewer.send_bytes, says.get, frozenset({"avc1"}))
        order = ReplayOrder(at(start), at(start + 40))
        serving = asyncio.create_task(serve_replay(find, order, way, tally=ViewingTally()))
        await viewer.until(lambda v: len(v.of_kind(Kind.FRAGMENT)) > 10, 30)
        [told] = viewer.said(type="sound")
        assert (told["state"], told["mime"]) == ("native", 'audio/mp4; codecs="mp4a.40.2"')
        assert not viewer.of_kind(Kind.SOUND_INIT) and not viewer.of_kind(Kind.SOUND)
        says.put_nowait(json.dumps({"type": "sound", "on": True}))
        await viewer.until(lambda v: len(v.of_kind(Kind.SOUND)) > 60, 30)
        says.put_nowait(json.dumps({"type": "seek", "at": (start + 20) * 1000}))
        later = (start + 23) * 1000
        await viewer.until(lambda v: _instants(v)[-1:] > [later], 30)
        says.put_nowait(None)
        await serving
        assert len(viewer.of_kind(Kind.SOUND_INIT)) == 1
        # What had been read ahead is heard too: from the beginning on.
        assert _instants(viewer)[0] < (start + 1) * 1000
        origin_s = viewer.said(type="init")[-1]["origin_ms"] / 1000
        body = b"".join(m[9:] for m in viewer.of_kind(Kind.SOUND))
        file = io.BytesIO(viewer.of_kind(Kind.SOUND_INIT)[0][1:] + body)
        heard, rate, begin_s = heard_in(file)
        edges = turns(heard[: 2 * rate], rate, origin_s + begin_s)
        assert edges and all(abs(when - round(when)) < NEAR_S for when, _ in edges), edges

    run(clips, scenario)


def test_who_asks_for_the_sound_again_is_sent_its_beginning_again() -> None:
    sound = ViewerSound(0)
    piece = RecordedSound(b"x" * 40, 1000, AAC.form)
    assert sound.messages(piece) == []
    for _ in range(2):
        sound.want(on=True)
        assert sound.messages(piece)[0][0] == Kind.SOUND_INIT
        sound.want(on=False)
    assert sound.messages(piece) == []


def _instants(viewer) -> list[int]:
    return [int.from_bytes(m[1:9], "big") for m in viewer.of_kind(Kind.SOUND)]


AAC = SoundTrack(SoundFormat("aac", 16000, 1, b"\x14\x08"), 97, 16000, "", 13, 3)


def packet(payload: bytes, timestamp: int = 0) -> RtpPacket:
    return RtpPacket(97, 1, timestamp, 1, has_marker=True, payload=payload)


def heads(*sizes: int) -> bytes:
    return (16 * len(sizes)).to_bytes(2, "big") + b"".join(
        (size << 3).to_bytes(2, "big") for size in sizes
    )


def test_frames_of_aac_come_out_of_packets_that_hold_many_or_a_part() -> None:
    taker = SoundDepacketiser(AAC)
    two = taker.feed(packet(heads(3, 2) + b"abcde", timestamp=0xFFFFFF00))
    assert [one.payload for one in two] == [b"abc", b"de"]
    assert two[1].ticks - two[0].ticks == 1024
    assert taker.feed(packet(heads(6) + b"abcd", timestamp=0x300)) == []
    [whole] = taker.feed(packet(heads(6) + b"ef", timestamp=0x300))
    assert (whole.payload, whole.ticks - two[0].ticks) == (b"abcdef", 0x400)


@pytest.mark.parametrize(
    "payload",
    [b"", b"\0", b"\xff\xff", b"\0\x10", heads(9, 9) + b"a", heads(0) + b"a", b"\0\x07\0\0a"],
)
def test_sound_that_cannot_be_read_is_left_out(payload: bytes) -> None:
    assert SoundDepacketiser(AAC).feed(packet(payload)) == []


@pytest.mark.parametrize(
    ("lines", "coding"),
    [
        ("m=audio 0 RTP/AVP 8\n", "pcm_alaw"),
        ("m=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/48000/2\na=fmtp:97 mode=AAC-hbr;"
         "sizelength=13;indexlength=3;config=1190\n", "aac"),
        ("m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/8000\na=fmtp:97 mode=CELP-cbr\n",
         "mpeg4-generic"),
        ("m=audio 0 RTP/AVP 97\na=rtpmap:97 MP4A-LATM/90000\n", "mp4a-latm"),
        ("m=audio 0 RTP/AVP 96\na=rtpmap:96 G726-32/8000\n", "g726-32"),
        ("m=audio 0 RTP/AVP 97\na=rtpmap:97 PCMA/0\n", None),
        ("m=audio 0 RTP/AVP x\n", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_sound_of_a_description_is_named(lines: str, coding: str | None) -> None:
    video = "v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    sound = parse_description(video + lines).sound
    assert (sound and sound.form.coding) == coding
    assert parse_description("v=0\n" + lines + video[4:]).codec == "h264"


def test_sound_without_pictures_is_silence() -> None:
    class Endless:
        session_life_s, silence_s = 60.0, 0.2

        async def packet(self, _within_s: float) -> Media:
            await asyncio.sleep(0.01)
            return Media(bytes([0x80, 97]) + bytes(10) + heads(1) + b"a", is_sound=True)

    track = SimpleNamespace(codec="h264", payload_type=96)

    async def read() -> None:
        async with asyncio.timeout(20):
            async for _ in Session(Endless(), track, AAC).read():
                pass

    with pytest.raises(TimedOut):
        asyncio.run(read())


def test_sound_that_comes_in_a_burst_does_not_run_backwards() -> None:
    info = playable(AAC.form)
    assert info is not None
    packer = SoundPacker(AAC.form, info)
    made = [f for _ in range(30) for f in packer.pack(b"x" * 50, (0, 1000), 1000)]
    for n in range(60):
        made += packer.pack(b"x" * 50, (n * 5760, 1000 + n * 64), 1000 + n * 64)
    times = [frame.at for frame in made]
    assert times == sorted(set(times))
    assert abs(times[-1] - 59 * 5760) < 0.4 * 90_000


def test_sound_that_is_set_back_does_not_spoil_the_group() -> None:
    def unit(time: int, *, is_audio: bool) -> Unit:
        piece = bytes(fragment_head) + b"x"
        return Unit(time, time, 5760, True, 0, None, piece, is_audio)

    fragment_head = 200
    units = [unit(0, is_audio=False), unit(90_000, is_audio=True), unit(4000, is_audio=True)]
    assert fragment(units, 0, 1).startswith(b"\0\0")
