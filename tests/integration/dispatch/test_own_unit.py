"""A worker acts on what was given to its own unit, wherever that is, and on nothing else."""

from typing import Any

import pytest
from sqlalchemy import text

from backend import db
from backend.divisions.codes import span

VILLAGE, OTHER_VILLAGE, EAST = 610522101201, 610522101202, 610522102201
HERE = {"lon": 110.011, "lat": 34.512}
NEXT_DOOR = {"lon": 110.03, "lat": 34.512}  # in village 2, outside the worker's own
JPEG = {"Content-Type": "image/jpeg"}


def act(client, assignment_id: int, name: str, **more: Any):
    return client.post(f"/api/assignments/{assignment_id}/acts", json={"act": name, **more})


def picture() -> bytes:
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def both(dispatcher, make, worker) -> dict[str, Any]:
    """Return two workers of one village, each with a task of its own."""
    one, one_id = worker("W1")
    two, two_id = worker("W2")
    return {
        "one": one,
        "two": two,
        "of_one": make(unit_ids=[one_id])["assignments"][0],
        "of_two": make(unit_ids=[two_id])["assignments"][0],
    }


def test_a_worker_does_its_own_task_from_accepting_to_the_end(both, dispatcher) -> None:
    one, own = both["one"], both["of_one"]["id"]
    for step, more in (
        ("accept", {}),
        ("start", {}),
        ("arrive", {**HERE, "accuracy": 10}),
        ("finish", {"text": "好了"}),
    ):
        answer = act(one, own, step, **more)
        assert answer.status_code == 200, answer.text
    sheet = dispatcher.get(f"/api/tasks/{both['of_one']['task_id']}").json()
    assert sheet["state"] == "done"


