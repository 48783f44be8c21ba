"""An hour of a flapping camera, compressed: unplugged, frozen and hung in turn, 500 rounds.

`bench_flapping.py --hour` goes on for an hour instead. Counted in this process: tasks, threads,
open files and memory, after ten rounds and at the end.
"""

import asyncio
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "video"))

from flapping import Counts, flap

ROUNDS, MOST_GROWTH_MB = 500, 30.0


def main(rounds: int = ROUNDS) -> bool:
    """Print what was held before and after; False when anything was left behind."""
    began = time.monotonic()
    settled, after, had = asyncio.run(flap(rounds))
    print(f"{sum(had.values())} rounds ({dict(had)}) in {time.monotonic() - began:.0f} s")
    print(f"  after 10 rounds: {settled}\n  at the end:      {after}")
    return _is_clean(settled, after)


def _is_clean(settled: Counts, after: Counts) -> bool:
    return (
        after.tasks <= settled.tasks
        and after.threads <= settled.threads + 1
        and after.files <= settled.files + 2
        and after.rss_mb - settled.rss_mb < MOST_GROWTH_MB
    )


def _hour() -> bool:
    end, is_clean = time.monotonic() + 3600, True
    while time.monotonic() < end:
        is_clean &= main()
    return is_clean


if __name__ == "__main__":
    sys.exit(0 if (_hour() if "--hour" in sys.argv else main()) else 1)
