"""Advice: a loop that enters each grid on the roads, closed, as long as it says, and proved."""

import json
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely
from sqlalchemy import text

from backend import db
from backend.basemap import network
from backend.exchange.pipeline import ImportOrder, run_import
from backend.patrol.advice import entries

ROOT = Path(__file__).resolve().parents[3]
SHAPES = ROOT / "data" / "shapefiles"
COUNTY = 699901000000
M_PER_DEGREE = 111_195.0


def build() -> None:
    with db.begin() as session:
        network.build(session)


def add_unit(url: str, lon: float, lat: float, division: int, vehicle: str = "foot") -> int:
    with psycopg.connect(url) as connection:
        unit_id = connection.execute(
            "INSERT INTO units (code, name, kind, vehicle, division_code)"
            " VALUES ('甲', '甲', 'grid_worker', %s, %s) RETURNING id",
            (vehicle, division),
        ).fetchone()[0]
        connection.execute(
            "INSERT INTO shifts (unit_id, division_code, starts_at, source)"
            " VALUES (%s, %s, now() - interval '1 hour', 'dispatcher')",
            (unit_id, division),
        )
        connection.execute(
            "INSERT INTO unit_positions (unit_id, division_code, at, lon_e7, lat_e7, accuracy_dm,"
            " speed_cms) VALUES (%s, %s, now(), %s, %s, 50, -1)",
            (unit_id, division, round(lon * 1e7), round(lat * 1e7)),
        )
    return unit_id


