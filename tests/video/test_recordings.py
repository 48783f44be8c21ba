"""Finding and playing recordings of simulated recorders: instants, gaps, clocks, faults."""

import asyncio
import time
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import av
import pytest

from video.addresses import AddressPolicy
from video.bitstream import find_parameter_sets
from video.credentials import Credentials
from video.deviceclock import measure_clock
from video.errors import CredentialsRejected, DeviceError, Unsupported
from video.playback_urls import playback_url
from video.recordings import Recorder, find_recordings, find_replay
from video.replay_source import recorded_pictures
from video.rtspclient import RtspTiming
from video.simulator.barcode import read_code
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet

POLICY = AddressPolicy.of("127.0.0.0/8")
QUICK = RtspTiming(request_s=2.0, silence_s=2.0)
SMALL = {
    "scene": "clip",
    "has_sub": False,
    "main_size": (320, 192),
    "main_fps": 10.0,
    "gop_s": 1.0,
}
GAP_EVERY_S, GAP_S = 600.0, 60.0


def specs(clips: str) -> list[DeviceSpec]:
    common = SMALL | {"clip_folder": clips, "record_gap": (GAP_EVERY_S, GAP_S)}
    return [
        DeviceSpec("rec-g", recorder="onvif", **common),
        DeviceSpec("rec-265", recorder="onvif", codec="h265", **common),
        DeviceSpec("rec-range", recorder="range", **common),
        DeviceSpec("no-rec", **common),
        DeviceSpec("rec-locked", recorder="onvif", fault="wrong_password", **common),
    ]


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> str:
    return str(tmp_path_factory.mktemp("clips"))


def run(clips, scenario):
    async def whole():
        async with Fleet(specs(clips)) as fleet:
            await asyncio.wait_for(scenario(fleet), 60)

    asyncio.run(whole())


def recorder(fleet: Fleet, device: str, **changes: object) -> Recorder:
    values = {
        "address": fleet.onvif_url(device),
        "stream_url": fleet.rtsp_url(device, "main"),
        "policy": POLICY,
        "credentials": Credentials("admin", "gridlink-sim"),
    }
    return Recorder(**(values | changes))


def an_instant(after_gap_s: float) -> datetime:
    """A true instant so long after the beginning of the latest gap but one."""
    period = time.time() // GAP_EVERY_S - 1
    return datetime.fromtimestamp(period * GAP_EVERY_S + after_gap_s, UTC)


async def first_pictures(target, at, count, **more):
    """Play from an instant; return the pictures with the code burnt into each."""
    pictures = recorded_pictures(target, at, at + timedelta(seconds=60), **more)
    decoder, got = None, []
    async with aclosing(pictures):
        async for picture in pictures:
            if decoder is None:
                name = "h264" if picture.track.codec == "h264" else "hevc"
                decoder = av.CodecContext.create(name, "r")
                decoder.thread_count = 1
            whole = b"".join(b"\0\0\0\1" + nal for nal in picture.nals)
            frames = decoder.decode(av.Packet(whole))
            assert len(frames) == 1
            code = read_code(frames[0].to_ndarray(format="rgb24"))
            got.append((picture, code))
            if picture.at_ms >= at.timestamp() * 1000 and len(got) >= count:
                return got
    return got


@pytest.mark.parametrize("device", ["rec-g", "rec-265", "rec-range"])
def test_the_picture_of_the_asked_instant_comes_with_its_instant(clips, device) -> None:
    async def scenario(fleet):
        at = an_instant(200.35)
        target = await find_replay(recorder(fleet, device), at)
        assert target.manner == ("range" if device == "rec-range" else "onvif")
        got = await first_pictures(target, at, 5)
        recording = fleet.device(device).recorder
        # Each picture bears the instant at which it was taken: frame numbers are the oracle.
        for picture, code in got:
            assert code == recording.code_at(picture.at_ms / 1000 + 0.01)
        shown = max((p for p, _ in got if p.at_ms <= at.timestamp() * 1000), key=lambda p: p.at_ms)
        assert at.timestamp() * 1000 - shown.at_ms < 100  # one frame at 10 a second
        assert got[0][0].is_key
        assert got[0][0].is_exact == (device != "rec-range")
        # In the loop of four seconds the key picture lies at most one group (1 s) before.
        assert at.timestamp() - got[0][0].at_ms / 1000 < 1.0

    run(clips, scenario)


