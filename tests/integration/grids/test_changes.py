"""Change sets: previewed, planned, applied all or nothing, reverted, and refused."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import shapely
from shapely.geometry import shape

from tests.integration.grids.conftest import Planner, line, square

SOUTH, NORTH = "610522101201001", "610522101201002"  # west village: lat 34.50-34.52, 34.52-34.54
EAST_SOUTH = "610522101202001"
CUT = line((110.012, 34.49), (110.0123, 34.53))  # through SOUTH into NORTH


def split(grid_id: int, **more) -> dict:
    return {"op": "split", "grid_id": grid_id, "line": CUT, **more}


def sound(land) -> bool:
    """Tell whether the basic grids in force tile: no overlap, no gap, nodes shared."""
    rows = land.run(
        "SELECT ST_AsBinary(geom) FROM grids"
        " WHERE (set_name, kind) = ('basic', 'basic') AND valid_to IS NULL"
    )
    shapes = [shapely.from_wkb(bytes(row[0])) for row in rows]
    whole = shapely.union_all(shapes)
    return (
        bool(shapely.coverage_is_valid(shapes))
        and whole.symmetric_difference(shapely.box(110, 34.5, 110.16, 34.54)).area < 1e-12
    )


def test_a_preview_shows_parts_and_what_changes_hands_and_writes_nothing(land, planner) -> None:
    land.add_camera("西", 110.005, 34.51)
    land.add_camera("东", 110.015, 34.51)
    answer = planner.preview(split(planner.id_of(SOUTH)))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    after = {f["properties"]["code"]: f for f in told["after"]["features"]}
    # The larger, western part keeps the code; 003 is the first serial free in the village.
    assert sorted(after) == [SOUTH, "610522101201003"]
    assert {f["id"] for f in after.values()} == {-1, -2}
    passage = next(e for e in told["effects"] if e["changes_hands"])
    assert (passage["before"]["code"], passage["after"]["code"]) == (SOUTH, "610522101201003")
    assert passage["cameras"] == 1
    assert told["faults"] == []
    assert told["neighbours"] == 1  # the northern grid gets a node on the common border
    assert land.run("SELECT count(*) FROM grids WHERE began_by IS NOT NULL") == [(0,)]
    assert planner.http.get("/api/grids/changes").json()["changes"] == []


def test_a_split_is_in_force_from_today_and_the_old_grid_ends(land, planner) -> None:
    before = planner.grids()
    sheet = planner.apply(split(before[SOUTH]["id"], parts=[{"code": "A"}, {"code": "B"}]))
    assert (sheet["state"], sheet["version"]) == ("applied", 2)
    assert [g["code"] for g in sheet["ended"]] == [SOUTH]
    assert [g["code"] for g in sheet["began"]] == ["A", "B"]
    after = planner.grids()
    assert set(after) == (set(before) - {SOUTH}) | {"A", "B"}
    ground = sum(after[code]["properties"]["area_m2"] for code in "AB")
    assert ground == pytest.approx(before[SOUTH]["properties"]["area_m2"], abs=0.15)
    assert sound(land)
    old = planner.http.get(f"/api/grids/{before[SOUTH]['id']}").json()
    assert old["valid_to"] == sheet["in_force_on"]
    # In force from the start of today: yesterday's question has yesterday's answer.
    yesterday = (datetime.now(UTC) - timedelta(days=2)).date().isoformat()
    land.run("UPDATE grids SET valid_from = %s WHERE began_by IS NULL", yesterday)
    assert set(planner.grids(at=yesterday)) == set(before)
    entry = land.run("SELECT act, actor_name FROM register WHERE act LIKE 'grids.%%' ORDER BY seq")
    assert [act for act, _ in entry] == ["grids.planned", "grids.applied"]


def test_a_revert_brings_back_outline_and_code_to_the_last_digit(land, planner) -> None:
    before = planner.grids()
    sheet = planner.apply(split(before[SOUTH]["id"]))
    answer = planner.act(sheet, "revert")
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "reverted"
    after = planner.grids()
    assert set(after) == set(before)
    for code, feature in after.items():
        assert shape(feature["geometry"]).equals_exact(shape(before[code]["geometry"]), 0)
    assert after[SOUTH]["id"] != before[SOUTH]["id"]  # another version of the same grid
    assert sound(land)
    assert planner.act(answer.json(), "revert").json()["error"]["code"] == "grids.not_applied"


def test_change_sets_are_reverted_from_the_last_to_the_first(land, planner) -> None:
    before = planner.grids()
    first = planner.apply(split(before[SOUTH]["id"]))
    second = planner.apply(
        {"op": "merge", "grid_ids": [planner.id_of(SOUTH), planner.id_of(NORTH)]}
    )
    refused = planner.act(first, "revert")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "grids.changed_since")
    assert planner.act(second, "revert").status_code == 200
    undone = planner.act(first, "revert")
    assert undone.status_code == 200, undone.text
    after = planner.grids()
    assert set(after) == set(before)
    assert shape(after[SOUTH]["geometry"]).equals(shape(before[SOUTH]["geometry"]))
    assert sound(land)


def test_all_operations_in_one_set_and_a_part_is_worked_on_at_once(land, planner) -> None:
    ids = {code: feature["id"] for code, feature in planner.grids().items()}
    sheet = planner.apply(
        split(ids[SOUTH]),
        {"op": "merge", "grid_ids": [-2, ids[EAST_SOUTH]], "code": "M", "name": "新并网格"},
        {"op": "recode", "grid_id": ids[NORTH], "code": "R"},
        {
            "op": "move_boundary",
            "grid_ids": [ids["610522102201001"], ids["610522102201002"]],
            "line": line((110.03, 34.518), (110.05, 34.523), (110.07, 34.519)),
        },
        {"op": "retire", "grid_id": ids["610522102202002"], "into": ids["610522102202001"]},
    )
    after = planner.grids()
    assert {"M", "R", SOUTH} <= set(after)
    assert {NORTH, EAST_SOUTH, "610522102202002"}.isdisjoint(after)
    assert sound(land)
    assert planner.act(sheet, "revert").status_code == 200
    assert set(planner.grids()) == set(ids)
    assert sound(land)


def test_a_redrawn_pair_goes_together_and_half_of_it_is_refused(land, planner) -> None:
    ids = {code: feature["id"] for code, feature in planner.grids().items()}
    wider = {"grid_id": ids[SOUTH], "geometry": square(110.0, 34.5, 110.025, 34.52)}
    smaller = {"grid_id": ids[EAST_SOUTH], "geometry": square(110.025, 34.5, 110.04, 34.52)}
    alone = planner.preview({"op": "redraw", "pieces": [wider]}).json()
    assert [(f["kind"], f["is_blocking"]) for f in alone["faults"]] == [("overlap", True)]
    held = planner.plan({"op": "redraw", "pieces": [wider]}).json()
    refused = planner.act(held, "apply")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "grids.unsound")
    gap = planner.preview({"op": "redraw", "pieces": [smaller]}).json()["faults"]
    assert [(f["kind"], f["is_blocking"]) for f in gap] == [("gap", True)]
    planner.apply({"op": "redraw", "pieces": [wider, smaller]})
    assert sound(land)


def test_new_ground_is_taken_once_and_given_up_on_purpose(land, planner) -> None:
    new = {"op": "new", "name": "重叠", "geometry": square(110.001, 34.501, 110.002, 34.502)}
    assert planner.preview(new).json()["faults"][0]["kind"] == "overlap"
    # An exclusive grid (a campus) lies inside a basic one.
    campus = planner.apply(new | {"kind": "exclusive", "name": "校园"})
    assert [g["kind"] for g in campus["began"]] == ["exclusive"]
    left = planner.apply({"op": "retire", "grid_id": planner.id_of(SOUTH)})
    filled = planner.apply(
        {"op": "new", "name": "重设", "geometry": square(110.0, 34.5, 110.02, 34.52)}
    )
    assert sound(land)
    taken = planner.act(left, "revert")
    assert (taken.status_code, taken.json()["error"]["code"]) == (409, "grids.unsound")
    assert planner.act(filled, "revert").status_code == 200
    assert planner.act(left, "revert").status_code == 200
    assert sound(land)


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ({"op": "split", "line": line((109.9, 34.49), (109.9, 34.53))}, 422, "grids.edit_refused"),
        ({"op": "recode", "code": NORTH}, 409, "grids.code_taken"),
        ({"op": "split", "line": CUT, "parts": [{"code": "X"}]}, 422, "grids.parts_misfit"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(planner, operation, status, code) -> None:
    answer = planner.preview(operation | {"grid_id": planner.id_of(SOUTH)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_the_second_of_two_change_sets_over_one_grid_loses(planner) -> None:
    grid = planner.id_of(SOUTH)
    one, two = planner.plan(split(grid)).json(), planner.plan(split(grid)).json()
    assert planner.act(one, "apply").status_code == 200
    late = planner.act(two, "apply")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "grids.changed")
    assert late.json()["error"]["detail"]["grid_ids"] == [grid]


def test_a_planned_set_is_edited_by_version_and_thrown_away(planner) -> None:
    plan = planner.plan(split(planner.id_of(SOUTH))).json()
    url = f"/api/grids/changes/{plan['id']}"
    named = planner.http.patch(url, json={"version": 1, "title": "一分为二"})
    assert (named.status_code, named.json()["version"]) == (200, 2)
    stale = planner.http.patch(url, json={"version": 1, "title": "别名"})
    assert (stale.status_code, stale.json()["error"]["code"]) == (409, "grids.stale_version")
    assert planner.act(plan, "apply").status_code == 409
    assert planner.http.delete(url).status_code == 204
    assert planner.http.get(url).status_code == 404


def test_an_applied_set_is_a_record(land, planner) -> None:
    sheet = planner.apply(split(planner.id_of(SOUTH)))
    url = f"/api/grids/changes/{sheet['id']}"
    for answer in (
        planner.http.patch(url, json={"version": 2, "title": "别名"}),
        planner.http.delete(url),
        planner.act(sheet, "apply"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "grids.not_planned")


def test_a_day_that_has_passed_cannot_be_planned_for(planner) -> None:
    day = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)
    answer = planner.plan(split(planner.id_of(SOUTH)), planned_for=day.isoformat())
    assert answer.json()["error"]["code"] == "grids.planned_for_past"


def test_another_jurisdiction_neither_sees_nor_changes_but_shares_the_border(
    land, planner, client
) -> None:
    plan = planner.plan(split(planner.id_of(SOUTH))).json()
    neighbour = Planner(client("planner", 610523000000))
    assert neighbour.http.get(f"/api/grids/changes/{plan['id']}").status_code == 404
    assert neighbour.act(plan, "apply").status_code == 404
    foreign = neighbour.preview(split(planner.id_of(SOUTH)))
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (409, "grids.changed")
    # Its own grid, cut through to the border with our county: our grids get the node.
    cut = line((110.07, 34.51), (110.17, 34.51))
    neighbour.apply({"op": "split", "grid_id": neighbour.id_of("N1"), "line": cut})
    assert sound(land)


def test_only_planners_and_administrators_change_grids(planner, client) -> None:
    operation = split(planner.id_of(SOUTH))
    for role in ("operator", "dispatcher", "inspector"):
        answer = client(role).post(
            "/api/grids/changes/preview", json={"set_name": "basic", "operations": [operation]}
        )
        assert answer.status_code == 403


def test_a_mended_overlap_comes_back_with_the_revert(land, planner) -> None:
    """What was wrong before is restored; only ground that others took since is refused."""
    ids = {code: feature["id"] for code, feature in planner.grids().items()}
    land.run(
        "UPDATE grids SET geom = ST_Multi(ST_MakeEnvelope(110.0, 34.5, 110.025, 34.52, 4326))"
        " WHERE id = %s",
        ids[SOUTH],
    )
    cut = {"grid_id": ids[EAST_SOUTH], "geometry": square(110.025, 34.5, 110.04, 34.52)}
    mended = planner.apply({"op": "redraw", "pieces": [cut]})
    undone = planner.act(mended, "revert")
    assert undone.status_code == 200, undone.text
    back = shape(planner.grids()[EAST_SOUTH]["geometry"])
    # Of the neighbour's corner on its border it keeps the node.
    assert back.symmetric_difference(shapely.box(110.02, 34.5, 110.04, 34.52)).area < 1e-12
