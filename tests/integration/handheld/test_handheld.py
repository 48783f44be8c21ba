"""The day of a unit as its handheld reads it: duty, tasks, track; nothing of other units."""

from datetime import UTC, datetime, timedelta

import pytest

from backend import db
from backend.handheld.track import track
from backend.patrol.fixes import partitions
from backend.patrol.models import Unit


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def give(land, unit_id: int, title: str, *, state: str = "offered", hours_ago: int = 0) -> int:
    """Put a task on a unit; return the assignment's id."""
    [(task_id,)] = land.run(
        "INSERT INTO tasks (number, kind, title, severity, division_code, geom, created_by)"
        " SELECT 'R' || count(*) + 1, 'check', %s, 'red', 610522101201,"
        "   ST_SetSRID(ST_Point(110.01, 34.51), 4326), (SELECT min(id) FROM users) FROM tasks"
        " RETURNING id",
        title,
    )
    [(assignment_id,)] = land.run(
        "INSERT INTO assignments (task_id, unit_id, unit_code, unit_name, division_code, state,"
        " offered_at, accept_by) SELECT %s, id, code, name, division_code, %s,"
        " now() - make_interval(hours => %s), now() + interval '5 minutes' FROM units"
        " WHERE id = %s RETURNING id",
        *(task_id, state, hours_ago, unit_id),
    )
    return int(str(assignment_id))


def test_the_day_holds_unit_duty_tasks_steps_and_kinds(worker_of, land) -> None:
    worker = worker_of()
    assignment_id = give(land, worker.unit_id, "查看积水")
    day = worker.client.get("/api/handheld/today").json()
    assert (day["unit"]["code"], day["unit"]["home_grids"][0]["name"]) == ("W1", "柳林村南网格")
    assert day["duty"] == {"is_on": False, "since": None, "until": None}
    [task] = day["tasks"]
    assert (task["assignment_id"], task["title"], task["severity"]) == (
        assignment_id,
        "查看积水",
        "red",
    )
    assert (task["lon"], task["lat"]) == (110.01, 34.51)
    steps = {(s["from_state"], s["act"]) for s in day["transitions"]}
    assert {("offered", "accept"), ("arrived", "finish")} <= steps
    assert not any(act in ("withdraw", "time_out") for _, act in steps)
    assert len(day["kinds"]) == 10
    # The middle of the south grid of the first village.
    assert day["centre"] == pytest.approx({"lon": 110.01, "lat": 34.51})


def test_other_units_tasks_are_not_shown_and_not_touched(worker_of, land) -> None:
    mine, other = worker_of("W1"), worker_of("W2")
    theirs = give(land, other.unit_id, "别人的任务")
    assert mine.client.get("/api/handheld/today").json()["tasks"] == []
    refused = mine.client.post(f"/api/assignments/{theirs}/acts", json={"act": "accept"})
    assert refused.status_code == 404


def test_what_ended_long_ago_is_left_out(worker_of, land) -> None:
    worker = worker_of()
    give(land, worker.unit_id, "昨天以前", state="withdrawn", hours_ago=30)
    give(land, worker.unit_id, "刚撤回", state="withdrawn", hours_ago=1)
    open_long = give(land, worker.unit_id, "一直未办", state="offered", hours_ago=40)
    titles = [t["title"] for t in worker.client.get("/api/handheld/today").json()["tasks"]]
    assert titles == ["一直未办", "刚撤回"]
    assert open_long > 0


def test_duty_told_late_twice_and_out_of_order_gives_one_period(worker_of, land) -> None:
    worker = worker_of()
    begun, ended = ago(90), ago(30)
    assert worker.duty(True, begun).json()["is_on"] is True
    assert worker.duty(True, begun).status_code == 200
    assert worker.duty(False, ended).json()["is_on"] is False
    assert worker.duty(True, begun).status_code == 200
    assert worker.duty(False, ended).status_code == 200
    rows = land.run(
        "SELECT starts_at, ends_at, source FROM shifts WHERE unit_id = %s", worker.unit_id
    )
    assert rows == [(datetime.fromisoformat(begun), datetime.fromisoformat(ended), "handheld")]
    acts = land.run("SELECT act FROM register WHERE act LIKE 'duty.%%' ORDER BY seq")
    assert acts == [("duty.begun",), ("duty.ended",)]


def test_an_account_without_a_unit_may_report_and_no_more(client, land) -> None:
    worker = client("worker")
    day = worker.get("/api/handheld/today").json()
    assert (day["unit"], day["tasks"], len(day["kinds"])) == (None, [], 10)
    answer = worker.post("/api/handheld/duty", json={"on": True})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "handheld.no_unit")


def test_the_track_shows_lines_silences_and_its_length(worker_of, land) -> None:
    worker = worker_of()
    noon = datetime(2026, 3, 4, 4, tzinfo=UTC)  # 12 o'clock at Shanghai
    # Five fixes 15 s and 0.0003 deg of latitude (33 m) apart, ten minutes of silence, two more.
    fixes = [(noon - timedelta(seconds=900 - 15 * k), 34.510 + 0.0003 * k) for k in range(5)]
    fixes += [(noon - timedelta(seconds=200 - 15 * k), 34.512 - 0.0003 * k) for k in range(2)]
    fixes.append((noon - timedelta(hours=13), 34.5))  # of the day before
    with db.begin() as session:
        partitions.open_days(session, {partitions.day_no_of(at) for at, _ in fixes})
    for at, lat in fixes:
        land.run(
            "INSERT INTO fixes (unit_id, at, lon_e7, lat_e7) VALUES (%s, %s, 1100100000, %s)",
            *(worker.unit_id, at, round(lat * 1e7)),
        )
    with db.begin() as session:
        told = track(session, session.get_one(Unit, worker.unit_id), noon)
    assert (told.points, told.gaps) == (7, 1)
    assert [leg.is_known for leg in told.legs] == [True, False, True]
    # Five known steps of 0.0003 deg: 33.28 m each at this latitude (WGS 84 meridian).
    assert told.length_m == pytest.approx(5 * 33.28, rel=1e-3)
    assert told.home_grids[0].name == "柳林村南网格"


@pytest.mark.parametrize("role", ["operator", "dispatcher", "admin", "inspector"])
def test_the_handheld_is_for_workers_alone(client, land, role) -> None:
    assert client(role).get("/api/handheld/today").status_code == 403
