"""Nothing is left behind by cameras that come and go, and one camera is pulled once for all."""

import asyncio
import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from video.gateway import MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.stream_state import HubKey

sys.path.insert(0, str(Path(__file__).parent))

from flapping import Counter, Counts, flap

VIEWERS = 50


def flapped(rounds: int) -> tuple[Counts, Counts, Counter[str]]:
    return asyncio.run(flap(rounds))


@pytest.mark.fault
def test_a_camera_that_comes_and_goes_leaves_no_tasks_sockets_threads_or_memory():
    # In a process of its own: what it holds is then what these cameras cost.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        settled, after, had = alone.submit(flapped, 31).result(300)
    assert min(had.values()) >= 10
    assert after.tasks <= settled.tasks
    assert after.threads <= settled.threads + 1  # the default executor may have grown by one
    assert after.files <= settled.files + 2  # a connection given up may not have been closed yet
    assert after.rss_mb - settled.rss_mb < 20


def test_fifty_viewers_of_one_camera_cost_one_connection_to_it(relay):
    async def scenario():
        spec = DeviceSpec("cam-001", scene="clip", sub_size=(320, 180), sub_fps=12.5)
        async with Fleet([spec]) as fleet:
            gateway = MediaGateway(relay.resolver(fleet))
            watching = [relay.watching(gateway, HubKey(1, "sub")) for _ in range(VIEWERS)]
            viewers = [await one.__aenter__() for one in watching]
            for viewer in viewers:
                await viewer.until(lambda v: len(v.of_kind(2)) > 5, 60)
            assert len(fleet.rtsp.tracks["cam-001", "sub"].players) == 1
            # One connection to ask for the description, one to play.
            assert fleet.rtsp.accepted == 2
            for one in watching:
                await one.__aexit__(None, None, None)
            await gateway.close()

    asyncio.run(scenario())
