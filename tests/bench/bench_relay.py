"""What the live relay costs and how late it is: source, relay and viewers in three processes.

Run from the project's root: ``.venv/bin/python tests/bench/bench_relay.py``. CPU is process time,
so other work on the machine does not count; latencies do suffer from it.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

from served_for_bench import cpu_s

from video.simulator.clips import ClipRecipe, cached_clip

INGEST_LIMIT, OUTPUT_LIMIT, LATENCY_LIMIT_S = 0.30, 0.60, 0.300
CAMERAS = 16
FEWEST_FPS = 20.0
WARM_S, MEASURE_S = 6.0, 12.0
HERE = Path(__file__).parent
MAIN = ClipRecipe("h264", 1920, 1080, Fraction(25), 50, 4, bitrate_kbps=4000)
SUB = ClipRecipe("h264", 640, 360, Fraction(25), 50, 4, bitrate_kbps=500)


def main() -> bool:
    """Print the figures; True when every limit holds."""
    clips = Path("var/clips")
    main_clip, sub_clip = cached_clip(clips, MAIN), cached_clip(clips, SUB)
    with source(main_clip, sub_clip) as rtsp_port:
        ingest = _measure(rtsp_port, main_clip, "main", viewers=1)
        outputs = _measure(rtsp_port, sub_clip, "sub", viewers=16)
    is_good = _say("relay 16 x 1080p25, share of one core", ingest["core"], INGEST_LIMIT)
    is_good &= _say("relay 256 outputs of 360p25, share of one core", outputs["core"], OUTPUT_LIMIT)
    for name, figures in (("16 x 1 1080p", ingest), ("16 x 16 360p", outputs)):
        is_good &= _say(f"added latency {name}, median s", figures["p50_s"], LATENCY_LIMIT_S)
        print(
            f"  {name}: p95 {figures['p95_s']:.3f} s, slowest viewer {figures['fps']:.1f} fps, "
            f"{figures['mbps']:.0f} Mbit/s out, relay memory {figures['rss_mb']:.0f} MB"
        )
        # A busy machine lets the source leave out pictures; far fewer would make the figures void.
        is_good &= figures["fps"] > FEWEST_FPS
    return is_good


def _say(name: str, value: float, limit: float) -> bool:
    print(f"{name}: {value:.3f} (limit {limit:g}) ratio {value / limit:.2f}")
    return value <= limit


@contextmanager
def source(
    main_clip: Path, sub_clip: Path, more: Sequence[dict[str, object]] = ()
) -> Iterator[int]:
    """Run 16 simulated cameras, and more; yield their RTSP port."""
    fleet = [
        {
            "id": f"cam-{number:03d}", "scene": "clip", "main_clip": str(main_clip),
            "sub_clip": str(sub_clip), "main_fps": 25, "sub_fps": 25, "gop_s": 2,
            "main_size": [1920, 1080], "join": "at_once",
        }
        for number in range(CAMERAS)
    ] + [*more]  # fmt: skip
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(fleet, file)
        file.flush()
        ports = _free_port(), _free_port()
        command = [sys.executable, "-m", "video.simulator", "--fleet", file.name,
                   "--onvif-port", str(ports[0]), "--rtsp-port", str(ports[1])]  # fmt: skip
        with running(command, stdout=subprocess.PIPE) as process:
            assert json.loads(process.stdout.readline())["ready"]
            yield ports[1]


def _measure(rtsp_port: int, clip: Path, profile: str, *, viewers: int) -> dict[str, float]:
    """Start a fresh relay, let the viewers watch, and return what it took."""
    paths = [f"/media/{camera}/{profile}" for camera in range(CAMERAS) for _ in range(viewers)]
    with relay(rtsp_port) as (process, port):
        wanted = {"port": port, "paths": paths, "clip": str(clip),
                  "warm_s": WARM_S, "for_s": MEASURE_S}  # fmt: skip
        watching = [sys.executable, str(HERE / "relay_viewers.py"), json.dumps(wanted)]
        with running(watching, stdout=subprocess.PIPE) as watchers:
            assert json.loads(watchers.stdout.readline())["warm"]
            before_s, began = cpu_s(process.pid), time.monotonic()
            counted = json.loads(watchers.stdout.readline())
            core = (cpu_s(process.pid) - before_s) / (time.monotonic() - began)
            memory_mb = rss_mb(process.pid)
    ages_s = sorted(counted["ages_s"])
    assert len(ages_s) > 100, "no picture was recognised"
    return {
        "core": core,
        "p50_s": statistics.median(ages_s),
        "p95_s": ages_s[int(len(ages_s) * 0.95)],
        "fps": counted["slowest"] / MEASURE_S,
        "mbps": counted["bytes"] * 8 / MEASURE_S / 1e6,
        "rss_mb": memory_mb,
    }


@contextmanager
def relay(
    rtsp_port: int, before: Sequence[str] = ()
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run a fresh relay of these cameras, by the command `before`; yield its process and port."""
    port = _free_port()
    command = [*before, sys.executable, "-m", "uvicorn", "relay_app:app", "--app-dir", str(HERE),
               "--port", str(port), "--loop", "uvloop", "--ws", "websockets-sansio",
               "--ws-per-message-deflate", "false", "--log-level", "warning",
               "--lifespan", "off"]  # fmt: skip
    environment = {**os.environ, "GRIDLINK_BENCH_RTSP": f"rtsp://127.0.0.1:{rtsp_port}"}
    with running(command, env=environment) as process:
        _until_listening(port)
        yield process, port


@contextmanager
def running(command: list[str], **options: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def rss_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _until_listening(port: int, within_s: float = 20.0) -> None:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the relay does not listen")


if __name__ == "__main__":
    sys.exit(not main())
