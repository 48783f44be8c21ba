"""POST /api/coverage/what-if while a planner drags cameras through a city: p95 of the answers.

10,000 cameras, 40,000 buildings with heights and 400 grids on a real server process. Asked one
after the other, as the console does, and then faster than answers come, as nobody should.
"""

import asyncio
import sys
import time
from collections.abc import Iterator

import databases_for_bench as scratch
import httpx
import numpy as np
import psycopg
from city import City, make_city
from scenes_in_db import CENTRE, SIDE_M, fill, fill_grids
from served_for_bench import cpu_s, server

from backend.settings import load

LIMIT_P95_MS = 100.0
DRAGS, STEPS = 25, 12
STEP_M, STEP_DEG = 3.0, 7.0
FLOOD_PER_S, FLOOD_S = 40, 5
PORT = 8794
PATH = "/api/coverage/what-if"

Json = dict[str, object]


def main() -> bool:
    with scratch.database("bench_whatif") as url:
        city = make_city()
        fill(url, city)
        fill_grids(url, per_side=20)
        token = scratch.token(url, "planner", "690000000000")
        ids = _ids(url)
        with server(url, PORT) as pid:
            headers = {"Authorization": f"Bearer {token}"}
            base = f"http://127.0.0.1:{PORT}"
            with httpx.Client(base_url=base, headers=headers, timeout=180) as client:
                holds = _dragged(client, city, ids, pid)
            holds &= asyncio.run(_flooded(base, headers, city, ids))
    return holds


def _dragged(client: httpx.Client, city: City, ids: list[int], pid: int) -> bool:
    started = time.perf_counter()
    _asked(client, [_new(city, 0)])
    first_s = time.perf_counter() - started
    picked_ms, dragged_ms, grids = [], [], []
    before_s = cpu_s(pid)
    rng = np.random.default_rng(5)
    for camera in rng.choice(len(ids), DRAGS, replace=False):
        for step, changes in enumerate(_drag(rng, city, ids, int(camera))):
            began = time.perf_counter()
            told = _asked(client, changes)
            took_ms = (time.perf_counter() - began) * 1000
            (dragged_ms if step else picked_ms).append(took_ms)
            grids.append(len(told["grids"]))  # type: ignore[arg-type]
    p50, p95, p99 = np.percentile(dragged_ms, [50, 95, 99])
    cpu_ms = (cpu_s(pid) - before_s) * 1000 / len(grids)
    print(
        f"what-if, 10,000 cameras, 400 grids, {len(dragged_ms)} steps of {DRAGS} drags over"
        f" {np.mean(grids):.1f} grids: p50 {p50:.1f} ms, p95 {p95:.1f} ms (limit"
        f" {LIMIT_P95_MS:g} ms, ratio {p95 / LIMIT_P95_MS:.2f}), p99 {p99:.1f} ms,"
        f" {cpu_ms:.1f} ms of the server's CPU each;"
        f" first step on new streets p50 {np.median(picked_ms):.0f} ms,"
        f" first question after the start {first_s:.1f} s"
    )
    return bool(p95 < LIMIT_P95_MS)


def _drag(
    rng: np.random.Generator, city: City, ids: list[int], camera: int
) -> Iterator[list[Json]]:
    """Yield a camera on its way along a street, turning; beside a new one and one taken down."""
    heading = rng.uniform(0.0, 2.0 * np.pi)
    beside = _new(city, camera)
    gone = {"op": "remove", "camera_id": ids[(camera + 1) % len(ids)]}
    for step in range(STEPS):
        way_m = step * STEP_M
        lon, lat = _lonlat(
            city.x[camera] + way_m * np.sin(heading), city.y[camera] + way_m * np.cos(heading)
        )
        azimuth = float((city.azimuth_deg[camera] + step * STEP_DEG) % 360.0)
        moved = {"op": "move", "camera_id": ids[camera], "lon": lon, "lat": lat}
        yield [moved | {"azimuth_deg": azimuth}, beside, gone][: 1 + step % 3]


def _new(city: City, camera: int) -> Json:
    lon, lat = _lonlat(city.x[camera] + 2.0, city.y[camera] + 2.0)
    aim = {"azimuth_deg": 45, "fov_deg": 70, "range_m": 120, "height_m": 6, "width_px": 2560}
    return {"op": "add", "key": "new", "lon": lon, "lat": lat} | aim


def _lonlat(x: float, y: float) -> tuple[float, float]:
    lon, lat = CENTRE.to_lonlat(x - SIDE_M / 2, y - SIDE_M / 2)
    return float(lon), float(lat)


def _asked(client: httpx.Client, changes: list[Json]) -> Json:
    answer = client.post(PATH, json={"changes": changes})
    answer.raise_for_status()
    told: Json = answer.json()
    return told


async def _flooded(base: str, headers: dict[str, str], city: City, ids: list[int]) -> bool:
    """Ask on a fixed clock, whether or not answers came: what is late is refused, not queued."""
    rng = np.random.default_rng(6)
    steps = [changes for _ in range(20) for changes in _drag(rng, city, ids, 4321)]
    times_ms: list[float] = []
    refused = failed = 0
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=180) as client:

        async def one(changes: list[Json]) -> None:
            nonlocal refused, failed
            began = time.perf_counter()
            answer = await client.post(PATH, json={"changes": changes})
            if answer.status_code == httpx.codes.CONFLICT:
                refused += 1
            elif answer.status_code == httpx.codes.OK:
                times_ms.append((time.perf_counter() - began) * 1000)
            else:
                failed += 1

        begin = time.perf_counter()
        tasks = []
        for k, changes in enumerate(steps[: FLOOD_PER_S * FLOOD_S]):
            await asyncio.sleep(max(0.0, begin + k / FLOOD_PER_S - time.perf_counter()))
            tasks.append(asyncio.create_task(one(changes)))
        await asyncio.gather(*tasks)
    p50, p95 = np.percentile(times_ms, [50, 95])
    print(
        f"one user asking {FLOOD_PER_S} times a second for {FLOOD_S} s: {len(times_ms)} answered,"
        f" {refused} superseded, {failed} failed; answered p50 {p50:.0f} ms, p95 {p95:.0f} ms"
    )
    return failed == 0


def _ids(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM cameras ORDER BY id")]


if __name__ == "__main__":
    load.cache_clear()
    sys.exit(0 if main() else 1)
