"""What looks turn: the state, the view fault, the ranking, the history; and a person's word."""

from datetime import UTC, datetime, timedelta

import pytest

from backend import db
from backend.audit import register
from backend.cameras import status
from backend.cameras.health import clocks, recording
from backend.cameras.health.tasks import forget_turns
from video.healthclock import ClockReading


def out_of_service() -> list[int]:
    with db.begin() as session:
        return list(status.out_of_service(session))


def state(land, camera) -> tuple[object, ...]:
    return land.run(
        "SELECT h.state, c.view_fault FROM camera_health h JOIN cameras c ON c.id = h.camera_id"
        " WHERE c.id = %s",
        camera,
    )[0]


@pytest.mark.parametrize(
    ("fault", "view_fault"), [("moved", "moved"), ("covered", "blind"), ("black", "blind")]
)
def test_a_fault_seen_twice_withdraws_the_camera(land, add_device, look, fault, view_fault) -> None:
    camera = add_device("门口")
    look(camera)
    look(camera, fault)
    assert state(land, camera) == ("in_order", None)
    look(camera, fault)
    assert state(land, camera) == (fault, view_fault)
    assert out_of_service() == [camera]
    assert land.run("SELECT before, after, evidence -> %s ->> 'answer' FROM camera_turns"
                    " ORDER BY id DESC LIMIT 1", fault) == [("in_order", fault, "yes")]  # fmt: skip


def test_a_blurred_camera_still_sees(land, add_device, look) -> None:
    camera = add_device("门口")
    look(camera, "blurred", times=3)
    assert state(land, camera) == ("blurred", None)


def test_a_black_picture_comes_back_by_itself_a_moved_one_does_not(land, add_device, look) -> None:
    dark, turned = add_device("夜"), add_device("转")
    look(dark, "black", times=2)
    look(turned, "moved", times=2)
    look(dark)
    look(turned)
    assert state(land, dark) == ("in_order", None)
    assert state(land, turned) == ("moved", "moved")


def test_a_withdrawal_defers_coverage_and_tells_the_consoles(land, add_device, look) -> None:
    camera = add_device("门口")
    look(camera)
    land.run("DELETE FROM procrastinate_jobs")
    (before,) = land.run("SELECT version FROM cameras WHERE id = %s", camera)[0]
    look(camera, "moved", times=2)
    jobs = {row[0] for row in land.run("SELECT task_name FROM procrastinate_jobs")}
    assert {"gridlink:coverage.refresh", "gridlink:eyeson.tick"} <= jobs
    (after,) = land.run("SELECT version FROM cameras WHERE id = %s", camera)[0]
    assert after > before


def test_a_fault_set_by_hand_is_neither_replaced_nor_taken_back(land, add_device, look) -> None:
    camera = add_device("门口")
    land.run("UPDATE cameras SET view_fault = 'blind' WHERE id = %s", camera)
    look(camera, "moved", times=2)
    look(camera)
    assert state(land, camera) == ("moved", "blind")


def test_many_covered_at_once_are_weather(land, add_device, look) -> None:
    cameras = [add_device(f"雾{i}") for i in range(12)]
    for camera in cameras:
        look(camera)
    for camera in cameras:
        look(camera, "covered", times=3)
    told = dict(land.run("SELECT state, count(*) FROM camera_health GROUP BY state"))
    # The first ones seem covered each for itself; from the fifth at once on it is fog.
    assert told == {"covered": 4, "in_order": 8}


def test_back_gives_the_viewshed_back_and_stands_in_the_register(
    client, land, add_device, look
) -> None:
    camera = add_device("门口")
    look(camera, "moved", times=2)
    operator = client("operator")
    answer = operator.post(f"/api/cameras/{camera}/health/confirm", json={"what": "back"})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["condition"], answer.json()["is_withdrawn"]) == ("in_order", False)
    assert out_of_service() == []
    assert answer.json()["history"][0]["after"] == "back"
    acts = land.run(
        "SELECT act, camera_id, detail ->> 'what' FROM register WHERE act LIKE 'camera.health%%'"
    )
    assert acts == [("camera.health.confirmed", camera, "back")]
    assert land.run("SELECT azimuth_error_deg FROM poses WHERE camera_id = %s", camera) == [(0.0,)]
    with db.begin() as session:
        assert register.verify(session).ok


