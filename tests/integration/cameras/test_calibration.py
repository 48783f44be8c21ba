"""Calibration through the API: a picture drawn on the ellipsoid gives back its pose.

Bearings and distances come from PROJ's geodesics, the picture from spherical angles: nothing of
the frame or the projection under test.
"""

import math
from typing import Any

import numpy as np
import pytest
from pyproj import Geod

from backend import db
from backend.cameras import viewing, viewsheds
from backend.cameras.tasks import refresh_viewsheds
from gis.viewshed import warm_up

AT = (110.0050, 34.5050)
HEIGHT_M = 6.0
AZIMUTH, TILT, FOV = 40.0, 12.0, 67.7
# Metres of plan distance, degrees beside the axis, metres above the ground.
LANDMARKS = [(18, -20, 0), (30, 15, 0), (55, -8, 4.5), (70, 24, 8), (40, 2, 0), (90, -26, 7)]
GEOD = Geod(ellps="WGS84")


def drawn(landmarks: list[tuple[float, float, float]] = LANDMARKS) -> dict[str, Any]:
    """The order a planner would send, had he clicked to a pixel."""
    focal = 960.0 / math.tan(math.radians(FOV / 2.0))
    tilt = math.radians(TILT)
    marks = []
    for reach_m, beside_deg, height_m in landmarks:
        lon, lat, _ = GEOD.fwd(*AT, AZIMUTH + beside_deg, reach_m)
        right = reach_m * math.sin(math.radians(beside_deg))
        ahead = reach_m * math.cos(math.radians(beside_deg))
        below = HEIGHT_M - height_m
        depth = ahead * math.cos(tilt) + below * math.sin(tilt)
        down = below * math.cos(tilt) - ahead * math.sin(tilt)
        u, v = 960 + focal * right / depth, 540 + focal * down / depth
        marks.append({"u": round(u), "v": round(v), "lon": lon, "lat": lat, "height_m": height_m})
    return {"width_px": 1920, "height_px": 1080, "landmarks": marks}


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Kernels of changed sources compile before a request waits for them."""
    warm_up()


@pytest.fixture
def camera(land) -> int:
    return int(land.add_camera("东门", *AT))


def path(camera: int) -> str:
    return f"/api/cameras/{camera}/calibration"


def test_the_pose_of_the_picture_comes_back_and_nothing_is_stored(client, land, camera) -> None:
    answer = client("planner").post(path(camera), json=drawn())
    assert answer.status_code == 200, answer.text
    found = answer.json()
    # Pixels were rounded: a hundredth of a degree or two at this lens.
    assert found["azimuth_deg"] == pytest.approx(AZIMUTH, abs=0.1)
    assert found["tilt_deg"] == pytest.approx(TILT, abs=0.1)
    assert found["fov_deg"] == pytest.approx(FOV, abs=0.2)
    assert found["verdict"] == "good" or found["sigma"]["azimuth_deg"] < 1.5
    assert len(found["residuals"]) == len(LANDMARKS)
    assert land.run("SELECT azimuth_deg, fov_deg FROM poses") == [(0.0, 90.0)]


def test_the_view_lies_around_the_axis_found(client, camera) -> None:
    features = client("planner").post(path(camera), json=drawn()).json()["view"]["features"]
    assert [f["properties"]["sight"] for f in features] == ["certain", "possible"]
    rings = features[0]["geometry"]["coordinates"]
    corners = np.array(rings[0] if features[0]["geometry"]["type"] == "Polygon" else rings[0][0])
    bearing, _, _ = GEOD.inv(*np.broadcast_arrays(*AT, corners[:, 0], corners[:, 1])[:4])
    assert np.all(np.abs(np.asarray(bearing) - AZIMUTH) < FOV / 2.0 + 0.5)


def test_applied_it_changes_the_pose_is_entered_and_brings_a_new_viewshed(
    client, land, camera
) -> None:
    refresh_viewsheds()
    planner = client("planner")
    sheet = planner.put(path(camera), json=drawn()).json()
    pose = sheet["poses"][0]
    assert pose["azimuth_deg"] == pytest.approx(AZIMUTH, abs=0.1)
    assert pose["tilt_deg"] == pytest.approx(TILT, abs=0.1)
    assert 0.0 < pose["azimuth_error_deg"] < 3.0
    assert 0.0 < pose["tilt_error_deg"] < 2.0
    assert 0.0 < pose["fov_error_deg"] < 10.0
    assert pose["source"] == "calibrated"
    assert land.run("SELECT is_stale FROM viewsheds") == [(True,)]
    [(act, detail)] = land.run("SELECT act, detail FROM register WHERE act LIKE 'camera.%'")
    assert act == "camera.changed"
    assert detail["poses"][0]["azimuth_deg"] == pose["azimuth_deg"]
    with db.begin() as session:
        viewsheds.refresh(session, [camera])
    assert land.run("SELECT is_stale FROM viewsheds") == [(False,)]


def test_a_landmark_fifty_metres_beside_its_place_is_named_by_number(client, camera) -> None:
    order = drawn()
    order["landmarks"][2]["lon"] += 0.0005
    answer = client("planner").post(path(camera), json=order)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "calibration.misplaced"
    assert error["detail"]["landmarks"] == [3]
    assert "3" in error["message"]


def test_three_landmarks_are_refused_with_a_sentence(client, camera) -> None:
    answer = client("planner").post(path(camera), json=drawn(LANDMARKS[:3]))
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "calibration.too_few"


def test_no_landmark_at_all_is_too_few(client, camera) -> None:
    answer = client("planner").post(path(camera), json=drawn([]))
    assert answer.json()["error"]["code"] == "calibration.too_few"


def test_a_mark_outside_the_picture_is_a_faulty_field(client, camera) -> None:
    order = drawn()
    order["landmarks"][0]["u"] = 1921
    error = client("planner").post(path(camera), json=order).json()["error"]
    assert (error["code"], error["fields"][0]["field"]) == ("field.invalid", "landmarks")


def test_a_landmark_at_the_lens_is_a_faulty_field(client, camera) -> None:
    order = drawn()
    order["landmarks"][0] |= {"lon": AT[0], "lat": AT[1], "height_m": HEIGHT_M}
    error = client("planner").post(path(camera), json=order).json()["error"]
    assert error["code"] == "field.invalid"


def test_without_a_mounting_height_it_must_be_stated_and_is_then_kept(client, land, camera) -> None:
    land.run("UPDATE cameras SET height_m = NULL")
    planner = client("planner")
    refused = planner.post(path(camera), json=drawn())
    assert refused.json()["error"]["code"] == "calibration.height_unknown"
    sheet = planner.put(path(camera), json=drawn() | {"camera_height_m": HEIGHT_M}).json()
    assert sheet["height_m"] == HEIGHT_M


def test_a_sensor_the_camera_does_not_have_is_not_found(client, camera) -> None:
    answer = client("planner").post(path(camera), json=drawn() | {"sensor_no": 2})
    assert answer.status_code == 404


@pytest.mark.parametrize("role", ["operator", "dispatcher", "inspector"])
def test_only_who_may_edit_cameras_may_calibrate(client, camera, role) -> None:
    for method in ("post", "put"):
        assert getattr(client(role), method)(path(camera), json=drawn()).status_code == 403


def test_a_camera_of_another_jurisdiction_is_not_found(client, land, camera) -> None:
    east = client("planner", 610522102000)
    assert east.post(path(camera), json=drawn()).status_code == 404


def test_a_planner_sees_pictures_for_calibration_alone(client, enrol, media) -> None:
    camera = enrol("good")
    planner = client("planner")
    still = planner.post(f"{path(camera)}/snapshot")
    assert still.status_code == 200, still.text
    assert still.headers["content-type"] == "image/jpeg"
    ticket = planner.post(f"{path(camera)}/stream")
    assert ticket.status_code == 201
    order = {"purpose": "calibration"}
    assert planner.post(f"/api/cameras/{camera}/snapshot", json=order).status_code == 403


@pytest.mark.parametrize(("purpose", "goes_on"), [("calibration", True), ("maintenance", False)])
def test_a_planners_picture_goes_on_for_calibration_alone(
    client, land, enrol, purpose, goes_on
) -> None:
    camera = enrol("good")
    stream = client("planner").post(f"{path(camera)}/stream").json()["stream_id"]
    land.run("UPDATE streams SET purpose = %s", purpose)
    with db.begin() as session:
        allowed = viewing.still_allowed(session, [stream])
    assert allowed == ({stream} if goes_on else set())


def test_the_openings_are_entered_with_their_purpose(client, land, enrol, media) -> None:
    camera = enrol("good")
    planner = client("planner")
    planner.post(f"{path(camera)}/snapshot")
    planner.post(f"{path(camera)}/stream")
    opened = "act LIKE 'stream.%.opened'"
    rows = land.run(f"SELECT act, purpose FROM register WHERE {opened} ORDER BY seq")
    assert rows == [
        ("stream.snapshot.opened", "calibration"),
        ("stream.live.opened", "calibration"),
    ]
