"""`POST /api/patrol/fixes`: what is taken, what is refused and why, and who may send."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from backend.settings import load
from tests.conftest import COUNTY, NEIGHBOUR, VILLAGES

NOW = datetime.now(UTC).replace(microsecond=0)


def fix(seconds: float = 0, **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=5) + timedelta(seconds=seconds)).isoformat()
    return {"lon": 110.011, "lat": 34.512, "at": at} | more


@pytest.fixture
def tracker(client, server: str) -> Callable[..., httpx.Client]:
    """Return `tracker(unit_id)`: a client that sends with a token of its own."""
    opened = []

    def make(unit_id: int) -> httpx.Client:
        answer = client("admin", 0).post(f"/api/units/{unit_id}/trackers", json={"name": "t"})
        assert answer.status_code == 201, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        opened.append(httpx.Client(base_url=server, headers=headers, timeout=60))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def send(sender: httpx.Client, *rows: Any, **more: Any) -> dict[str, Any]:
    body = json.dumps({"fixes": list(rows)} | more)  # Python's own writer lets NaN pass
    answer = sender.post("/api/patrol/fixes", content=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(answer: dict[str, Any]) -> list[tuple[int, str]]:
    return [(refused["row"], refused["code"]) for refused in answer["refused"]]


def test_fixes_are_stored_as_they_were_sent(unit, tracker, land) -> None:
    number = unit("W-1")
    sender = tracker(number)
    first, second = fix(0, accuracy=4.26, speed=1.234), fix(10, lon=110.0111234, accuracy=None)
    assert send(sender, second, first) == {"accepted": 2, "duplicates": 0, "refused": []}
    rows = land.run(
        "SELECT unit_id, at, lon_e7, lat_e7, accuracy_dm, speed_cms FROM fixes ORDER BY at"
    )
    at = datetime.fromisoformat(first["at"])
    assert rows == [
        (number, at, 1_100_110_000, 345_120_000, 43, 123),
        (number, at + timedelta(seconds=10), 1_100_111_234, 345_120_000, -1, -1),
    ]
    place = land.run("SELECT at, ST_X(geom), accuracy_m, speed_mps FROM unit_positions")
    assert place == [(at + timedelta(seconds=10), 110.0111234, None, None)]
    assert land.run("SELECT unit_id FROM patrol_dirty") == [(number,)]
    jobs = land.run("SELECT task_name FROM procrastinate_jobs WHERE task_name LIKE '%derive'")
    assert jobs == [("gridlink:patrol.derive",)]


def test_what_is_known_changes_nothing(unit, tracker, land) -> None:
    sender = tracker(unit("W-1"))
    send(sender, fix(0), fix(10))
    before = land.run("SELECT d::text FROM patrol_dirty d UNION SELECT f::text FROM fixes f")
    again = send(sender, fix(10), fix(0), fix(10))
    assert again == {"accepted": 0, "duplicates": 3, "refused": []}
    after = land.run("SELECT d::text FROM patrol_dirty d UNION SELECT f::text FROM fixes f")
    assert before == after


BAD = [
    (fix(at="2026-11-22T08:00:00"), "fixes.naive_time"),
    (fix(at="yesterday"), "fixes.bad_time"),
    (fix(at=1_763_800_000), "fixes.bad_time"),
    (fix(at=None), "fixes.bad_time"),
    (fix(at=(NOW + timedelta(hours=1)).isoformat()), "fixes.future"),
    (fix(at="2012-06-30T23:59:60Z"), "fixes.too_old"),
    (fix(at="1949-10-01T00:00:00Z"), "fixes.too_old"),
    (fix(at="9999-12-31T23:59:59Z"), "fixes.future"),
    (fix(lon=float("nan")), "fixes.bad_number"),
    (fix(lat=float("inf")), "fixes.bad_number"),
    (fix(accuracy=float("nan")), "fixes.bad_number"),
    (fix(lon="110"), "fixes.bad_number"),
    (fix(lon=True), "fixes.bad_number"),
    (fix(lon=34.5, lat=110.0), "fixes.swapped"),
    (fix(lon=200.0), "fixes.out_of_range"),
    (fix(lon=1e300), "fixes.out_of_range"),
    (fix(unit=7), "fixes.shape"),
    ({"lat": 34.5, "at": fix()["at"]}, "fixes.shape"),
    ("110.0,34.5", "fixes.shape"),
    (None, "fixes.shape"),
]


def test_a_bad_row_is_named_and_the_rest_is_kept(unit, tracker, land) -> None:
    good = [fix(k) for k in range(len(BAD))]
    rows = [row for k, (bad, _) in enumerate(BAD) for row in (good[k], bad)]
    answer = send(tracker(unit("W-1")), *rows)
    assert codes(answer) == [(2 * k + 1, code) for k, (_, code) in enumerate(BAD)]
    assert all(refused["zh"] != refused["en"] for refused in answer["refused"])
    assert answer["accepted"] == len(good)
    assert land.run("SELECT count(*) FROM fixes") == [(len(good),)]
    counted = dict(land.run("SELECT reason, rows FROM fix_refusals"))
    assert counted == Counter(code for _, code in BAD)


def test_a_leap_second_is_the_next_second(unit, tracker, land) -> None:
    at = NOW.replace(hour=0, minute=0, second=0) - timedelta(days=2)
    told = (at - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:60Z")
    assert send(tracker(unit("W-1")), fix(at=told))["accepted"] == 1
    assert land.run("SELECT at FROM fixes") == [(at,)]


def test_a_position_off_duty_is_not_taken(unit, tracker, land) -> None:
    number = unit("W-1", on_duty=False)
    start = NOW - timedelta(minutes=5)
    land.run(
        "INSERT INTO shifts (unit_id, division_code, starts_at, ends_at, source)"
        " VALUES (%s, %s, %s, %s, 'dispatcher')",
        *(number, VILLAGES[0], start, start + timedelta(seconds=30)),
    )
    answer = send(tracker(number), *(fix(s) for s in (-1, 0, 29, 30)))
    assert codes(answer) == [(0, "fixes.off_duty"), (3, "fixes.off_duty")]  # the end is outside
    assert answer["accepted"] == 2


def test_an_odd_date_opens_no_partition(unit, tracker, land) -> None:
    sender = tracker(unit("W-1"))
    odd = [fix(at=f"{year}-01-01T00:00:00Z") for year in range(1900, 2026)]
    odd += [fix(at=f"{year}-01-01T00:00:00Z") for year in range(2028, 2100)]
    answer = send(sender, *odd, fix(0))
    assert (answer["accepted"], len(answer["refused"])) == (1, len(odd))
    parts = land.run("SELECT count(*) FROM pg_inherits WHERE inhparent = 'fixes'::regclass")
    assert parts == [(1,)]
    counted = land.run("SELECT reason, rows FROM fix_refusals ORDER BY 1")
    assert counted == [("fixes.future", 72), ("fixes.too_old", 126)]


def test_an_ended_tracker_is_refused_at_once(unit, tracker, client, land) -> None:
    sender = tracker(unit("W-1"))
    assert send(sender, fix(0))["accepted"] == 1
    number = land.run("SELECT id FROM trackers")[0][0]
    client("admin", 0).delete(f"/api/trackers/{number}")
    answer = send(sender, fix(10))  # remembered for seconds, and asked again where it counts
    assert codes(answer) == [(0, "fixes.tracker_ended")]


def test_nobody_unknown_sends_fixes(client, server: str, land) -> None:
    body = {"fixes": [fix()]}
    for headers in ({}, {"Authorization": "Bearer glt_unknown"}, {"Authorization": "Bearer glk_x"}):
        answer = httpx.post(f"{server}/api/patrol/fixes", json=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session.required")
    assert client("operator").post("/api/patrol/fixes", json=body).status_code == 403


def test_a_handheld_sends_for_its_unit_alone(unit, client, land, account, database: str) -> None:
    worker = client("worker")
    body = {"fixes": [fix()]}
    none = worker.post("/api/patrol/fixes", json=body)
    assert (none.status_code, none.json()["error"]["code"]) == (403, "fixes.no_unit")
    name = worker.get("/api/session").json()["user"]["username"]
    number = unit("W-1", user_id=land.run("SELECT id FROM users WHERE username = %s", name)[0][0])
    unit("W-2")
    assert send(worker, fix(0), fix(1, unit="W-2"))["accepted"] == 2
    assert land.run("SELECT DISTINCT unit_id FROM fixes") == [(number,)]
    del worker.headers["X-CSRF-Token"]
    forged = worker.post("/api/patrol/fixes", json=body)
    assert (forged.status_code, forged.json()["error"]["code"]) == (403, "session.csrf")


def test_a_gateway_sends_for_units_of_its_jurisdiction(unit, client, land) -> None:
    ours, other, there = unit("W-1"), unit("W-2"), unit("N-1", NEIGHBOUR)
    gateway = client("dispatcher", COUNTY)
    rows = [fix(0), fix(0, unit="W-2"), fix(0, unit="N-1"), fix(0, unit="none")]
    answer = send(gateway, *rows, unit="W-1")
    assert codes(answer) == [(2, "fixes.unknown_unit"), (3, "fixes.unknown_unit")]
    assert land.run("SELECT unit_id FROM fixes ORDER BY 1") == [(ours,), (other,)]
    assert there not in (ours, other)


def test_a_batch_is_bounded(unit, tracker) -> None:
    sender = tracker(unit("W-1"))
    many = sender.post("/api/patrol/fixes", json={"fixes": [fix()] * 5001})
    assert (many.status_code, many.json()["error"]["code"]) == (422, "fixes.too_many_rows")
    large = sender.post("/api/patrol/fixes", content=b" " * (3 * 1024 * 1024))
    assert (large.status_code, large.json()["error"]["code"]) == (413, "body.too_large")
    for body in (b"", b"[]", b"{", b'{"fixes": 1}', b"\xff", b"[" * 100_000, b'{"fixes": [NaN'):
        bad = sender.post("/api/patrol/fixes", content=body)
        assert (bad.status_code, bad.json()["error"]["code"]) == (422, "fixes.body"), body
    assert sender.get("/api/patrol/fixes").status_code == 405


def test_a_tracker_that_sends_too_often_waits(unit, tracker, monkeypatch) -> None:
    # Two requests a second, so that a slow machine is too fast as well.
    monkeypatch.setenv("GRIDLINK_PATROL__REQUESTS_PER_S", "2")
    load.cache_clear()
    sender = tracker(unit("W-1"))
    answers = [sender.post("/api/patrol/fixes", json={"fixes": []}) for _ in range(100)]
    late = [answer for answer in answers if answer.status_code == 429]
    assert late
    assert all(answer.status_code in (200, 429) for answer in answers)
    assert int(late[0].headers["Retry-After"]) >= 1


def test_days_no_longer_kept_are_dropped_whole(unit, tracker, land) -> None:
    from backend.patrol.fixes.tasks import keep_fixes

    send(tracker(unit("W-1")), fix(0))
    land.run("SELECT fixes_partition(CURRENT_DATE - 91)")
    land.run("SELECT fixes_partition(CURRENT_DATE - 89)")
    keep_fixes(timestamp=0)
    names = {
        n
        for (n,) in land.run(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'fixes'::regclass"
        )
    }
    today = datetime.now(UTC).date()
    expected = {today - timedelta(days=89), today, *(today + timedelta(days=k) for k in (1, 2))}
    assert names == {f"fixes_{day:%Y%m%d}" for day in expected}


def test_the_jurisdiction_holds_for_fixes_too(unit, tracker, land, database: str) -> None:
    ours, there = unit("W-1"), unit("N-1", NEIGHBOUR)
    for number in (ours, there):
        send(tracker(number), fix(0))
    with psycopg.connect(database) as connection:
        connection.execute(
            "SELECT set_config('role', 'gridlink_app', true),"
            " set_config('gridlink.low', '610522000000', true),"
            " set_config('gridlink.high', '610522999999', true)"
        )
        for table in ("fixes", "unit_positions", "patrol_dirty", "shifts"):
            rows = connection.execute(f"SELECT unit_id FROM {table}").fetchall()
            assert rows == [(ours,)], table
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT * FROM fixes_{datetime.now(UTC):%Y%m%d}")
