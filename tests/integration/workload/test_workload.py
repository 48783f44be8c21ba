"""What a grid has to look after, counted in a real land, and where a heavy one is parted."""

from datetime import UTC, date, datetime

import pytest
import shapely
from sqlalchemy import text

from backend import db
from backend.workload.measuring import query

GRID = "610522101201001"  # lon 110.00-110.02, lat 34.50-34.52
NEIGHBOUR = 610523000000


def grid_id(land, code: str = GRID) -> int:
    return int(str(land.run("SELECT id FROM grids WHERE code = %s", code)[0][0]))


def add_buildings(land, *spots: tuple[float, float]) -> None:
    for lon, lat in spots:
        box = (lon - 5e-5, lat - 5e-5, lon + 5e-5, lat + 5e-5)
        land.run(
            "INSERT INTO buildings (set_name, height_m, geom) VALUES ('land', 9,"
            " ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)))",
            *box,
        )


def add_incident(land, reporter: str, lon: float, lat: float, number: str, state: str) -> None:
    ends = state in ("closed", "rejected")
    land.run(
        "INSERT INTO incidents (number, kind, severity, state, description, division_code, geom,"
        " reported_by, reported_at, closed_at, result) SELECT %s, k.code, 'blue', %s, 'x',"
        " 610522101201, ST_SetSRID(ST_Point(%s, %s), 4326), u.id, now(),"
        " CASE WHEN %s THEN now() END, CASE WHEN %s THEN 'x' END"
        " FROM users u, incident_kinds k WHERE u.username = %s LIMIT 1",
        *(number, state, lon, lat, ends, ends, reporter),
    )


def test_each_measure_is_counted_within_the_outline_and_set_against_the_mean(
    client, land, account
) -> None:
    land.run("UPDATE grids SET households = 600 WHERE code = %s", GRID)
    land.run("UPDATE grids SET households = 200 WHERE code = %s", "610522101201002")
    add_incident(land, account("operator"), 110.005, 34.505, "A-1", "reported")
    add_incident(land, account("operator"), 110.005, 34.505, "A-2", "rejected")
    page = client("planner").get("/api/grids/workload", params={"set": "basic", "months": 1})
    assert page.status_code == 200, page.text
    told = page.json()
    assert told["total"] == 8
    row = next(row for row in told["rows"] if row["code"] == GRID)
    # One building and one school of the small land; its road runs along the north border.
    amounts = row["amounts"]
    assert (amounts["buildings"], amounts["places"], amounts["incidents"]) == (1, 1, 1)
    length_m = land.run("SELECT ST_Length('LINESTRING(110 34.52, 110.02 34.52)'::geography)")[0][0]
    assert amounts["road_m"] == pytest.approx(length_m, abs=0.01)
    # 600 of a mean of 400; one building, and one incident, in eight grids; four schools in eight.
    relative = row["relative"]
    assert (relative["households"], relative["buildings"]) == (1.5, 8.0)
    assert (relative["places"], relative["incidents"]) == (2.0, 8.0)
    unknown = next(row for row in told["rows"] if row["code"] == "610522102202002")
    assert unknown["amounts"]["households"] is None
    weights = told["weights"]
    by_hand = sum(weights[name] * relative[name] for name in weights) / sum(weights.values())
    assert row["load"] == pytest.approx(by_hand, abs=1e-3)


def test_a_heavy_grid_is_parted_where_its_buildings_halve(client, land) -> None:
    # Twelve houses in the west fifth, four in the rest: the line stands among the twelve.
    add_buildings(land, *((110.001 + 0.0003 * k, 34.502 + 0.0012 * k) for k in range(12)))
    add_buildings(land, *((110.008 + 0.003 * k, 34.505) for k in range(4)))
    grid = grid_id(land)
    only = dict.fromkeys(("households", "places", "incidents", "road_m"), 0) | {"buildings": 1}
    answer = client("planner").post(f"/api/grids/{grid}/balance", json={"weights": only})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["balance"] >= 0.7  # 17 buildings with the hospital: 8 and 9, or 7 and 10
    assert sum(side["buildings"] for side in told["sides"]) == 17
    assert sum(side["share"] for side in told["sides"]) == pytest.approx(1, abs=1e-4)
    # The line parts the stored outline in two: its ends reach over the border.
    outline = shapely.box(110.0, 34.5, 110.02, 34.52)
    line = shapely.LineString(told["line"]["coordinates"])
    assert len(shapely.ops.split(outline, line).geoms) == 2
    assert land.run("SELECT count(*) FROM grids WHERE valid_to IS NOT NULL") == [(0,)]


