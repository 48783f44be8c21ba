"""Cameras added and changed by hand: what is refused, and what the register keeps of it."""

import pytest

AT = {"lon": 110.005, "lat": 34.505}


def test_an_added_and_a_changed_camera_are_entered_with_who_and_what(client, land) -> None:
    planner = client("planner")
    camera = planner.post("/api/cameras", json={"name": "东门"} | AT).json()["id"]
    turned = {"poses": [{"sensor_no": 1, "azimuth_deg": 90}]}
    assert planner.patch(f"/api/cameras/{camera}", json=turned).status_code == 200
    who = planner.get("/api/session").json()["user"]["username"]
    rows = land.run(
        "SELECT act, actor_name, camera_id, detail FROM register"
        " WHERE act LIKE 'camera.%' ORDER BY seq"
    )
    assert [row[:3] for row in rows] == [
        ("camera.added", who, camera),
        ("camera.changed", who, camera),
    ]
    assert rows[1][3] == turned


@pytest.mark.parametrize(
    "change",
    [
        {"name": None},
        {"has_ptz": None},
        {"poses": None},
        {"lon": 110.006},
        {"lat": None, "lon": 110.006},
        {"poses": [{"sensor_no": 1}, {"sensor_no": 1, "azimuth_deg": 5}]},
        {"poses": [{"sensor_no": 70_000}]},
    ],
)
def test_a_change_that_cannot_be_kept_is_a_422(client, land, change) -> None:
    camera = land.add_camera("北门", **AT)
    answer = client("planner").patch(f"/api/cameras/{camera}", json=change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["code"] == "request.invalid"


def test_what_may_be_unknown_can_be_made_unknown(client, land) -> None:
    camera = land.add_camera("北门", **AT)
    sheet = client("planner").patch(f"/api/cameras/{camera}", json={"height_m": None}).json()
    assert (sheet["height_m"], sheet["height_assumed"]) == (None, True)
