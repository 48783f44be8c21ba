"""Restricted areas: who may draw them, where, and that the law keeps cameras out of them."""

import json
from pathlib import Path

import psycopg
import pytest

from backend import db
from backend.exchange.pipeline import ImportOrder, run_import
from backend.restricted.law import restrictions

WEST_TOWN, EAST_TOWN = 610522101000, 610522102000
IN_WEST = {"lon": 110.005, "lat": 34.505}


def square(lon: float, lat: float, half: float = 0.001) -> dict:
    ring = [
        [lon - half, lat - half],
        [lon + half, lat - half],
        [lon + half, lat + half],
        [lon - half, lat + half],
        [lon - half, lat - half],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def area(kind: str = "forbidden", name: str = "女生宿舍", **extra) -> dict:
    given = {"kind": kind, "name": name, "geometry": square(**IN_WEST)}
    return given | extra


def test_an_area_is_drawn_listed_and_removed_and_each_act_is_entered(client, land) -> None:
    planner = client("planner")
    made = planner.post("/api/restricted-areas", json=area())
    assert made.status_code == 201, made.text
    assert made.json()["division_code"] == "610522101201"
    # 0.002 by 0.002 degrees at 34.505 N: 183.6 m by 221.9 m on the ellipsoid.
    assert made.json()["area_m2"] == pytest.approx(183.6 * 221.9, rel=2e-3)
    listed = client("operator").get("/api/restricted-areas").json()
    assert (listed["total"], listed["rows"]) == (1, [made.json()])
    gone = planner.delete(f"/api/restricted-areas/{made.json()['id']}")
    assert (gone.status_code, gone.content) == (204, b"")
    assert planner.get("/api/restricted-areas").json() == {"rows": [], "total": 0}
    acts = land.run("SELECT act, detail->>'name' FROM register WHERE act LIKE 'restricted.%'")
    assert acts == [("restricted.added", "女生宿舍"), ("restricted.removed", "女生宿舍")]


def test_only_planners_and_administrators_draw(client, land) -> None:
    for role in ("operator", "dispatcher", "inspector"):
        assert client(role).post("/api/restricted-areas", json=area()).status_code == 403
    assert client("admin").post("/api/restricted-areas", json=area()).status_code == 201


def polygon(*ring: tuple[float, float]) -> dict:
    return {"geometry": {"type": "Polygon", "coordinates": [[list(spot) for spot in ring]]}}


NORTH_OF_THE_POLE = polygon((110, 34), (110, 95), (111, 34), (110, 34))
BOW_TIE = polygon(
    *((110.001, 34.501), (110.003, 34.503), (110.003, 34.501), (110.001, 34.503), (110.001, 34.501))
)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "maybe"}, "kind"),
        ({"name": ""}, "name"),
        ({"consent_document": "渭保函〔2026〕3号"}, ""),
        ({"geometry": {"type": "Point", "coordinates": [110.005, 34.505]}}, "geometry"),
        (NORTH_OF_THE_POLE, "geometry"),
        (BOW_TIE, "geometry"),
        (polygon(*[(110.001, 34.501)] * 10_001), "geometry"),
        ({"geometry": {"type": "Polygon", "coordinates": []}}, "geometry"),
    ],
)
def test_what_is_no_area_is_a_422(client, land, change, field) -> None:
    answer = client("planner").post("/api/restricted-areas", json=area() | change)
    assert answer.status_code == 422, answer.text
    named = [item["field"] for item in answer.json()["error"]["fields"]]
    assert not field or any(field in name for name in named), named


def test_nobody_draws_on_a_neighbours_land_or_over_the_border(client, land) -> None:
    west = client("planner", WEST_TOWN)
    for lon in (110.05, 110.04):  # in the east town; half of it in each
        answer = west.post("/api/restricted-areas", json=area(geometry=square(lon, 34.505)))
        assert answer.status_code == 422, lon
        assert answer.json()["error"]["code"] == "restricted.outside"


def test_an_area_of_another_jurisdiction_is_not_there(client, land) -> None:
    made = client("planner", WEST_TOWN).post("/api/restricted-areas", json=area()).json()
    east = client("planner", EAST_TOWN)
    assert east.get("/api/restricted-areas").json()["total"] == 0
    assert east.delete(f"/api/restricted-areas/{made['id']}").status_code == 404


