"""Tasks over HTTP: made, offered, accepted, reached, done; and what is refused."""

from datetime import UTC, datetime, timedelta

import pytest

HERE = {"lon": 110.011, "lat": 34.512}
FAR = {"lon": 110.019, "lat": 34.518}  # 950 m from HERE


def act(client, assignment, name, **more):
    body = {"act": name, "version": assignment["version"], **more}
    return client.post(f"/api/assignments/{assignment['id']}/acts", json=body)


def test_a_task_goes_from_offer_to_done_and_tells_its_story(dispatcher, make, unit) -> None:
    made = make(unit_ids=[unit("A1")], severity="red")
    day = (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y%m%d")
    assert made["number"] == f"YX{day}-P0001"
    assert (made["state"], made["progress"]) == ("open", "offered")
    (offered,) = made["assignments"]
    accepted = act(dispatcher, offered, "accept").json()
    started = act(dispatcher, accepted, "start").json()
    arrived = act(dispatcher, started, "arrive", **HERE, accuracy=10).json()
    done = act(dispatcher, arrived, "finish", text="已疏通").json()
    assert (done["state"], done["result"], done["version"]) == ("done", "已疏通", 5)
    assert (done["arrival_proof"], done["arrival_distance_m"]) == ("position", 0)
    sheet = dispatcher.get(f"/api/tasks/{made['id']}").json()
    assert (sheet["state"], sheet["progress"]) == ("done", "done")
    assert [(e["act"], e["subject"], e["to_state"], e["text"]) for e in sheet["entries"]] == [
        ("create", None, "open", "查看积水"),
        ("offer", "力量A1", "offered", ""),
        ("accept", "力量A1", "accepted", ""),
        ("start", "力量A1", "under_way", ""),
        ("arrive", "力量A1", "arrived", ""),
        ("finish", "力量A1", "done", "已疏通"),
        ("done", None, "done", ""),
    ]


def test_clocks_follow_the_severity(dispatcher, make, unit) -> None:
    for severity, accept_s, arrive_s in (("red", 120, 900), ("blue", 900, 7200)):
        (offered,) = make(unit_ids=[unit(severity)], severity=severity)["assignments"]
        span = datetime.fromisoformat(offered["accept_by"]) - datetime.fromisoformat(
            offered["offered_at"]
        )
        assert span == timedelta(seconds=accept_s)
        assert offered["arrive_by"] is None
        accepted = act(dispatcher, offered, "accept").json()
        span = datetime.fromisoformat(accepted["arrive_by"]) - datetime.fromisoformat(
            accepted["accepted_at"]
        )
        assert span == timedelta(seconds=arrive_s)


def test_a_task_of_an_incident_takes_its_place_and_severity_and_tells_its_timeline(
    dispatcher, unit, incident
) -> None:
    number = incident((110.011, 34.512), 610522101201)
    made = [
        dispatcher.post("/api/tasks", json={"incident_id": number, "unit_ids": [unit(code)]}).json()
        for code in ("A1", "A2")  # several tasks of one incident
    ]
    assert [(t["kind"], t["severity"], t["text"]) for t in made] == [
        ("incident", "red", "草垛起火")
    ] * 2
    assert (made[0]["lon"], made[0]["lat"]) == (110.011, 34.512)
    assert made[0]["incident_number"] == "YX20261121-0"
    entries = dispatcher.get(f"/api/incidents/{number}/timeline").json()["entries"]
    assert [e["act"] for e in entries] == ["task.create", "task.offer"] * 2
    assert entries[1]["text"] == f"{made[0]['number']} 力量A1"


def test_a_task_for_grids_goes_to_their_home_units_on_duty(dispatcher, land, unit) -> None:
    south = "610522101201001"
    grid = int(str(land.run("SELECT id FROM grids WHERE code = %s", south)[0][0]))
    home = unit("H1", grid=south)
    unit("H2", grid=south, on_duty=False)
    other = unit("X1")
    body = {"title": "补巡", "kind": "patrol", "grid_ids": [grid]}
    named = dispatcher.post("/api/tasks", json={**body, "unit_ids": [other]}).json()
    assert [a["unit_id"] for a in named["assignments"]] == [other]  # who was chosen, alone
    made = dispatcher.post("/api/tasks", json=body).json()
    assert [a["unit_id"] for a in made["assignments"]] == [home]
    assert [(g["code"], g["name"]) for g in made["grids"]] == [(south, "柳林村南网格")]
    assert made["division_code"] == "610522101201"
    assert made["lon"] is None


def test_grids_of_two_villages_make_a_task_of_their_township(dispatcher, land) -> None:
    ids = land.run("SELECT id FROM grids WHERE code IN ('610522101201001', '610522101202001')")
    body = {"title": "补巡", "grid_ids": [int(str(row[0])) for row in ids]}
    made = dispatcher.post("/api/tasks", json=body).json()
    assert made["division_code"] == "610522101000"
    assert made["progress"] == "waiting"


def test_a_task_of_an_alert_is_about_what_the_alert_is_about(dispatcher, land, unit) -> None:
    south = "610522101201001"
    grid = int(str(land.run("SELECT id FROM grids WHERE code = %s", south)[0][0]))
    place = int(str(land.run("SELECT id FROM places WHERE name = '柳林村小学'")[0][0]))
    alerts = [
        land.run(
            "INSERT INTO alerts (kind, subject_kind, subject_id, severity, rule, raised_at,"
            " division_code) VALUES ('eyeson', %s, %s, 'yellow', 'r', now(), 610522101201)"
            " RETURNING id",
            *subject,
        )[0][0]
        for subject in (("grid", grid), ("place", place))
    ]
    home = unit("H1", grid=south)
    first, second = (
        dispatcher.post("/api/tasks", json={"alert_id": number}).json() for number in alerts
    )
    assert (first["title"], first["kind"], first["severity"]) == (
        "柳林村南网格",
        "patrol",
        "yellow",
    )
    assert [g["id"] for g in first["grids"]] == [grid]
    assert [a["unit_id"] for a in first["assignments"]] == [home]
    assert (second["title"], second["lon"], second["lat"]) == ("柳林村小学", 110.01, 34.51)
    assert dispatcher.get(f"/api/tasks?alert={alerts[0]}").json()["total"] == 1


def test_consoles_are_told_of_each_change_of_a_task(dispatcher, make, unit, land) -> None:
    import json

    import psycopg

    with psycopg.connect(land.url, autocommit=True) as listener:
        listener.execute("LISTEN gridlink_changes")
        made = make(unit_ids=[unit("A1")])
        act(dispatcher, made["assignments"][0], "accept")
        told = [json.loads(n.payload) for n in listener.notifies(timeout=10, stop_after=4)]
    assert [(n["id"], n["version"], n["division_code"]) for n in told if n["noun"] == "task"] == [
        (made["id"], 1, 610522101201),
        (made["id"], 2, 610522101201),
    ]


def test_reassigning_withdraws_one_and_offers_another_at_once(dispatcher, make, unit) -> None:
    made = make(unit_ids=[unit("A1")])
    first = made["assignments"][0]
    body = {"unit_ids": [unit("A2")], "instead_of": first["id"]}
    sheet = dispatcher.post(f"/api/tasks/{made['id']}/assignments", json=body).json()
    assert [(a["unit_code"], a["state"]) for a in sheet["assignments"]] == [
        ("A1", "withdrawn"),
        ("A2", "offered"),
    ]


def test_a_task_stays_open_when_all_refuse_and_ends_when_the_last_is_done(
    dispatcher, make, unit
) -> None:
    made = make(unit_ids=[unit("A1"), unit("A2"), unit("A3")])
    one, two, three = made["assignments"]
    assert act(dispatcher, one, "refuse").json()["error"]["code"] == "dispatch.text_missing"
    act(dispatcher, one, "refuse", text="车坏了")
    for each in (two, three):
        arrived = act(dispatcher, act(dispatcher, each, "accept").json(), "arrive").json()
        assert dispatcher.get(f"/api/tasks/{made['id']}").json()["state"] == "open"
        act(dispatcher, arrived, "finish", text="好")
    assert dispatcher.get(f"/api/tasks/{made['id']}").json()["state"] == "done"
    alone = make(unit_ids=[unit("A4")])
    act(dispatcher, alone["assignments"][0], "refuse", text="不行")
    sheet = dispatcher.get(f"/api/tasks/{alone['id']}").json()
    assert (sheet["state"], sheet["progress"]) == ("open", "waiting")


def test_cancelling_withdraws_everybody_and_finishing_needs_everybody_off(
    dispatcher, make, unit
) -> None:
    made = make(unit_ids=[unit("A1")])
    url = f"/api/tasks/{made['id']}/acts"
    finish = {"act": "finish", "version": made["version"], "text": "完成"}
    assert dispatcher.post(url, json=finish).json()["error"]["code"] == "dispatch.still_open"
    cancel = {"act": "cancel", "version": made["version"], "text": "误报"}
    sheet = dispatcher.post(url, json=cancel).json()
    assert (sheet["state"], sheet["assignments"][0]["state"]) == ("cancelled", "withdrawn")
    again = {"unit_ids": [unit("A2")]}
    answer = dispatcher.post(f"/api/tasks/{made['id']}/assignments", json=again)
    assert answer.json()["error"]["code"] == "dispatch.task_ended"
    note = {"act": "note", "version": sheet["version"], "text": "已回访"}
    assert dispatcher.post(url, json=note).status_code == 200


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({}, 422, "dispatch.title_missing"),
        ({"title": "x", "incident_id": 999}, 422, "dispatch.unknown"),
        ({"title": "x", "alert_id": 999}, 422, "dispatch.unknown"),
        ({"title": "x", "unit_ids": [999]}, 422, "dispatch.unknown"),
        ({"title": "x", "grid_ids": [999]}, 422, "dispatch.unknown"),
        ({"title": "x", "department_ids": [999]}, 422, "dispatch.unknown"),
        ({"title": "x", "lon": 110.0}, 422, "dispatch.half_a_place"),
        ({"title": "x", "lon": 110.12, "lat": 34.51}, 422, "dispatch.outside_jurisdiction"),
        ({"title": "x", "deadline_at": "2026-11-22T08:00:00"}, 422, "request.invalid"),
    ],
)
def test_a_task_that_cannot_be_made_says_why_and_leaves_nothing(
    dispatcher, land, told, status, code
) -> None:
    answer = dispatcher.post("/api/tasks", json=told)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert land.run("SELECT count(*) FROM tasks") == [(0,)]


