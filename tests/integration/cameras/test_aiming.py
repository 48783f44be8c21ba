"""Aiming: every head that can see a place turns to it, and none looks where it must not."""

import math
import random
import statistics
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from backend import db
from backend.cameras.aiming.sheet import _VIEWS
from backend.cameras.aiming.sweeping import sweep
from tests.conftest import NEIGHBOUR

from . import heads as simulated
from .heads import LAT, LON, PLACES, Heads, place

PURPOSE = {"purpose": "patrol"}


@pytest.fixture(scope="module")
def running():
    with simulated.fleet() as fleet:
        yield fleet


@pytest.fixture
def heads(request, running, loopback, land) -> Heads:
    """The heads a test names with `@with_heads`, the one that states degrees otherwise."""
    for device in running.devices:
        device.revive()
        device.head.presets.clear()
        device.head.stop(time.monotonic())
    return simulated.enrol(running, land, getattr(request, "param", ("spherical",)))


def with_heads(*kinds: str):
    return pytest.mark.parametrize("heads", [kinds], indirect=True, ids=[""])


@pytest.fixture
def camera(land) -> int:
    """A PTZ camera without a device: enough to be held."""
    camera_id = land.add_camera("球机", LON, LAT)
    land.run("UPDATE cameras SET has_ptz = true WHERE id = %s", camera_id)
    return camera_id


def aim(client, east_m: float = 0.0, north_m: float = 0.0, **more):
    lon, lat = place(east_m, north_m)
    answer = client.post(
        "/api/cameras/aim", json={"lon": lon, "lat": lat, "width_m": 15.0, **PURPOSE, **more}
    )
    assert answer.status_code == 200, answer.text
    return {row["camera_id"]: row for row in answer.json()["cameras"]}


def calibrated(client, heads: Heads, count: int = 8) -> None:
    """Drive the generic head to known landmarks: where it stands then is what its device says."""
    camera = heads.ids["generic"]
    at = PLACES["generic"]
    device = heads.device("generic")
    rng = random.Random(4)
    sightings = []
    for _ in range(count):
        pan, tilt = rng.uniform(-0.9, 0.9), rng.uniform(-0.3, 0.4)
        from video.simulator.ptz import Position

        view = device.head_kind.view(Position(pan, tilt, 0.0), 37.0)
        slant = rng.uniform(40, 120)
        a, e = math.radians(view.azimuth_deg), math.radians(view.elevation_deg)
        east, north = (slant * math.cos(e) * f(a) for f in (math.sin, math.cos))
        lon, lat = place(at[0] + east, at[1] + north)
        height = simulated.HEIGHT_M + slant * math.sin(e)
        sightings.append(
            {"pan": pan, "tilt": tilt, "zoom": 0.0, "lon": lon, "lat": lat, "height_m": height}
        )
    body = {"sightings": sightings, "error_m": 0.3}
    tried = client.post(f"/api/cameras/{camera}/ptz/calibration", json=body)
    assert tried.status_code == 200, tried.text
    kept = client.put(f"/api/cameras/{camera}/ptz/calibration", json=body).json()
    assert kept["error_deg"] < 2.0
    assert len(kept["residuals_deg"]) == count


def stop_heads(heads: Heads) -> None:
    heads.land.run("DELETE FROM ptz_locks")


