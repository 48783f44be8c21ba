"""Simulated phones of the county's units: each walks its rounds and sends fixes over HTTP.

Run as `python -m backend.demo.patrols`. As in life, some phones fall silent now and then, and
some send late. What happened before the start is sent first.
"""

import json
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import shapely
from sqlalchemy import text

from ..db import begin
from ..settings import load
from .forces import BEFORE, trackers_file, trackers_missing
from .walks import M_PER_DEG, Ints, Roads, Walk, round_trip

_EVERY_S = 10.0
_BATCH = 1000
_STOPS = 8
_SPEED_MPS = {"foot": 1.2, "ebike": 4.2, "motorcycle": 7.0, "car": 8.0}
_WAIT_FOR_ROADS_S = 120.0
_ACCURACY_M = 6.0

_EDGES = text("SELECT source, target, length_m, ST_AsBinary(geom) FROM road_edges WHERE part = :p")
_MAIN = text("SELECT part FROM road_edges GROUP BY part ORDER BY sum(length_m) DESC LIMIT 1")
_UNITS = text("""
SELECT u.code, u.vehicle, extract(epoch FROM p.at) AS last_s,
       array_agg(ST_X(ST_PointOnSurface(g.geom)) ORDER BY g.code) AS lon,
       array_agg(ST_Y(ST_PointOnSurface(g.geom)) ORDER BY g.code) AS lat
FROM units u JOIN unit_grids h ON h.unit_id = u.id JOIN grids g ON g.id = h.grid_id
LEFT JOIN unit_positions p ON p.unit_id = u.id
WHERE u.is_active GROUP BY u.id, p.at ORDER BY u.code
""")

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Phone:
    """One unit's phone: its walk, its token, and the moment up to which it has sent."""

    number: int
    code: str
    token: str
    walk: Walk
    sent_s: float

    def is_silent(self, at_s: float) -> bool:
        """Every fifth phone says nothing for 20 minutes of every three hours."""
        return self.number % 5 == 2 and (at_s / 60.0 + 37 * self.number) % 180.0 < 20.0

    def delay_s(self) -> float:
        """Every ninth phone sends late: it has no network for minutes at a time."""
        return 240.0 if self.number % 9 == 4 else 0.0

    def fix(self, at_s: float) -> dict[str, Any]:
        lon, lat = self.walk.position(at_s)
        # A steady error of some metres that turns slowly, as that of a receiver among houses.
        turn = 2 * math.pi * (at_s / 900.0 + 0.37 * self.number)
        lat += 3.0 * math.sin(turn) / M_PER_DEG
        lon += 3.0 * math.cos(turn) / M_PER_DEG
        at = datetime.fromtimestamp(at_s, UTC).isoformat()
        return {"lon": round(lon, 7), "lat": round(lat, 7), "at": at, "accuracy": _ACCURACY_M}

    def due(self, now_s: float) -> Iterator[list[dict[str, Any]]]:
        """Yield what is to be sent by now, in batches, oldest first."""
        until_s = now_s - self.delay_s()
        if self.delay_s() and until_s - self.sent_s < 120.0:
            return
        times = np.arange(math.ceil((self.sent_s + 0.001) / _EVERY_S) * _EVERY_S, until_s, _EVERY_S)
        fixes = [self.fix(float(at)) for at in times if not self.is_silent(float(at))]
        for k in range(0, len(fixes), _BATCH):
            yield fixes[k : k + _BATCH]
        self.sent_s = max(self.sent_s, until_s)


def main() -> None:
    """Send until ended."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    while trackers_missing():  # the units are set up while this process waits
        time.sleep(0.5)
    tokens = json.loads(trackers_file().read_text("utf-8"))
    phones = list(_phones(_roads(), tokens))
    log.info("%d phones walk", len(phones), extra={"action": "demo.patrols"})
    base_url = f"http://127.0.0.1:{load().http.port}"
    with httpx.Client(base_url=base_url, timeout=30) as client:
        while True:
            began = time.monotonic()
            for phone in phones:
                _send(client, phone)
            time.sleep(max(_EVERY_S - (time.monotonic() - began), 0.1))


def _send(client: httpx.Client, phone: Phone) -> None:
    """Send what is due; a batch that did not arrive is sent again next time."""
    before_s = phone.sent_s
    for fixes in phone.due(time.time()):
        try:
            answer = client.post(
                "/api/patrol/fixes",
                json={"fixes": fixes},
                headers={"Authorization": f"Bearer {phone.token}"},
            )
            answer.raise_for_status()
        except httpx.HTTPError as lost:
            phone.sent_s = before_s
            log.warning("%s: %s", phone.code, type(lost).__name__)
            return


def _phones(roads: Roads, tokens: dict[str, str]) -> Iterator[Phone]:
    nodes = shapely.STRtree(shapely.points(_node_lonlat(roads)))
    with begin() as session:
        rows = session.execute(_UNITS).all()
    earliest_s = (datetime.now(UTC) - BEFORE + timedelta(minutes=1)).timestamp()
    for number, row in enumerate(rows):
        if row.code not in tokens:
            continue
        walk = round_trip(roads, _stops(nodes, row), _SPEED_MPS[row.vehicle])
        if walk is not None:
            last_s = max(float(row.last_s or 0.0), earliest_s)
            yield Phone(number, row.code, tokens[row.code], walk, last_s)


def _stops(nodes: shapely.STRtree, row: Any) -> Ints:
    """Return the road nodes nearest to the middles of some of the unit's grids, in code order."""
    step = max(len(row.lon) // _STOPS, 1)
    spots = shapely.points(row.lon[::step], row.lat[::step])
    near = np.asarray(nodes.nearest(spots), dtype=np.int64)
    if len(set(near.tolist())) < 2:  # one grid: out to the second nearest crossing and back
        ways = shapely.buffer(spots[0], 0.01)
        around = nodes.query(ways, predicate="intersects")
        near = np.concatenate([near[:1], around[around != near[0]][:3]])
    return near


def _node_lonlat(roads: Roads) -> Any:
    lonlat = np.zeros((roads.nodes, 2))
    for source, target, line in zip(roads.source, roads.target, roads.lines, strict=True):
        lonlat[source], lonlat[target] = line[0], line[-1]
    return lonlat


def _roads() -> Roads:
    """Read the largest part of the road network; it is built by a job after the roads' import."""
    deadline = time.monotonic() + _WAIT_FOR_ROADS_S
    while True:
        with begin() as session:
            part = session.scalar(_MAIN)
            rows = [] if part is None else session.execute(_EDGES, {"p": part}).all()
        if rows:
            break
        if time.monotonic() > deadline:
            raise SystemExit("there is no road network to walk on")
        time.sleep(1.0)
    ends = np.array([[row[0], row[1]] for row in rows])
    _, numbers = np.unique(ends, return_inverse=True)
    numbers = numbers.reshape(ends.shape)
    lines = [shapely.get_coordinates(shapely.from_wkb(bytes(row[3]))) for row in rows]
    return Roads(numbers[:, 0], numbers[:, 1], np.array([float(row[2]) for row in rows]), lines)


if __name__ == "__main__":
    main()
