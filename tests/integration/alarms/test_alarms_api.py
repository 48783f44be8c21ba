"""Alarms and rules at the API: read, seen, reported, looked at by others, tried out."""

from datetime import UTC, datetime, timedelta

import pytest

RULE = {"name": "夜间越界", "kinds": ["motion", "crossing"], "outcome": "note"}


@pytest.fixture(autouse=True)
def without_the_rule_delivered(land) -> None:
    land.run("DELETE FROM alarm_rules")


def now(**ago: float) -> datetime:
    return datetime.now(UTC) - timedelta(**ago)


def test_alarms_are_listed_newest_first_with_names_and_place(
    land, client, camera, rule, signal, take_in
) -> None:
    rule("note", name="有动静")
    operator = client()
    take_in(signal(camera), at=now(minutes=5))
    take_in(signal(camera, "input", source="port=1"), at=now(minutes=2))
    told = operator.get("/api/alarms").json()
    assert [(r["kind"], r["rule_name"], r["outcome"]) for r in told["rows"]] == [
        ("motion", "有动静", "note")
    ]
    assert told["unseen"] == 1
    both = operator.get("/api/alarms", params={"shown": "all"}).json()["rows"]
    assert [r["kind"] for r in both] == ["input", "motion"]
    assert both[1]["camera_name"] == "南门"
    assert (both[1]["lon"], both[1]["lat"]) == pytest.approx((110.0105, 34.510), abs=1e-9)
    assert both[1]["is_camera_place"] is False
    of_kind = operator.get("/api/alarms", params={"shown": "all", "kind": "input"}).json()
    assert len(of_kind["rows"]) == 1


def test_an_alarm_that_was_seen_says_by_whom_first(
    land, client, camera, rule, signal, take_in
) -> None:
    rule("note")
    take_in(signal(camera), at=now(minutes=1))
    first, second = client(), client()
    alarm_id = first.get("/api/alarms").json()["rows"][0]["id"]
    seen = first.post(f"/api/alarms/{alarm_id}/seen").json()
    again = second.post(f"/api/alarms/{alarm_id}/seen").json()
    assert seen["seen_by"] == again["seen_by"] is not None
    assert first.get("/api/alarms").json()["unseen"] == 0
    assert first.post("/api/alarms/seen", params={"up_to": alarm_id}).json() == {"seen": 0}


def test_whoever_sees_the_place_is_named_not_only_the_alarming_camera(
    land, client, camera, add_camera, signal, take_in
) -> None:
    """A camera 100 m south of the place, looking north at it, sees it; the ranking says so."""
    beside = land.add_camera("对面", 110.0105, 34.5091)
    take_in(signal(camera), at=now(minutes=1))
    operator = client()
    alarm_id = operator.get("/api/alarms", params={"shown": "all"}).json()["rows"][0]["id"]
    answer = operator.get(f"/api/alarms/{alarm_id}/cameras").json()
    assert (answer["lon"], answer["lat"]) == pytest.approx((110.0105, 34.510), abs=1e-9)
    by_id = {one["camera_id"]: one["sight"] for one in answer["cameras"]}
    assert by_id[beside] == "certain"
    assert answer["cameras"][0]["camera_id"] == beside


def test_an_alarm_is_reported_once_however_often_the_button_is_pressed(
    land, client, camera, signal, take_in
) -> None:
    take_in(signal(camera), at=now(minutes=1))
    operator = client()
    alarm_id = operator.get("/api/alarms", params={"shown": "all"}).json()["rows"][0]["id"]
    asked = {"kind": "safety", "severity": "yellow", "description": "栅栏被翻越"}
    first = operator.post(f"/api/alarms/{alarm_id}/incident", json=asked)
    again = operator.post(f"/api/alarms/{alarm_id}/incident", json=asked)
    assert first.status_code == 201, first.text
    assert first.json() == again.json()
    assert land.run("SELECT kind, severity, description FROM incidents") == [
        ("safety", "yellow", "栅栏被翻越")
    ]
    row = operator.get(f"/api/alarms/{alarm_id}").json()
    assert row["incident_number"] == first.json()["number"]
    assert row["seen_by"] is not None


def test_a_neighbour_sees_none_of_it(land, client, camera, signal, take_in) -> None:
    take_in(signal(camera), at=now(minutes=1))
    alarm_id = land.run("SELECT id FROM alarms")[0][0]
    neighbour = client("operator", 610523000000)
    assert neighbour.get("/api/alarms", params={"shown": "all"}).json()["rows"] == []
    for method, path in (
        ("GET", f"/api/alarms/{alarm_id}"),
        ("GET", f"/api/alarms/{alarm_id}/cameras"),
        ("POST", f"/api/alarms/{alarm_id}/seen"),
    ):
        assert neighbour.request(method, path).status_code == 404
    told = neighbour.post(f"/api/alarms/{alarm_id}/incident", json={"kind": "other"})
    assert told.status_code == 404


