"""Live positions and tracks: what changed, who sees it, which index answers, how quickly."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from backend.patrol.fixes import positions
from tests.conftest import COUNTY, NEIGHBOUR, VILLAGES

NOW = datetime.now(UTC).replace(microsecond=0)


def put(land, unit_id: int, lon: float, lat: float, *, at: datetime = NOW) -> None:
    land.run(
        "INSERT INTO unit_positions (unit_id, division_code, at, lon_e7, lat_e7, accuracy_dm,"
        " speed_cms) SELECT id, division_code, %s, %s, %s, 50, -1 FROM units WHERE id = %s"
        " ON CONFLICT (unit_id) DO UPDATE SET at = excluded.at, lon_e7 = excluded.lon_e7,"
        " version = pg_current_xact_id()::text::bigint",
        *(at, round(lon * 1e7), round(lat * 1e7), unit_id),
    )


def asked_since(reader: httpx.Client, told: dict[str, Any]) -> dict[str, Any]:
    """Return what changed since an answer."""
    answer = reader.get("/api/patrol/positions", params={"since_version": told["version"]})
    return answer.json()


def test_what_moved_since_is_told_and_nothing_else(client, unit, land) -> None:
    first, second = unit("W-1"), unit("W-2", on_duty=False)
    put(land, first, 110.01, 34.51)
    put(land, second, 110.03, 34.52)
    reader = client("operator")
    whole = reader.get("/api/patrol/positions").json()
    assert {row["unit_id"]: row["on_duty"] for row in whole["rows"]} == {first: True, second: False}
    row = next(row for row in whole["rows"] if row["unit_id"] == first)
    assert (row["lon"], row["lat"], row["accuracy_m"], row["speed_mps"]) == (110.01, 34.51, 5, None)
    # While a transaction elsewhere on the cluster is open, what came after it may come twice.
    since, deadline = whole, time.monotonic() + 30
    while (since := asked_since(reader, since))["rows"]:
        assert time.monotonic() < deadline
    put(land, second, 110.035, 34.52)
    moved = asked_since(reader, since)["rows"]
    assert [(row["unit_id"], row["lon"]) for row in moved] == [(second, 110.035)]


def test_what_was_under_way_when_one_asked_is_not_lost(client, unit, land, database: str) -> None:
    slow, quick = unit("W-1"), unit("W-2")
    reader = client("operator")
    with psycopg.connect(database) as late:
        late.execute("SELECT pg_current_xact_id()")  # begun before, committed after the question
        put(land, quick, 110.01, 34.51)
        told = reader.get("/api/patrol/positions").json()
        late.execute(
            "INSERT INTO unit_positions (unit_id, division_code, at, lon_e7, lat_e7, accuracy_dm,"
            " speed_cms) VALUES (%s, %s, now(), 1100200000, 345200000, -1, -1)",
            (slow, VILLAGES[0]),
        )
    again = asked_since(reader, told)
    assert slow in [row["unit_id"] for row in again["rows"]]


def test_going_off_duty_is_a_change(client, unit, land) -> None:
    number = unit("W-1")
    put(land, number, 110.01, 34.51)
    dispatcher = client("dispatcher")
    told = dispatcher.get("/api/patrol/positions").json()
    dispatcher.post(f"/api/units/{number}/shifts", json={"on": False})
    rows = asked_since(dispatcher, told)["rows"]
    assert [(row["unit_id"], row["on_duty"]) for row in rows] == [(number, False)]
    assert dispatcher.get(f"/api/units/{number}").json()["position"] is None


def test_a_box_and_the_jurisdiction_narrow(client, unit, land) -> None:
    west, east, there = unit("W-1"), unit("E-1", VILLAGES[3]), unit("N-1", NEIGHBOUR)
    for number, lon in ((west, 110.01), (east, 110.07), (there, 110.1)):
        put(land, number, lon, 34.51)
    reader = client("operator", COUNTY)
    rows = reader.get("/api/patrol/positions?bbox=110.05,34.5,110.2,34.6").json()["rows"]
    assert [row["unit_id"] for row in rows] == [east]
    for bad in ("110.2,34.5,110.0,34.6", "1,2,3", "x,1,2,3", "0,0,181,1"):
        assert reader.get(f"/api/patrol/positions?bbox={bad}").status_code == 422
    assert client("worker").get("/api/patrol/positions").status_code == 403


@pytest.fixture
def many(land) -> int:
    """Ten thousand units on duty, each with a past of a year of shifts, all with a position."""
    land.run(
        "INSERT INTO units (code, name, kind, division_code)"
        " SELECT 'U' || k, '力量' || k, 'grid_worker', 610522101201"
        " FROM generate_series(1, 10000) k"
    )
    land.run(
        "INSERT INTO shifts (unit_id, division_code, starts_at, ends_at, source)"
        " SELECT id, division_code, now() - d * interval '1 day' - interval '4 hours',"
        " now() - d * interval '1 day' + interval '4 hours', 'plan'"
        " FROM units, generate_series(0, 30) d ORDER BY d DESC"
    )
    land.run(
        "INSERT INTO unit_positions (unit_id, division_code, at, lon_e7, lat_e7, accuracy_dm,"
        " speed_cms) SELECT id, division_code, now(), 1100000000 + (id % 100) * 10000,"
        " 345000000 + (id / 100) * 1000, 50, 120 FROM units"
    )
    with psycopg.connect(land.url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE units, shifts, unit_positions")
    return 10_000


def test_ten_thousand_units_come_within_a_tenth_of_a_second(client, many: int) -> None:
    reader = client("operator")
    best = 1.0
    for _ in range(40):  # the machine is shared: what it can do shows when it is let
        begun = time.perf_counter()
        answer = reader.get("/api/patrol/positions")
        best = min(best, time.perf_counter() - begun)
        if best < 0.1:
            break
    assert len(answer.json()["rows"]) == many
    assert best < 0.1


def test_a_box_is_answered_by_the_spatial_index(many: int, database: str) -> None:
    values = {"low": COUNTY, "high": COUNTY + 999_999, "since": 0, "now": NOW}
    box = {"west": 110.0, "south": 34.5, "east": 110.0001, "north": 34.5001}
    with psycopg.connect(database) as connection:
        connection.execute(
            "SELECT set_config('role', 'gridlink_app', true),"
            " set_config('gridlink.low', '610522000000', true),"
            " set_config('gridlink.high', '610522999999', true)"
        )
        explain = "EXPLAIN (FORMAT JSON) "
        plan = connection.execute(explain + positions.query(has_box=True), values | box).fetchone()
        plain = explain + positions.query(has_box=False)
        changes = connection.execute(plain, values | {"since": 2**40}).fetchone()
    assert "unit_positions_geom_idx" in str(plan)
    assert "shifts_ends_idx" in str(plan)
    assert "unit_positions_version_idx" in str(changes)


def test_a_track_tells_known_runs_from_silences(client, unit, land) -> None:
    number = unit("W-1")
    start = NOW - timedelta(hours=1)
    land.run(
        "SELECT fixes_partition(d::date) FROM unnest(ARRAY[now() - interval '1 day', now()]) d"
    )
    # A walk north of ten fixes, 10 s and about 11 m apart; three minutes of silence; five more.
    for k in range(15):
        at = start + timedelta(seconds=10 * k + (170 if k >= 10 else 0))
        land.run(
            "INSERT INTO fixes VALUES (%s, %s, 1100100000, %s, 50, 110)",
            *(number, at, 345_100_000 + 1000 * k),
        )
    # One fix a hundred kilometres away is a jump.
    land.run(
        "INSERT INTO fixes VALUES (%s, %s, 1110100000, 345100000, 50, -1)",
        *(number, start + timedelta(seconds=45)),
    )
    reader = client("operator")
    span = {"unit": number, "from": start.isoformat(), "to": NOW.isoformat()}
    track = reader.get("/api/patrol/tracks", params=span).json()
    assert (track["fixes"], track["refused"]) == (16, {"jump": 1})
    legs = [feature["properties"] for feature in track["features"]]
    assert [(leg["is_known"], leg["points"]) for leg in legs] == [(True, 10), (False, 2), (True, 5)]
    silence = datetime.fromisoformat(legs[1]["to"]) - datetime.fromisoformat(legs[1]["from"])
    assert silence == timedelta(seconds=180)
    assert track["features"][0]["geometry"]["coordinates"][0] == [110.01, 34.51]
    ends = {"from": NOW.isoformat(), "to": start.isoformat()}
    assert reader.get("/api/patrol/tracks", params=span | ends).status_code == 422
    there = client("operator", NEIGHBOUR)
    assert there.get("/api/patrol/tracks", params=span).status_code == 404
