"""What-if: the figures of a change, against a count of the same change made real; and refusals."""

import json
import threading

import numpy as np
import pytest
import shapely

from backend.warm import warm_up
from gis.frame import LocalFrame

COUNTY, WEST, EAST = 610522000000, 610522101000, 610522102000
AT = {"lon": 110.005, "lat": 34.505}
TURN = {"op": "move", "azimuth_deg": 90.0, "fov_deg": 60.0}


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Compile before the first question: a client does not wait that long."""
    warm_up()


def new_camera(key: str = "n1", **fields: object) -> dict[str, object]:
    aim = {"azimuth_deg": 180, "fov_deg": 60, "range_m": 80, "height_m": 6, "width_px": 1920}
    return {"op": "add", "key": key, "lon": 110.006, "lat": 34.506} | aim | fields


def asked(planner, *changes: dict[str, object], **fields: object) -> dict[str, object]:
    answer = planner.post("/api/coverage/what-if", json={"changes": list(changes)} | fields)
    assert answer.status_code == 200, answer.text
    return answer.json()


def band(bands, code: str = "overview") -> dict[str, float]:
    return next(each for each in bands if each["code"] == code)


def error(answer) -> str:
    return answer.json()["error"]["code"]


def area_m2(geojson) -> float:
    frame = LocalFrame(110.04, 34.52)
    shape = shapely.from_geojson(json.dumps(geojson))
    return float(frame.geometry_to_metric(np.array([shape], dtype=object))[0].area)


def test_a_new_camera_adds_its_sector_and_nothing_else(client, land) -> None:
    told = asked(client("planner"), new_camera())
    # 60 degrees of a circle of 80 m; 1,920 pixels keep overview and outline beyond 80 m.
    sector_m2 = np.pi * 80**2 * 60 / 360
    (grid,) = told["grids"]
    assert grid["name"] == "柳林村南网格"
    assert band(grid["before"])["certain"] == 0
    assert band(grid["after"])["certain"] == pytest.approx(sector_m2, rel=1e-3)
    assert band(grid["after"])["one"] == band(grid["after"])["certain"]
    assert [b["code"] for b in grid["after"]] == ["overview", "outline", "discern", "perceive"]
    # At 125 px/m the sector ends where 1,920 pixels spread over 15.4 m: at 13.3 m.
    far_m = 1920 / (2 * 125 * np.tan(np.radians(30)))
    reach_m = np.sqrt(far_m**2 - 4.5**2)
    perceived = band(grid["after"], "perceive")["certain"]
    assert perceived == pytest.approx(np.pi * reach_m**2 / 6, rel=2e-3)
    (view,) = told["views"]
    assert (view["key"], view["camera_id"], view["overlap_share"]) == ("n1", None, 0.0)
    assert area_m2(view["certain"]) == pytest.approx(sector_m2, rel=1e-3)
    assert told["warnings"] == []
    # The grid's ground, 0.02 x 0.02 degrees, less the hospital that stands in it.
    assert told["total"]["after"] == grid["after"]


def test_the_answer_is_what_applying_it_makes_true(client, land) -> None:
    """The same numbers from two ways: a plan beside the registry, and the registry itself."""
    east, north = land.add_camera("东门", **AT), land.add_camera("北门", 110.0052, 34.5048)
    planner = client("planner")
    changes = [
        {**TURN, "camera_id": east, "lon": 110.0103, "lat": 34.5103, "height_m": 9.0},
        {"op": "remove", "camera_id": north},
        new_camera(azimuth_deg=330, range_m=120),
    ]
    told = asked(planner, *changes)
    body = {"name": "x", "changes": changes}
    scenario = planner.post("/api/scenarios", json=body).json()
    path = f"/api/scenarios/{scenario['id']}"
    assert planner.get(f"{path}/figures").json()["grids"] == told["grids"]
    applied = planner.post(f"{path}/apply", json={"version": 1})
    assert applied.status_code == 200, applied.text
    # A change that changes nothing tells what is: before and after are the same, and as foretold.
    same = {"op": "move", "camera_id": east}
    now = asked(planner, same, new_camera("far", lon=110.03, lat=34.51))
    (grid,) = [g for g in now["grids"] if g["name"] == "柳林村南网格"]
    assert grid["before"] == grid["after"]
    foretold = next(g for g in told["grids"] if g["name"] == "柳林村南网格")
    for made, promised in zip(grid["before"], foretold["after"], strict=True):
        for part in ("total", "certain", "possible", "one", "more"):
            assert made[part] == pytest.approx(promised[part], abs=1e-2), part


def test_nothing_is_written(client, land, database) -> None:
    east = land.add_camera("东门", **AT)
    planner = client("planner")

    def counts() -> list[object]:
        tables = ("cameras", "poses", "register", "scenarios", "procrastinate_jobs")
        return [land.run(f"SELECT count(*), max(xmin::text) FROM {table}") for table in tables]

    before = counts()
    asked(planner, {**TURN, "camera_id": east}, new_camera())
    assert counts() == before


def test_two_cameras_on_one_ground_are_more_and_overlap_is_told(client, land) -> None:
    told = asked(client("planner"), new_camera("a"), new_camera("b"))
    (grid,) = told["grids"]
    after = band(grid["after"])
    assert after["more"] == pytest.approx(after["certain"], rel=1e-6)
    assert after["one"] == pytest.approx(0, abs=1e-3)
    assert [v["overlap_share"] for v in told["views"]] == [pytest.approx(1.0)] * 2
    assert {(w["key"], w["code"]) for w in told["warnings"]} == {("a", "overlap"), ("b", "overlap")}


def test_a_dead_camera_counts_as_installed_and_not_now(client, land) -> None:
    east = land.add_camera("东门", **AT)
    planner = client("planner")
    moved = {**TURN, "camera_id": east}
    asked(planner, moved)
    land.run("UPDATE cameras SET is_alive = false")
    installed, now = asked(planner, moved), asked(planner, moved, reading="now")
    assert band(installed["total"]["after"])["certain"] > 0
    assert band(now["total"]["before"])["certain"] == 0
    # Turning a dead camera does not bring it to life; a new one beside it counts.
    assert band(now["total"]["after"])["certain"] == 0
    beside = asked(planner, moved, new_camera(), reading="now")
    assert band(beside["total"]["after"])["certain"] > 1000


def test_a_camera_in_a_building_is_told_so(client, land) -> None:
    inside = new_camera(lon=110.01075, lat=34.51075, height_m=5)
    told = asked(client("planner"), inside)
    assert [w["code"] for w in told["warnings"]] == ["inside_building"]
    assert told["views"][0]["certain"] is None
    assert told["views"][0]["possible"] is not None


def test_what_the_law_keeps_free_is_told(client, land) -> None:
    box = "ST_Multi(ST_MakeEnvelope({}, 34.5058, {}, 34.5062, 4326))"
    for name, kind, west, east in (
        ("宿舍", "forbidden", 110.0058, 110.0062),
        ("机关", "consent", 110.0038, 110.0042),
    ):
        land.run(
            "INSERT INTO restricted_areas (set_name, name, kind, division_code, geom)"
            f" VALUES ('t', %s, %s, 610522101201, {box.format(west, east)})",
            *(name, kind),
        )
    told = asked(
        client("planner"),
        new_camera("within"),
        new_camera("consent", lon=110.004),
        new_camera("outside", lon=110.006, lat=34.5066),  # looks south, into the dormitory
    )
    found = {(w["key"], w["code"]) for w in told["warnings"] if w["code"] != "overlap"}
    assert found == {
        ("within", "forbidden_area"),
        ("within", "view_enters_forbidden"),
        ("consent", "consent_area"),
        ("outside", "view_enters_forbidden"),
    }
    assert all("条" in w["zh"] for w in told["warnings"])


def test_a_place_outside_the_jurisdiction_is_told_and_its_grids_are_not(client, land) -> None:
    told = asked(client("planner", WEST), new_camera(lon=110.0401, azimuth_deg=0, fov_deg=360))
    assert [w["code"] for w in told["warnings"]] == ["outside_jurisdiction"]
    assert {g["name"] for g in told["grids"]} == {"桃源村南网格"}
    whole = asked(client("planner"), new_camera(lon=110.0401, azimuth_deg=0, fov_deg=360))
    assert {g["name"] for g in whole["grids"]} == {"桃源村南网格", "石桥村南网格"}


def test_a_camera_of_another_jurisdiction_is_unknown_but_counts(client, land) -> None:
    far = land.add_camera("石桥", 110.0401, 34.506)
    land.run("UPDATE poses SET azimuth_deg = 270")
    planner = client("planner", WEST)
    body = {"changes": [{**TURN, "camera_id": far}]}
    refused = planner.post("/api/coverage/what-if", json=body)
    assert (refused.status_code, error(refused)) == (422, "scenarios.camera_unknown")
    told = asked(planner, new_camera(lon=110.0395, azimuth_deg=90))
    assert band(told["total"]["before"])["certain"] > 1000


def test_without_any_camera_there_is_still_an_answer(client, land) -> None:
    told = asked(client("planner"), new_camera(), scale="dori")
    assert [b["code"] for b in told["grids"][0]["after"]] == [
        *("detect", "observe", "recognise", "identify"),
    ]


def test_over_no_grid_there_are_no_grids(client, land) -> None:
    told = asked(client("planner"), new_camera(lon=111.0, lat=35.0))
    assert told["grids"] == []
    assert band(told["total"]["after"])["certain_share"] is None


@pytest.mark.parametrize("role", ["operator", "dispatcher", "inspector"])
def test_who_does_not_plan_asks_nothing(client, land, role) -> None:
    assert client(role).post("/api/coverage/what-if", json={}).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"changes": []},
        {"changes": [new_camera()], "reading": "tomorrow"},
        {"changes": [new_camera()], "scale": "x"},
        {"changes": [new_camera(lon=None)]},
        {"changes": [new_camera(fov_deg=0)]},
        {"changes": [new_camera(lat=1e999)]},
    ],
)
def test_a_question_that_makes_no_sense_is_a_422(client, land, body) -> None:
    answer = client("planner").post("/api/coverage/what-if", content=json.dumps(body))
    assert (answer.status_code, error(answer)) == (422, "request.invalid")


def test_scenarios_are_compared_with_today_and_with_each_other(client, land) -> None:
    east = land.add_camera("东门", **AT)
    planner = client("planner")

    def save(name: str, *changes: dict[str, object]) -> int:
        body = {"name": name, "changes": list(changes)}
        return planner.post("/api/scenarios", json=body).json()["id"]

    turn, add = save("转", {**TURN, "camera_id": east}), save("加", new_camera(lon=110.03))
    told = planner.get("/api/scenarios/compare", params={"ids": f"{turn},{add}"}).json()
    assert [(s["name"], s["moved"], s["added"]) for s in told["scenarios"]] == [
        ("转", 1, 0),
        ("加", 0, 1),
    ]
    one, other = told["grids"]
    assert one["after"][1] == one["today"]
    assert other["after"][0] == other["today"]
    alone = planner.get(f"/api/scenarios/{add}/figures").json()
    assert alone["grids"][0]["after"] == other["after"][1]
    whole = band(told["scenarios"][1]["total"])["certain"]
    parts = [band(g["after"][1])["certain"] for g in told["grids"]]
    assert whole == pytest.approx(sum(parts))


def test_a_scenario_of_cameras_that_changed_or_went_says_so(client, land) -> None:
    east, north = land.add_camera("东门", **AT), land.add_camera("北门", 110.007, 34.507)
    planner = client("planner")
    changes = [{**TURN, "camera_id": east}, {"op": "remove", "camera_id": north}, new_camera()]
    body = {"name": "x", "changes": changes}
    scenario = planner.post("/api/scenarios", json=body).json()["id"]
    land.run("UPDATE poses SET azimuth_deg = 5 WHERE camera_id = %s", east)
    land.run("DELETE FROM cameras WHERE id = %s", north)
    told = planner.get(f"/api/scenarios/{scenario}/figures").json()
    codes = [w["code"] for w in told["warnings"] if w["code"].startswith("camera")]
    assert codes == ["camera_changed", "camera_gone"]
    assert len(told["views"]) == 2


def test_an_applied_scenario_is_today(client, land) -> None:
    planner = client("planner")
    body = {"name": "x", "changes": [new_camera()]}
    scenario = planner.post("/api/scenarios", json=body).json()["id"]
    planner.post(f"/api/scenarios/{scenario}/apply", json={"version": 1})
    refused = planner.get(f"/api/scenarios/{scenario}/figures")
    assert (refused.status_code, error(refused)) == (409, "scenarios.already_real")


def test_of_questions_that_wait_the_newest_is_answered() -> None:
    from backend.coverage.scenarios.turns import Superseded, Turns

    turns, outcome = Turns(), {}
    entered, go_on = threading.Event(), threading.Event()

    def ask(name: str, user: int = 1, hold: bool = False) -> None:
        try:
            with turns.take(user):
                if hold:
                    entered.set()
                    go_on.wait(10)
                outcome[name] = "answered"
        except Superseded:
            outcome[name] = "superseded"

    first = threading.Thread(target=ask, args=("first", 1, True))
    first.start()
    assert entered.wait(10)
    second = threading.Thread(target=ask, args=("second",))
    second.start()
    while 1 not in turns._waiting:
        second.join(0.001)
    third = threading.Thread(target=ask, args=("third",))
    third.start()
    second.join(10)  # ends although the first is still being answered
    assert outcome == {"second": "superseded"}
    ask("another user's", user=2)
    go_on.set()
    first.join(10)
    third.join(10)
    assert outcome == {
        "second": "superseded",
        "another user's": "answered",
        "first": "answered",
        "third": "answered",
    }
