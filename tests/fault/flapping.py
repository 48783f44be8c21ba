"""A media worker that sees cameras flap: a minute of its clock in a few seconds of ours.

Run by the test of F3 as a process, as media workers are. Prints how many turns it was told of.
"""

import argparse
import asyncio
import json
import time
from datetime import UTC, datetime

from backend.media import worker as media_worker
from video.stream_state import HubStatus

EVERY_S, MINUTE_S = 2.0, 60.0


async def flap(cameras: list[int], seconds: float) -> int:
    """Turn each camera every 2 s for a minute, staggered, and let the last word settle."""
    clock = [1000.0]
    media_worker.time = type("Clock", (), {"monotonic": staticmethod(lambda: clock[0])})
    worker = media_worker.Worker(0)
    rounds, turns = int(MINUTE_S / EVERY_S), 0
    for n in range(rounds):
        began = time.monotonic()
        for i, camera_id in enumerate(cameras):
            # The last word on the first ten is that they are dead.
            is_alive = n % 2 == 1 and not (n == rounds - 1 and i < 10)
            now = datetime.now(UTC)
            seen = HubStatus(
                state="live" if is_alive else "dead",
                reason=None if is_alive else "stream.camera_unreachable",
                last_frame_at=now if is_alive else None,
            )
            worker.observe(worker.key(camera_id), seen)
            turns += 1
        for _ in range(4):  # settled each half second
            clock[0] += EVERY_S / 4
            await worker.settle()
        await asyncio.sleep(max(0.0, seconds / rounds - (time.monotonic() - began)))
    clock[0] += 2 * MINUTE_S
    await worker.settle()
    while worker._is_writing:
        await asyncio.sleep(0.01)
    await worker.gateway.close()
    return turns


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", required=True)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    cameras = json.loads(given.cameras)
    print(json.dumps({"turns": asyncio.run(flap(cameras, given.seconds))}))


if __name__ == "__main__":
    main()
