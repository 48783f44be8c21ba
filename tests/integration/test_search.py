"""Search and "what lies here?": by name, initials, code, coordinates."""

import pytest


@pytest.fixture
def operator(client, land):
    land.add_camera("解放路口", 110.011, 34.511)
    land.run("UPDATE cameras SET initials = 'jflk', code = '61052200001320000001'")
    return client("operator")


def titles(client, q: str) -> list[tuple[str, str]]:
    answer = client.get("/api/search", params={"q": q})
    assert answer.status_code == 200, answer.text
    return [(hit["kind"], hit["title"]) for hit in answer.json()["results"]]


@pytest.mark.parametrize(
    ("q", "hit"),
    [
        ("柳林村小学", ("place", "柳林村小学")),
        ("llcxx", ("place", "柳林村小学")),
        ("LLCXX", ("place", "柳林村小学")),
        ("路口", ("camera", "解放路口")),
        ("jflk", ("camera", "解放路口")),
        ("6105220000132", ("camera", "解放路口")),
        ("柳林村南", ("grid", "柳林村南网格")),
        ("610522101201002", ("grid", "柳林村北网格")),
        ("西川", ("division", "西川镇")),
        ("610522101000", ("division", "西川镇")),
        (" 110.0107, 34.5107 ", ("coordinate", "110.010700, 34.510700")),
        ("110.0107，34.5107", ("coordinate", "110.010700, 34.510700")),
    ],
)
def test_a_thing_is_found_by_what_people_type(operator, q, hit) -> None:
    assert titles(operator, q)[0] == hit


def test_an_incident_is_found_by_its_number_only_by_who_may_read_incidents(
    operator, client
) -> None:
    body = {"kind": "fire", "lon": 110.011, "lat": 34.512}
    number = operator.post("/api/incidents", json=body).json()["number"]
    assert titles(operator, number[-6:]) == [("incident", number)]


@pytest.mark.parametrize("q", ["%", "_", "\\", "'", "  ", "200,99"])
def test_signs_of_the_query_language_are_plain_letters(operator, q) -> None:
    assert titles(operator, q) == []


def test_a_point_is_located_in_division_grids_building_and_beside_a_place(operator, land) -> None:
    building_id = land.run("SELECT id FROM buildings")[0][0]
    told = operator.get("/api/locate?lon=110.0107&lat=34.5107").json()
    assert told["division"]["path"] == ["云溪县", "西川镇", "柳林村"]
    assert [grid["set_name"] for grid in told["grids"]] == ["basic", "police"]
    assert told["building_id"] == building_id
    assert told["nearest_place"]["name"] == "柳林村小学"
    # 0.0007 deg of longitude at 34.5 N is 64.3 m, 0.0007 deg of latitude 77.6 m: 100.8 m.
    assert told["nearest_place"]["distance_m"] == pytest.approx(100.8, abs=1)


def test_a_point_beyond_everything_is_nowhere(operator) -> None:
    told = operator.get("/api/locate?lon=0&lat=0").json()
    assert told == {"division": None, "grids": [], "building_id": None, "nearest_place": None}


def test_sheets_of_grid_place_and_division_tell_where_they_lie(operator, land) -> None:
    grid_id = land.run("SELECT id FROM grids WHERE code = '610522101201001'")[0][0]
    grid = operator.get(f"/api/grids/{grid_id}").json()
    assert (grid["name"], grid["division"]["name"]) == ("柳林村南网格", "柳林村")
    assert grid["bounds"] == [110.0, 34.5, 110.02, 34.52]
    # 0.02 deg x 0.02 deg at 34.51 N: 1,836.6 m by 2,218.7 m on the WGS 84 ellipsoid.
    assert grid["area_m2"] == pytest.approx(1836.6 * 2218.7, rel=2e-3)
    place_id = land.run("SELECT id FROM places WHERE is_key")[0][0]
    place = operator.get(f"/api/places/{place_id}").json()
    assert (place["name"], place["is_key"], place["lon"]) == ("柳林村小学", True, 110.01)
    below = operator.get("/api/divisions?parent=610522").json()["divisions"]
    assert [d["name"] for d in below] == ["西川镇", "东岭镇"]
    top = operator.get("/api/divisions").json()["divisions"]
    assert {d["name"] for d in top} == {"云溪县", "邻县"}
    assert operator.get("/api/divisions/610522102").json()["bounds"] == [
        110.04,
        34.5,
        110.08,
        34.54,
    ]
    assert operator.get("/api/divisions/99").status_code == 404