def test_another_unit_s_assignment_answers_like_one_that_does_not_exist(both, dispatcher) -> None:
    one, foreign = both["one"], both["of_two"]["id"]
    answers = [act(one, number, "accept") for number in (foreign, 999_999)]
    assert [a.status_code for a in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    uploads = [
        one.post("/api/photographs", params=query, content=picture(), headers=JPEG)
        for query in (
            {"assignment_id": foreign},
            {"task_id": both["of_two"]["task_id"]},
            {"task_id": both["of_one"]["task_id"]},  # of its own task only through its assignment
        )
    ]
    assert [u.status_code for u in uploads] == [404, 404, 404]
    shown = both["two"].post(
        "/api/photographs", params={"assignment_id": foreign}, content=picture(), headers=JPEG
    )
    number = shown.json()["id"]
    assert both["two"].get(f"/api/photographs/{number}").status_code == 200
    assert one.get(f"/api/photographs/{number}").status_code == 404
    assert dispatcher.get(f"/api/photographs/{number}").status_code == 200


def test_a_worker_neither_withdraws_nor_sees_the_board_nor_gives_tasks(both) -> None:
    one = both["one"]
    withdrawn = act(one, both["of_one"]["id"], "withdraw")
    assert (withdrawn.status_code, withdrawn.json()["error"]["code"]) == (
        403,
        "dispatch.act_not_allowed",
    )
    task = both["of_one"]["task_id"]
    for method, path, body in (
        ("GET", "/api/tasks", None),
        ("GET", "/api/tasks/counters", None),
        ("GET", "/api/tasks/steps", None),
        ("GET", "/api/tasks/stats?from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z", None),
        ("GET", f"/api/tasks/{task}", None),
        ("POST", "/api/tasks", {"title": "x"}),
        ("POST", f"/api/tasks/{task}/assignments", {"unit_ids": [1]}),
        ("POST", f"/api/tasks/{task}/acts", {"act": "cancel", "version": 1, "text": "x"}),
        ("POST", f"/api/tasks/{task}/callouts", {"department_id": 1}),
        ("GET", "/api/departments", None),
        ("POST", "/api/departments", {"name": "x"}),
        ("GET", "/api/photographs", None),
        ("GET", "/api/dispatch/nearest?lon=110.01&lat=34.51", None),
    ):
        assert one.request(method, path, json=body).status_code == 403, path


def test_a_unit_sent_past_its_village_acts_there_and_the_incident_tells_it(
    dispatcher, worker, incident
) -> None:
    number = incident((NEXT_DOOR["lon"], NEXT_DOOR["lat"]), OTHER_VILLAGE)
    one, unit_id = worker("W1")
    body = {"incident_id": number, "unit_ids": [unit_id]}
    made = dispatcher.post("/api/tasks", json=body).json()
    own = made["assignments"][0]["id"]
    assert act(one, own, "accept").status_code == 200
    shot = one.post(
        "/api/photographs", params={"assignment_id": own}, content=picture(), headers=JPEG
    )
    assert shot.status_code == 201, shot.text
    arrived = act(one, own, "arrive", **NEXT_DOOR, accuracy=9, photograph_id=shot.json()["id"])
    assert arrived.json()["arrival_proof"] == "position"
    entries = dispatcher.get(f"/api/incidents/{number}/timeline").json()["entries"]
    assert [e["act"] for e in entries][-2:] == ["task.accept", "task.arrive"]


def test_a_unit_sent_into_a_grid_it_cannot_see_proves_its_arrival_there(
    dispatcher, worker, land
) -> None:
    grid = int(str(land.run("SELECT id FROM grids WHERE code = '610522101202001'")[0][0]))
    one, unit_id = worker("W1")
    body = {"title": "补巡", "grid_ids": [grid], "unit_ids": [unit_id]}
    own = dispatcher.post("/api/tasks", json=body).json()["assignments"][0]["id"]
    act(one, own, "accept")
    arrived = act(one, own, "arrive", lon=110.03, lat=34.51, accuracy=20).json()
    assert (arrived["arrival_proof"], arrived["arrival_distance_m"]) == ("position", 0)


def test_a_unit_put_out_of_use_or_given_to_another_account_acts_no_more(
    both, land, client, dispatcher
) -> None:
    own = both["of_one"]["id"]
    unit_id = both["of_one"]["unit_id"]
    land.run("UPDATE units SET is_active = false WHERE id = %s", unit_id)
    assert act(both["one"], own, "accept").status_code == 404
    land.run("UPDATE units SET is_active = true, user_id = NULL WHERE id = %s", unit_id)
    assert act(both["one"], own, "accept").status_code == 404


def test_a_worker_adds_photographs_to_its_own_report_alone(worker, land, incident) -> None:
    one, _ = worker("W1")
    name = str(land.run("SELECT username FROM users WHERE role = 'worker'")[0][0])
    place = (HERE["lon"], HERE["lat"])
    land.run(
        "INSERT INTO users (username, display_name, password_hash, role)"
        " VALUES ('m', 'm', '', 'admin')"
    )
    own, foreign = incident(place, VILLAGE, by=name), incident(place, VILLAGE, by="m")
    answers = [
        one.post(
            "/api/photographs", params={"incident_id": number}, content=picture(), headers=JPEG
        )
        for number in (own, foreign)
    ]
    assert [a.status_code for a in answers] == [201, 404]
    assert one.get(f"/api/photographs/{answers[0].json()['id']}").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/tasks/{task}", None),
        ("POST", "/api/tasks/{task}/acts", {"act": "note", "version": 1, "text": "x"}),
        ("POST", "/api/tasks/{task}/assignments", {"grid_ids": []}),
        ("POST", "/api/tasks/{task}/callouts", {"department_id": 1}),
        ("POST", "/api/assignments/{assignment}/acts", {"act": "accept", "version": 1}),
        ("POST", "/api/callouts/{callout}/acts", {"act": "accept", "version": 1}),
        ("GET", "/api/photographs/{photograph}", None),
    ],
)
def test_a_foreign_id_answers_like_one_that_does_not_exist(
    client, foreign, method, path, body
) -> None:
    stranger = client("dispatcher", EAST)
    answers = [
        stranger.request(method, path.format(**ids), json=body)
        for ids in (foreign, dict.fromkeys(foreign, 999_999))
    ]
    assert [a.status_code for a in answers] == [404, 404], answers[0].text
    assert answers[0].content == answers[1].content


