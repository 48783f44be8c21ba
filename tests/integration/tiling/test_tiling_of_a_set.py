"""Faults of a set in the database: listed, previewed, mended by a change set."""

import pytest

from backend import db


def break_a_grid(land) -> int:
    """Shift the south grid of the first village 0.0005 degrees east: an overlap."""
    rows = land.run(
        "UPDATE grids SET geom = ST_Translate(geom, 0.0005, 0) WHERE set_name = 'basic'"
        " AND code = '610522101201001' RETURNING id"
    )
    return int(str(rows[0][0]))


def faults_of(client, **more) -> dict:
    answer = client.get("/api/grids/tiling", params={"set": "basic", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_sound_set_has_no_faults(land, client) -> None:
    page = faults_of(client("planner"))
    assert page["features"] == 8
    assert [fault for fault in page["faults"] if fault["kind"] != "unfilled"] == []
    assert page["codes"] == []


def test_a_shifted_grid_overlaps_its_neighbour_and_leaves_its_village(land, client) -> None:
    grid_id = break_a_grid(land)
    page = faults_of(client("operator"))
    found = {fault["kind"]: fault for fault in page["faults"]}
    assert set(found) >= {"overlap", "parent", "unfilled"}
    overlap, beyond = found["overlap"], found["parent"]
    assert grid_id in overlap["grid_ids"]
    assert overlap["can_be_mended"]
    assert beyond["parent"] == "610522101201"
    assert beyond["share"] == pytest.approx(0.0005 / 0.02, rel=1e-3)  # the plane stretches it
    assert page["counts"]["above"]["overlaps"] == 1


def test_a_threshold_leaves_out_what_is_smaller(land, client) -> None:
    break_a_grid(land)
    assert faults_of(client("planner"), threshold_m2=1e9)["faults"] == []


def test_mends_are_a_change_set_that_leaves_the_set_clean(land, client) -> None:
    grid_id = break_a_grid(land)
    planner = client("planner")
    overlap = next(f for f in faults_of(planner)["faults"] if f["kind"] == "overlap")
    order = {"set_name": "basic", "mends": [{"key": overlap["key"], "to": overlap["grid_ids"][1]}]}
    preview = planner.post("/api/grids/tiling/mends", json=order)
    assert preview.status_code == 200, preview.text
    told = preview.json()
    assert told["mends"][0]["to"] == [overlap["grid_ids"][1]]
    assert told["left"]["above"]["overlaps"] == 0
    assert {outline["grid_id"] for outline in told["outlines"]} >= {grid_id}
    # Nothing is written by looking.
    assert faults_of(planner)["counts"]["above"]["overlaps"] == 1

    change = {"set_name": "basic", "title": "修补", "operations": told["operations"]}
    made = planner.post("/api/grids/changes", json=change)
    assert made.status_code == 201, made.text
    applied = planner.post(f"/api/grids/changes/{made.json()['id']}/apply", json={})
    assert applied.status_code == 200, applied.text
    assert faults_of(planner)["counts"]["all"]["overlaps"] == 0


def test_bulk_mends_take_only_kinds_and_sizes_asked_for(land, client) -> None:
    break_a_grid(land)
    planner = client("planner")
    for bulk in ({"kinds": ["gap"], "below_m2": 1e9}, {"kinds": ["overlap"], "below_m2": 1.0}):
        order = {"set_name": "basic", "bulk": bulk}
        answer = planner.post("/api/grids/tiling/mends", json=order)
        assert answer.status_code == 422
        assert answer.json()["error"]["code"] == "tiling.nothing_to_mend"
    order = {"set_name": "basic", "bulk": {"kinds": ["overlap"], "below_m2": 1e9}}
    assert planner.post("/api/grids/tiling/mends", json=order).json()["mends"]


def test_a_fault_that_is_gone_is_not_mended(land, client) -> None:
    order = {"set_name": "basic", "mends": [{"key": "overlap:1,2:110.0,34.5"}]}
    answer = client("planner").post("/api/grids/tiling/mends", json=order)
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "tiling.fault_gone"


def test_who_may_not_edit_grids_may_look_and_not_mend(land, client) -> None:
    order = {"set_name": "basic", "bulk": {"kinds": ["overlap"], "below_m2": 1e9}}
    assert client("operator").post("/api/grids/tiling/mends", json=order).status_code == 403


def test_a_set_outside_the_jurisdiction_is_not_found(land, client) -> None:
    neighbour = client("planner", 610523102000)
    assert neighbour.get("/api/grids/tiling", params={"set": "basic"}).status_code == 404


def test_a_gap_is_parted_along_the_road_that_runs_through_it(land, client) -> None:
    # The road runs along lat 34.52; a strip of 0.001 degrees around it is cut out of both grids.
    # The village to the east and a wall of grid on the west close the strip to a gap.
    land.run(
        "UPDATE grids SET geom = ST_Multi(ST_Difference(geom,"
        " ST_MakeEnvelope(110.0205, 34.5195, 110.0395, 34.5205, 4326)))"
        " WHERE set_name = 'basic' AND code LIKE '610522101202%'"
    )
    planner = client("planner")
    (gap,) = [f for f in faults_of(planner)["faults"] if f["kind"] == "gap"]
    order = {"set_name": "basic", "mends": [{"key": gap["key"]}], "along_roads": True}
    told = planner.post("/api/grids/tiling/mends", json=order).json()
    assert len(told["mends"][0]["to"]) == 2
    assert told["left"]["all"]["gaps"] == 0


def test_the_question_for_grids_uses_the_key_of_their_set(land) -> None:
    from sqlalchemy import text

    from backend.grids.tiling import sets

    where = {"name": "basic", "low": 610522000000, "high": 610522999999}
    with db.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = session.execute(text("EXPLAIN " + sets._GRIDS.text), where).scalars().all()
        bounds = {"west": [110.0], "south": [34.5], "east": [110.1], "north": [34.6]}
        roads = session.execute(text("EXPLAIN " + sets._ROADS.text), bounds).scalars().all()
    assert "Index" in " ".join(plan)
    assert "roads_geom" in " ".join(roads)
