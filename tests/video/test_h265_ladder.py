"""H.265 cameras: played as they are where the browser can, else converted, else said clearly."""

import asyncio
import io
from contextlib import AsyncExitStack

import av
import pytest

from video.gateway import GatewayLimits, MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.stream_state import HubKey

CAMERAS = (
    DeviceSpec("cam-001", codec="h265", main_size=(640, 480), main_fps=12.5),
    DeviceSpec("cam-002", codec="h265", main_size=(640, 480), main_fps=12.5),
    DeviceSpec("cam-003", codec="h265", main_size=(640, 480), main_fps=12.5),
)
FIRST, SECOND = HubKey(1, "main"), HubKey(2, "main")


def run(scenario, relay, **limits):
    async def whole():
        async with Fleet(CAMERAS) as fleet:
            gateway = MediaGateway(relay.resolver(fleet), limits=GatewayLimits(**limits))
            try:
                await scenario(gateway)
            finally:
                await gateway.close()

    asyncio.run(whole())


def pictures(viewer):
    with av.open(io.BytesIO(viewer.as_file())) as clip:
        stream = clip.streams.video[0]
        count = sum(1 for _ in clip.decode(stream))
        return stream.codec_context.name, stream.height, count


def test_browser_with_h265_gets_the_camera_s_own_stream(relay):
    async def scenario(gateway):
        async with relay.watching(gateway, FIRST, "avc1", "hvc1") as viewer:
            await viewer.until(lambda v: len(v.binaries) > 20)
            (init,) = viewer.said(type="init")
            assert init["rung"] == "native"
            assert init["mime"].startswith('video/mp4; codecs="hvc1.1.6.L')
        assert pictures(viewer)[:2] == ("hevc", 480)

    run(scenario, relay)


def test_browser_without_h265_gets_a_shared_small_conversion(relay):
    async def scenario(gateway):
        async with (
            relay.watching(gateway, FIRST) as one,
            relay.watching(gateway, FIRST) as two,
            relay.watching(gateway, FIRST, "avc1", "hvc1") as native,
        ):
            await one.until(lambda v: len(v.binaries) > 20)
            await two.until(lambda v: len(v.binaries) > 10)
            await native.until(lambda v: len(v.binaries) > 10)
            assert one.said(type="init")[0]["rung"] == "transcode"
            # 640x480 scaled to 360 lines keeps its shape: 480 x 360.
            assert (one.said(type="init")[0]["width"], 360) == (480, 360)
            assert native.said(type="init")[0]["rung"] == "native"
            assert gateway.transcodes == 1
        name, height, count = pictures(one)
        assert (name, height) == ("h264", 360)
        assert count >= 18

    run(scenario, relay)


def test_who_waits_for_a_conversion_is_told_the_place_sees_stills_and_is_served_in_turn(relay):
    third = HubKey(3, "main")

    async def scenario(gateway):
        async with relay.watching(gateway, FIRST) as one:
            await one.until(lambda v: v.of_kind(1), 60)
            async with AsyncExitStack() as stack:
                second = await stack.enter_async_context(relay.watching(gateway, SECOND))
                await second.until(lambda v: v.said(type="queue", place=1, of=1), 60)
                last = await stack.enter_async_context(relay.watching(gateway, third))
                await second.until(lambda v: v.said(type="queue", place=1, of=2), 60)
                await last.until(lambda v: v.said(type="queue", place=2, of=2), 60)
                await second.until(lambda v: len(v.of_kind(3)) > 1, 60)
                assert second.of_kind(3)[-1][9:11] == b"\xff\xd8"
                assert not second.of_kind(1) and gateway.transcodes == 1
                one.gone.set()
                await second.until(lambda v: v.of_kind(1), 60)
                assert second.said(type="init")[0]["rung"] == "transcode"
                await last.until(lambda v: v.said(type="queue", place=1, of=1), 60)
                second.gone.set()
                await last.until(lambda v: v.of_kind(1), 60)
        assert gateway.transcodes == 0

    run(scenario, relay, transcodes=1)


def test_without_any_place_the_picture_comes_as_stills(relay):
    async def scenario(gateway):
        async with relay.watching(gateway, FIRST) as viewer:
            await viewer.until(lambda v: len(v.of_kind(3)) > 1, 60)
            assert viewer.said(type="queue", place=1, of=1)

    run(scenario, relay, transcodes=0)


@pytest.mark.fault
def test_conversion_outlives_a_reconnection(relay):
    async def scenario(gateway):
        hub = gateway.hub(FIRST)
        async with relay.watching(gateway, FIRST) as viewer:
            await viewer.until(lambda v: v.of_kind(1))
            hub._reception.open(
                "h264"
            )  # the camera was set to another codec and back: a new conversion
            hub._reception.open("h265")
            before = len(viewer.of_kind(1))
            await viewer.until(lambda v: len(v.of_kind(1)) > before + 1)
            assert gateway.transcodes == 1

    run(scenario, relay)
