"""The ring and the recorder on simulated cameras: pre-roll, gaps, crashes, full disks."""

import asyncio
import errno
import hashlib
import time
from pathlib import Path

import av
import numpy as np
import pytest

import video.clipfile as clipfile
from video.clipfile import ClipPart, journal_of, recovered
from video.gateway import MediaGateway
from video.recorder import DISK_FULL, Recorder
from video.ring import Ring
from video.simulator.barcode import read_code
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.source import SourceTiming
from video.stream_state import HubKey, HubSettings

SUB = HubKey(1, "sub")
CAMERA = DeviceSpec("cam-001", password="p", sub_fps=10, gop_s=0.5)
QUICK = HubSettings(
    linger_s=0.2,
    stalled_after_s=1.0,
    timing=SourceTiming(open_s=5.0, read_s=1.0, first_pause_s=0.1, longest_pause_s=0.3),
)


async def until(fact, within_s: float = 30) -> None:
    async with asyncio.timeout(within_s):
        while not fact():
            await asyncio.sleep(0.02)


def run(scenario, relay, spec=CAMERA):
    async def whole():
        async with Fleet([spec]) as fleet:
            gateway = MediaGateway(relay.resolver(fleet), settings=QUICK)
            try:
                await scenario(fleet, gateway)
            finally:
                await gateway.close()

    asyncio.run(whole())


def clocks(path: Path) -> list[int]:
    """The burnt-in clock of every picture, epoch milliseconds."""
    with av.open(str(path)) as clip:
        assert clip.duration and clip.duration > 0
        return [read_code(f.to_ndarray(format="gray")) or 0 for f in clip.decode(video=0)]


def record(ring: Ring, folder: Path, since_ms: int) -> Recorder:
    recorder = Recorder(folder)
    for section, unit in ring.since(since_ms):
        recorder.take(section, unit)
    ring.follow(recorder.take)
    return recorder


def test_a_clip_begins_before_it_was_asked_for(relay, tmp_path):
    async def scenario(fleet, gateway):
        ring = Ring(2.0, 10**7)
        with gateway.hub(SUB).tap(ring):
            await until(lambda: ring.held_s > 2.1)
            asked_ms = time.time_ns() // 10**6
            recorder = record(ring, tmp_path, asked_ms - 2000)
            await until(lambda: recorder.last_ms > asked_ms + 700)
            parts, gaps = await asyncio.to_thread(recorder.finish)
        assert gaps == []
        [part] = parts
        seen = clocks(tmp_path / part.file)
        assert len(seen) == part.frames
        # One group (0.5 s) before the two seconds at most, and never after them.
        assert asked_ms - 2000 - 1000 < seen[0] <= asked_ms - 2000
        assert np.diff(seen).max() <= 300  # no picture left out: 100 ms apart, give or take load
        content = (tmp_path / part.file).read_bytes()
        assert part.size_bytes == len(content)
        assert part.sha256 == hashlib.sha256(content).hexdigest()
        assert part.codec.startswith("avc1")

    run(scenario, relay)


def test_the_ring_keeps_its_seconds_and_its_bytes(relay):
    async def scenario(fleet, gateway):
        ring, small = Ring(1.0, 10**7), Ring(60.0, 60_000)
        hub = gateway.hub(SUB)
        with hub.tap(ring), hub.tap(small):
            await until(lambda: ring.held_s > 1.2)
            for _ in range(20):
                await asyncio.sleep(0.1)
                assert 0.9 < ring.held_s < 3.0  # a second and two groups of half a second, load
                assert small.size_bytes <= 60_000

    run(scenario, relay)


def test_a_gap_begins_another_part_and_is_listed(relay, tmp_path):
    async def scenario(fleet, gateway):
        ring = Ring(1.0, 10**7)
        with gateway.hub(SUB).tap(ring):
            await until(lambda: ring.held_s > 0.5)
            recorder = record(ring, tmp_path, 0)
            before_ms = time.time_ns() // 10**6
            await fleet.refuse()
            await until(lambda: ring.gap is not None)
            await fleet.listen()
            await until(lambda: recorder.last_ms > before_ms + 1500)
            parts, gaps = await asyncio.to_thread(recorder.finish)
        assert len(parts) == 2
        [gap] = gaps
        assert gap.reason.startswith("stream.")
        assert (parts[0].last_ms, parts[1].first_ms) == pytest.approx(
            (gap.from_ms, gap.to_ms), 1e-9
        )
        for part in parts:
            assert len(clocks(tmp_path / part.file)) == part.frames

    run(scenario, relay)


