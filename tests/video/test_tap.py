"""A tap on a hub: it sees what viewers see, keeps the stream running, and is told of gaps."""

import asyncio
import io
from dataclasses import dataclass, field, replace

import av
import pytest

from video.gateway import MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.source import SourceTiming
from video.stream_state import HubKey, HubSettings
from video.tap import StreamInfo, Unit

SUB = HubKey(1, "sub")
QUICK = HubSettings(
    linger_s=0.5, stalled_after_s=1.0, dead_after_s=20.0,
    timing=SourceTiming(open_s=5.0, read_s=0.5, first_pause_s=0.1, longest_pause_s=0.2),
)  # fmt: skip


@dataclass
class Heard:
    """A sink that keeps everything."""

    streams: list[StreamInfo] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def on_stream(self, info: StreamInfo) -> None:
        self.streams.append(info)
        self.units.clear()
        self.changed.set()

    def on_unit(self, unit: Unit) -> None:
        self.units.append(unit)
        self.changed.set()

    def on_gap(self, reason: str) -> None:
        self.gaps.append(reason)
        self.changed.set()

    async def until(self, fact) -> None:
        async with asyncio.timeout(60):
            while not fact(self):
                self.changed.clear()
                await self.changed.wait()


def run(scenario, relay, settings=QUICK):
    async def whole():
        async with Fleet([DeviceSpec("cam-001")]) as fleet:
            gateway = MediaGateway(relay.resolver(fleet), settings=settings)
            try:
                await scenario(fleet, gateway)
            finally:
                await gateway.close()

    asyncio.run(whole())


def test_a_tap_alone_runs_the_stream_and_what_it_hands_out_decodes(relay):
    async def scenario(fleet, gateway):
        heard = Heard()
        with gateway.hub(SUB).tap(heard):
            await heard.until(lambda h: len(h.units) > 60)
            assert gateway.ingests == 1 and gateway.viewers == 0
        [info] = heard.streams
        assert (info.codec, info.width, info.height) == ("h264", 640, 360)
        decodes = [unit.dts for unit in heard.units]
        assert heard.units[0].is_key and decodes == sorted(set(decodes))
        # Once as the player's fragments, once as bare samples with the record: FFmpeg judges.
        played = info.init.payload + b"".join(unit.fragment for unit in heard.units)
        with av.open(io.BytesIO(played)) as clip:
            assert sum(1 for _ in clip.decode(video=0)) == len(heard.units)
        decoder = av.CodecContext.create("h264", "r")
        decoder.extradata = info.record
        pictures = [frame for u in heard.units for frame in decoder.decode(av.Packet(u.data))]
        assert len(pictures) + len(decoder.decode(None)) == len(heard.units)
        async with asyncio.timeout(30):
            while gateway.ingests:
                await asyncio.sleep(0.05)

    run(scenario, relay)


def test_a_late_tap_is_given_the_group_of_pictures_at_hand(relay):
    async def scenario(fleet, gateway):
        first, late = Heard(), Heard()
        with gateway.hub(SUB).tap(first):
            await first.until(lambda h: len(h.units) > 5)
            with gateway.hub(SUB).tap(late):
                assert late.streams == first.streams
                assert late.units[0].is_key
                assert late.units[-1] == first.units[-1]

    run(scenario, relay)


@pytest.mark.fault
def test_a_camera_that_was_unplugged_and_came_back_is_a_gap_and_a_new_stream(relay):
    async def scenario(fleet, gateway):
        heard = Heard()
        with gateway.hub(SUB).tap(heard):
            await heard.until(lambda h: h.units)
            fleet.device("cam-001").die()
            await heard.until(lambda h: h.gaps)
            fleet.device("cam-001").revive()
            await heard.until(lambda h: len(h.streams) == 2 and h.units)
            assert len(heard.gaps) == 1 and heard.units[0].is_key

    run(scenario, relay)


def test_a_camera_that_is_forgotten_closes_its_taps(relay):
    async def scenario(fleet, gateway):
        heard = Heard()
        tap = gateway.hub(SUB).tap(heard)
        await heard.until(lambda h: h.units)
        await gateway.forget(1)
        assert tap.is_closed and heard.gaps[-1] == "stream.removed"

    run(scenario, relay)


def test_a_sink_that_fails_is_taken_off_and_harms_no_viewer(relay):
    class Failing(Heard):
        def on_unit(self, unit: Unit) -> None:
            raise ValueError("disk full")

    async def scenario(fleet, gateway):
        async with relay.watching(gateway, SUB) as viewer:
            tap = gateway.hub(SUB).tap(Failing())
            count = len(viewer.of_kind(2))
            await viewer.until(lambda v: tap.is_closed and len(v.of_kind(2)) > count + 5, 60)

    run(scenario, relay, replace(QUICK, linger_s=0.1))