def test_no_camera_is_placed_in_a_forbidden_area_or_on_its_edge(client, land) -> None:
    planner = client("planner")
    planner.post("/api/restricted-areas", json=area())
    for lon in (110.005, 110.006):
        answer = planner.post("/api/cameras", json={"name": "x", "lon": lon, "lat": 34.505})
        assert answer.status_code == 422
        error = answer.json()["error"]
        assert error["code"] == "restricted.forbidden"
        assert "女生宿舍" in error["message"] and "第八条" in error["message"]
    beside = planner.post("/api/cameras", json={"name": "x", "lon": 110.0061, "lat": 34.505})
    assert beside.status_code == 201
    moved = planner.patch(f"/api/cameras/{beside.json()['id']}", json=IN_WEST)
    assert moved.json()["error"]["code"] == "restricted.forbidden"
    assert land.run("SELECT ST_X(geom) FROM cameras") == [(110.0061,)]


def test_a_camera_that_stood_there_before_can_be_renamed_but_not_moved_within(client, land) -> None:
    camera = land.add_camera("旧点", **IN_WEST)
    planner = client("planner")
    planner.post("/api/restricted-areas", json=area())
    same = {"name": "旧点一"} | IN_WEST
    assert planner.patch(f"/api/cameras/{camera}", json=same).status_code == 200
    within = {"lon": 110.0051, "lat": 34.505}
    assert planner.patch(f"/api/cameras/{camera}", json=within).status_code == 422


def test_consent_is_needed_until_its_document_is_on_file(client, land) -> None:
    planner = client("planner")
    asked = planner.post("/api/restricted-areas", json=area("consent", "某部营区周边")).json()
    new = {"name": "x"} | IN_WEST
    refused = planner.post("/api/cameras", json=new)
    assert refused.json()["error"]["code"] == "restricted.consent_missing"
    assert "第十条" in refused.json()["error"]["message"]
    planner.delete(f"/api/restricted-areas/{asked['id']}")
    given = area("consent", "某部营区周边", consent_document="渭保函〔2026〕3号")
    planner.post("/api/restricted-areas", json=given)
    assert planner.post("/api/cameras", json=new).status_code == 201


def test_an_area_over_the_border_binds_on_both_sides(client, land) -> None:
    county = client("planner")
    county.post("/api/restricted-areas", json=area(geometry=square(110.0399, 34.505)))
    east = client("planner", EAST_TOWN)
    answer = east.post("/api/cameras", json={"name": "x", "lon": 110.0405, "lat": 34.505})
    assert answer.json()["error"]["code"] == "restricted.forbidden"


def test_a_file_with_cameras_in_forbidden_areas_names_each_row(
    client, land, tmp_path: Path
) -> None:
    planner = client("planner")
    planner.post("/api/restricted-areas", json=area())
    planner.post(
        "/api/restricted-areas", json=area("consent", "某部", geometry=square(110.015, 34.505))
    )
    path = tmp_path / "cameras.csv"
    path.write_text("name,lon,lat\na,110.005,34.505\nb,110.009,34.505\nc,110.015,34.505\n", "utf-8")
    report = run_import(ImportOrder("cameras", path, path.name))
    assert [(r["row"], r["code"]) for r in report["rejected"]] == [
        (1, "restricted.forbidden"),
        (3, "restricted.consent_missing"),
    ]
    assert "女生宿舍" in report["rejected"][0]["reason"]
    assert not report["written"]
    report = run_import(ImportOrder("cameras", path, path.name, accepts_partial=True))
    assert report["counts"]["written"] == 1
    assert land.run("SELECT name FROM cameras") == [("b",)]


def feature(name: str, kind: str, lon: float, document: str | None = None) -> dict:
    fields = {"名称": name, "类型": kind, "同意文号": document}
    return {"type": "Feature", "properties": fields, "geometry": square(lon, 34.505)}


def as_file(folder: Path, features: list[dict]) -> Path:
    path = folder / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
    return path