def test_rules_are_written_by_those_who_may_and_entered_into_the_register(land, client) -> None:
    dispatcher, operator = client("dispatcher"), client("operator")
    assert operator.post("/api/alarms/rules", json=RULE).status_code == 403
    made = dispatcher.post("/api/alarms/rules", json=RULE)
    assert made.status_code == 201, made.text
    rule = made.json()
    assert rule["division_code"] == "610522000000"
    window = {"weekdays": [6, 7], "begins": "22:00", "ends": "06:00"}
    change = RULE | {"version": rule["version"], "windows": [window]}
    path = f"/api/alarms/rules/{rule['id']}"
    changed = dispatcher.patch(path, json=change).json()
    assert changed["windows"] == [window | {"begins": "22:00:00", "ends": "06:00:00"}]
    stale = dispatcher.patch(path, json=change)
    assert stale.json()["error"]["code"] == "alarms.stale_rule"
    assert operator.get("/api/alarms/rules").json()["rows"][0]["version"] == 2
    assert dispatcher.delete(path).status_code == 204
    acts = land.run("SELECT act FROM register WHERE act LIKE 'alarm_rule.%%' ORDER BY seq")
    assert [act for (act,) in acts] == [
        "alarm_rule.added",
        "alarm_rule.changed",
        "alarm_rule.removed",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "incident"},
        {"incident_kind": "fire"},
        {"kinds": []},
        {"kinds": ["face"]},
        {"camera_ids": [1], "grid_id": 1},
        {"windows": [{"begins": "25:00", "ends": "06:00"}]},
        {"division_code": "610523"},
        {"camera_ids": [999_999]},
        {"grid_id": 999_999},
        {"outcome": "incident", "incident_kind": "nonsense"},
    ],
)
def test_rules_that_cannot_be_are_refused(land, client, change: dict) -> None:
    refused = client("dispatcher").post("/api/alarms/rules", json=RULE | change)
    assert refused.status_code == 422, refused.text
    assert land.run("SELECT count(*) FROM alarm_rules") == [(0,)]


def test_a_trial_tells_what_a_rule_would_have_done_and_keeps_nothing(
    land, client, camera, add_camera, signal, take_in
) -> None:
    """Three days with four alarms each: at 03:00 and 04:00 local they are of the night."""
    midnight = datetime.now(UTC).replace(hour=16, minute=0, second=0, microsecond=0)
    nights = [midnight - timedelta(days=d) for d in (4, 3, 2)]  # 00:00 in Shanghai
    for night in nights:
        for hour in (3, 4, 10, 15):
            at = night + timedelta(hours=hour)
            take_in(signal(camera), at=at)
            take_in(signal(camera, is_on=False, raised=0), at=at + timedelta(minutes=1))
    at_night = [{"begins": "22:00", "ends": "06:00"}]
    asked = RULE | {"windows": at_night, "outcome": "incident", "incident_kind": "safety"}
    told = client("operator").post("/api/alarms/rules/trial", json=asked).json()
    assert (told["alarms"], told["matching"], told["fired"]) == (12, 6, 6)
    assert [day["fired"] for day in told["days"]] == [2, 2, 2]
    limited = asked | {"storm_count": 1, "storm_window_s": 7200}
    held = client("operator").post("/api/alarms/rules/trial", json=limited).json()
    assert (held["fired"], held["storm"]) == (3, 3)
    assert land.run("SELECT count(*) FROM alarm_rules") == [(0,)]
    assert land.run("SELECT count(*) FROM incidents") == [(0,)]


def test_a_camera_gone_silent_raises_one_alarm_and_its_return_ends_it(land, camera) -> None:
    from backend.alarms.sweeping import sweep
    from backend.db import begin

    land.run("INSERT INTO devices (camera_id, address) VALUES (%s, 'http://10.0.0.1')", camera)
    land.run("UPDATE cameras SET is_alive = false WHERE id = %s", camera)
    land.run(
        "INSERT INTO camera_checks (camera_id, at, has_frames)"
        " VALUES (%s, now() - interval '40 seconds', false)",
        camera,
    )
    early = datetime.now(UTC) - timedelta(seconds=20)
    for at in (early, datetime.now(UTC), datetime.now(UTC)):
        with begin() as session:
            sweep(session, at)
    assert land.run("SELECT kind, state, repeats FROM alarms") == [("offline", "active", 1)]
    land.run("UPDATE cameras SET is_alive = true WHERE id = %s", camera)
    with begin() as session:
        sweep(session, datetime.now(UTC))
    assert land.run("SELECT state, clear_reason FROM alarms") == [("cleared", "back")]


def test_what_a_device_began_and_cannot_end_is_ended(land, camera, signal, take_in) -> None:
    from backend.alarms.sweeping import sweep
    from backend.db import begin

    take_in(signal(camera), at=now(minutes=30))
    land.run(
        "INSERT INTO event_subscriptions (camera_id, division_code, mark, state, since, heard_at)"
        " VALUES (%s, 610522101201, '', 'lost', now() - interval '20 minutes',"
        " now() - interval '20 minutes')",
        camera,
    )
    with begin() as session:
        sweep(session, datetime.now(UTC))
    assert land.run("SELECT state, clear_reason FROM alarms") == [("cleared", "lost")]
    page = land.run("SELECT count(*) FROM event_subscriptions")
    assert page == [(1,)]


def test_which_devices_tell_their_events_can_be_read(land, client, camera) -> None:
    land.run(
        "INSERT INTO event_subscriptions (camera_id, division_code, mark, state, since, dropped)"
        " VALUES (%s, 610522101201, '', 'unsupported', now(), 3)",
        camera,
    )
    told = client("operator").get("/api/alarms/subscriptions").json()
    assert (told["total"], told["by_state"]) == (1, {"unsupported": 1})
    assert told["rows"][0]["dropped"] == 3
