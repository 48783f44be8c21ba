"""Hostile pictures and streams (F15): what decodes may die alone, the others' pictures go on."""

import asyncio
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import av
import pytest

from tests.video import hostilecamera
from tests.video.healthscenes import key_picture, noisy, town, view
from tests.video.hostilepictures import children, claiming, damaged, open_files
from video.addresses import AddressPolicy
from video.allocation import LARGEST_BYTES
from video.contained import ChildLimits, ChildLost
from video.errors import Overloaded, ProtocolViolation, StreamFailed
from video.gateway import MediaGateway
from video.packager import KeyPicture, Packager
from video.rtspsource import AccessUnit
from video.simulator.clips import ClipRecipe, cached_clip
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.source import StreamTarget
from video.stillmaker import StillMaker
from video.stream_state import HubKey
from video.transcode import Converter, Transcoder

pytestmark = pytest.mark.fault
GOOD = key_picture(noisy(view(town(1)), 2.0))
PATIENT = ChildLimits(memory_bytes=1536 * 1024 * 1024, answer_s=60.0, starting_s=120.0)
# As little address space as this holds the libraries, and no picture beside them.
NARROW = ChildLimits(memory_bytes=120 * 1024 * 1024)


def picture(payload: bytes = GOOD) -> KeyPicture:
    return KeyPicture("h264", payload, 0)


def without_a_trace(scenario: Callable) -> None:
    """Run it; no child, no zombie and no open file may be left."""
    files, threads = open_files(), threading.active_count()
    asyncio.run(scenario())
    deadline = time.monotonic() + 60
    # Connections that were given up end with their threads, within the limit of a read.
    while open_files() > files or threading.active_count() > threads:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert children() == []


def peak_kb(pid: int | None) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0])


def test_a_still_of_sixteen_thousand_squared_is_refused_within_the_memory_of_the_child() -> None:
    async def run() -> None:
        maker = StillMaker(PATIENT)
        assert (await maker.jpeg(picture(), "a"))[:3] == b"\xff\xd8\xff"
        pid = maker.pid
        for side in (16_384, 16_000, 12_000):
            with pytest.raises(StreamFailed, match="does not decode"):
                await maker.jpeg(picture(claiming(side, side)), "b")
        assert maker.pid == pid
        assert peak_kb(pid) < 300_000
        await maker.close()

    without_a_trace(run)


def test_whose_picture_ended_the_child_waits_and_another_camera_does_not() -> None:
    async def run() -> None:
        maker = StillMaker(PATIENT)
        await maker.jpeg(picture(), "good")
        for killed in ("bad", "worse"):
            os.kill(maker.pid or 0, signal.SIGKILL)  # as the kernel does at a limit
            with pytest.raises(StreamFailed, match="ended its decoder"):
                await maker.jpeg(picture(), killed)
            with suppress(Overloaded):  # unless the half second is over on a busy machine
                await maker.jpeg(picture(), killed)
            assert (await maker.jpeg(picture(), "good"))[:3] == b"\xff\xd8\xff"
        await maker.close()
        narrow = StillMaker(NARROW)
        with pytest.raises(StreamFailed):
            await narrow.jpeg(picture(), "good")
        assert narrow.pid is None

    without_a_trace(run)


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_two_hundred_damaged_units_end_at_most_the_child_of_their_conversion(codec) -> None:
    encoder = "libx264" if codec == "h264" else "libx265"
    extra = {} if codec == "h264" else {"x265-params": "log-level=none"}
    whole = key_picture(noisy(view(town(2)), 2.0), encoder, **extra)
    draw = random.Random(15)

    async def run() -> None:
        converter, refused = Converter(codec, PATIENT), 0
        for number in range(200):
            try:
                await converter.convert(damaged(whole, draw), number * 7200)
            except (ProtocolViolation, ChildLost):
                refused += 1
        converter.restart()
        made = await converter.convert(whole, 10**7) + await converter.convert(b"", 0)
        assert [one.presented for one in made][-1] == 10**7
        assert made[0].is_key
        assert refused  # most are mended by the decoder itself
        await converter.end()

    without_a_trace(run)


