"""How soon a stream that ceased is called dead: unplugged, frozen, half open, hanging."""

import asyncio
import time

import pytest

from video.gateway import MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.source import SourceTiming
from video.stream_state import HubKey, HubSettings

KEY = HubKey(1, "sub")
# As the media worker has them, but for the stream that never sent a picture: that waits longer.
SETTINGS = HubSettings(
    lost_after_s=5.0, dead_after_s=60.0, linger_s=0.3, timing=SourceTiming(open_s=2.0, read_s=1.5)
)


@pytest.mark.fault
@pytest.mark.parametrize("how", ["die", "freeze", "hang", "drip"])
def test_a_watched_camera_that_ceases_is_dead_five_seconds_after_its_last_picture(relay, how):
    async def whole() -> float:
        async with Fleet([DeviceSpec("cam-001", sub_fps=5.0, gop_s=1.0)]) as fleet:
            told: dict[str, float] = {}
            gateway = MediaGateway(
                relay.resolver(fleet),
                settings=SETTINGS,
                on_status=lambda _, seen: told.setdefault(seen.state, time.time()),
            )
            try:
                async with relay.watching(gateway, KEY) as viewer:
                    await viewer.until(lambda v: v.said(type="status", state="live"), 30)
                    getattr(fleet.device("cam-001"), how)()
                    await viewer.until(lambda v: v.said(type="status", state="dead"), 60)
                    last = gateway.hub(KEY).status.last_frame_at
                    assert last is not None
                    return told["dead"] - last.timestamp()
            finally:
                await gateway.close()

    # A tick of 0.25 s and a busy machine come on top; a stream that ceases is never called early.
    assert 4.5 < asyncio.run(whole()) < 9.0
