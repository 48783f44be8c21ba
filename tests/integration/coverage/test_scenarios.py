"""Scenarios: drafts that touch nothing, and the one act that carries all of them out or none."""

import threading

import pytest

WEST, EAST = 610522101000, 610522102000
AT = {"lon": 110.005, "lat": 34.505}
TURN = {"op": "move", "azimuth_deg": 90.0, "fov_deg": 60.0}


def new_camera(key: str = "n1", **fields: object) -> dict[str, object]:
    return {"op": "add", "key": key, "lon": 110.006, "lat": 34.506, "azimuth_deg": 180} | fields


def saved(planner, *changes: dict[str, object], **fields: object) -> dict[str, object]:
    body = {"name": "南门改造", "changes": list(changes)} | fields
    answer = planner.post("/api/scenarios", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def real(land) -> list[tuple[object, ...]]:
    """Everything of cameras and poses that an act could change."""
    cameras = land.run(
        "SELECT id, name, height_m, width_px, ST_AsText(geom) FROM cameras ORDER BY id"
    )
    poses = land.run(
        "SELECT camera_id, sensor_no, azimuth_deg, azimuth_error_deg, tilt_deg, fov_deg, range_m"
        " FROM poses ORDER BY camera_id, sensor_no"
    )
    jobs = land.run("SELECT count(*) FROM procrastinate_jobs")
    return [*cameras, *poses, *jobs]


def error(answer) -> str:
    return answer.json()["error"]["code"]


def test_nothing_real_changes_before_a_scenario_is_applied(client, land) -> None:
    east, north = land.add_camera("东门", **AT), land.add_camera("北门", 110.007, 34.507)
    planner = client("planner")
    before = real(land)
    changes = [{**TURN, "camera_id": east}, {"op": "remove", "camera_id": north}, new_camera()]
    scenario = saved(planner, *changes)
    planner.put(f"/api/scenarios/{scenario['id']}", json={"version": 1, "name": "另一个名字"})
    planner.get(f"/api/scenarios/{scenario['id']}")
    planner.get("/api/scenarios")
    assert real(land) == before


def test_applying_moves_adds_and_removes_through_the_registry(client, land) -> None:
    east, north = land.add_camera("东门", **AT), land.add_camera("北门", 110.007, 34.507)
    planner = client("planner")
    scenario = saved(
        planner,
        {**TURN, "camera_id": east, "lon": 110.0051, "lat": 34.5051, "width_px": 3840},
        {"op": "remove", "camera_id": north},
        new_camera(name="新南门", height_m=4.5, tilt_deg=10.0, range_m=80.0),
    )
    answer = planner.post(f"/api/scenarios/{scenario['id']}/apply", json={"version": 1})
    assert answer.status_code == 200, answer.text
    added = answer.json()["added"]["n1"]
    assert land.run("SELECT id, name, ST_X(geom), width_px FROM cameras ORDER BY id") == [
        (east, "东门", 110.0051, 3840),
        (added, "新南门", 110.006, None),
    ]
    # The turned sensor keeps what the change did not speak of: its range of 150 m.
    assert land.run(
        "SELECT camera_id, azimuth_deg, fov_deg, range_m, tilt_deg FROM poses ORDER BY 1"
    ) == [
        (east, 90.0, 60.0, 150.0, None),
        (added, 180.0, None, 80.0, 10.0),
    ]
    acts = land.run(
        "SELECT act, camera_id FROM register WHERE act ~ '^(camera|scenario)' ORDER BY seq"
    )
    assert acts == [
        ("scenario.saved", None),
        ("camera.changed", east),
        ("camera.removed", north),
        ("camera.added", added),
        ("scenario.applied", None),
    ]
    jobs = {name for (name,) in land.run("SELECT DISTINCT task_name FROM procrastinate_jobs")}
    assert "gridlink:cameras.refresh_viewsheds" in jobs
    state = planner.get(f"/api/scenarios/{scenario['id']}").json()
    assert (state["state"], state["version"], state["outdated"]) == ("applied", 2, [])


def test_a_camera_that_was_turned_meanwhile_stops_the_whole_scenario(client, land) -> None:
    east, north = land.add_camera("东门", **AT), land.add_camera("北门", 110.007, 34.507)
    planner = client("planner")
    scenario = saved(
        planner, new_camera(), {**TURN, "camera_id": east}, {**TURN, "camera_id": north}
    )
    turned = {"poses": [{"sensor_no": 1, "azimuth_deg": 5}]}
    assert planner.patch(f"/api/cameras/{north}", json=turned).status_code == 200
    before = real(land)
    assert planner.get(f"/api/scenarios/{scenario['id']}").json()["outdated"] == [north]
    refused = planner.post(f"/api/scenarios/{scenario['id']}/apply", json={"version": 1})
    assert (refused.status_code, error(refused)) == (409, "scenarios.cameras_changed")
    assert refused.json()["error"]["detail"]["ids"] == [north]
    assert real(land) == before
    # Saved anew it is judged against the cameras as they are now.
    changes = planner.get(f"/api/scenarios/{scenario['id']}").json()["changes"]
    again = planner.put(f"/api/scenarios/{scenario['id']}", json={"version": 1, "changes": changes})
    assert again.json()["outdated"] == []
    applied = planner.post(f"/api/scenarios/{scenario['id']}/apply", json={"version": 2})
    assert applied.status_code == 200


def test_a_camera_that_went_dark_meanwhile_stops_nothing(client, land) -> None:
    east = land.add_camera("东门", **AT)
    planner = client("planner")
    scenario = saved(planner, {**TURN, "camera_id": east})
    land.run("UPDATE cameras SET is_alive = false, last_frame_at = now()")
    applied = planner.post(f"/api/scenarios/{scenario['id']}/apply", json={"version": 1})
    assert applied.status_code == 200, applied.text


def test_a_change_the_registry_refuses_rolls_all_of_it_back(client, land) -> None:
    east = land.add_camera("东门", **AT)
    planner = client("planner", WEST)
    far = new_camera("outside", lon=110.07, lat=34.51)  # in the other township
    scenario = saved(planner, {**TURN, "camera_id": east}, new_camera(), far)
    before = real(land)
    refused = planner.post(f"/api/scenarios/{scenario['id']}/apply", json={"version": 1})
    assert (refused.status_code, error(refused)) == (422, "jurisdiction.outside")
    assert real(land) == before
    assert planner.get(f"/api/scenarios/{scenario['id']}").json()["state"] == "draft"


def test_of_two_who_apply_at_once_one_does(client, land) -> None:
    east = land.add_camera("东门", **AT)
    planners = [client("planner"), client("planner")]
    scenario = saved(planners[0], {**TURN, "camera_id": east}, new_camera())
    codes: list[int] = []

    def press(planner) -> None:
        path = f"/api/scenarios/{scenario['id']}/apply"
        codes.append(planner.post(path, json={"version": 1}).status_code)

    threads = [threading.Thread(target=press, args=(planner,)) for planner in planners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200, 409]
    assert land.run("SELECT count(*) FROM cameras") == [(2,)]


def test_an_applied_scenario_is_a_record(client, land) -> None:
    planner = client("planner")
    scenario = saved(planner, new_camera())
    path = f"/api/scenarios/{scenario['id']}"
    planner.post(f"{path}/apply", json={"version": 1})
    answers = [
        planner.put(path, json={"version": 2, "name": "改名"}),
        planner.delete(path),
        planner.post(f"{path}/apply", json={"version": 2}),
    ]
    assert [(a.status_code, error(a)) for a in answers] == [(409, "scenarios.applied")] * 3
    with pytest.raises(Exception, match="an applied scenario is a record"):
        land.run("DELETE FROM scenarios")


def test_who_saves_what_he_did_not_see_is_told(client, land) -> None:
    planner = client("planner")
    scenario = saved(planner, new_camera())
    path = f"/api/scenarios/{scenario['id']}"
    assert planner.put(path, json={"version": 1, "note": "一"}).json()["version"] == 2
    stale = planner.put(path, json={"version": 1, "note": "二"})
    assert (stale.status_code, error(stale)) == (409, "scenarios.stale_version")
    assert error(planner.post(f"{path}/apply", json={"version": 1})) == "scenarios.stale_version"
    assert planner.get(path).json()["note"] == "一"


def test_a_jurisdiction_sees_and_changes_its_own_scenarios(client, land) -> None:
    west = saved(client("planner", WEST), new_camera())
    county = saved(client("planner"), new_camera())
    assert west["division_name"] == "西川镇"
    eastern = client("planner", EAST)
    assert eastern.get("/api/scenarios").json() == {"rows": [], "total": 0}
    path = f"/api/scenarios/{west['id']}"
    answers = [
        eastern.get(path),
        eastern.put(path, json={"version": 1, "name": "夺"}),
        eastern.delete(path),
        eastern.post(f"{path}/apply", json={"version": 1}),
        eastern.get(f"{path}/figures"),
        eastern.get("/api/scenarios/compare", params={"ids": str(west["id"])}),
    ]
    assert {a.status_code for a in answers} == {404}
    # A county's plan is not its townships' to read; theirs are the county's.
    assert [r["id"] for r in client("planner", WEST).get("/api/scenarios").json()["rows"]] == [
        west["id"]
    ]
    ids = {r["id"] for r in client("planner").get("/api/scenarios").json()["rows"]}
    assert ids == {west["id"], county["id"]}


def test_the_database_itself_hides_what_is_of_another_jurisdiction(client, land) -> None:
    from sqlalchemy import select

    from backend import db
    from backend.coverage.models import Scenario
    from backend.divisions.codes import span

    saved(client("planner", WEST), new_camera())
    with db.begin(db.Scope(1, *span(EAST))) as session:
        assert session.scalars(select(Scenario)).all() == []


@pytest.mark.parametrize("role", ["operator", "dispatcher", "inspector"])
def test_who_does_not_plan_reads_only(client, land, role) -> None:
    scenario = saved(client("planner"), new_camera())
    reader, path = client(role), f"/api/scenarios/{scenario['id']}"
    assert reader.get(path).status_code == 200
    assert reader.post("/api/scenarios", json={}).status_code == 403
    assert reader.put(path, json={}).status_code == 403
    assert reader.delete(path).status_code == 403
    assert reader.post(f"{path}/apply", json={}).status_code == 403


def test_a_camera_or_division_of_another_jurisdiction_is_unknown(client, land) -> None:
    far = land.add_camera("石桥", 110.05, 34.505)
    planner = client("planner", WEST)
    body = {"name": "x", "changes": [{**TURN, "camera_id": far}]}
    refused = planner.post("/api/scenarios", json=body)
    assert (refused.status_code, error(refused)) == (422, "scenarios.camera_unknown")
    body = {"name": "x", "division": str(EAST), "changes": [new_camera()]}
    refused = planner.post("/api/scenarios", json=body)
    assert (refused.status_code, error(refused)) == (422, "scenarios.division_outside")


def test_a_sensor_the_camera_does_not_have_is_refused(client, land) -> None:
    east = land.add_camera("东门", **AT)
    body = {"name": "x", "changes": [{**TURN, "camera_id": east, "sensor_no": 3}]}
    refused = client("planner").post("/api/scenarios", json=body)
    assert (refused.status_code, error(refused)) == (422, "scenarios.sensor_unknown")


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [{"op": "turn", "camera_id": 1}],
        [{"op": "move"}],
        [{"op": "add", "lon": 110.0, "lat": 34.5}],
        [{"op": "add", "key": "a"}],
        [{"op": "add", "key": "a", "lon": 110.0}],
        [new_camera(camera_id=1)],
        [new_camera(lat=91)],
        [new_camera(height_m=0)],
        [new_camera(range_m=1e9)],
        [new_camera(azimuth_deg=360)],
        [new_camera(), new_camera()],
        [{"op": "remove", "camera_id": 1}, {**TURN, "camera_id": 1}],
        [{**TURN, "camera_id": 1}, {**TURN, "camera_id": 1, "sensor_no": 1}],
        [new_camera(f"k{n}") for n in range(201)],
    ],
)
def test_a_body_that_makes_no_sense_is_a_422(client, land, changes) -> None:
    answer = client("planner").post("/api/scenarios", json={"name": "x", "changes": changes})
    assert (answer.status_code, error(answer)) == (422, "request.invalid")