def test_a_road_that_leads_through_is_followed_and_named(client, land) -> None:
    land.run(
        "INSERT INTO roads (set_name, name, road_class, geom) VALUES ('land', '中街', 'street',"
        " ST_Multi(ST_GeomFromText('LINESTRING(110.0101 34.49, 110.0101 34.53)', 4326)))"
    )
    add_buildings(land, *((110.002 + 0.0016 * k, 34.505) for k in range(11)))
    only = dict.fromkeys(("households", "places", "incidents", "road_m"), 0) | {"buildings": 1}
    grid = grid_id(land)
    told = client("planner").post(f"/api/grids/{grid}/balance", json={"weights": only}).json()
    assert (told["roads"], told["road_share"] > 0.98) == (["中街"], True)
    assert {round(lon, 3) for lon, _ in told["line"]["coordinates"]} == {110.010}


def test_workload_is_bounded_by_the_jurisdiction_and_balance_by_the_right(client, land) -> None:
    theirs = client("planner", NEIGHBOUR).get("/api/grids/workload", params={"set": "basic"})
    assert [row["code"] for row in theirs.json()["rows"]] == ["N1"]
    grid = grid_id(land)
    assert (
        client("planner", NEIGHBOUR).post(f"/api/grids/{grid}/balance", json={}).status_code == 404
    )
    assert client("operator").post(f"/api/grids/{grid}/balance", json={}).status_code == 403
    assert client("worker").get("/api/grids/workload", params={"set": "basic"}).status_code == 403
    nothing = client("planner").get("/api/grids/workload", params={"set": "none"}).json()
    assert (nothing["rows"], nothing["median"]) == ([], None)


@pytest.mark.parametrize("name", ["grid_workload", "grid_work_spots"])
def test_each_layer_is_reached_by_its_spatial_index(land, account, name: str) -> None:
    account("operator")
    land.run(
        "INSERT INTO incidents (number, kind, severity, state, description, division_code, geom,"
        " reported_by, reported_at) SELECT 'N' || n, k.code, 'blue', 'reported', 'x', 610522101201,"
        " ST_SetSRID(ST_Point(110 + n / 25000.0, 34.51), 4326), u.id, now()"
        " FROM generate_series(1, 2000) n, users u, (SELECT code FROM incident_kinds LIMIT 1) k"
    )
    land.run("ANALYZE incidents")
    values = {
        "low": 610522000000,
        "high": 610522999999,
        "set_name": "basic",
        "at": date(2026, 11, 22),
        "today": date(2026, 11, 22),
        "as_of": datetime(2026, 11, 22, tzinfo=UTC),
        "since": datetime(2026, 1, 1, tzinfo=UTC),
        "limit": 5000,
        "grid_id": grid_id(land),
    }
    statement = query(name).text
    used = {key: value for key, value in values.items() if f":{key}" in statement}
    with db.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.scalars(text("EXPLAIN " + statement), used))
    for layer in ("buildings", "places", "incidents", "roads"):
        assert f"{layer}_geom_idx" in plan


def test_a_road_is_picked_by_pointing_at_it(client, land) -> None:
    # The small land's road runs along the border of two grids; of both together it is the middle.
    ground = shapely.box(110.0, 34.5, 110.02, 34.54)
    order = {"geometry": shapely.geometry.mapping(ground), "lon": 110.013, "lat": 34.5201}
    planner = client("planner")
    told = planner.post("/api/grids/ways", json=order).json()
    assert {round(lat, 4) for _, lat in told["line"]["coordinates"]} == {34.52}
    assert (
        len(shapely.ops.split(ground, shapely.LineString(told["line"]["coordinates"])).geoms) == 2
    )
    missed = planner.post("/api/grids/ways", json=order | {"lat": 34.53})
    assert missed.json()["error"]["code"] == "workload.no_way"
    for wrong in ({"type": "Point", "coordinates": [1, 2]}, {"type": "Polygon"}, {}):
        answer = planner.post("/api/grids/ways", json=order | {"geometry": wrong})
        assert answer.json()["error"]["code"] == "workload.not_ground"


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_is_are_answered(client, land, day: str) -> None:
    asked = {"set": "basic", "at": day, "months": 120}
    answer = client("planner").get("/api/grids/workload", params=asked)
    assert answer.status_code == 200, answer.text


def test_work_in_one_house_is_not_parted(client, land) -> None:
    # The hospital is the only building of the grid.
    only = dict.fromkeys(("households", "places", "incidents", "road_m"), 0) | {"buildings": 1}
    told = client("planner").post(f"/api/grids/{grid_id(land)}/balance", json={"weights": only})
    assert (told.status_code, told.json()["error"]["code"]) == (422, "workload.no_cut")


def test_of_a_grid_in_two_pieces_the_one_pointed_at_is_led_through(client, land) -> None:
    near, far = shapely.box(110.0, 34.5, 110.02, 34.54), shapely.box(110.1, 34.5, 110.11, 34.51)
    ground = shapely.geometry.mapping(shapely.union(near, far))
    order = {"geometry": ground, "lon": 110.013, "lat": 34.5201}
    told = client("planner").post("/api/grids/ways", json=order)
    assert told.status_code == 200, told.text
    assert {round(lat, 4) for _, lat in told.json()["line"]["coordinates"]} == {34.52}