def test_clock_ten_minutes_off_changes_nothing_for_who_asks_true_time(clips) -> None:
    async def scenario(fleet):
        fleet.device("rec-g").clock_offset_s = 600.4
        at = an_instant(200.35)
        found = await find_recordings(recorder(fleet, "rec-g"), at, at + timedelta(seconds=300))
        assert found.clock.offset_s == pytest.approx(600.4, abs=found.clock.error_s + 0.01)
        assert found.clock.error_s < 0.1
        target = await find_replay(recorder(fleet, "rec-g"), at)
        recording = fleet.device("rec-g").recorder
        for picture, code in await first_pictures(target, at, 4):
            true_s = picture.at_ms / 1000 - (600.4 - target.clock_offset_s)
            assert code == recording.code_at(true_s + 0.01)
            assert abs(true_s - picture.at_ms / 1000) < 0.1  # within a frame

    run(clips, scenario)


def test_gaps_are_found_and_a_replay_passes_over_them(clips) -> None:
    async def scenario(fleet):
        start = an_instant(0) - timedelta(seconds=30)
        found = await find_recordings(
            recorder(fleet, "rec-g"), start, start + timedelta(seconds=200)
        )
        assert found.origin == "search" and found.knows_gaps
        edges = [
            ((s.from_at - start).total_seconds(), (s.to_at - start).total_seconds())
            for s in found.spans
        ]
        assert edges == [(0.0, 30.0), (90.0, 200.0)]
        target = await find_replay(recorder(fleet, "rec-g"), start)
        instants = []
        async with aclosing(
            recorded_pictures(target, start + timedelta(seconds=28), start + timedelta(seconds=91))
        ) as pictures:
            async for picture in pictures:
                instants.append(picture.at_ms / 1000 - start.timestamp())
        steps = [b - a for a, b in pairwise(instants)]
        assert max(steps) == pytest.approx(60.1, abs=0.02)
        assert instants[0] <= 28.0 and instants[-1] == pytest.approx(91.0, abs=0.11)

    run(clips, scenario)


def test_range_of_a_recorder_without_onvif_comes_from_its_description(clips) -> None:
    async def scenario(fleet):
        now = datetime.now(UTC)
        one = recorder(fleet, "rec-range")
        found = await find_recordings(one, now - timedelta(hours=5), now - timedelta(minutes=1))
        assert (found.origin, found.knows_gaps, len(found.spans)) == ("range", False, 1)
        assert (now - found.spans[0].from_at).total_seconds() == pytest.approx(7200, abs=10)
        without = recorder(fleet, "rec-range", address=fleet.rtsp_url("rec-range", "main"))
        assert (await find_recordings(without, now - timedelta(hours=1), now)).origin == "range"

    run(clips, scenario)


def test_scale_asks_a_plain_recorder_for_its_pace(clips) -> None:
    async def scenario(fleet):
        at = an_instant(100.0)
        target = await find_replay(recorder(fleet, "rec-range"), at)
        began = time.monotonic()
        got = await first_pictures(target, at, 21, scale=4.0)
        took_s = time.monotonic() - began
        covered_s = (got[-1][0].at_ms - got[0][0].at_ms) / 1000
        assert covered_s >= 2.0
        # Four times as fast, however slow this machine: never faster, and not at single pace.
        assert covered_s / 4 <= took_s < covered_s

    run(clips, scenario)