def test_what_was_seen_of_a_camera_stays_on_record_after_it_is_removed(client, land) -> None:
    camera = land.add_camera("东门", **AT)
    planner = client("planner")
    who = planner.get("/api/session").json()["user"]["id"]
    land.run(
        "INSERT INTO streams (ticket_hash, kind, camera_id, user_id, division_code, purpose,"
        " profile, expires_at, used_at)"
        " VALUES ('\\x01', 'live', %s, %s, 610522101201, 'patrol', 'sub', now(), now())",
        *(camera, who),
    )
    scenario = saved(planner, {"op": "remove", "camera_id": camera})
    assert (
        planner.post(f"/api/scenarios/{scenario['id']}/apply", json={"version": 1}).status_code
        == 200
    )
    assert land.run("SELECT camera_id, ended_at FROM streams") == [(camera, None)]
    last = land.run("SELECT camera_name, detail FROM register WHERE act = 'camera.removed'")
    assert last[0][0] == "东门"
    assert last[0][1]["poses"][0]["range_m"] == 150
    # Whoever was watching is put out, and the end of it is still entered.
    from backend import db
    from backend.cameras import viewing

    (stream,) = land.run("SELECT id FROM streams")[0]
    with db.begin() as session:
        assert viewing.still_allowed(session, [stream]) == set()
        viewing.finish(session, stream, bytes_sent=10, reason="refused")
    acts = land.run("SELECT camera_id, camera_name FROM register WHERE act = 'stream.live.closed'")
    assert acts == [(camera, None)]
