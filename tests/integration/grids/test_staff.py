"""Staff of grids: one chief at a time, duty that is a record, and the grids where nobody is."""

from datetime import date, timedelta

import pytest

from backend import db, localtime
from backend.grids.staff.following import follow_code

NEIGHBOUR = 610523000000
CODE = "610522101201001"


@pytest.fixture
def today(land) -> date:
    return localtime.today()


def grid_id(land, code: str = CODE) -> int:
    return int(str(land.run("SELECT id FROM grids WHERE code = %s", code)[0][0]))


def put(planner, grid: int, account: str, role: str, starts_on: date, **more):
    order = {"account": account, "role": role, "starts_on": starts_on.isoformat(), **more}
    return planner.post(f"/api/grids/{grid}/staff", json=order)


def test_a_worker_is_put_on_duty_and_leaves_and_both_are_on_record(
    client, land, account, today
) -> None:
    planner, grid = client("planner"), grid_id(land)
    worker = account("worker")
    made = put(planner, grid, worker, "worker", today)
    assert made.status_code == 201, made.text
    assert (made.json()["account"], made.json()["state"]) == (worker, "now")
    leaving = (today + timedelta(days=30)).isoformat()
    change = {"version": 1, "ends_on": leaving}
    ended = planner.patch(f"/api/grids/staff/{made.json()['id']}", json=change)
    assert (ended.json()["ends_on"], ended.json()["version"]) == (leaving, 2)
    again = planner.patch(f"/api/grids/staff/{made.json()['id']}", json=change)
    assert again.status_code == 409
    shown = client("operator").get(f"/api/grids/{grid}/staff").json()
    assert (shown["grid_code"], shown["rows"]) == (CODE, [ended.json()])
    acts = land.run("SELECT act, detail->>'account' FROM register WHERE act LIKE 'staff.%'")
    assert acts == [("staff.began", worker), ("staff.ended", None)]


def test_a_grid_has_one_chief_at_a_time_and_a_new_one_may_relieve_the_old(
    client, land, account, today
) -> None:
    planner, grid = client("planner"), grid_id(land)
    old, new = account("worker"), account("dispatcher")
    assert put(planner, grid, old, "chief", today - timedelta(days=100)).status_code == 201
    refused = put(planner, grid, new, "chief", today)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "staff.taken")
    assert put(planner, grid, new, "chief", today, relieve=True).status_code == 201
    rows = planner.get(f"/api/grids/{grid}/staff").json()["rows"]
    told = [(row["account"], row["state"], row["ends_on"]) for row in rows]
    assert told == [(new, "now", None), (old, "past", today.isoformat())]


def test_duty_that_has_begun_is_a_record_from_the_day_after_it_was_entered(
    client, land, account, today
) -> None:
    planner, grid = client("planner"), grid_id(land)
    begun = put(planner, grid, account("worker"), "worker", today).json()
    mistaken = put(planner, grid, account("worker"), "worker", today).json()
    coming = put(planner, grid, account("worker"), "worker", today + timedelta(days=3)).json()
    land.run(
        "UPDATE grid_staff SET entered_at = now() - '1 day'::interval WHERE id = %s", begun["id"]
    )
    assert planner.delete(f"/api/grids/staff/{begun['id']}").status_code == 409
    assert planner.delete(f"/api/grids/staff/{mistaken['id']}").status_code == 204
    assert coming["state"] == "planned"
    assert planner.delete(f"/api/grids/staff/{coming['id']}").status_code == 204
    rows = planner.get(f"/api/grids/{grid}/staff").json()["rows"]
    assert [(row["id"], row["may_strike"]) for row in rows] == [(begun["id"], False)]
    assert land.run("SELECT count(*) FROM register WHERE act = 'staff.struck'") == [(2,)]


def test_a_grid_whose_account_is_disabled_or_has_ended_is_vacant(
    client, land, account, today
) -> None:
    planner, grid = client("planner"), grid_id(land)
    worker, chief = account("worker"), account("dispatcher")
    yesterday = today - timedelta(days=1)
    land.run("UPDATE grids SET valid_from = CURRENT_DATE - 30")
    assert put(planner, grid, worker, "worker", yesterday).status_code == 201
    assert put(planner, grid, chief, "chief", yesterday).status_code == 201
    wanted = {"set": "basic"}
    full = planner.get("/api/grids/vacancies", params=wanted).json()
    assert (full["workers"], full["chiefs"]) == (7, 7)
    land.run("UPDATE users SET is_active = false WHERE username = %s", worker)
    land.run("UPDATE users SET ends_at = now() WHERE username = %s", chief)
    page = planner.get("/api/grids/vacancies", params=wanted).json()
    assert (page["workers"], page["chiefs"], page["total"]) == (8, 8, 16)
    mine = [row["account_ended"] for row in page["rows"] if row["code"] == CODE]
    assert mine == [True, True]
    assert sum(row["account_ended"] for row in page["rows"]) == 2
    rows = planner.get(f"/api/grids/{grid}/staff").json()["rows"]
    assert [row["account_ended"] for row in rows] == [True, True]
    told = planner.get("/api/grids/workload", params=wanted).json()["rows"]
    assert [row["workers"] + row["chiefs"] for row in told if row["code"] == CODE] == [0]
    # Yesterday they served, and neither can be put on duty again.
    then = planner.get("/api/grids/vacancies", params=wanted | {"at": yesterday.isoformat()})
    assert (then.json()["workers"], then.json()["chiefs"]) == (7, 7)
    assert put(planner, grid, chief, "chief", today, relieve=True).status_code == 422


