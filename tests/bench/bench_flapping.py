"""A camera that flaps: unplugged, frozen and hung in turn, 500 rounds; with `--hour`, for an hour.

Counted in this process: tasks, threads, open files, sockets and memory, after ten rounds and at
the end, of the hour also each five minutes. One gateway lives through all of it.
"""

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "video"))

from flapping import Counts, flap

ROUNDS, HOUR_S, MOST_GROWTH_MB = 500, 3600.0, 30.0


def main(rounds: int = ROUNDS, most_s: float | None = None) -> bool:
    """Print what was held before and after; False when anything was left behind."""
    began = time.monotonic()

    def log(number: int, counts: Counts) -> None:
        print(f"  {time.monotonic() - began:5.0f} s, {number} rounds: {counts}", flush=True)

    settled, after, had = asyncio.run(flap(rounds, log=log, most_s=most_s))
    print(f"{sum(had.values())} rounds ({dict(had)}) in {time.monotonic() - began:.0f} s")
    print(f"  after 10 rounds: {settled}\n  at the end:      {after}")
    return _is_clean(settled, after)


def _is_clean(settled: Counts, after: Counts) -> bool:
    return (
        after.tasks <= settled.tasks
        and after.threads <= settled.threads + 1
        and after.files <= settled.files + 2
        and after.sockets <= settled.sockets + 2
        and after.rss_mb - settled.rss_mb < MOST_GROWTH_MB
    )


if __name__ == "__main__":
    sys.exit(0 if (main(10**9, HOUR_S) if "--hour" in sys.argv else main()) else 1)
