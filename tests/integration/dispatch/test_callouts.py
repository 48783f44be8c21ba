"""吹哨报到: departments called, answering by the clock; the first receiver never changes."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from backend.dispatch import timeouts


@pytest.fixture
def offices(dispatcher) -> list[int]:
    """Return the ids of two departments of the county."""
    names = ("住建局", "应急局")
    added = [dispatcher.post("/api/departments", json={"name": name}).json() for name in names]
    return [each["id"] for each in added]


def act(client, callout, name, **more):
    body = {"act": name, "version": callout["version"], **more}
    return client.post(f"/api/callouts/{callout['id']}/acts", json=body)


def test_departments_come_by_the_clock_and_the_first_to_accept_stays_first(
    dispatcher, make, offices
) -> None:
    made = make(department_ids=offices)
    assert made["progress"] == "offered"
    one, two = made["callouts"]
    span = datetime.fromisoformat(one["accept_by"]) - datetime.fromisoformat(one["called_at"])
    assert span == timedelta(minutes=15)
    second = act(dispatcher, two, "accept").json()
    first = act(dispatcher, one, "accept").json()
    assert (second["is_first_receiver"], first["is_first_receiver"]) == (True, False)
    assert second["arrive_by"] is not None
    refused = act(dispatcher, second, "refuse", text="不属本部门").json()
    assert (refused["state"], refused["is_first_receiver"]) == ("refused", True)
    done = act(dispatcher, act(dispatcher, first, "arrive").json(), "finish", text="已修").json()
    assert (done["state"], done["result"]) == ("done", "已修")
    sheet = dispatcher.get(f"/api/tasks/{made['id']}").json()
    assert sheet["state"] == "done"
    assert [(e["act"], e["subject"]) for e in sheet["entries"] if e["callout_id"]] == [
        ("call", "住建局"),
        ("call", "应急局"),
        ("accept", "应急局"),
        ("accept", "住建局"),
        ("refuse", "应急局"),
        ("arrive", "住建局"),
        ("finish", "住建局"),
    ]


def test_the_database_keeps_the_first_receiver(dispatcher, make, offices, land) -> None:
    (one, two) = make(department_ids=offices)["callouts"]
    act(dispatcher, one, "accept")
    with pytest.raises(psycopg.errors.CheckViolation):
        land.run("UPDATE callouts SET is_first_receiver = false WHERE id = %s", one["id"])
    with pytest.raises(psycopg.errors.UniqueViolation):
        land.run("UPDATE callouts SET is_first_receiver = true WHERE id = %s", two["id"])


def test_a_call_nobody_answers_times_out_and_a_late_one_is_told(dispatcher, make, offices, land):
    (one, two) = make(department_ids=offices)["callouts"]
    act(dispatcher, one, "accept")
    now = datetime.now(UTC)
    assert timeouts.sweep(now + timedelta(minutes=16)) == 1
    assert timeouts.sweep(now + timedelta(minutes=62)) == 1
    assert timeouts.sweep(now + timedelta(minutes=63)) == 0
    rows = land.run("SELECT state, late_at IS NOT NULL FROM callouts ORDER BY id")
    assert rows == [("accepted", True), ("timed_out", False)]
    assert act(dispatcher, two, "accept").status_code == 409


def test_a_department_is_called_once_and_can_be_called_later(dispatcher, make, offices) -> None:
    made = make()
    url, body = f"/api/tasks/{made['id']}/callouts", {"department_id": offices[0]}
    sheet = dispatcher.post(url, json=body).json()
    assert dispatcher.post(url, json=body).json()["error"]["code"] == "dispatch.already_offered"
    act(dispatcher, sheet["callouts"][0], "withdraw")
    again = dispatcher.post(url, json=body, headers={"Idempotency-Key": "whistle"})
    twice = dispatcher.post(url, json=body, headers={"Idempotency-Key": "whistle"})
    assert len(again.json()["callouts"]) == len(twice.json()["callouts"]) == 2


def test_departments_have_names_of_their_own_and_lie_in_the_jurisdiction(
    dispatcher, offices
) -> None:
    for body, status, code in (
        ({"name": "住建局"}, 409, "departments.known"),
        ({"name": "外地", "division_code": "610523000000"}, 422, "departments.outside"),
        ({"name": " "}, 422, "request.invalid"),
    ):
        answer = dispatcher.post("/api/departments", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_answers_in_time_are_counted_by_township_and_shift(dispatcher, make, unit, land) -> None:
    plan = (
        "INSERT INTO shift_plans (unit_id, name, weekdays, begins, ends)"
        " VALUES (%s, '早班', '{1,2,3,4,5,6,7}', '00:00', '00:00') RETURNING id"
    )
    planned, by_hand = unit("A1"), unit("A2")
    number = land.run(plan, planned)[0][0]
    land.run("UPDATE shifts SET plan_id = %s, source = 'plan' WHERE unit_id = %s", number, planned)
    made = make(unit_ids=[planned, by_hand])
    one, two = made["assignments"]
    for each, steps in ((one, ("accept", "arrive")), (two, ("refuse",))):
        for step in steps:
            body = {"act": step, "text": "车坏了"}
            dispatcher.post(f"/api/assignments/{each['id']}/acts", json=body)
    now = datetime.now(UTC)
    period = {
        "from": (now - timedelta(hours=1)).isoformat(),
        "to": (now + timedelta(hours=1)).isoformat(),
    }
    rows = dispatcher.get("/api/tasks/stats", params=period).json()["rows"]
    told = ("township_name", "shift", "offered", "accepted_in_time", "arrived_in_time", "refused")
    assert [tuple(row[name] for name in told) for row in rows] == [
        ("西川镇", "", 1, 0, 0, 1),
        ("西川镇", "早班", 1, 1, 1, 0),
    ]
    wrong = {"from": period["to"], "to": period["from"]}
    assert dispatcher.get("/api/tasks/stats", params=wrong).status_code == 422
