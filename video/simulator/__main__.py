"""Run a fleet of simulated cameras: `python -m video.simulator --fleet FILE.json`.

Prints one JSON line when both ports listen; ends on SIGINT or SIGTERM.
"""

import argparse
import asyncio
import json
import logging
import signal
import sys
from pathlib import Path

from video.simulator.fleet import Fleet, read_fleet


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m video.simulator", description=__doc__)
    parser.add_argument("--fleet", type=Path, required=True, help="JSON list of devices")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--onvif-port", type=int, default=8200)
    parser.add_argument("--rtsp-port", type=int, default=8554)
    parser.add_argument("--discovery", action="store_true", help="answer WS-Discovery, UDP 3702")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    fleet = Fleet(
        read_fleet(arguments.fleet),
        host=arguments.host,
        onvif_port=arguments.onvif_port,
        rtsp_port=arguments.rtsp_port,
        has_discovery=arguments.discovery,
    )
    async with fleet:
        ready = {
            "ready": True,
            "host": fleet.host,
            "onvif_port": fleet.onvif_port,
            "rtsp_port": fleet.rtsp_port,
            "devices": len(fleet.devices),
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await stopped.wait()


def main() -> None:
    """Entry point."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(_run(_arguments()))


if __name__ == "__main__":
    main()
