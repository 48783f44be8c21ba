"""Units, their duty and trackers at the API."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend import db
from backend.patrol.units import duty, plans
from backend.patrol.units.tasks import keep_duty
from tests.conftest import COUNTY, NEIGHBOUR, VILLAGES

NEW = {"code": "W-01", "name": "柳林一组", "kind": "grid_worker", "vehicle": "ebike"}


def south_grid(land) -> int:
    return land.run("SELECT id FROM grids WHERE code = %s", f"{VILLAGES[0]}001")[0][0]


def test_a_unit_is_added_and_found_again(client, land) -> None:
    dispatcher = client("dispatcher")
    home = south_grid(land)
    order = NEW | {"home_grids": [home], "skills": ["急救", "消防"], "is_team": True, "strength": 4}
    made = dispatcher.post("/api/units", json=order)
    assert made.status_code == 201, made.text
    row = made.json()
    assert row["division_code"] == str(VILLAGES[0])
    assert row["home_grids"] == [{"id": home, "code": f"{VILLAGES[0]}001", "name": "柳林村南网格"}]
    assert (row["on_duty"], row["position"], row["load"]) == (False, None, 0)
    assert dispatcher.get(f"/api/units/{row['id']}").json() == row
    for query in ("q=llyz", "q=W-0", "kind=grid_worker", f"grid={home}", "division=610522101"):
        found = dispatcher.get(f"/api/units?{query}").json()
        assert (found["total"], found["rows"]) == (1, [row]), query
    assert dispatcher.get("/api/units?on_duty=true").json() == {"rows": [], "total": 0}


def test_a_unit_is_changed_as_it_was_seen(client, land) -> None:
    dispatcher = client("dispatcher")
    row = dispatcher.post("/api/units", json=NEW).json()
    change = {"version": row["version"], "name": "柳林二组", "home_grids": [south_grid(land)]}
    changed = dispatcher.patch(f"/api/units/{row['id']}", json=change)
    assert changed.status_code == 200, changed.text
    assert changed.json()["name"] == "柳林二组"
    assert changed.json()["version"] == row["version"] + 1
    late = dispatcher.patch(f"/api/units/{row['id']}", json=change)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "units.stale_version")
    acts = land.run("SELECT act FROM register WHERE act LIKE 'unit.%' ORDER BY seq")
    assert acts == [("unit.added",), ("unit.changed",)]


def test_a_code_names_one_unit_of_a_set(client, land) -> None:
    dispatcher = client("dispatcher")
    assert dispatcher.post("/api/units", json=NEW).status_code == 201
    again = dispatcher.post("/api/units", json=NEW)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "units.taken")


def test_units_of_another_jurisdiction_do_not_exist(client, unit) -> None:
    there = unit("N-1", NEIGHBOUR)
    ours = client("dispatcher", COUNTY)
    assert ours.get("/api/units").json()["total"] == 0
    for path in (f"/api/units/{there}", f"/api/units/{there}/shifts"):
        assert ours.get(path).status_code == 404
    for path, body in (
        (f"/api/units/{there}/trackers", {"name": "t"}),
        (f"/api/units/{there}/shifts", {"on": False}),
    ):
        assert ours.post(path, json=body).status_code == 404
    outside = ours.post("/api/units", json=NEW | {"division_code": str(NEIGHBOUR)})
    assert outside.status_code == 422
    assert outside.json()["error"]["code"] == "jurisdiction.outside"


@pytest.mark.parametrize("role", ["operator", "planner", "inspector"])
def test_all_who_watch_read_units_and_few_change_them(client, land, role: str) -> None:
    reader = client(role)
    assert reader.get("/api/units").status_code == 200
    assert reader.post("/api/units", json=NEW).status_code == 403


def test_a_worker_sees_no_units(client, land) -> None:
    assert client("worker").get("/api/units").status_code == 403


def test_the_account_of_a_handheld_is_a_workers(client, account, land) -> None:
    dispatcher = client("dispatcher", COUNTY)
    worker, operator = account("worker"), account("operator")
    row = dispatcher.post("/api/units", json=NEW | {"account": worker})
    assert row.json()["account"] == worker
    refused = dispatcher.post("/api/units", json=NEW | {"code": "W-2", "account": operator})
    assert refused.json()["error"]["code"] == "units.no_account"
    taken = dispatcher.post("/api/units", json=NEW | {"code": "W-3", "account": worker})
    assert taken.json()["error"]["code"] == "units.taken"


def test_a_trackers_token_is_shown_once_and_only_its_hash_is_kept(client, unit, land) -> None:
    dispatcher, number = client("dispatcher"), unit("W-1")
    made = dispatcher.post(f"/api/units/{number}/trackers", json={"name": "手机"}).json()
    assert made["token"].startswith("glt_")
    listed = dispatcher.get(f"/api/units/{number}/trackers").json()
    assert "token" not in listed["rows"][0]
    assert dispatcher.delete(f"/api/trackers/{made['id']}").status_code == 204
    assert dispatcher.delete(f"/api/trackers/{made['id']}").status_code == 404
    dump = str(land.run("SELECT t::text FROM trackers t")) + str(
        land.run("SELECT r::text FROM register r")
    )
    assert made["token"] not in dump


def test_duty_begins_and_ends_at_the_dispatchers_word(client, unit, land) -> None:
    dispatcher, number = client("dispatcher"), unit("W-1", on_duty=False)
    on = dispatcher.post(f"/api/units/{number}/shifts", json={"on": True}).json()
    assert (on["on_duty"], on["duty_until"]) == (True, None)
    dispatcher.post(f"/api/units/{number}/shifts", json={"on": True})
    assert land.run("SELECT count(*) FROM shifts") == [(1,)]
    off = dispatcher.post(f"/api/units/{number}/shifts", json={"on": False}).json()
    assert off["on_duty"] is False
    shifts = dispatcher.get(f"/api/units/{number}/shifts").json()["rows"]
    assert [s["source"] for s in shifts] == ["dispatcher"]
    assert shifts[0]["ends_at"] is not None


def test_going_off_duty_ends_a_planned_shift_for_good(client, unit, land) -> None:
    dispatcher, number = client("dispatcher"), unit("W-1", on_duty=False)
    plan = {"name": "全天", "weekdays": [1, 2, 3, 4, 5, 6, 7], "begins": "00:00", "ends": "00:00"}
    made = dispatcher.post(f"/api/units/{number}/shift-plans", json=plan)
    assert made.status_code == 201, made.text
    assert dispatcher.get(f"/api/units/{number}").json()["on_duty"] is True
    dispatcher.post(f"/api/units/{number}/shifts", json={"on": False})
    with db.begin() as session:
        plans.plan_ahead(session, datetime.now(UTC))
    assert dispatcher.get(f"/api/units/{number}").json()["on_duty"] is False


def test_a_plan_taken_away_takes_the_shifts_to_come(client, unit, land) -> None:
    dispatcher, number = client("dispatcher"), unit("W-1", on_duty=False)
    plan = {"name": "夜", "weekdays": [1, 2, 3, 4, 5, 6, 7], "begins": "22:00", "ends": "06:00"}
    made = dispatcher.post(f"/api/units/{number}/shift-plans", json=plan).json()
    assert land.run("SELECT count(*) >= 8 FROM shifts") == [(True,)]
    assert dispatcher.delete(f"/api/shift-plans/{made['id']}").status_code == 204
    assert land.run("SELECT count(*) FROM shifts WHERE starts_at > now()") == [(0,)]


def test_the_job_plans_ahead_once_and_ends_forgotten_duty(unit, land) -> None:
    number = unit("W-1", on_duty=False)
    land.run(
        "INSERT INTO shift_plans (unit_id, name, weekdays, begins, ends, valid_from)"
        " VALUES (%s, '白', '{1,2,3,4,5,6,7}', '08:00', '18:00', CURRENT_DATE - 9)",
        number,
    )
    land.run(
        "INSERT INTO shifts (unit_id, division_code, starts_at, source)"
        " VALUES (%s, %s, now() - interval '20 hours', 'handheld')",
        number,
        VILLAGES[0],
    )
    keep_duty(timestamp=0)
    planned = land.run("SELECT count(*) FROM shifts WHERE source = 'plan'")[0][0]
    assert planned in (8, 9, 10)  # today counts or not, by the hour of the day
    keep_duty(timestamp=0)
    assert land.run("SELECT count(*) FROM shifts WHERE source = 'plan'") == [(planned,)]
    lasted = land.run("SELECT ends_at - starts_at FROM shifts WHERE source = 'handheld'")
    assert lasted == [(timedelta(hours=16),)]


def test_duty_told_of_late_begins_when_it_began(unit, land) -> None:
    number = unit("W-1", on_duty=False)
    now = datetime.now(UTC)
    with db.begin() as session:
        duty.begin(session, number, now - timedelta(hours=1), "handheld")
        duty.begin(session, number, now - timedelta(hours=2), "handheld")
    assert land.run("SELECT starts_at, ends_at FROM shifts") == [(now - timedelta(hours=2), None)]
    with db.begin() as session, pytest.raises(duty.DutyTime):
        duty.begin(session, number, now + timedelta(hours=1), "handheld")


SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends", "expected"),
    [
        # 22:00 to 06:00 next day in UTC+8
        (SHANGHAI, date(2026, 11, 22), time(22), time(6), ("11-22T14:00", "11-22T22:00")),
        (SHANGHAI, date(2026, 11, 22), time(8), time(18), ("11-22T00:00", "11-22T10:00")),
        (SHANGHAI, date(2026, 11, 22), time(0), time(0), ("11-21T16:00", "11-22T16:00")),
        # clocks forward on 29 March 2026, 02:00 -> 03:00: the night lasts seven hours
        (BERLIN, date(2026, 3, 28), time(22), time(6), ("03-28T21:00", "03-29T04:00")),
        (BERLIN, date(2026, 3, 28), time(22), time(2, 30), ("03-28T21:00", "03-29T01:30")),
        # clocks back on 25 October 2026, 03:00 -> 02:00: 02:30 comes twice, duty to the second
        (BERLIN, date(2026, 10, 24), time(22), time(2, 30), ("10-24T20:00", "10-25T01:30")),
        (BERLIN, date(2026, 10, 25), time(2, 30), time(6), ("10-25T00:30", "10-25T05:00")),
    ],
)
def test_a_local_time_is_one_instant(zone, day, begins, ends, expected) -> None:
    found = plans.period(day, begins, ends, zone)
    assert tuple(each.strftime("%m-%dT%H:%M") for each in found) == expected