@with_heads(*PLACES)
def test_a_click_turns_every_head_that_can_see_the_place_within_two_degrees(client, heads) -> None:
    admin = client("admin")
    calibrated(admin, heads)
    rows = aim(admin)
    told = {kind: rows[camera] for kind, camera in heads.ids.items()}
    assert [told[k]["outcome"] for k in PLACES] == ["aimed", "aimed", "aimed", "refused"]
    assert [told[k]["method"] for k in PLACES] == ["geo", "absolute", "absolute", None]
    assert told["presets"]["reason"] == "ptz.no_way"
    for kind in ("geo", "spherical", "generic"):
        assert heads.off_deg(kind, 0.0, 0.0) < 1.0, kind
        assert told[kind]["seconds"] is not None
    # 15 m at 60.6 m slant: 14 degrees.
    assert told["spherical"]["view"]["fov_deg"] == pytest.approx(14.1, abs=0.2)
    shown = admin.get(f"/api/cameras/{heads.ids['geo']}/ptz").json()
    assert shown["position"]["azimuth_deg"] == pytest.approx(90.0, abs=0.5)
    assert shown["can"]["aims_by"] == ["geo", "absolute"]
    assert shown["lock"]["is_mine"] is True
    rng = random.Random(20261122)
    errors: dict[str, list[float]] = {"geo": [], "spherical": [], "generic": []}
    for _ in range(7):
        east, north = rng.uniform(-45, 45), rng.uniform(-45, 45)
        rows = aim(admin, east, north)
        for kind, off in errors.items():
            if rows[heads.ids[kind]]["outcome"] == "aimed":
                off.append(heads.off_deg(kind, east, north))
    every = [off for offs in errors.values() for off in offs]
    print({kind: round(statistics.median(offs), 3) for kind, offs in errors.items()})
    print(f"aim error over {len(every)} aims: median {statistics.median(every):.3f} degrees")
    assert len(every) >= 18
    assert statistics.median(every) <= 2.0
    assert max(every) < 3.0


@with_heads("presets")
def test_a_head_of_presets_goes_to_the_one_that_shows_the_place(client, heads) -> None:
    admin = client("admin")
    camera = heads.ids["presets"]
    rows = []
    for name, azimuth in (("北门", 2.0), ("东墙", 90.0)):
        body = {"name": name, "azimuth_deg": azimuth, "tilt_deg": 8.0, "fov_deg": 40.0, **PURPOSE}
        made = admin.post(f"/api/cameras/{camera}/ptz/presets", json=body)
        assert made.status_code == 201, made.text
        rows.append(made.json())
    told = aim(admin, camera_ids=[camera])[camera]
    assert (told["outcome"], told["method"]) == ("aimed", "preset")
    assert told["view"]["azimuth_deg"] == 2.0
    box = {"west": 110.0, "south": 34.5, "east": 110.01, "north": 34.51}
    views = admin.get("/api/cameras/ptz/views", params=box).json()["views"]
    assert {v["name"] for v in views if v["kind"] == "preset"} == {"北门", "东墙"}
    again = admin.post(f"/api/cameras/{camera}/ptz/presets", json={"name": "北门", **PURPOSE})
    assert again.json()["error"]["code"] == "ptz.name_taken"


def forbid(land, east_m: float, north_m: float, half_m: float = 6.0) -> None:
    west, south = place(east_m - half_m, north_m - half_m)
    east, north = place(east_m + half_m, north_m + half_m)
    land.run(
        "INSERT INTO restricted_areas (set_name, kind, name, division_code, geom) VALUES"
        " ('test', 'forbidden', '职工宿舍', 610522101201,"
        " ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
        *(west, south, east, north),
    )


@with_heads("geo", "spherical")
def test_no_head_looks_into_a_forbidden_area_nor_at_any_zoom(client, heads) -> None:
    admin = client("admin")
    forbid(heads.land, 0.0, 0.0)
    rows = aim(admin)
    assert {row["outcome"] for row in rows.values()} == {"refused"}
    assert rows[heads.ids["geo"]]["reason"] == "ptz.forbidden_area"
    assert "职工宿舍" in rows[heads.ids["geo"]]["reason_text"]
    acts = heads.land.run("SELECT count(*) FROM register WHERE act = 'ptz.aimed'")
    assert acts == [(0,)]


def test_a_view_that_would_reach_into_one_is_zoomed_in_and_says_so(client, heads) -> None:
    admin = client("admin")
    forbid(heads.land, 14.0, -14.0, half_m=3.0)
    row = aim(admin, width_m=40.0, camera_ids=[heads.ids["spherical"]])[heads.ids["spherical"]]
    assert (row["outcome"], row["zoomed_in"]) == ("aimed", True)
    assert heads.off_deg("spherical", 0.0, 0.0) < 1.0
    assert row["view"]["fov_deg"] < 25.0  # 40 m wide would be 36.5 degrees


