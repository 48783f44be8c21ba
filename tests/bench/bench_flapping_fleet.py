"""F3: 500 cameras that go and come each 2 s for a minute, beside somebody who works with incidents.

A server and a media worker as processes of their own. Calm and storm take turns, so that both see
the same machine. Printed: status events a camera and window, rows kept, and the 99th percentile of
a question that has nothing to do with cameras; twice that of the calm is the limit.
"""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from statistics import quantiles

import httpx
import psycopg
from databases_for_bench import database, token

CAMERAS, MINUTE_S = 500, 60.0
#: A first word and a turn, then windows of 5, 10, 20 and 40 s, the last ending after the minute.
MOST_EVENTS = 6
PORT = 8397
LIMIT = 2.0
ASKED_EVERY_S = 0.02
FLAPPING = Path(__file__).resolve().parents[1] / "fault" / "flapping.py"
VILLAGE = 610522101201

_SERVE = (
    "import sys, uvicorn; from backend.app import create_app;"
    "uvicorn.run(create_app(), port=int(sys.argv[1]), log_level='error', access_log=False,"
    " loop='uvloop', http='httptools')"
)


def main(seconds: float = MINUTE_S) -> bool:
    """Print figures of a calm minute, a stormy one and a calm one again; False beyond a limit."""
    with database("bench_flapping") as url:
        cameras = _fill(url)
        bearer = token(url, "operator", "610522000000")
        environment = os.environ | {
            "GRIDLINK_DATABASE_URL": url,
            "PYTHONPATH": str(FLAPPING.parents[2]),
        }
        serving = subprocess.Popen([sys.executable, "-c", _SERVE, str(PORT)], env=environment)
        try:
            with closing(_asking(bearer)) as client:
                before = _calm(client, seconds / 2)
                heard, storm = _storm(client, url, environment, cameras, seconds)
                after = _calm(client, seconds / 2)
        finally:
            serving.terminate()
            serving.wait(15)
        rows = _count(url)
    return _told(heard, (before + after, storm), rows)


def _fill(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO cameras (set_name, name, division_code, height_m, geom, is_alive)"
            " SELECT 'flap', 'F' || n, %s, 6,"
            " ST_SetSRID(ST_Point(110.0 + n * 0.00003, 34.505), 4326), true"
            " FROM generate_series(1, %s) n",
            (VILLAGE, CAMERAS),
        )
        connection.execute(
            "INSERT INTO devices (camera_id, address)"
            " SELECT id, 'http://10.0.0.' || id % 250 || '/' FROM cameras"
        )
        return [row[0] for row in connection.execute("SELECT id FROM cameras ORDER BY id")]


def _asking(bearer: str) -> httpx.Client:
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{PORT}",
        timeout=60,
        headers={"Authorization": f"Bearer {bearer}"},
    )
    end = time.monotonic() + 60
    while True:
        try:
            client.get("/api/incidents").raise_for_status()
            return client
        except httpx.TransportError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def _calm(client: httpx.Client, seconds: float) -> list[float]:
    end, taken = time.monotonic() + seconds, []
    while time.monotonic() < end:
        taken.append(_ask_s(client))
    return taken


def _ask_s(client: httpx.Client) -> float:
    """Return how long a question took, and rest as a person's console does."""
    began = time.perf_counter()
    client.get("/api/incidents").raise_for_status()
    taken = time.perf_counter() - began
    time.sleep(ASKED_EVERY_S)
    return taken


def _storm(
    client: httpx.Client, url: str, environment: dict[str, str], cameras: list[int], seconds: float
) -> tuple[dict[int, list[float]], list[float]]:
    """Return when events of each camera came, and how long questions took meanwhile."""
    heard: dict[int, list[float]] = defaultdict(list)
    taken: list[float] = []
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute("LISTEN gridlink_changes")
        child = subprocess.Popen(
            [
                *(sys.executable, str(FLAPPING), "--cameras", json.dumps(cameras)),
                *("--seconds", str(seconds)),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        while child.poll() is None:
            asked_s = _ask_s(client)
            for notify in listener.notifies(timeout=0):
                told = json.loads(notify.payload)
                if told["noun"] == "camera":
                    heard[told["id"]].append(time.monotonic())
            if heard:  # what a process costs to start is no flapping
                taken.append(asked_s)
    return heard, taken


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM camera_checks").fetchone()
    return int(row[0]) if row else 0


def _told(heard: dict[int, list[float]], taken: tuple[list[float], list[float]], rows: int) -> bool:
    calm_s, storm_s = (quantiles(times, n=100) for times in taken)
    ratio = storm_s[98] / calm_s[98]
    total, most = sum(map(len, heard.values())), max(map(len, heard.values()))
    # A window follows each turn; the first word on a camera is none.
    least_s = min(b - a for at in heard.values() for a, b in pairwise(at[1:]))
    print(
        f"{total} status events of {len(heard)} cameras, {most} of one at most, turns at least"
        f" {least_s:.1f} s apart; {rows} checks kept"
    )
    print(
        f"questions {len(taken[0])} / {len(taken[1])}: median {calm_s[49] * 1e3:.1f} ->"
        f" {storm_s[49] * 1e3:.1f} ms, p99 {calm_s[98] * 1e3:.1f} -> {storm_s[98] * 1e3:.1f} ms,"
        f" ratio {ratio:.2f} (limit {LIMIT})"
    )
    return ratio <= LIMIT and rows <= MOST_EVENTS * CAMERAS and most <= MOST_EVENTS


if __name__ == "__main__":
    sys.exit(0 if main(float(sys.argv[1]) if len(sys.argv) > 1 else MINUTE_S) else 1)
