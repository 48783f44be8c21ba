"""A camera that comes and goes for many rounds, and what is left in the process after each."""

import asyncio
import gc
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.gateway import MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.source import SourceTiming, StreamTarget
from video.stream_state import HubKey, HubSettings

KEY = HubKey(1, "sub")
TIMING = SourceTiming(open_s=2.0, read_s=0.25, first_pause_s=0.02, longest_pause_s=0.05)
SETTINGS = HubSettings(linger_s=0.1, stalled_after_s=0.4, dead_after_s=20.0, timing=TIMING)
SPEC = DeviceSpec("cam-001", scene="clip", sub_size=(320, 180), sub_fps=12.5, gop_s=0.4)
FAULTS = ("die", "freeze", "hang")


@dataclass(frozen=True)
class Counts:
    """What a process holds: tasks of the loop, threads, open files, sockets of these, memory."""

    tasks: int
    threads: int
    files: int
    sockets: int
    rss_mb: float

    @classmethod
    def now(cls) -> "Counts":
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        held = [_held(one) for one in Path("/proc/self/fd").iterdir()]
        return cls(
            len(asyncio.all_tasks()), threading.active_count(), len(held),
            sum(one.startswith("socket:") for one in held),
            pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        )  # fmt: skip


def _held(descriptor: Path) -> str:
    try:
        return os.readlink(descriptor)
    except FileNotFoundError:  # the descriptor that listed the folder
        return ""


class Watcher:
    """A viewer without a network that throws away what it gets."""

    def __init__(self, gateway: MediaGateway) -> None:
        self._subscription = gateway.hub(KEY).subscribe(frozenset({"avc1"}))

    async def picture(self) -> None:
        """Wait for the next picture of a stream that runs."""
        while True:
            item = await self._subscription.next()
            if isinstance(item, bytes) and item[0] in {1, 2}:
                return


async def flap(
    rounds: int, settled_after: int = 10, *, log: Callable[[int, Counts], None] | None = None,
    log_every_s: float = 300.0, most_s: float | None = None,
) -> tuple[Counts, Counts, Counter[str]]:  # fmt: skip
    """Unplug, freeze and hang the camera in turn, `rounds` times; a picture comes after each.

    Ends before when `most_s` have passed. Returns what the process held after `settled_after`
    rounds and at the end, both with the picture running, and how often each fault was had; `log`
    is told the number of rounds and what is held each `log_every_s`.
    """

    async def resolve(_: HubKey) -> StreamTarget:
        login = Credentials(SPEC.username, SPEC.password)
        return StreamTarget(
            fleet.rtsp_url("cam-001", "sub"), AddressPolicy.of("127.0.0.0/8"), login
        )

    had: Counter[str] = Counter()
    async with Fleet([SPEC]) as fleet:
        gateway = MediaGateway(resolve, settings=SETTINGS)
        watcher, device = Watcher(gateway), fleet.device("cam-001")
        settled, began = None, time.monotonic()
        logged = began
        for number in range(rounds):
            if most_s is not None and time.monotonic() - began > most_s:
                break
            await asyncio.wait_for(watcher.picture(), 60)
            fault = FAULTS[number % len(FAULTS)]
            had[fault] += 1
            getattr(device, fault)()
            async with asyncio.timeout(60):
                while gateway.hub(KEY).status.state == "live":
                    await asyncio.sleep(0.02)
            device.revive()
            if number == settled_after - 1:
                settled = await _resting(gateway, watcher)
            if log is not None and time.monotonic() - logged > log_every_s:
                log(number + 1, await _resting(gateway, watcher))
                logged = time.monotonic()
        after = await _resting(gateway, watcher)
        await gateway.close()
    return settled or after, after, had


async def _resting(gateway: MediaGateway, watcher: Watcher) -> Counts:
    """Count once the picture runs again and the connections given up are gone."""
    async with asyncio.timeout(60):
        await watcher.picture()
        while gateway.hub(KEY).status.state != "live":
            await watcher.picture()
        for _ in range(25):
            await watcher.picture()
    return Counts.now()