def test_duty_in_a_grid_that_is_gone_charges_nobody(client, land, account, today) -> None:
    planner, grid = client("planner"), grid_id(land)
    worker = account("worker")
    for code in (CODE, "610522101201002"):
        assert put(planner, grid_id(land, code), worker, "worker", today).status_code == 201
    land.run(
        "UPDATE grids SET valid_from = current_date - 9, valid_to = current_date - 1 WHERE id = %s",
        grid,
    )
    rows = planner.get("/api/grids/staff/accounts", params={"role": "worker"}).json()["rows"]
    assert {row["username"]: row["grids"] for row in rows}[worker] == 1


def test_only_a_grid_workers_account_works_in_a_grid(client, land, account, today) -> None:
    planner, grid = client("planner"), grid_id(land)
    answer = put(planner, grid, account("operator"), "worker", today)
    assert answer.json()["error"]["code"] == "staff.no_account"
    elsewhere = account("worker", NEIGHBOUR)
    assert put(planner, grid, elsewhere, "worker", today).status_code == 422
    backwards = (today - timedelta(days=1)).isoformat()
    answer = put(planner, grid, account("worker"), "worker", today, ends_on=backwards)
    assert answer.json()["error"]["code"] == "staff.span"
    offered = planner.get("/api/grids/staff/accounts", params={"role": "worker"}).json()["rows"]
    assert elsewhere not in {row["username"] for row in offered}
    assert {row["role"] for row in offered} == {"worker"}


def test_staff_is_kept_by_planners_and_hidden_from_neighbours(client, land, account, today) -> None:
    grid, worker = grid_id(land), account("worker")
    for role in ("operator", "dispatcher", "inspector"):
        assert put(client(role), grid, worker, "worker", today).status_code == 403
    made = put(client("admin"), grid, worker, "worker", today).json()
    stranger = client("planner", NEIGHBOUR)
    assert stranger.get(f"/api/grids/{grid}/staff").status_code == 404
    change = {"version": 1, "ends_on": None}
    assert stranger.patch(f"/api/grids/staff/{made['id']}", json=change).status_code == 404


def test_vacancies_tell_where_who_is_missing_since_when_and_until_when(
    client, land, account, today
) -> None:
    planner, grid = client("planner"), grid_id(land)
    wanted = {"set": "basic"}
    empty = planner.get("/api/grids/vacancies", params=wanted).json()
    # Eight grids of the county; the neighbour's ninth is not hers to see.
    assert (empty["grids"], empty["workers"], empty["chiefs"], empty["total"]) == (8, 8, 8, 16)
    put(planner, grid, account("worker"), "chief", today)
    left, comes = today - timedelta(days=5), today + timedelta(days=9)
    gone = {"ends_on": left.isoformat()}
    put(planner, grid, account("worker"), "worker", today - timedelta(days=50), **gone)
    put(planner, grid, account("worker"), "worker", comes)
    page = planner.get("/api/grids/vacancies", params=wanted | {"role": "worker"}).json()
    assert (page["workers"], page["chiefs"], page["total"]) == (8, 7, 8)
    row = next(row for row in page["rows"] if row["code"] == CODE)
    assert (row["since"], row["filled_on"]) == (left.isoformat(), comes.isoformat())
    then = planner.get("/api/grids/vacancies", params=wanted | {"at": comes.isoformat()}).json()
    assert (then["workers"], then["chiefs"]) == (7, 7)


def test_duty_follows_a_grid_to_its_new_code_and_the_past_stays(
    client, land, account, today
) -> None:
    planner, grid = client("planner"), grid_id(land)
    worker = account("worker")
    put(planner, grid, worker, "worker", today - timedelta(days=10))
    with db.begin() as session:
        assert follow_code(session, "basic", CODE, "NEW-1", on=today) == 1
    rows = land.run("SELECT grid_code, starts_on, ends_on FROM grid_staff ORDER BY id")
    assert rows == [(CODE, today - timedelta(days=10), today), ("NEW-1", today, None)]


def test_the_database_itself_refuses_a_second_chief(client, land, account, today) -> None:
    put(client("planner"), grid_id(land), account("worker"), "chief", today)
    with pytest.raises(Exception, match="grid_staff_one_chief"):
        land.run(
            "INSERT INTO grid_staff (set_name, grid_code, division_code, user_id, role,"
            " starts_on, entered_by) SELECT set_name, grid_code, division_code, entered_by, role,"
            " starts_on + 5, entered_by FROM grid_staff"
        )


def test_the_versions_of_a_code_are_told_with_the_change_sets_between_them(client, land) -> None:
    planner, grid = client("planner"), grid_id(land)
    ring = [[110.0, 34.51], [110.03, 34.51]]
    split = {"op": "split", "grid_id": grid, "line": {"type": "LineString", "coordinates": ring}}
    order = {"set_name": "basic", "title": "南网格拆分", "reason": "试", "operations": [split]}
    land.run("UPDATE grids SET valid_from = CURRENT_DATE - 30")
    made = planner.post("/api/grids/changes", json=order).json()
    assert planner.post(f"/api/grids/changes/{made['id']}/apply", json={}).status_code == 200
    told = planner.get(f"/api/grids/{grid}/versions").json()
    assert told["code"] == CODE
    now, before = told["versions"]
    assert (now["began_by"], now["change_title"], now["valid_to"]) == (
        made["id"],
        "南网格拆分",
        None,
    )
    assert (before["id"], before["began_by"], before["valid_to"]) == (grid, None, now["valid_from"])