def test_h265_is_kept_as_hvc1(relay, tmp_path):
    async def scenario(fleet, gateway):
        ring = Ring(1.0, 10**7)
        with gateway.hub(HubKey(1, "main")).tap(ring):
            await until(lambda: ring.held_s > 0.5)
            recorder = record(ring, tmp_path, 0)
            [part] = (await asyncio.to_thread(recorder.finish))[0]
        with av.open(str(tmp_path / part.file)) as clip:
            assert clip.streams.video[0].codec_context.codec_tag == "hvc1"
            assert sum(1 for _ in clip.decode(video=0)) == part.frames

    spec = DeviceSpec(
        "cam-001", codec="h265", password="p", main_size=(640, 360), main_fps=10, gop_s=0.5
    )
    run(scenario, relay, spec)


@pytest.mark.parametrize("sound", ["aac", "pcma"])
def test_a_clip_holds_the_sound_of_the_camera_beside_its_pictures(relay, tmp_path, sound):
    async def scenario(fleet, gateway):
        ring = Ring(1.0, 10**7)
        with gateway.hub(SUB).tap(ring):
            await until(lambda: ring.held_s > 1.0)
            recorder = record(ring, tmp_path, 0)
            first_ms = ring.since(0)[0][1].received_ms
            await until(lambda: recorder.last_ms > first_ms + 2500)
            [part] = (await asyncio.to_thread(recorder.finish))[0]
        assert part.sha256 == hashlib.sha256((tmp_path / part.file).read_bytes()).hexdigest()
        with av.open(str(tmp_path / part.file)) as clip:
            assert clip.streams.audio[0].codec_context.name == "aac"  # G.711 is converted
            heard = [frame for frame in clip.decode(audio=0)]
        wave = np.concatenate([frame.to_ndarray()[0] for frame in heard])
        rate = heard[0].sample_rate
        loudest_hz = np.abs(np.fft.rfft(wave)).argmax() * rate / len(wave)
        assert abs(loudest_hz - 440) < 5  # the simulator's tone
        # As long as the pictures, but for a group at either end, and begun with them.
        assert abs(len(wave) / rate - part.ticks / 90_000) < 1.2
        assert abs(heard[0].time) < 1.0

    run(scenario, relay, DeviceSpec("cam-001", password="p", sub_fps=10, gop_s=0.5, sound=sound))


@pytest.fixture
def clip(relay, tmp_path) -> Path:
    """A clip of some seconds as a crash leaves it: nothing was closed."""

    async def scenario(fleet, gateway):
        ring = Ring(1.0, 10**7)
        with gateway.hub(SUB).tap(ring):
            await until(lambda: ring.held_s > 0.5)
            recorder = record(ring, tmp_path, 0)
            await until(lambda: recorder._file is not None and recorder._file.part.frames >= 15)
            recorder.fault = "killed"  # nothing more is written; the file stays as it is

    run(scenario, relay)
    return tmp_path / "clip-000.mp4"


def test_a_crash_costs_the_group_that_was_being_written(clip):
    whole = clip.stat().st_size
    with clip.open("ab") as file:
        file.write(b"\0\0\x10\0moof half a fragment")
    [part] = recovered(clip.parent)
    assert (part.cut_bytes, part.is_doubtful) == (24, False)
    assert part.size_bytes == clip.stat().st_size == whole
    assert recovered(clip.parent) == [part]  # recovered anew: the same
    assert len(clocks(clip)) == part.frames >= 15
    assert part.sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()


def test_a_byte_changed_between_crash_and_recovery_is_told(clip):
    content = bytearray(clip.read_bytes())
    content[len(content) // 2] ^= 1
    clip.write_bytes(content)
    [part] = recovered(clip.parent)
    assert part.is_doubtful


def test_a_journal_cut_in_the_middle_still_tells_of_the_groups_before(clip):
    journal = journal_of(clip)
    journal.write_bytes(journal.read_bytes()[:-20])
    [part] = recovered(clip.parent)
    assert part.cut_bytes > 0 and part.frames > 0
    assert len(clocks(clip)) == part.frames


def test_a_file_without_a_whole_group_is_removed(tmp_path):
    begun = ClipPart("clip-000.mp4", "avc1.640028", 640, 360)
    clipfile.ClipFile(tmp_path, begun, b"head")
    assert recovered(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_the_recording_and_leaves_what_was_whole(relay, tmp_path, monkeypatch):
    async def scenario(fleet, gateway):
        ring = Ring(1.0, 10**7)
        with gateway.hub(SUB).tap(ring):
            await until(lambda: ring.held_s > 0.5)
            recorder = record(ring, tmp_path, 0)
            await until(lambda: recorder._file is not None and recorder._file.part.frames >= 10)

            def full(*_):
                raise OSError(errno.ENOSPC, "No space left on device")

            with monkeypatch.context() as patched:
                patched.setattr(clipfile.os, "fdatasync", full)
                await until(lambda: recorder.fault is not None)
            assert recorder.fault == DISK_FULL
            [part] = (await asyncio.to_thread(recorder.finish))[0]
        assert part.sha256 == hashlib.sha256((tmp_path / part.file).read_bytes()).hexdigest()
        assert len(clocks(tmp_path / part.file)) == part.frames >= 10

    run(scenario, relay)