def test_two_thousand_damaged_units_leave_the_packager_with_our_errors_alone() -> None:
    clip = cached_clip(Path("var/clips"), ClipRecipe("h264", 320, 180, 12.5, 13, 4))
    with av.open(str(clip)) as file:
        units = [(bytes(p), p.is_keyframe) for p in file.demux(video=0) if p.size][:40]
    draw = random.Random(15)
    for _ in range(50):
        packager = Packager("h264")
        for number, (payload, is_key) in enumerate(units):
            broken = (
                damaged(payload, draw) if len(payload) > 60 and draw.random() < 0.5 else payload
            )
            with suppress(ProtocolViolation):
                packager.pack(AccessUnit(broken, number * 7200, is_key, number * 80))


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
def test_a_conversion_whose_child_dies_or_stalls_goes_on_with_another(ending) -> None:
    async def run() -> None:
        shown = asyncio.Queue()
        limits = ChildLimits(PATIENT.memory_bytes, answer_s=3.0, starting_s=120.0)
        transcoder = Transcoder(lambda _, fragment: shown.put_nowait(fragment), "h264", limits)
        number = 0

        async def fed() -> None:
            nonlocal number
            async with asyncio.timeout(120):
                while shown.empty():
                    number += 1
                    transcoder.feed(AccessUnit(GOOD, number * 7200, True, number))
                    await asyncio.sleep(0.05)
            while not shown.empty():
                shown.get_nowait()

        await fed()
        before = transcoder.pid
        os.kill(before or 0, ending)
        while transcoder.pid == before:
            await fed()
        await fed()
        with suppress(asyncio.CancelledError):
            await transcoder.stop()

    without_a_trace(run)


class Sent:
    """How many pictures a simulated camera sent, counted at the camera."""

    def __init__(self, fleet: Fleet, name: str) -> None:
        self.pictures = 0
        fleet.device(name).streams["sub"].attach(self._count)

    def _count(self, *_: object) -> None:
        self.pictures += 1


SCRIPTS = {
    "16,000 x 16,000": (hostilecamera.sixteen_thousand_squared, None),
    "1e6 pictures a second": (hostilecamera.a_million_pictures_a_second, None),
    "a picture without end": (hostilecamera.a_picture_without_end, None),
    "silence after PLAY": (None, None),
    "a header without end": (None, {"DESCRIBE": b"X-A: " + b"a" * 1000 + b"\r\n"}),
    "a later header without end": (None, {"SETUP": b"X-A: " + b"a" * 1000 + b"\r\n"}),
    "a body of two gigabytes": (
        None,
        {"PLAY": b"Content-Length: 2000000000\r\n\r\n" + b"a" * 60_000},
    ),
}


def test_seven_hostile_cameras_at_once_take_no_pictures_from_the_good_ones(relay) -> None:
    """Judged by what the good cameras really sent: a busy machine lets them leave out some."""
    good = [DeviceSpec(f"cam-{n:03d}", scene="clip", sub_size=(320, 180)) for n in (1, 2, 3)]
    size_mb = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6  # noqa: E731

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            fleet = await stack.enter_async_context(Fleet(good))
            urls = [
                await stack.enter_async_context(
                    hostilecamera.hostile_camera(script, answers=answers)
                )
                for script, answers in SCRIPTS.values()
            ]
            resolve = relay.resolver(fleet)

            async def target(key: HubKey) -> StreamTarget:
                if key.camera_id < 100:
                    return await resolve(key)
                return StreamTarget(urls[key.camera_id - 100], AddressPolicy.of("127.0.0.0/8"))

            gateway = MediaGateway(target)
            watch = lambda n: relay.watching(gateway, HubKey(n, "sub"))  # noqa: E731
            viewers = [await stack.enter_async_context(watch(n)) for n in (1, 2, 3)]
            for viewer in viewers:
                await viewer.until(lambda v: len(v.of_kind(2)) > 12, 60)
            sent = [Sent(fleet, spec.id) for spec in good]
            began = [len(v.of_kind(1)) + len(v.of_kind(2)) for v in viewers]
            before_mb, highest_mb = size_mb(), 0.0
            hostile = [await stack.enter_async_context(watch(100 + n)) for n in range(len(SCRIPTS))]
            async with asyncio.timeout(120):
                while min(one.pictures for one in sent) < 75:
                    highest_mb = max(highest_mb, size_mb())
                    await asyncio.sleep(0.05)
            for one, viewer, first in zip(sent, viewers, began, strict=True):
                least = first + 0.9 * one.pictures  # of what was sent until now
                await viewer.until(
                    lambda v, least=least: len(v.of_kind(1)) + len(v.of_kind(2)) > least, 60
                )
            assert highest_mb - before_mb < 8 * LARGEST_BYTES / 1e6
            assert len(hostile[1].of_kind(2)) < 300 * 120  # paced, whatever its times say
            with suppress(StreamFailed):
                await gateway.snapshot(HubKey(100, "sub"))
            assert (await gateway.snapshot(HubKey(1, "sub"))).jpeg[:3] == b"\xff\xd8\xff"
            stack.push_async_callback(gateway.close)

    without_a_trace(scenario)
