"""Gaps by weight with their reasons, and what each camera alone sees."""

from typing import Any

import pytest

from backend import db
from backend.coverage.refresh import refresh
from tests.integration.coverage.town import EYES, Eye, add_eye, counted_by_points, found_town


def run() -> None:
    with db.begin() as session:
        refresh(session)


def losses(client: Any, **asked: Any) -> dict[str, Any]:
    answer = client("planner").get("/api/coverage/losses", params=asked)
    assert answer.status_code == 200, answer.text
    return {row["name"]: row for row in answer.json()["rows"]}


def whole_town(land: Any) -> None:
    """Let the town be all there is of the village: its grid enters the sums."""
    land.run("UPDATE grids SET valid_to = CURRENT_DATE WHERE code <> 'T1'")


def test_what_only_one_camera_sees_is_its_loss(land: Any, client: Any) -> None:
    found_town(land)
    whole_town(land)
    run()
    found = losses(client)
    alone = sum(row["sole_m2"] for row in found.values())
    expected = counted_by_points(EYES)
    assert alone == pytest.approx(expected.one[20.0], abs=0.005 * expected.total)
    for row in found.values():
        assert row["sole_share"] == pytest.approx(row["sole_m2"] / row["seen_m2"])


def test_the_second_of_two_equal_cameras_costs_nothing(land: Any, client: Any) -> None:
    twin = Eye("孪生", EYES[0].lon, EYES[0].lat, EYES[0].azimuth_deg)
    found_town(land, (EYES[0], twin))
    whole_town(land)
    run()
    found = losses(client, order="least")
    assert [row["sole_m2"] for row in found.values()] == [pytest.approx(0.0, abs=0.1)] * 2
    assert found["孪生"]["seen_m2"] > 1000
    land.run("UPDATE cameras SET is_alive = false WHERE name = '孪生'")
    run()
    now = losses(client, reading="now")
    assert list(now) == [EYES[0].name]
    assert now[EYES[0].name]["sole_share"] == pytest.approx(1.0, abs=1e-3)


def test_a_key_place_that_only_one_camera_sees_is_named(land: Any, client: Any) -> None:
    found_town(land)
    whole_town(land)
    land.run(
        "UPDATE places SET name = '广场', geom = ST_SetSRID(ST_Point(110.0102, 34.5104), 4326),"
        " outline = ST_Multi(ST_MakeEnvelope(110.0101, 34.5103, 110.0103, 34.5105, 4326))"
        " WHERE is_key"
    )
    run()
    found = losses(client, order="most")
    assert {name: row["sole_places"] for name, row in found.items()} == {
        "西南": ["广场"],
        "正南": [],
        "东北": [],
    }
    assert next(iter(found)) == "西南"


def test_the_gap_with_the_key_place_and_the_incidents_comes_first(land: Any, client: Any) -> None:
    found_town(land)
    run()
    rows = client("planner").get("/api/coverage/gaps").json()["rows"]
    assert [row["weight"] for row in rows] == sorted((r["weight"] for r in rows), reverse=True)
    same_size = [row for row in rows if row["grid_name"].endswith("南网格")]
    assert same_size[0]["grid_name"] == "柳林村南网格"  # the only key place lies in it
    assert same_size[0]["reasons"]["key_places"] == ["柳林村小学"]
    assert same_size[0]["reasons"]["road_m"].keys() <= {"county"}
    town = [row for row in rows if row["grid_code"] == "T1"]
    assert sum(row["area_m2"] for row in town) == pytest.approx(
        counted_by_points().total - sum(_seen().values()), rel=0.02
    )


def _seen() -> dict[str, float]:
    counted = counted_by_points()
    return {"one": counted.one[20.0], "more": counted.more[20.0]}


def test_an_incident_in_the_dark_adds_weight_for_as_long_as_it_is_remembered(
    land: Any, account: Any
) -> None:
    name = account("operator")
    found_town(land)
    run()
    before = weight_of(land)
    land.run(
        "INSERT INTO incidents (number, kind, severity, geom, division_code, reported_at,"
        " reported_by) SELECT n, (SELECT code FROM incident_kinds LIMIT 1), 'blue',"
        " ST_SetSRID(ST_Point(110.0300, 34.5050), 4326), 610522101202,"
        " now() - make_interval(months => months), (SELECT id FROM users WHERE username = %s)"
        " FROM (VALUES ('a', 1), ('b', 2), ('c', 40)) v(n, months)",
        name,
    )
    land.run("INSERT INTO coverage_dirty (cause) VALUES ('all')")
    run()
    assert weight_of(land)[1] == 2
    assert weight_of(land)[0] > before[0]


def weight_of(land: Any) -> tuple[float, int]:
    [row] = land.run(
        "SELECT weight, (reasons->>'incidents')::int FROM coverage_gaps p JOIN grids g"
        " ON g.id = grid_id WHERE g.name = '桃源村南网格' AND reading = 'installed'"
        " AND px_per_m = 20 ORDER BY weight DESC LIMIT 1"
    )
    return row


def test_small_gaps_are_not_listed(land: Any, monkeypatch: Any, forget_settings: Any) -> None:
    found_town(land)
    run()
    [(least,)] = land.run("SELECT min(area_m2) FROM coverage_gaps")
    assert least >= 100
    monkeypatch.setenv("GRIDLINK_COVERAGE__LEAST_GAP_M2", "20000")
    forget_settings()
    land.run("INSERT INTO coverage_dirty (cause) VALUES ('all')")
    run()
    [(least,)] = land.run("SELECT min(area_m2) FROM coverage_gaps")
    assert least >= 20000


def test_the_sheet_of_a_grid_has_figures_cameras_and_gaps(land: Any, client: Any) -> None:
    camera = add_eye(land, EYES[0])
    run()
    planner = client("planner")
    [(grid,)] = land.run("SELECT id FROM grids WHERE name = '柳林村南网格'")
    sheet = planner.get(f"/api/coverage/figures/grid/{grid}").json()
    assert [row["id"] for row in sheet["cameras"]] == [camera]
    assert sheet["cameras"][0]["seen_m2"] == pytest.approx(
        sheet["measures"]["area"]["installed"][0]["certain"], rel=1e-6
    )
    assert {gap["grid_id"] for gap in sheet["gaps"]} == {grid}
    assert len(sheet["measures"]["road"]["now"]) == 8
    division = planner.get("/api/coverage/figures/division/610522101201").json()
    assert division["measures"]["area"]["installed"][0]["total"] > 0
    [(place,)] = land.run("SELECT id FROM places WHERE is_key")
    assert planner.get(f"/api/coverage/figures/place/{place}").json()["name"] == "柳林村小学"
    days = planner.get("/api/coverage/history", params={"subject": "grid", "subject_id": grid})
    assert [row["certain_share"] for row in days.json()["rows"]] == [
        sheet["measures"]["area"]["installed"][0]["certain_share"]
    ]