def test_a_camera_that_keeps_nothing_says_so(clips) -> None:
    async def scenario(fleet):
        now = datetime.now(UTC)
        found = await find_recordings(recorder(fleet, "no-rec"), now - timedelta(hours=1), now)
        assert (found.origin, found.spans) == ("none", ())
        # Its live stream ignores the range asked for: it must not pass for the past.
        target = await find_replay(recorder(fleet, "no-rec"), now - timedelta(minutes=5))
        with pytest.raises(Unsupported):
            await first_pictures(target, now - timedelta(minutes=5), 1)

    run(clips, scenario)


def test_wrong_password_spends_one_login(clips) -> None:
    async def scenario(fleet):
        at = an_instant(100)
        with pytest.raises(CredentialsRejected):
            await find_recordings(recorder(fleet, "rec-locked"), at, at + timedelta(seconds=60))
        accepted = fleet.rtsp.accepted
        by_rtsp = recorder(fleet, "rec-g", credentials=Credentials("admin", "wrong"))
        target = await find_replay(recorder(fleet, "rec-g"), at)
        wrong = type(target)(target.url, POLICY, by_rtsp.credentials)
        with pytest.raises(CredentialsRejected):
            await first_pictures(wrong, at, 1)
        assert fleet.rtsp.accepted == accepted + 1

    run(clips, scenario)


@pytest.mark.parametrize("fault", ["hang", "drip", "die", "freeze"])
def test_recorder_that_stops_answering_ends_in_time(clips, fault) -> None:
    async def scenario(fleet):
        at = an_instant(100)
        target = await find_replay(recorder(fleet, "rec-g"), at)
        getattr(fleet.device("rec-g"), fault)()
        began = time.monotonic()
        with pytest.raises(DeviceError):
            await first_pictures(target, at, 5, timing=QUICK)
        assert time.monotonic() - began < 8
        if fault != "freeze":
            with pytest.raises(DeviceError):
                await find_recordings(
                    recorder(fleet, "rec-g"), at, at + timedelta(seconds=9), total_s=2
                )
            assert time.monotonic() - began < 14

    run(clips, scenario)


@pytest.mark.parametrize(
    "live,played",
    [
        (
            "rtsp://10.0.0.4:554/Streaming/Channels/201?transportmode=unicast",
            "rtsp://10.0.0.4:554/Streaming/tracks/201"
            "?starttime=20261122T073000Z&endtime=20261122T073500Z",
        ),
        (
            "rtsp://10.0.0.4/cam/realmonitor?channel=3&subtype=1&unicast=true",
            "rtsp://10.0.0.4/cam/playback?channel=3&subtype=1"
            "&starttime=2026_11_22_07_30_00&endtime=2026_11_22_07_35_00",
        ),
        ("rtsp://10.0.0.4/unicast/c2/s0/live", "rtsp://10.0.0.4/c2/replay/"),
        ("rtsp://10.0.0.4/h264/main", "rtsp://10.0.0.4/h264/main"),
    ],
)
def test_makers_ways_of_playback_follow_from_the_live_address(live, played) -> None:
    start = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
    assert playback_url(live, start, start + timedelta(minutes=5)) == played


@pytest.mark.parametrize("offset_s,questions", [(0.0, 1), (0.4, 1), (-0.4, 1)])
def test_clock_that_may_be_right_costs_one_question(offset_s, questions) -> None:
    asked = 0

    async def ask():
        nonlocal asked
        asked += 1
        return datetime.fromtimestamp(int(time.time() + offset_s), UTC)

    clock = asyncio.run(measure_clock(ask))
    assert asked == questions
    assert clock.offset_s == 0.0 and clock.error_s >= abs(offset_s) - 1


def test_parameter_sets_of_the_description_are_the_streams_own(clips) -> None:
    async def scenario(fleet):
        at = an_instant(100)
        target = await find_replay(recorder(fleet, "rec-g"), at)
        [(picture, _), *_] = await first_pictures(target, at, 1)
        assert picture.sets == find_parameter_sets([*picture.nals], "h264")

    run(clips, scenario)
