"""H.265 cameras: played as they are where the browser can, else converted, else said clearly."""

import asyncio
import io

import av
import pytest

from video.gateway import GatewayLimits, MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.stream_state import HubKey

CAMERAS = (
    DeviceSpec("cam-001", codec="h265", main_size=(640, 480), main_fps=12.5),
    DeviceSpec("cam-002", codec="h265", main_size=(640, 480), main_fps=12.5),
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


def test_conversion_beyond_the_pool_is_refused_with_a_code_and_freed_places_are_used(relay):
    async def scenario(gateway):
        async with relay.watching(gateway, FIRST) as one:
            await one.until(lambda v: v.of_kind(1))
            async with relay.watching(gateway, SECOND) as refused:
                await refused.until(lambda v: v.said(type="error", code="stream.overloaded"))
        assert gateway.transcodes == 0
        async with relay.watching(gateway, SECOND) as later:
            await later.until(lambda v: v.of_kind(1))

    run(scenario, relay, transcodes=1)


@pytest.mark.fault
def test_conversion_outlives_a_reconnection(relay):
    async def scenario(gateway):
        hub = gateway.hub(FIRST)
        async with relay.watching(gateway, FIRST) as viewer:
            await viewer.until(lambda v: v.of_kind(1))
            hub.open("h264")  # the camera was set to another codec and back: a new conversion
            hub.open("h265")
            before = len(viewer.of_kind(1))
            await viewer.until(lambda v: len(v.of_kind(1)) > before + 1)
            assert gateway.transcodes == 1

    run(scenario, relay)
