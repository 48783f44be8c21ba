"""2,000 devices looked at by one media worker: no herd, and each in its period.

First the plan alone on a clock of its own: a whole period in rounds of a second, as the worker
makes them. Then real looks in real time, over RTSP from simulated cameras and decoded in the
child: half a minute at the pace of the plan, and as long after the worker was away for an hour and
all 2,000 are overdue. Connections are counted where they arrive.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import psycopg
from databases_for_bench import database

from backend import db
from backend.cameras.health import planning, recording
from backend.cameras.health.sampling import PAUSE_S, Sampler
from backend.settings import load
from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.gateway import MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.source import StreamTarget
from video.stream_state import HubKey

DEVICES = 2000
PERIOD_S = 900.0
REAL_S = 30.0
#: A look asks for the description and opens the stream.
PER_LOOK = 2
MOST_LATE_S = 10.0
SIMULATED = [
    DeviceSpec(f"d{n}", scene="clip", sub_size=(320, 180), sub_fps=6.25, main_fps=6.25)
    for n in range(8)
]


def main() -> bool:
    """Print figures; False when a limit was missed."""
    with _filled() as url:
        is_planned = _plan_alone()
        is_paced = asyncio.run(_really(url, "at the pace of the plan", _due_now(spread=True)))
        is_calm = asyncio.run(_really(url, "after an hour away", _due_now(spread=False)))
        db.engine().dispose()
    return is_planned and is_paced and is_calm


@contextmanager
def _filled() -> Iterator[str]:
    with database("bench_health_polling") as url:
        os.environ["GRIDLINK_DATABASE_URL"] = url
        os.environ["GRIDLINK_HEALTH__EVERY_S"] = str(PERIOD_S)
        load.cache_clear()
        db.engine.cache_clear()
        with psycopg.connect(url) as connection:
            connection.execute(
                "INSERT INTO cameras (set_name, name, division_code, geom)"
                " SELECT 'bench', 'c' || i, 0, ST_SetSRID(ST_Point(110, 34.5), 4326)"
                " FROM generate_series(1, %s) i",
                (DEVICES,),
            )
            connection.execute(
                "INSERT INTO devices (camera_id, address)"
                " SELECT id, 'http://127.0.0.1' FROM cameras"
            )
        yield url


def _plan_alone() -> bool:
    """Claim and put off through a period; every camera once, few in any second."""
    start = datetime.now(UTC)
    with db.begin() as session:
        planning.take_in_new(session, start - timedelta(minutes=2))
        due = {
            "at": start.timestamp(), "golden": planning._GOLDEN, "every": PERIOD_S,
        }  # fmt: skip
        session.execute(
            planning.text(
                "UPDATE camera_health SET due_at = to_timestamp(:at"
                " + mod(camera_id * CAST(:golden AS numeric), 1) * :every)"
            ),
            due,
        )
    looked: Counter[int] = Counter()
    rounds = []
    for second in range(1, int(PERIOD_S) + 1):
        now = start + timedelta(seconds=second)
        with db.begin() as session:
            chosen = planning.claim(session, planning.Share(), load().health.at_once, now)
            for camera_id in chosen:
                recording.put_off(session, camera_id, now)
        rounds.append(len(chosen))
        looked.update(chosen)
    most, mean = max(rounds), DEVICES / PERIOD_S
    holds = len(looked) == DEVICES and max(looked.values()) == 1 and most <= 2 * mean + 1
    print(
        f"plan of {DEVICES} devices over {PERIOD_S:g} s: {len(looked)} looked at, each at most"
        f" {max(looked.values())} times; {mean:.1f} looks a second, at most {most}"
        f" (limit {2 * mean + 1:.1f}, ratio {most / (2 * mean + 1):.2f})"
    )
    return holds


def _due_now(*, spread: bool) -> str:
    at = "mod(camera_id * 0.6180339887498949, 1) * 900" if spread else "-3600"
    return (
        "UPDATE camera_health SET claimed_at = NULL, sampled_at = NULL,"
        f" due_at = now() + make_interval(secs => {at})"
    )


async def _really(url: str, when: str, due: str) -> bool:
    async with Fleet(SIMULATED) as fleet:

        async def resolve(key: HubKey) -> StreamTarget:
            name = f"d{key.camera_id % len(SIMULATED)}"
            policy = AddressPolicy.of("127.0.0.0/8")
            return StreamTarget(
                fleet.rtsp_url(name, "sub"), policy, Credentials("admin", "gridlink-sim")
            )

        gateway = MediaGateway(resolve)
        host = SimpleNamespace(number=0, gateway=gateway, key=lambda n: HubKey(n, "sub"))
        sampler = Sampler()
        with psycopg.connect(url) as connection:
            connection.execute(due)
        begun, open_most, arrived = time.monotonic(), 0, []
        try:
            while time.monotonic() - begun < REAL_S:
                before = fleet.rtsp.accepted
                await sampler.round(host)
                for _ in range(10):
                    await asyncio.sleep(PAUSE_S / 10)
                    open_most = max(open_most, len(fleet.rtsp._sessions))
                arrived.append(fleet.rtsp.accepted - before)
        finally:
            await sampler.close()
            await gateway.close()
    return _told(url, when, arrived, open_most)


def _told(url: str, when: str, arrived: list[int], open_most: int) -> bool:
    with psycopg.connect(url) as connection:
        [(looked, worst_s, waiting)] = connection.execute(
            "SELECT count(*) FILTER (WHERE sampled_at IS NOT NULL),"
            " coalesce(max(extract(epoch FROM now() - due_at))"
            "   FILTER (WHERE sampled_at IS NULL AND due_at < now() AND due_at > now() - interval"
            "   '30 min'), 0), count(*) FILTER (WHERE due_at <= now())"
            " FROM camera_health"
        ).fetchall()
    at_once = load().health.at_once
    # A round begins at most so many looks; the second connections of the round before may follow.
    limit = (PER_LOOK + 1) * at_once
    through_s = DEVICES * REAL_S / max(1, looked)
    is_through = waiting < DEVICES / 2 or through_s <= PERIOD_S
    holds = max(arrived) <= limit and float(worst_s) <= MOST_LATE_S and looked > 0 and is_through
    print(
        f"{when}: {looked} looks in {REAL_S:g} s; connections a second: mean"
        f" {np.mean(arrived):.1f}, at most {max(arrived)} (limit {limit}, ratio"
        f" {max(arrived) / limit:.2f}); {open_most} open at once; {waiting} waiting, of those"
        f" that were in time the latest {float(worst_s):.1f} s (limit {MOST_LATE_S:g} s)"
        + (f"; all through in {through_s:.0f} s (limit {PERIOD_S:g})" if waiting > looked else "")
    )
    return holds


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
