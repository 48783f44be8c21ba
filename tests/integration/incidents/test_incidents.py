"""Incidents over HTTP: reported, numbered, placed, handled, closed."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

HERE = {"lon": 110.011, "lat": 34.512}
"""In village 1 (柳林村), its south grid."""


def report(client, **extra):
    answer = client.post("/api/incidents", json={"kind": "fire", **HERE, **extra})
    assert answer.status_code == 201, answer.text
    return answer.json()


def step(client, incident, act, **extra):
    body = {"act": act, "version": incident["version"], **extra}
    return client.post(f"/api/incidents/{incident['id']}/acts", json=body)


@pytest.fixture
def operator(client, land):
    return client("operator")


def test_a_report_finds_division_grids_severity_and_number(operator) -> None:
    made = report(operator, description="草垛起火")
    assert made["state"] == "reported"
    assert made["severity"] == "red"  # the kind's own: fire
    assert made["division"]["code"] == "610522101201"
    assert made["division"]["path"] == ["云溪县", "西川镇", "柳林村"]
    assert [(g["set_name"], g["name"]) for g in made["grids"]] == [
        ("basic", "柳林村南网格"),
        ("police", "柳林村警格"),
    ]
    day = (datetime.now(UTC) + timedelta(hours=8)).strftime("%Y%m%d")
    assert made["number"] == f"YX{day}-0001"  # 云溪县 without 县


def test_numbers_of_reports_made_at_once_are_gapless_and_unique(operator, client) -> None:
    numbers: list[str] = []
    others = [operator, *(client("operator") for _ in range(3))]
    threads = [
        threading.Thread(target=lambda c=c: numbers.extend(report(c)["number"] for _ in range(3)))
        for c in others
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(n[-4:]) for n in numbers) == list(range(1, 13))


def test_a_named_place_gives_its_point_and_name(operator, land) -> None:
    place_id = land.run("SELECT id FROM places WHERE name = '桃源村小学'")[0][0]
    made = operator.post("/api/incidents", json={"kind": "help", "place_id": place_id}).json()
    assert (made["place_text"], made["lon"], made["lat"]) == ("桃源村小学", 110.03, 34.51)


def test_a_grid_code_gives_a_point_inside_the_grid(operator) -> None:
    body = {"kind": "help", "grid_code": "610522101201002"}
    made = operator.post("/api/incidents", json=body).json()
    assert "柳林村北网格" in [grid["name"] for grid in made["grids"]]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "fire"}, "incidents.place_missing"),
        ({"kind": "fire", "lon": 110.01}, "incidents.place_missing"),
        ({"kind": "ghost", **HERE}, "incidents.unknown_kind"),
        ({"kind": "fire", "grid_code": "none"}, "incidents.place_unknown"),
        ({"kind": "fire", "lon": 110.12, "lat": 34.51}, "incidents.outside_jurisdiction"),
        ({"kind": "fire", "lon": 11.12, "lat": 4.51}, "incidents.outside_jurisdiction"),
    ],
)
def test_a_report_that_cannot_be_placed_says_which_field(operator, body, code) -> None:
    answer = operator.post("/api/incidents", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["fields"][0]["field"] in body | {"lon": 0, "lat": 0}


def test_a_report_repeated_with_its_key_is_one_incident(operator) -> None:
    headers = {"Idempotency-Key": "a-click-1"}
    body = {"kind": "fire", **HERE}
    made: list[int] = []

    def send() -> None:
        made.append(operator.post("/api/incidents", json=body, headers=headers).json()["id"])

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(operator.get("/api/incidents").json()["incidents"]) == 1


def test_an_incident_goes_from_report_to_close_and_tells_its_story(operator) -> None:
    made = report(operator, description="起火")
    handling = step(operator, made, "handle").json()
    noted = step(operator, handling, "note", text="消防已到").json()
    closed = step(operator, noted, "close", result="已扑灭").json()
    assert (closed["state"], closed["result"]) == ("closed", "已扑灭")
    assert closed["closed_at"] is not None
    entries = operator.get(f"/api/incidents/{made['id']}/timeline").json()["entries"]
    assert [(e["act"], e["to_state"], e["text"]) for e in entries] == [
        ("report", "reported", "起火"),
        ("handle", "handling", ""),
        ("note", "handling", "消防已到"),
        ("close", "closed", "已扑灭"),
    ]


def test_closing_needs_a_result(operator) -> None:
    handling = step(operator, report(operator), "handle").json()
    answer = step(operator, handling, "close", result="  ")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "incidents.result_missing"


def test_a_step_that_the_table_does_not_list_is_refused(operator) -> None:
    made = report(operator)
    answer = step(operator, made, "close", result="done")  # reported cannot be closed at once
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "incidents.transition_refused"


def test_a_step_on_an_old_version_is_refused_and_changes_nothing(operator) -> None:
    made = report(operator)
    assert step(operator, made, "handle").status_code == 200
    late = step(operator, made, "reject", result="误报")
    assert late.status_code == 409
    assert late.json()["error"]["code"] == "incidents.stale_version"
    now = operator.get(f"/api/incidents/{made['id']}").json()
    assert (now["state"], now["version"]) == ("handling", 2)


def test_the_database_itself_refuses_an_illegal_step(operator, land) -> None:
    made = report(operator)
    with pytest.raises(Exception, match="cannot go from reported to closed"):
        land.run(
            "UPDATE incidents SET state = 'closed', result = 'x', closed_at = now() WHERE id = %s",
            made["id"],
        )


def test_a_timeline_cannot_be_rewritten(operator, land) -> None:
    report(operator)
    with pytest.raises(Exception, match="append-only"):
        land.run("UPDATE incident_entries SET text = 'nothing happened'")
    with pytest.raises(Exception, match="append-only"):
        land.run("DELETE FROM incident_entries")


def test_the_cameras_of_the_moment_stay_linked(operator, land) -> None:
    # Looks north, 90 degrees wide, 150 m: 0.001 degrees north is 111 m, in the middle of its field.
    camera_id = land.add_camera("北望", 110.011, 34.511)
    made = report(operator)
    assert [(c["camera_id"], c["sight"], c["rank"]) for c in made["linked_cameras"]] == [
        (camera_id, "certain", 1)
    ]
    land.run("DELETE FROM cameras WHERE id = %s", camera_id)
    again = operator.get(f"/api/incidents/{made['id']}").json()
    assert again["linked_cameras"] == made["linked_cameras"]
    now = operator.get(f"/api/incidents/{made['id']}/cameras").json()
    assert (now["cameras"], now["none_sees"]) == ([], True)


def test_the_queue_shows_open_incidents_newest_first(operator) -> None:
    first, second = report(operator), report(operator)
    step(operator, first, "reject", result="误报")
    shown = operator.get("/api/incidents").json()["incidents"]
    assert [i["id"] for i in shown] == [second["id"]]
    everything = operator.get("/api/incidents?state=all").json()["incidents"]
    assert [i["id"] for i in everything] == [second["id"], first["id"]]
    older = operator.get(f"/api/incidents?state=all&before={second['id']}").json()["incidents"]
    assert [i["id"] for i in older] == [first["id"]]


def test_an_answer_is_sent_after_the_commit(operator, land) -> None:
    # A trigger that fails at commit: were the answer sent first, it would say 201.
    land.run(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'too late'; END $$"
    )
    land.run(
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON incidents"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()"
    )
    answer = operator.post("/api/incidents", json={"kind": "fire", **HERE})
    assert answer.status_code == 500
    assert "too late" not in answer.text  # what went wrong inside stays inside
    assert answer.json()["error"]["detail"]["log_id"]
    assert operator.get("/api/incidents").json()["incidents"] == []
