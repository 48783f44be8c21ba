"""Sixteen 1080p25 pictures for five minutes through one relay: no picture may stall over a second.

`bench_wall_hd.py --short` watches for thirty seconds. Server, cameras and viewers are processes of
their own on the same cores; processor time and memory are the server's alone. What a browser makes
of it is `bench_wall`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import bench_relay
from bench_relay import CAMERAS, HERE, MAIN, SUB
from served_for_bench import cpu_s

from video.simulator.clips import cached_clip

WARM_S, WATCH_S, SHORT_S = 8.0, 300.0, 30.0
LONGEST_STALL_S, CORES_LIMIT, MEMORY_LIMIT_MB = 1.0, 0.5, 600.0


def main(for_s: float = WATCH_S) -> bool:
    """Print the figures; True when no picture stalled and the server kept within its limits."""
    clips = Path("var/clips")
    main_clip, sub_clip = cached_clip(clips, MAIN), cached_clip(clips, SUB)
    with bench_relay.source(main_clip, sub_clip) as rtsp_port:
        figures = _watch(rtsp_port, main_clip, for_s)
    stall_s, core, rss_mb = figures["stall_s"], figures["core"], figures["rss_mb"]
    print(f"16 x 1080p25 for {for_s:g} s: {figures['pictures']:.0f} pictures,"
          f" slowest {figures['fps']:.1f} fps, load average {os.getloadavg()[0]:.1f}")  # fmt: skip
    is_good = _say("longest stall of any tile, s", stall_s, LONGEST_STALL_S)
    is_good &= _say("server, share of one core", core, CORES_LIMIT)
    return is_good & _say("server memory, MB", rss_mb, MEMORY_LIMIT_MB)


def _say(name: str, value: float, limit: float) -> bool:
    print(f"{name}: {value:.3f} (limit {limit:g}) ratio {value / limit:.2f}")
    return value <= limit


def _watch(rtsp_port: int, clip: Path, for_s: float) -> dict[str, float]:
    paths = [f"/media/{camera}/main" for camera in range(CAMERAS)]
    with bench_relay.relay(rtsp_port) as (process, port):
        wanted = {"port": port, "paths": paths, "clip": str(clip), "warm_s": WARM_S,
                  "for_s": for_s}  # fmt: skip
        watching = [sys.executable, str(HERE / "relay_viewers.py"), json.dumps(wanted)]
        with bench_relay.running(watching, stdout=subprocess.PIPE) as watchers:
            assert json.loads(watchers.stdout.readline())["warm"]
            before_s = cpu_s(process.pid)
            counted = json.loads(watchers.stdout.readline())
            return {
                "core": (cpu_s(process.pid) - before_s) / for_s,
                "rss_mb": bench_relay.rss_mb(process.pid),
                "stall_s": max(counted["longest_gap_s"]),
                "fps": counted["slowest"] / for_s,
                "pictures": counted["messages"],
            }


if __name__ == "__main__":
    sys.exit(not main(SHORT_S if "--short" in sys.argv else WATCH_S))
