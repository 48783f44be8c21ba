"""A media worker that watches one camera while something happens to it.

A process of its own, as media workers are, and in a network of its own where one is to be cut: with
`--alone` nothing but its loopback is there, and the database is reached by its socket. Prints JSON:
when the evidence was there, and when the database showed the state that was waited for.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from backend.cameras import devices
from backend.cameras.health import clocks
from backend.db import begin
from backend.media.worker import Worker
from video.credentials import Credentials
from video.ring import Ring
from video.simulator.devices import DeviceSpec, SimulatedDevice
from video.simulator.digest import Account
from video.simulator.fleet import Fleet

SPEC = DeviceSpec("cam-001", password="p", sub_size=(320, 180), sub_fps=5.0, gop_s=1.0)
# Its packets are dropped by the kernel: no FIN, no RST, no error at either end.
_CUT = ("tc", "qdisc", "add", "dev", "lo", "root", "bfifo", "limit", "1")


class Story:
    """One camera, its device, and the worker that has its picture open."""

    def __init__(self, camera_id: int, fleet: Fleet) -> None:
        self.camera_id = camera_id
        self.fleet = fleet
        self.device: SimulatedDevice = fleet.device(SPEC.id)
        self.worker = Worker(0)
        self.key = self.worker.key(camera_id)

    async def begin(self) -> None:
        """Enrol the camera and wait until the database says that it lives."""
        await asyncio.to_thread(self._enrol)
        tap = self.worker.gateway.hub(self.key).tap(Ring(1.0, 10**7))
        assert not tap.is_closed
        await self.seen("is_alive")

    def _enrol(self) -> None:
        address = self.fleet.onvif_url(SPEC.id)
        login = Credentials(SPEC.username, SPEC.password)
        with begin() as session:
            session.execute(
                text("INSERT INTO devices (camera_id, address) VALUES (:id, :address)"),
                {"id": self.camera_id, "address": address},
            )
        [outcome] = devices.ask_many([devices.Enrolment(self.camera_id, address, login)])
        with begin() as session:
            devices.store(session, outcome)

    async def seen(self, fact: str) -> float:
        """Return when the database first shows a fact about the camera, epoch seconds."""
        async with asyncio.timeout(120):
            while True:
                await self.worker.settle()
                if await asyncio.to_thread(self._holds, fact):
                    return time.time()
                await asyncio.sleep(0.05)

    def _holds(self, fact: str) -> bool:
        with begin() as session:
            query = text(f"SELECT {fact} FROM cameras c WHERE id = :id")
            return bool(session.scalar(query, {"id": self.camera_id}))

    def last_picture(self) -> float:
        """Return when the last picture came in."""
        last = self.worker.gateway.hub(self.key).status.last_frame_at
        assert last is not None
        return last.timestamp()


async def unplugged(story: Story) -> tuple[float, float]:
    story.device.die()
    seen_at = await story.seen("is_alive = false")
    return story.last_picture(), seen_at


async def frozen(story: Story) -> tuple[float, float]:
    story.device.freeze()
    seen_at = await story.seen("is_alive = false")
    return story.last_picture(), seen_at


async def half_open(story: Story) -> tuple[float, float]:
    subprocess.run(_CUT, check=True)
    seen_at = await story.seen("is_alive = false")
    return story.last_picture(), seen_at


async def flapping(story: Story) -> tuple[float, float]:
    """It comes and goes four times, then stays away: the evidence is the last turn."""
    for _ in range(4):
        story.device.die()
        await asyncio.sleep(1.5)
        story.device.revive()
        await asyncio.sleep(1.5)
    async with asyncio.timeout(60):
        while story.worker.gateway.hub(story.key).status.state != "live":
            await asyncio.sleep(0.05)
    story.device.die()
    async with asyncio.timeout(60):
        while story.worker.gateway.hub(story.key).status.state != "dead":
            await asyncio.sleep(0.05)
    turned_at = time.time()
    return turned_at, await story.seen("is_alive = false")


async def wrong_password(story: Story) -> tuple[float, float]:
    """Its password is changed and the connection lost: the evidence is the refusal."""
    story.device.die()
    for gate in (story.device.http_gate, story.device.rtsp_gate):
        gate.account = Account(SPEC.username, "another")
    story.device.revive()
    async with asyncio.timeout(60):
        while not story.worker.gateway.hub(story.key).is_locked_out:
            await asyncio.sleep(0.02)
    refused_at = time.time()
    return refused_at, await story.seen("status_reason = 'stream.credentials_rejected'")


async def clock_off(story: Story) -> tuple[float, float]:
    """Its clock runs 10 minutes ahead: the evidence is there when it is asked, which is now."""
    story.device.clock_offset_s = 600.0
    with begin() as session:
        planned = text(
            "INSERT INTO camera_health (camera_id, due_at, clock_due_at) VALUES (:id, :at, :at)"
        )
        session.execute(planned, {"id": story.camera_id, "at": datetime.now(UTC)})
    asked_at = time.time()
    await clocks.read_due(story.worker)
    wrong = "EXISTS (SELECT FROM camera_turns t WHERE t.camera_id = c.id AND t.after = 'off')"
    return asked_at, await story.seen(wrong)


CASES: dict[str, Callable[[Story], Awaitable[tuple[float, float]]]] = {
    case.__name__: case
    for case in (unplugged, frozen, half_open, flapping, wrong_password, clock_off)
}


async def tell(case: str, camera_id: int) -> dict[str, Any]:
    async with Fleet([SPEC]) as fleet:
        story = Story(camera_id, fleet)
        await story.begin()
        evidence_at, seen_at = await CASES[case](story)
        await story.worker.gateway.close()
    return {"evidence_at": evidence_at, "seen_at": seen_at}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("camera_id", type=int)
    parser.add_argument("--alone", action="store_true")
    given = parser.parse_args()
    if given.alone:
        subprocess.run(("ip", "link", "set", "lo", "up"), check=True)
    print(json.dumps(asyncio.run(tell(given.case, given.camera_id))))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