def test_areas_are_imported_as_a_set_that_is_replaced(land, tmp_path: Path) -> None:
    first = [feature("宿舍", "禁设", 110.005), feature("某部", "征求同意", 110.015, "函3号")]
    report = run_import(ImportOrder("restricted", as_file(tmp_path, first), "a.geojson"))
    assert report["written"], report
    rows = "SELECT name, kind, consent_document, division_code, set_name FROM restricted_areas"
    assert land.run(f"{rows} ORDER BY name") == [
        ("宿舍", "forbidden", None, 610522101201, "a"),
        ("某部", "consent", "函3号", 610522101201, "a"),
    ]
    before = dict(land.run("SELECT name, id FROM restricted_areas"))
    again = [feature("宿舍", "forbidden", 110.006), feature("浴室", "禁止", 110.016)]
    run_import(ImportOrder("restricted", as_file(tmp_path, again), "a.geojson"))
    after = dict(land.run("SELECT name, id FROM restricted_areas"))
    assert set(after) == {"宿舍", "浴室"} and after["宿舍"] == before["宿舍"]


def test_rows_without_a_known_kind_or_with_a_consent_that_cannot_be_are_refused(
    land, tmp_path: Path
) -> None:
    rows = [
        feature("甲", "大概禁止", 110.005),
        feature("乙", "", 110.005),
        feature("丙", "禁设", 110.005, "函4号"),
    ]
    report = run_import(ImportOrder("restricted", as_file(tmp_path, rows), "a.geojson"))
    codes = [(r["row"], r["code"], r["field"]) for r in report["rejected"]]
    assert codes == [
        (1, "value.unknown", "kind"),
        (2, "value.missing", "kind"),
        (3, "restricted.no_consent", "consent_document"),
    ]
    assert all(r["reason"] and r["todo"] for r in report["rejected"])


def test_a_township_imports_no_area_that_reaches_over_its_border(land, tmp_path: Path) -> None:
    rows = [feature("内", "禁设", 110.005), feature("跨", "禁设", 110.0399)]
    order = ImportOrder(
        *("restricted", as_file(tmp_path, rows), "a.geojson"),
        division_code=WEST_TOWN,
        bounds=(WEST_TOWN, WEST_TOWN + 999),
    )
    report = run_import(order)
    assert [(r["row"], r["code"]) for r in report["rejected"]] == [(2, "division.outside")]


def test_the_question_for_one_point_uses_the_spatial_index(land) -> None:
    land.run(
        "INSERT INTO restricted_areas (set_name, kind, name, geom) SELECT 't', 'forbidden', 'x',"
        " ST_Multi(ST_Expand(ST_SetSRID(ST_Point(110 + i * 1e-5, 34.5), 4326), 1e-6))"
        " FROM generate_series(1, 8000) i"
    )
    land.run("ANALYZE restricted_areas")
    (body,) = land.run("SELECT prosrc FROM pg_proc WHERE proname = 'gridlink_restricted_at'")[0]
    point = "ST_SetSRID(ST_Point(110.02, 34.5), 4326)"
    with psycopg.connect(land.url) as connection:
        lines = connection.execute("EXPLAIN " + str(body).replace("spot", point)).fetchall()
    plan = "\n".join(line for (line,) in lines)
    assert "restricted_areas_geom_idx" in plan, plan


def test_many_points_are_asked_at_once(land) -> None:
    import shapely

    land.run(
        "INSERT INTO restricted_areas (set_name, kind, name, geom) VALUES ('t', 'forbidden', 'x',"
        " ST_Multi(ST_MakeEnvelope(110, 34.5, 110.01, 34.51, 4326)))"
    )
    points = [shapely.Point(110 + k * 0.001, 34.505) for k in range(20)]
    with db.begin() as session:
        found = restrictions(session, points)
    assert sorted(found) == list(range(11))  # 110.000 to 110.010, edges included


def test_areas_are_drawn_on_the_map_and_the_cache_forgets_them(client, land) -> None:
    import mapbox_vector_tile

    planner = client("planner")
    # Zoom 12 tile that holds 110.005 E 34.505 N, by the slippy map's own formula.
    x, y = 3299, 1629
    path = f"/api/tiles/restricted/12/{x}/{y}.mvt"
    assert planner.get(path).status_code == 204
    made = planner.post("/api/restricted-areas", json=area("consent", "某部")).json()
    for _ in range(1000):  # until the notice has arrived; each round is a whole request
        answer = planner.get(path)
        if answer.status_code == 200:
            break
    (drawn,) = mapbox_vector_tile.decode(answer.content)["restricted"]["features"]
    assert drawn["properties"] == {
        **{"id": made["id"], "kind": "consent", "name": "某部", "has_consent": False}
    }
    assert client("planner", EAST_TOWN).get(path).status_code == 204