def test_a_new_view_leaves_the_pose_as_uncertain_as_the_turn(
    client, land, add_device, look
) -> None:
    camera = add_device("门口")
    look(camera, reference=b"features")
    look(camera, "moved", times=2)
    answer = client("planner").post(
        f"/api/cameras/{camera}/health/confirm", json={"what": "new_view"}
    )
    assert answer.status_code == 200, answer.text
    [(azimuth, error, source)] = land.run(
        "SELECT azimuth_deg, azimuth_error_deg, source FROM poses WHERE camera_id = %s", camera
    )
    # Turned by 7.5 degrees with a standard error of 0.1: twice that on top.
    assert (azimuth, source) == (0.0, "stated")
    assert error == pytest.approx(7.7)
    assert answer.json()["references"] == []
    assert out_of_service() == []


def test_an_unmeasured_new_view_may_look_anywhere(client, land, add_device, look) -> None:
    camera = add_device("门口")
    look(camera, "covered", times=2)
    client("admin").post(f"/api/cameras/{camera}/health/confirm", json={"what": "new_view"})
    assert land.run("SELECT azimuth_error_deg FROM poses WHERE camera_id = %s", camera) == [
        (180.0,)
    ]


def test_nothing_to_confirm_is_a_409_and_an_inspector_may_not(
    client, land, add_device, look
) -> None:
    camera = add_device("门口")
    look(camera)
    path = f"/api/cameras/{camera}/health/confirm"
    answer = client("operator").post(path, json={"what": "back"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        409,
        "health.nothing_to_confirm",
    )
    assert client("inspector").post(path, json={"what": "back"}).status_code == 403
    assert client("operator", 610523000000).post(path, json={"what": "back"}).status_code == 404


def test_a_new_reference_forgets_the_old_one(client, land, add_device, look) -> None:
    camera = add_device("门口")
    path = f"/api/cameras/{camera}/health/reference"
    operator = client("operator")
    assert operator.post(path).json()["error"]["code"] == "health.never_looked_at"
    look(camera, reference=b"features")
    assert [
        r["light"] for r in operator.get(f"/api/cameras/{camera}/health").json()["references"]
    ] == ["day"]
    assert operator.post(path).json()["references"] == []
    assert land.run("SELECT act FROM register WHERE act LIKE 'camera.health%%'") == [
        ("camera.health.reference",)
    ]


def test_no_picture_is_kept_of_a_look(land, add_device, look) -> None:
    look(add_device("门口"), reference=b"features")
    kept = land.run(
        "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'bytea'"
        " AND table_name IN ('camera_health', 'camera_references', 'camera_turns') ORDER BY 1"
    )
    assert kept == [("camera_health", "print"), ("camera_references", "features")]


def test_a_clock_off_by_ten_minutes_is_a_turn_and_so_is_its_return(
    client, land, add_device
) -> None:
    camera = add_device("门口")
    for offset_s, firmware in ((2.0, "1.0"), (600.4, "1.0"), (1.0, "1.1")):
        with db.begin() as session:
            clocks.note(session, camera, ClockReading(offset_s, firmware), datetime.now(UTC))
    turns = land.run("SELECT what, before, after FROM camera_turns ORDER BY id")
    assert turns == [
        ("clock", None, "right"),
        ("firmware", None, "1.0"),
        ("clock", "right", "off"),
        ("clock", "off", "right"),
        ("firmware", "1.0", "1.1"),
    ]
    row = client("operator").get("/api/cameras/health").json()["rows"][0]
    assert (row["clock_is_off"], row["firmware"]) == (False, "1.1")


def test_a_picture_that_cannot_be_read_is_looked_at_ever_more_seldom(land, add_device) -> None:
    camera = add_device("门口")
    now = datetime.now(UTC)
    waits = []
    for _ in range(5):
        with db.begin() as session:
            recording.note_unread(session, camera, "InvalidDataError", now)
        [(due,)] = land.run("SELECT due_at FROM camera_health")
        waits.append((due - now).total_seconds())
    assert waits == sorted(waits)
    assert waits[4] >= 900 * 2**4
    assert state(land, camera) == ("unknown", None)


def test_old_turns_are_forgotten(land, add_device, look) -> None:
    camera = add_device("门口")
    look(camera, "moved", times=2)
    land.run("INSERT INTO camera_turns (camera_id, at, what) VALUES (%s, %s, 'view')",
             *(camera, datetime.now(UTC) - timedelta(days=401)))  # fmt: skip
    forget_turns(0)
    assert land.run("SELECT count(*) FROM camera_turns WHERE at < now() - interval '1 day'") == [
        (0,)
    ]