def ask(client: Any, unit_id: int, **more: Any) -> Any:
    answer = client.post("/api/patrol/advice", json={"unit_id": unit_id, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def grid_ids(land: Any, *codes: str) -> list[int]:
    return [int(str(land.run("SELECT id FROM grids WHERE code = %s", c)[0][0])) for c in codes]


def metres(line: list[list[float]]) -> float:
    """Return a line's length on the sphere, by plane triangles."""
    steps = np.diff(np.array(line), axis=0) * M_PER_DEGREE
    middle = np.radians(np.mean([lat for _, lat in line]))
    return float(np.hypot(steps[:, 0] * np.cos(middle), steps[:, 1]).sum())


def test_one_grid_along_the_one_road_there_and_back(client, land) -> None:
    build()
    unit = add_unit(land.url, 110.01, 34.52, 610522101201)
    # The road is the border of the south and north grids; the police grid of village 2 spans both.
    told = ask(client("dispatcher"), unit, grids=grid_ids(land, "P2"))
    assert (told["travel_how"], told["travel_why"], told["method"]) == ("roads", None, "exact")
    (stop,) = told["stops"]
    per_degree = M_PER_DEGREE * np.cos(np.radians(34.52))
    # 20 m inside the grid, which begins at 110.02: there and back; 3 in 1,000 for the ellipsoid.
    assert (stop["lon"] - 110.02) * per_degree == pytest.approx(20, abs=1)
    assert told["length_m"] == pytest.approx(2 * (0.01 * per_degree + 20), rel=3e-3)
    assert told["travel_s"] == pytest.approx(told["length_m"] / 1.3)
    assert (told["bound_m"], told["gap"]) == (told["length_m"], 0)
    assert len(told["legs"]["features"]) == 2


def test_a_loop_need_not_return(client, land) -> None:
    build()
    unit = add_unit(land.url, 110.01, 34.52, 610522101201)
    asking, grids = client("dispatcher"), grid_ids(land, "P2", "P3")
    closed, opened = ask(asking, unit, grids=grids), ask(asking, unit, grids=grids, returns=False)
    assert [s["code"] for s in opened["stops"]] == ["P2", "P3"]
    assert closed["length_m"] == pytest.approx(2 * opened["length_m"])
    assert len(opened["legs"]["features"]) == 2


def test_the_grid_one_is_in_and_grids_without_a_road_are_named(client, land) -> None:
    build()
    unit = add_unit(land.url, 110.01, 34.52, 610522101201)
    land.run(  # 1 km north of the road
        "INSERT INTO grids (set_name, code, name, division_code, geom) VALUES ('far', 'F', '远',"
        " 610522101201, ST_Multi(ST_MakeEnvelope(110, 34.53, 110.02, 34.54, 4326)))"
    )
    told = ask(client("dispatcher"), unit, grids=grid_ids(land, "P1", "P3", "F"))
    assert {one["code"]: one["why"] for one in told["left_out"]} == {"P1": "inside", "F": "no_road"}
    assert [stop["code"] for stop in told["stops"]] == ["P3"]


def test_a_grid_whose_border_is_the_road_is_entered_on_foot_from_it(client, land) -> None:
    build()
    unit = add_unit(land.url, 110.01, 34.52, 610522101201)
    north = "610522101202002"  # lon 110.02-110.04, from the road northwards
    told = ask(client("dispatcher"), unit, grids=grid_ids(land, north))
    (stop,) = told["stops"]
    assert (stop["lat"] - 34.52) * M_PER_DEGREE == pytest.approx(20, abs=0.5)
    per_degree = M_PER_DEGREE * np.cos(np.radians(34.52))
    # Along the road to 20 m beyond the corner, 20 m in on foot, and all of it back.
    assert told["length_m"] == pytest.approx(2 * (0.01 * per_degree + 40), rel=3e-3)


def test_without_a_network_the_loop_is_straight_and_says_so(client, land) -> None:
    unit = add_unit(land.url, 110.01, 34.51, 610522101201)
    told = ask(client("dispatcher"), unit, grids=grid_ids(land, "P2"))
    assert (told["travel_how"], told["travel_why"]) == ("straight", "no_network")
    per_degree = M_PER_DEGREE * np.cos(np.radians(34.51))
    assert told["length_m"] == pytest.approx(2 * (0.01 * per_degree + 20), rel=5e-3)


def test_overdue_grids_are_those_with_an_open_alert_home_grids_first(client, land) -> None:
    unit = add_unit(land.url, 110.01, 34.51, 610522000000)
    asking, (p2, p3) = client("dispatcher"), grid_ids(land, "P2", "P3")
    assert ask(asking, unit)["stops"] == []
    for grid in (p2, p3):
        land.run(
            "INSERT INTO alerts (kind, subject_kind, subject_id, division_code, severity, rule,"
            " raised_at) SELECT 'requirement_broken', 'grid', id, division_code, 'red', 'times',"
            " now() FROM grids WHERE id = %s",
            grid,
        )
    assert {stop["code"] for stop in ask(asking, unit)["stops"]} == {"P2", "P3"}
    land.run("INSERT INTO unit_grids (unit_id, grid_id) VALUES (%s, %s)", unit, p3)
    assert [stop["code"] for stop in ask(asking, unit)["stops"]] == ["P3"]
    land.run("UPDATE alerts SET cleared_at = now(), clear_reason = 'gone'")
    assert ask(asking, unit)["stops"] == []


def test_a_unit_off_duty_has_nowhere_to_start(client, land) -> None:
    unit = add_unit(land.url, 110.01, 34.52, 610522101201)
    land.run("UPDATE shifts SET ends_at = now() - interval '1 minute'")
    answer = client("dispatcher").post("/api/patrol/advice", json={"unit_id": unit})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "advice.unit_nowhere")


def test_neither_a_neighbour_s_unit_nor_his_grid_is_there(client, land) -> None:
    own = add_unit(land.url, 110.01, 34.52, 610522101201)
    west = client("dispatcher", 610522101000)
    body = {"unit_id": own, "grids": grid_ids(land, "P3")}
    assert west.post("/api/patrol/advice", json=body).status_code == 404
    east = client("dispatcher", 610522102000)
    assert east.post("/api/patrol/advice", json={"unit_id": own}).status_code == 404


def test_roads_near_a_grid_are_found_by_their_index(client, land) -> None:
    build()
    land.run(
        "INSERT INTO road_edges SELECT n, 0, 1, 1, 'lane', 10, 0, 5000, ST_SetSRID(ST_MakeLine("
        "ST_Point(110 + n * 1e-5, 34.4), ST_Point(110 + n * 1e-5, 34.41)), 4326)"
        " FROM generate_series(1000, 6000) n"
    )
    land.run("ANALYZE road_edges")
    asked = {"shapes": [shapely.to_wkb(shapely.box(110, 34.5, 110.02, 34.52))]}
    with db.begin(db.Scope(1, 610522000000, 610522999999)) as session:
        explained = text(f"EXPLAIN (FORMAT json) {entries._EDGES.text}")
        plan = session.execute(explained, asked | {"part": 0, "wide_deg": 0.001}).scalar_one()
    assert "road_edges_geom_idx" in json.dumps(plan)


# --- on the roads of the demonstration county ------------------------------------------------


@pytest.fixture
def county(database: str) -> str:
    for kind in ("divisions", "grids", "roads"):
        path = next((SHAPES / kind).glob("*.shp"))
        report = run_import(ImportOrder(kind=kind, path=path, file_name=path.name))
        assert report["written"], report
    build()
    return database


def county_grids(url: str, count: int) -> list[int]:
    """Return the grids nearest to the middle of the county's roads."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT g.id FROM grids g, (SELECT ST_Centroid(ST_Collect(geom)) AS middle"
            " FROM road_nodes) c WHERE g.kind = 'basic' AND EXISTS (SELECT FROM road_edges e"
            " WHERE e.part = 0 AND ST_Crosses(e.geom, g.geom))"
            " ORDER BY g.geom <-> c.middle, g.id OFFSET 1 LIMIT %s",
            (count,),
        ).fetchall()
    return [number for (number,) in rows]


def county_unit(url: str) -> int:
    with psycopg.connect(url) as connection:
        lon, lat = connection.execute(
            "SELECT ST_X(geom) + 0.0001, ST_Y(geom) FROM road_nodes ORDER BY geom <-> (SELECT"
            " ST_Centroid(ST_Collect(geom)) FROM road_nodes) LIMIT 1"
        ).fetchone()
    return add_unit(url, lon, lat, COUNTY)


def test_the_line_of_a_loop_is_as_long_as_it_says_and_enters_every_grid(county, client) -> None:
    grids = county_grids(county, 9)
    told = ask(client("dispatcher", COUNTY), county_unit(county), grids=grids)
    assert told["method"] == "exact"
    lines = [feature["geometry"]["coordinates"] for feature in told["legs"]["features"]]
    assert lines[0][0] == pytest.approx(lines[-1][-1])  # it is closed
    for line, after in pairwise(lines):
        assert line[-1] == pytest.approx(after[0])
    assert sum(metres(line) for line in lines) == pytest.approx(told["length_m"], rel=4e-3)
    whole = shapely.LineString([spot for line in lines for spot in line])
    with psycopg.connect(county) as connection:
        shapes = connection.execute(
            "SELECT id, ST_AsBinary(geom) FROM grids WHERE id = ANY(%s)", (grids,)
        ).fetchall()
        # On the roads, but for the first and last metres to and from them.
        off = connection.execute(
            "SELECT max(ST_Distance(p.geom, (SELECT geom FROM roads r ORDER BY r.geom <-> p.geom"
            " LIMIT 1))) * 111195 FROM ST_DumpPoints(ST_GeomFromText(%s, 4326)) p",
            (shapely.LineString(lines[1]).wkt,),
        ).fetchone()[0]
    assert off < 0.5
    left = {one["grid_id"] for one in told["left_out"]}
    assert {n for n, wkb in shapes if not whole.intersects(shapely.from_wkb(wkb))} <= left
    assert len(told["stops"]) + len(left) == len(grids)


def test_no_order_of_the_grids_found_by_hand_is_shorter(county, client) -> None:
    """Any way round, each leg asked for by itself, is no shorter than the exact loop."""
    grids, unit = county_grids(county, 5), county_unit(county)
    asking = client("dispatcher", COUNTY)
    best = ask(asking, unit, grids=grids)
    stops = {s["grid_id"]: s for s in best["stops"]}
    assert len(stops) >= 3
    with psycopg.connect(county) as connection:

        def leg(one: tuple[float, float], other: tuple[float, float]) -> float:
            """Length by PostGIS and pgRouting's plain Dijkstra between the nearest nodes."""
            row = connection.execute(
                "SELECT coalesce(max(agg_cost), 0) FROM pgr_dijkstra('SELECT id, source, target,"
                " length_m AS cost FROM road_edges', (SELECT id FROM road_nodes ORDER BY geom <->"
                " ST_SetSRID(ST_Point(%s, %s), 4326) LIMIT 1), (SELECT id FROM road_nodes ORDER BY"
                " geom <-> ST_SetSRID(ST_Point(%s, %s), 4326) LIMIT 1), false)",
                (*one, *other),
            ).fetchone()
            return float(row[0])

        start = best["legs"]["features"][0]["geometry"]["coordinates"][0]
        rounds = []
        for order in permutations(stops.values()):
            line = [start, *((s["lon"], s["lat"]) for s in order), start]
            rounds.append(sum(leg(tuple(a), tuple(b)) for a, b in pairwise(line)))
    # From node to node instead of from spot to spot: a block's length off at each of five legs.
    assert best["length_m"] <= min(rounds) + 5 * 150


def test_more_grids_are_searched_within_the_time_and_the_gap_is_told(
    county, client, monkeypatch, forget_settings
) -> None:
    monkeypatch.setenv("GRIDLINK_ROADS__ADVICE_S", "1")
    forget_settings()
    told = ask(client("dispatcher", COUNTY), county_unit(county), grids=county_grids(county, 25))
    assert told["method"] == "search"
    assert 0 <= told["gap"] < 1
    assert told["bound_m"] <= told["length_m"]
    assert told["gap"] == pytest.approx(1 - told["bound_m"] / told["length_m"])
    entered = [stop["grid_id"] for stop in told["stops"]]
    assert len(set(entered)) == len(entered) >= 20