def test_a_masked_sector_is_no_direction_to_turn_to(client, heads) -> None:
    admin = client("admin")
    camera = heads.ids["spherical"]
    aim(admin, camera_ids=[camera])
    stop_heads(heads)
    mask = {"name": "居民窗口", "from_deg": 80.0, "to_deg": 100.0}
    assert admin.post(f"/api/cameras/{camera}/ptz/masks", json=mask).status_code == 201
    order = {"direction": {"azimuth_deg": 90.0, "tilt_deg": 5.0, "fov_deg": 20.0}, **PURPOSE}
    moved = admin.post(f"/api/cameras/{camera}/ptz/move", json=order)
    assert moved.json()["error"]["code"] == "ptz.masked_sector"
    order["direction"]["azimuth_deg"] = 60.0
    moved = admin.post(f"/api/cameras/{camera}/ptz/move", json=order)
    assert moved.status_code == 200, moved.text
    assert moved.json()["view"]["azimuth_deg"] == pytest.approx(60.0, abs=0.5)


def test_a_drive_by_hand_is_stopped_before_a_forbidden_area(client, heads) -> None:
    admin = client("admin")
    camera = heads.ids["spherical"]  # 60 m north of the spot, looks south at it
    order = {"direction": {"azimuth_deg": 90.0, "tilt_deg": 5.0, "fov_deg": 10.0}, **PURPOSE}
    assert admin.post(f"/api/cameras/{camera}/ptz/move", json=order).status_code == 200
    forbid(heads.land, 0.0, 0.0)  # azimuth 180, about 6 degrees either way
    drive = {"drive": {"pan": 0.25}, **PURPOSE}  # 45 degrees a second, for two seconds
    for _ in range(2):
        admin.post(f"/api/cameras/{camera}/ptz/move", json=drive)
    device = heads.device("spherical")
    end = time.monotonic() + 30
    still = 0
    while still < 20 and time.monotonic() < end:
        still = 0 if device.head.is_moving(time.monotonic()) else still + 1
        threading.Event().wait(0.05)
    view = device.true_view()
    assert 90.0 < view.azimuth_deg < 174.0 - view.fov_deg / 2.0


def test_a_drag_centres_what_was_grasped_and_the_wheel_zooms(client, heads) -> None:
    admin = client("admin")
    camera = heads.ids["spherical"]
    order = {"direction": {"azimuth_deg": 100.0, "tilt_deg": 10.0, "fov_deg": 40.0}, **PURPOSE}
    admin.post(f"/api/cameras/{camera}/ptz/move", json=order)
    drag = {"picture": {"dx": 0.5, "dy": 0.0, "zoom": 2.0}, **PURPOSE}
    moved = admin.post(f"/api/cameras/{camera}/ptz/move", json=drag).json()["view"]
    # Half of tan(20 degrees) to the right: atan(0.182 / cos 10) = 10.5 degrees.
    assert moved["azimuth_deg"] == pytest.approx(110.5, abs=0.5)
    assert moved["fov_deg"] == pytest.approx(20.6, abs=0.5)


@with_heads("generic")
def test_a_head_of_unknown_direction_is_dragged_relatively_and_never_near_what_is_forbidden(
    client, heads
) -> None:
    admin = client("admin")
    camera = heads.ids["generic"]
    drag = {"picture": {"dx": 0.5, "dy": 0.0}, **PURPOSE}
    moved = admin.post(f"/api/cameras/{camera}/ptz/move", json=drag)
    assert moved.json() == {"view": None, "zoomed_in": False}
    forbid(heads.land, 0.0, 0.0)
    for order in (drag, {"drive": {"pan": 0.1}, **PURPOSE}):
        refused = admin.post(f"/api/cameras/{camera}/ptz/move", json=order)
        assert refused.json()["error"]["code"] == "ptz.direction_unknown"