def test_a_unit_off_duty_or_already_on_the_task_is_not_offered(dispatcher, make, unit) -> None:
    idle, busy = unit("A1", on_duty=False), unit("A2")
    made = make(unit_ids=[busy])
    for unit_id, status, code in (
        (idle, 422, "dispatch.off_duty"),
        (busy, 409, "dispatch.already_offered"),
    ):
        answer = dispatcher.post(
            f"/api/tasks/{made['id']}/assignments", json={"unit_ids": [unit_id]}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_an_act_out_of_turn_or_on_an_old_version_is_refused(dispatcher, make, unit) -> None:
    (offered,) = make(unit_ids=[unit("A1")])["assignments"]
    out_of_turn = act(dispatcher, offered, "arrive")
    assert out_of_turn.json()["error"]["code"] == "dispatch.step_refused"
    accepted = act(dispatcher, offered, "accept").json()
    stale = act(dispatcher, offered, "start")
    assert (stale.status_code, stale.json()["error"]["detail"]["version"]) == (409, 2)
    queued = dispatcher.post(
        f"/api/assignments/{offered['id']}/acts", json={"act": "start"}
    )  # without a version the table of transitions guards alone
    assert (queued.status_code, queued.json()["version"]) == (200, accepted["version"] + 1)


def test_a_click_repeated_with_its_key_makes_nothing_twice(dispatcher, make, unit, land) -> None:
    headers = {"Idempotency-Key": "click-1"}
    body = {"title": "查看", **HERE, "unit_ids": [unit("A1")]}
    first = dispatcher.post("/api/tasks", json=body, headers=headers).json()
    again = dispatcher.post("/api/tasks", json=body, headers=headers).json()
    assert again["id"] == first["id"]
    assert land.run("SELECT count(*) FROM tasks") == [(1,)]
    other = dispatcher.post("/api/tasks", json={**body, "title": "别的"}, headers=headers)
    assert other.json()["error"]["code"] == "dispatch.key_used"
    (offered,) = first["assignments"]
    url, step = f"/api/assignments/{offered['id']}/acts", {"act": "accept", "version": 1}
    for _ in range(2):
        answer = dispatcher.post(url, json=step, headers={"Idempotency-Key": "click-2"})
        assert (answer.status_code, answer.json()["state"]) == (200, "accepted")


def test_an_act_told_late_keeps_the_time_it_was_taken(dispatcher, make, unit, land) -> None:
    (offered,) = make(unit_ids=[unit("A1")])["assignments"]
    land.run("ALTER TABLE assignments DISABLE TRIGGER ALL")
    begun = datetime.now(UTC) - timedelta(minutes=30)
    land.run("UPDATE assignments SET offered_at = %s", begun)
    taken = begun + timedelta(minutes=2)
    accepted = act(dispatcher, offered, "accept", at=taken.isoformat()).json()
    assert datetime.fromisoformat(accepted["accepted_at"]) == taken
    before_that = (taken - timedelta(hours=3)).isoformat()
    started = act(dispatcher, accepted, "start", at=before_that).json()
    assert datetime.fromisoformat(started["under_way_at"]) == taken  # not before it was accepted
    ahead = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    arrived = act(dispatcher, started, "arrive", at=ahead).json()
    assert datetime.fromisoformat(arrived["arrived_at"]) <= datetime.now(UTC)


def test_the_board_filters_and_counts(dispatcher, make, unit, land) -> None:
    first = make(title="桥头积水", severity="red", unit_ids=[unit("A1")])
    second = make(title="路灯", severity="blue")
    gone = make(title="误报")
    url = f"/api/tasks/{gone['id']}/acts"
    dispatcher.post(url, json={"act": "cancel", "version": gone["version"], "text": "误"})
    land.run(
        "UPDATE tasks SET deadline_at = now() - interval '1 minute' WHERE id = %s", second["id"]
    )

    def ids(query: str) -> list[int]:
        return [row["id"] for row in dispatcher.get(f"/api/tasks?{query}").json()["rows"]]

    assert ids("") == [second["id"], first["id"]]
    assert ids("state=all") == [gone["id"], second["id"], first["id"]]
    assert ids("severity=red") == [first["id"]]
    assert ids("q=桥头") == ids("q=力量A1") == ids(f"q={first['number']}") == [first["id"]]
    assert ids("q=%25") == []  # a percent sign is a sign
    assert ids("overdue=true") == [second["id"]]
    assert ids(f"unit={first['assignments'][0]['unit_id']}") == [first["id"]]
    assert ids("mine=true") == [second["id"], first["id"]]
    assert ids(f"before={second['id']}") == [first["id"]]
    assert ids("division=610522102000") == []
    page = dispatcher.get("/api/tasks?limit=1").json()
    assert (len(page["rows"]), page["total"]) == (1, 2)
    counted = dispatcher.get("/api/tasks/counters").json()
    assert (counted["open"], counted["waiting"], counted["offered"]) == (2, 1, 1)
    assert counted["overdue"] == 1


def test_a_worker_s_other_act_is_on_the_register_with_its_task(
    dispatcher, make, unit, client
) -> None:
    (offered,) = make(unit_ids=[unit("A1")])["assignments"]
    act(dispatcher, offered, "accept")
    entries = client("admin").get("/api/register").json()["entries"]
    acts = [e["act"] for e in entries if e["act"].startswith("task.")]
    assert acts == ["task.accept", "task.create"]
