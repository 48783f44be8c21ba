"""F17: two editors want the same grids while fixes come in and coverage is counted.

After every commit the grids tile; the slower editor gets 409; each fix lies in one grid of one
version, and is counted once.
"""

import math
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import psycopg
import pytest
import shapely

from backend import db
from gis.gridarea import area_m2
from tests.integration.grids.conftest import Planner, line
from tests.integration.patrol.conftest import unit  # noqa: F401  a fixture
from tests.integration.patrol.rounds import derive_all, hear, walk
from tests.integration.patrol.windows import at

pytestmark = pytest.mark.fault

ROUNDS = 4
TILING = (
    "SELECT ST_AsBinary(geom) FROM grids WHERE set_name = 'basic' AND valid_to IS NULL"
    " AND division_code BETWEEN 610522000000 AND 610522999999"
)
#: By the day of the fix, in the county's time: how many grids of the set have it.
OWNERS = """
SELECT f.unit_id, f.at, count(*), min(g.id) FROM fixes f JOIN grids g ON g.set_name = 'basic'
  AND g.valid_from <= (f.at AT TIME ZONE 'Asia/Shanghai')::date
  AND (g.valid_to IS NULL OR g.valid_to > (f.at AT TIME ZONE 'Asia/Shanghai')::date)
  AND ST_Covers(g.geom, ST_SetSRID(ST_Point(f.lon_e7 / 1e7, f.lat_e7 / 1e7), 4326))
GROUP BY f.unit_id, f.at
"""


class Tilings:
    """Looks at the grids in force again and again, as anybody may at any moment."""

    def __init__(self, url: str) -> None:
        self.url, self.seen, self.faults = url, set[bytes](), list[str]()
        self.stopped = threading.Event()
        self.ground_m2 = self.measured(self.read())

    def read(self) -> list[shapely.Geometry]:
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(TILING).fetchall()
        return [shapely.from_wkb(bytes(row[0])) for row in rows]

    def measured(self, shapes: list[shapely.Geometry]) -> float:
        return math.fsum(area_m2(shapes))

    def watch(self) -> None:
        while not self.stopped.wait(0.25):
            shapes = self.read()
            if not shapely.coverage_is_valid(shapes):
                self.faults.append(f"{len(shapes)} grids are no tiling")
            # 1e-6 of the ground is 16 m2; nodes cost a hundredth of a square millimetre.
            if abs(self.measured(shapes) - self.ground_m2) > 1e-3:
                self.faults.append(f"ground {self.measured(shapes) - self.ground_m2} m2")
            self.seen.add(b"".join(sorted(shapely.to_wkb(shape) for shape in shapes)))


@pytest.fixture
def editors(land, client) -> list[Planner]:
    land.run("DELETE FROM grids WHERE set_name = 'police' OR code = 'N1'")
    land.run("UPDATE grids SET geom = ST_SnapToGrid(geom, 1e-9), valid_from = %s", at(-99).date())
    return [Planner(client("planner")) for _ in range(2)]


def wish(editor: Planner, number: int, round_no: int) -> dict:
    """Return a split of the westernmost grid, or its merge: both editors want the same cells."""
    grids = sorted(editor.grids().values(), key=lambda f: f["geometry"]["coordinates"][0][0])
    if round_no == 2:
        pair = next(
            (a["id"], b["id"])
            for a, b in pairwise(grids)
            if shapely.length(
                shapely.intersection(*(shapely.geometry.shape(f["geometry"]) for f in (a, b)))
            )
            > 1e-4
        )
        return {"op": "merge", "grid_ids": list(pair)}
    west, south, east, north = shapely.geometry.shape(grids[0]["geometry"]).bounds
    lon = west + (east - west) * (0.35 + 0.2 * number)
    cut = line((lon, south - 0.001), (lon + (east - west) / 20, north + 0.001))
    return {"op": "split", "grid_id": grids[0]["id"], "line": cut}


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Do acts in threads that start together; return what they returned."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int) -> None:
        gate.wait(60)
        found[place] = acts[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return found


def count_all() -> None:
    from backend.coverage.refresh import refresh

    derive_all()
    with db.begin() as session:
        refresh(session)


@pytest.mark.timeout(400)
def test_two_editors_of_one_grid_leave_one_tiling(land, unit, editors) -> None:  # noqa: F811
    number = unit("A1")
    land.run("UPDATE shifts SET starts_at = %s", at(0))
    tilings = Tilings(land.url)
    watcher = threading.Thread(target=tilings.watch)
    watcher.start()
    try:
        for round_no in range(ROUNDS):
            plans = [
                editor.plan(wish(editor, who, round_no)).json()
                for who, editor in enumerate(editors)
            ]
            start = at(0) + timedelta(hours=7 * round_no)
            if round_no == ROUNDS - 1:
                start = datetime.now(UTC) - timedelta(hours=1)  # on the day of the changes
            walked = walk(number, start, [(110.001, 34.5123), (110.0191, 34.5287)], speed_mps=4.0)
            answers = at_once(
                *(lambda e=e, p=p: e.act(p, "apply") for e, p in zip(editors, plans, strict=True)),
                lambda walked=walked: hear(land.url, walked),
                *([count_all] if round_no == 1 else []),
            )
            told = sorted(answer.status_code for answer in answers[:2])
            assert told == [200, 409], [answer.text for answer in answers[:2]]
    finally:
        tilings.stopped.set()
        watcher.join(60)
    assert tilings.faults == []
    assert len(tilings.seen) > 1
    count_all()
    [(fixes,)] = land.run("SELECT count(*) FROM fixes")
    owners = land.run(OWNERS)
    assert fixes == len(owners) > 200
    assert {count for _, _, count, _ in owners} == {1}
    # Figures of then have each moment once: the dwell in all grids is the time of all walks.
    period = {"from": at(0).isoformat(), "to": at(72).isoformat(), "set": "basic"}
    by_then = editors[0].http.get("/api/patrol/figures", params=period | {"grids": "then"}).json()
    by_today = editors[0].http.get("/api/patrol/figures", params=period).json()
    walks_s = ROUNDS * (len(walked) - 1) * 10.0
    for told in (by_then, by_today):
        dwell_s = sum(row["dwell_s"] for row in told["rows"])
        assert dwell_s == pytest.approx(walks_s, rel=0.05)
