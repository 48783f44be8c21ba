"""Incidents keep the grids of their time, and tell those of today when they are asked."""

from tests.integration.grids.conftest import line

SOUTH = "610522101201001"


def codes(http, number: int, **asked: str) -> dict[str, str]:
    row = next(
        row
        for row in http.get("/api/incidents", params={"state": "all", **asked}).json()["incidents"]
        if row["id"] == number
    )
    sheet = http.get(f"/api/incidents/{number}", params=asked).json()
    assert sheet["grids"] == row["grids"]
    return {grid["set_name"]: grid["code"] for grid in row["grids"]}


def test_an_incident_has_a_code_in_each_set_and_keeps_it(land, planner, client) -> None:
    http = client("operator")
    told = {"kind": "fight", "lon": 110.017, "lat": 34.51}
    kinds = http.get("/api/incidents/kinds").json()["kinds"]
    told["kind"] = kinds[0]["code"]
    number = http.post("/api/incidents", json=told).json()["id"]
    assert codes(http, number) == {"basic": SOUTH, "police": "P1"}
    cut = line((110.012, 34.49), (110.0123, 34.53))
    grid = planner.id_of(SOUTH)
    planner.apply(
        {"op": "split", "grid_id": grid, "line": cut, "parts": [{"code": "A"}, {"code": "B"}]}
    )
    assert codes(http, number) == {"basic": SOUTH, "police": "P1"}
    assert codes(http, number, grids="then") == {"basic": SOUTH, "police": "P1"}
    assert codes(http, number, grids="today") == {"basic": "B", "police": "P1"}


def test_two_sets_lie_over_each_other_with_exact_shares(planner) -> None:
    answer = planner.http.get("/api/grids/crosswalk", params={"from": "police", "to": "basic"})
    rows = [row for row in answer.json()["rows"] if row["from_code"] == "P1"]
    # A police grid holds both basic grids of its village; the southern one is a little larger.
    assert [row["to_code"] for row in rows] == [SOUTH, "610522101201002"]
    assert abs(sum(row["share"] for row in rows) - 1) < 1e-8
    south = planner.grids()[SOUTH]["properties"]["area_m2"]
    assert abs(rows[0]["area_m2"] - south) < 0.1


def test_codes_are_proposed_by_the_layout_in_reading_order(planner) -> None:
    def square(west: float, south: float) -> dict:
        ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1]]
        return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}

    asked = {"set_name": "basic", "division_code": 610522101201}
    count = planner.http.post("/api/grids/codes/propose", json=asked | {"count": 2}).json()
    assert count["codes"] == ["610522101201003", "610522101201004"]
    # Given as south-east, north-east, north-west: numbered from the north-west.
    shapes = [square(11, 30), square(11, 31), square(10, 31)]
    told = planner.http.post("/api/grids/codes/propose", json=asked | {"geometries": shapes})
    assert [code[-3:] for code in told.json()["codes"]] == ["005", "004", "003"]