def test_of_two_who_lock_at_once_one_gets_it(client, land, camera) -> None:
    both = [client("dispatcher"), client("dispatcher")]
    barrier = threading.Barrier(2)
    answers: list[int] = []

    def lock(asking) -> None:
        barrier.wait()
        body = {"seconds": 60, **PURPOSE}
        answers.append(asking.post(f"/api/cameras/{camera}/ptz/lock", json=body).status_code)

    threads = [threading.Thread(target=lock, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [200, 409]
    shown = [one.get(f"/api/cameras/{camera}/ptz").json()["lock"] for one in both]
    assert sorted(lock["is_mine"] for lock in shown) == [False, True]


def test_a_higher_priority_takes_over_and_the_register_says_from_whom(client, land, camera) -> None:
    operator, dispatcher = client("operator"), client("dispatcher")
    lock = {"seconds": 60, **PURPOSE}
    path = f"/api/cameras/{camera}/ptz/lock"
    assert operator.post(path, json=lock).status_code == 200
    assert dispatcher.post(path, json=lock).status_code == 200
    refused = operator.post(path, json=lock)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "ptz.locked")
    assert operator.delete(path).status_code == 204  # of somebody else: stays
    assert operator.post(path, json=lock).status_code == 409
    assert dispatcher.delete(path).status_code == 204
    assert operator.post(path, json=lock).status_code == 200
    [(overruled,)] = land.run(
        "SELECT detail->>'overruled' FROM register WHERE act = 'ptz.locked'"
        " AND detail->>'overruled' IS NOT NULL"
    )
    assert str(overruled).startswith("operator")


def test_an_incident_outranks_a_role(client, land, camera) -> None:
    operator, dispatcher = client("operator"), client("dispatcher")
    [(incident,)] = land.run(
        "INSERT INTO incidents (number, kind, severity, geom, division_code, reported_by)"
        " SELECT 'T1', k.code, 'red', ST_SetSRID(ST_Point(%s, %s), 4326), 610522101201,"
        " (SELECT min(id) FROM users) FROM incident_kinds k LIMIT 1 RETURNING id",
        *(LON, LAT),
    )
    path = f"/api/cameras/{camera}/ptz/lock"
    assert dispatcher.post(path, json={"seconds": 60, **PURPOSE}).status_code == 200
    body = {"seconds": 60, "incident_id": incident, **PURPOSE}
    assert operator.post(path, json=body).status_code == 200


def test_a_head_goes_home_when_nobody_has_turned_it_for_a_while(client, heads) -> None:
    admin = client("admin")
    camera = heads.ids["spherical"]
    path = f"/api/cameras/{camera}/ptz"
    look = {"direction": {"azimuth_deg": 200.0, "tilt_deg": 5.0, "fov_deg": 30.0}, **PURPOSE}
    assert admin.post(f"{path}/move", json=look).status_code == 200
    preset = admin.post(f"{path}/presets", json={"name": "路口", **PURPOSE}).json()
    assert preset["azimuth_deg"] == pytest.approx(200.0, abs=0.5)
    settings = {"home_preset_id": preset["id"], "home_after_s": 60}
    assert admin.patch(path, json=settings).json()["home_after_s"] == 60
    look["direction"]["azimuth_deg"] = 120.0
    assert admin.post(f"{path}/move", json=look).status_code == 200
    began = datetime.now(UTC)
    assert sweep(began + timedelta(seconds=30)) == 0
    assert heads.device("spherical").true_view().azimuth_deg == pytest.approx(120.0, abs=0.5)
    assert sweep(began + timedelta(seconds=90)) == 1
    assert heads.device("spherical").true_view().azimuth_deg == pytest.approx(200.0, abs=0.5)
    assert sweep(began + timedelta(seconds=300)) == 0
    assert heads.land.run("SELECT count(*) FROM register WHERE act = 'ptz.went_home'") == [(1,)]
    assert admin.post(f"{path}/home", json=PURPOSE).status_code == 200


def test_a_locked_head_does_not_go_home(client, heads) -> None:
    admin = client("admin")
    path = f"/api/cameras/{heads.ids['spherical']}/ptz"
    preset = admin.post(f"{path}/presets", json={"name": "路口", **PURPOSE}).json()
    admin.patch(path, json={"home_preset_id": preset["id"], "home_after_s": 10})
    look = {"direction": {"azimuth_deg": 120.0, "tilt_deg": 5.0, "fov_deg": 30.0}, **PURPOSE}
    admin.post(f"{path}/move", json=look)
    assert admin.post(f"{path}/lock", json={"seconds": 600, **PURPOSE}).status_code == 200
    began = datetime.now(UTC)
    assert sweep(began + timedelta(seconds=300)) == 0
    assert sweep(began + timedelta(seconds=700)) == 1


def test_a_tour_goes_from_preset_to_preset_and_rests_while_somebody_else_holds(
    client, heads
) -> None:
    admin, operator = client("admin"), client("operator")
    path = f"/api/cameras/{heads.ids['spherical']}/ptz"
    stops = []
    for azimuth in (30.0, 60.0):
        look = {"direction": {"azimuth_deg": azimuth, "tilt_deg": 5.0, "fov_deg": 30.0}, **PURPOSE}
        assert operator.post(f"{path}/move", json=look).status_code == 200
        made = operator.post(f"{path}/presets", json={"name": f"点{azimuth:g}", **PURPOSE})
        stops.append({"preset_id": made.json()["id"], "dwell_s": 20})
    tour = operator.post(f"{path}/tours", json={"name": "早巡", "stops": stops}).json()
    assert operator.post(f"{path}/tours/{tour['id']}/start", json=PURPOSE).json()["is_running"]
    now = datetime.now(UTC)
    device = heads.device("spherical")
    assert sweep(now + timedelta(seconds=1)) == 1
    assert device.true_view().azimuth_deg == pytest.approx(30.0, abs=0.5)
    assert sweep(now + timedelta(seconds=22)) == 1
    assert device.true_view().azimuth_deg == pytest.approx(60.0, abs=0.5)
    assert admin.post(f"{path}/lock", json={"seconds": 60, **PURPOSE}).status_code == 200
    assert sweep(now + timedelta(seconds=45)) == 0
    assert sweep(now + timedelta(seconds=120)) == 1
    assert not operator.post(f"{path}/tours/{tour['id']}/stop").json()["is_running"]
    assert sweep(now + timedelta(seconds=400)) == 0


def test_every_command_states_a_purpose_and_stands_in_the_register(client, heads) -> None:
    operator = client("operator")
    camera = heads.ids["spherical"]
    without = operator.post(f"/api/cameras/{camera}/ptz/move", json={"drive": {"pan": 0.1}})
    assert without.status_code == 422
    wrong = {"drive": {"pan": 0.1}, "purpose": "curiosity"}
    refused = operator.post(f"/api/cameras/{camera}/ptz/move", json=wrong)
    assert refused.json()["error"]["code"] == "streams.purpose_unknown"
    aim(operator, camera_ids=[camera])
    operator.post(f"/api/cameras/{camera}/ptz/move", json={"drive": {"pan": 0.1}, **PURPOSE})
    operator.post(f"/api/cameras/{camera}/ptz/move", json={"drive": {"pan": 0.1}, **PURPOSE})
    operator.post(f"/api/cameras/{camera}/ptz/stop", json=PURPOSE)
    acts = heads.land.run(
        "SELECT act, purpose FROM register WHERE camera_id = %s AND act LIKE 'ptz.%%' ORDER BY seq",
        camera,
    )
    # A drive that goes on is one act.
    assert acts == [("ptz.aimed", "patrol"), ("ptz.driven", "patrol"), ("ptz.stopped", "patrol")]


def test_a_head_of_another_jurisdiction_is_none(client, heads) -> None:
    stranger = client("admin", NEIGHBOUR)
    camera = heads.ids["spherical"]
    look = {"direction": {"azimuth_deg": 1.0, "tilt_deg": 5.0}, **PURPOSE}
    path = f"/api/cameras/{camera}/ptz"
    asked = [
        stranger.get(path),
        stranger.post(f"{path}/move", json=look),
        stranger.post(f"{path}/stop", json=PURPOSE),
        stranger.post(f"{path}/home", json=PURPOSE),
        stranger.post(f"{path}/lock", json={"seconds": 60, **PURPOSE}),
        stranger.delete(f"{path}/lock"),
        stranger.post(f"{path}/refresh"),
        stranger.patch(path, json={"home_after_s": 60}),
        stranger.post(f"{path}/presets", json={"name": "x", **PURPOSE}),
        stranger.post(f"{path}/masks", json={"name": "x", "from_deg": 1, "to_deg": 2}),
        stranger.put(f"{path}/calibration", json={"sightings": []}),
    ]
    assert [answer.status_code for answer in asked] == [404] * len(asked)
    assert aim(stranger) == {}
    assert aim(stranger, camera_ids=[camera]) == {}


@with_heads("spherical", "presets")
def test_presets_and_tours_of_another_camera_are_none(client, heads) -> None:
    admin = client("admin")
    one, other = heads.ids["spherical"], heads.ids["presets"]
    made = admin.post(f"/api/cameras/{one}/ptz/presets", json={"name": "a", **PURPOSE}).json()
    path = f"/api/cameras/{other}/ptz"
    stops = [{"preset_id": made["id"]}, {"preset_id": made["id"]}]
    asked = [
        admin.post(f"{path}/presets/{made['id']}/goto", json=PURPOSE),
        admin.patch(f"{path}/presets/{made['id']}", json={"name": "b"}),
        admin.post(f"{path}/tours", json={"name": "t", "stops": stops}),
        admin.patch(path, json={"home_preset_id": made["id"]}),
    ]
    assert [answer.status_code for answer in asked][:3] == [404] * 3
    assert asked[3].status_code in (404, 422)  # its device was never asked what it can


def test_refresh_takes_over_what_the_device_keeps(client, heads) -> None:
    admin = client("admin")
    heads.device("spherical").head.remember("旧预置", time.monotonic())
    shown = admin.post(f"/api/cameras/{heads.ids['spherical']}/ptz/refresh").json()
    assert [p["name"] for p in shown["presets"]] == ["旧预置"]
    assert shown["presets"][0]["azimuth_deg"] is not None
    assert shown["position"]["pan"] is not None


def test_a_refused_login_is_sent_once_and_then_no_more(client, heads) -> None:
    admin = client("admin")
    camera = heads.ids["spherical"]
    from backend.cameras.vault import seal

    heads.land.run(
        "UPDATE devices SET secret = %s WHERE camera_id = %s", seal("admin", "old"), camera
    )
    row = aim(admin, camera_ids=[camera])[camera]
    assert (row["outcome"], row["reason"]) == ("refused", "ptz.failed")
    assert heads.land.run("SELECT auth_state FROM devices WHERE camera_id = %s", camera) == [
        ("rejected",)
    ]
    again = aim(admin, camera_ids=[camera])[camera]
    assert (again["outcome"], again["reason"]) == ("refused", "ptz.failed")


@with_heads("geo", "spherical")
def test_a_dead_head_holds_nobody_up(client, heads) -> None:
    admin = client("admin")
    aim(admin)
    stop_heads(heads)
    heads.device("geo").hang()
    began = time.monotonic()
    rows = aim(admin)
    assert rows[heads.ids["geo"]]["outcome"] == "refused"
    assert rows[heads.ids["spherical"]]["outcome"] == "aimed"
    assert time.monotonic() - began < 45


def test_sectors_of_a_box_are_found_by_the_index_of_places(land) -> None:
    asked = {"low": 0, "high": 999_999_999_999, "most": 10}
    box = {"west": 110.0, "south": 34.5, "east": 110.01, "north": 34.51}
    with db.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.scalars(text("EXPLAIN " + _VIEWS.text), {**asked, **box}))
    assert "cameras_geom_3857_idx" in plan, plan


def test_what_hangs_on_a_head_goes_with_its_camera_into_another_division(client, land, camera):
    admin = client("admin")
    mask = {"name": "窗口", "from_deg": 80.0, "to_deg": 100.0}
    assert admin.post(f"/api/cameras/{camera}/ptz/masks", json=mask).status_code == 201
    body = {"seconds": 60, **PURPOSE}
    assert admin.post(f"/api/cameras/{camera}/ptz/lock", json=body).status_code == 200
    land.run("UPDATE cameras SET division_code = %s WHERE id = %s", NEIGHBOUR, camera)
    for table in ("ptz_masks", "ptz_locks"):
        assert land.run(f"SELECT division_code FROM {table}") == [(NEIGHBOUR,)]
    assert admin.get(f"/api/cameras/{camera}/ptz").status_code == 404