@pytest.fixture
def foreign(dispatcher, make, unit) -> dict[str, int]:
    """Return ids of one task of the west village and of all that hangs on it."""
    office = dispatcher.post("/api/departments", json={"name": "住建局"}).json()["id"]
    made = make(unit_ids=[unit("A1")], department_ids=[office])
    shown = dispatcher.post(
        "/api/photographs", params={"task_id": made["id"]}, content=picture(), headers=JPEG
    )
    return {
        "task": made["id"],
        "assignment": made["assignments"][0]["id"],
        "callout": made["callouts"][0]["id"],
        "photograph": shown.json()["id"],
    }


TABLES = ("tasks", "assignments", "callouts", "photographs", "task_entries", "task_grids")


def test_the_database_itself_shows_a_stranger_nothing(foreign) -> None:
    def counts(division: int) -> dict[str, int]:
        with db.begin(db.Scope(999, *span(division))) as session:
            return {
                table: session.scalar(text(f"SELECT count(*) FROM {table}")) for table in TABLES
            }

    assert counts(EAST) == dict.fromkeys(TABLES, 0)
    assert counts(VILLAGE) == {
        "tasks": 1,
        "assignments": 1,
        "callouts": 1,
        "photographs": 1,
        "task_entries": 3,
        "task_grids": 0,
    }


def test_departments_above_are_seen_from_below_and_not_those_beside(client, land) -> None:
    land.run(
        "INSERT INTO departments (name, division_code) VALUES ('省厅', 610000000000),"
        " ('县局', 610522000000), ('西川所', 610522101000), ('东岭所', 610522102000)"
    )

    def names(division: int) -> list[str]:
        rows = client("dispatcher", division).get("/api/departments").json()["rows"]
        return [row["name"] for row in rows]

    assert names(VILLAGE) == ["省厅", "县局", "西川所"]
    assert names(610522000000) == ["省厅", "县局", "西川所", "东岭所"]


def test_each_way_of_asking_about_tasks_uses_its_index(land) -> None:
    """Under the role of the application, with enough rows that a scan would cost more."""
    land.run(
        "INSERT INTO users (username, display_name, password_hash, role)"
        " VALUES ('m', 'm', '', 'admin')"
    )
    land.run(
        "INSERT INTO tasks (number, kind, title, severity, division_code, created_by, state,"
        " done_at, geom) SELECT 'N' || n, 'other', 't', 'blue', %s, (SELECT max(id) FROM users),"
        " CASE WHEN n %% 100 = 0 THEN 'open' ELSE 'done' END,"
        " CASE WHEN n %% 100 = 0 THEN NULL ELSE now() END,"
        " ST_SetSRID(ST_Point(110 + n / 1e6, 34.5), 4326) FROM generate_series(1, 20000) n",
        VILLAGE,
    )
    land.run("ANALYZE tasks")

    def plan(statement: str) -> str:
        with db.begin(db.Scope(1, *span(VILLAGE))) as session:
            rows = session.execute(text("EXPLAIN " + statement)).scalars()
            return "\n".join(rows)

    within = "division_code BETWEEN 610522101201 AND 610522101201"
    assert "tasks_open_idx" in plan(
        f"SELECT * FROM tasks WHERE state = 'open' AND {within} ORDER BY id DESC LIMIT 100"
    )
    assert "tasks_geom_idx" in plan(
        "SELECT * FROM tasks WHERE geom && ST_MakeEnvelope(110.001, 34.4, 110.0011, 34.6, 4326)"
        f" AND {within}"
    )
