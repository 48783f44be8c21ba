"""Fifty cameras at once through one media worker that may hold 512 MB, its children included (F15).

48 pictures of 360p25 as they come and two of H.265 converted in children. Where the kernel lets us
make a memory group, the limit is enforced by it; elsewhere it is held against what was used.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bench_relay
from bench_relay import HERE, MAIN, SUB
from served_for_bench import cpu_s

from video.simulator.clips import cached_clip

PLAIN, CONVERTED = 48, 2
WARM_S, WATCH_S = 20.0, 20.0
LIMIT_MB, FEWEST_FPS = 512.0, 20.0
# The first version of control groups: the one that lies beneath this machine.
GROUPS = Path("/sys/fs/cgroup/memory")
_JOIN = 'echo $$ > "$0/cgroup.procs"; exec "$@"'


def main() -> bool:
    """Print the figures; True when the limit held and every picture went on."""
    clips = Path("var/clips")
    main_clip, sub_clip = cached_clip(clips, MAIN), cached_clip(clips, SUB)
    size = {"main_size": [1280, 720], "main_fps": 12.5, "scene": "clip"}
    plain = {"scene": "clip", "main_clip": str(main_clip), "sub_clip": str(sub_clip)}
    more = [
        {"id": f"cam-{number:03d}", "main_fps": 25, "sub_fps": 25, "gop_s": 2} | plain
        for number in range(bench_relay.CAMERAS, PLAIN)
    ]
    more += [
        {"id": f"cam-{PLAIN + number:03d}", "codec": "h265"} | size for number in range(CONVERTED)
    ]
    with bench_relay.source(main_clip, sub_clip, more) as rtsp_port, _group() as group:
        figures = _watch(rtsp_port, sub_clip, group)
    enforced = "enforced" if group else "not enforced: no memory group may be made here"
    print(f"50 cameras for {WATCH_S:g} s: slowest {figures['fps']:.1f} fps,"
          f" {figures['core']:.2f} of a core, load average {os.getloadavg()[0]:.1f},"
          f" {figures['children']:.0f} children, limit {enforced}")  # fmt: skip
    ratio = figures["mb"] / LIMIT_MB
    print(f"worker and children, MB: {figures['mb']:.0f} (limit {LIMIT_MB:g}) ratio {ratio:.2f}")
    return ratio <= 1 and figures["fps"] >= FEWEST_FPS / 2 and figures["children"] >= CONVERTED


@contextmanager
def _group() -> Iterator[Path | None]:
    """Give a memory group with the limit, None where none may be made."""
    group = GROUPS / f"gridlink-bench-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        yield None
        return
    try:
        (group / "memory.limit_in_bytes").write_text(str(int(LIMIT_MB * 1e6)))
        yield group
    finally:
        group.rmdir()


def _watch(rtsp_port: int, clip: Path, group: Path | None) -> dict[str, float]:
    paths = [f"/media/{number}/sub" for number in range(PLAIN)]
    paths += [f"/media/{PLAIN + number}/main" for number in range(CONVERTED)]
    before = ["sh", "-c", _JOIN, str(group)] if group else []
    with bench_relay.relay(rtsp_port, before) as (process, port):
        wanted = {"port": port, "paths": paths, "clip": str(clip), "warm_s": WARM_S,
                  "for_s": WATCH_S}  # fmt: skip
        watching = [sys.executable, str(HERE / "relay_viewers.py"), json.dumps(wanted)]
        with bench_relay.running(watching, stdout=subprocess.PIPE) as watchers:
            assert json.loads(watchers.stdout.readline())["warm"]
            before_s = cpu_s(process.pid)
            counted = json.loads(watchers.stdout.readline())
            children = _children(process.pid)
            return {
                "core": (cpu_s(process.pid) - before_s) / WATCH_S,
                "mb": _used_mb(group, [process.pid, *children]),
                "children": len(children),
                "fps": counted["slowest"] / WATCH_S,
            }


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(number) for number in listed.read_text().split()] if listed.exists() else []


def _used_mb(group: Path | None, pids: list[int]) -> float:
    if group is None:
        return sum(bench_relay.rss_mb(pid) for pid in pids)
    return int((group / "memory.max_usage_in_bytes").read_text()) / 1e6


if __name__ == "__main__":
    sys.exit(not main())
