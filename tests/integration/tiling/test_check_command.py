"""`gridlink check grids`: a set of the database, and a file mended along a road."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from typer.testing import CliRunner, Result

from backend.exchange.checking.commands import check

#: What the issue promises whoever reads the report by a program.
PROMISED = {
    "overlaps": {"a", "b", "area_m2", "lon", "lat"},
    "gaps": {"area_m2", "lon", "lat", "neighbours"},
    "invalid": {"row", "reason"},
}


def run(*words: object) -> Result:
    return CliRunner().invoke(check, ["grids", *map(str, words)])


def test_a_set_of_the_database_is_told_as_the_console_tells_it(land: Any, client: Any) -> None:
    land.run(
        "UPDATE grids SET geom = ST_Translate(geom, 0.0005, 0) WHERE set_name = 'basic'"
        " AND code = '610522101201001'"
    )
    told = run("--set", "basic", "--json")
    assert told.exit_code == 2, told.output
    report = json.loads(told.output)
    page = client("planner").get("/api/grids/tiling", params={"set": "basic"}).json()
    # The terminal sees the whole land: the neighbour county's grid as well.
    assert (report["set_name"], report["features"]) == ("basic", page["features"] + 1)
    (overlap,) = report["overlaps"]
    assert PROMISED["overlaps"] <= set(overlap)
    assert {overlap["a"], overlap["b"]} == {"610522101201001", "610522101202001"}
    (listed,) = [fault for fault in page["faults"] if fault["kind"] == "overlap"]
    assert overlap["area_m2"] == listed["area_m2"]
    assert [row["parent"] for row in report["parents"]] == ["610522101201"]


def test_a_sound_set_leaves_with_0_and_an_unknown_one_is_refused(land: Any) -> None:
    land.run("DELETE FROM divisions WHERE level = 5")  # villages that no grid fills are faults
    assert run("--set", "basic").exit_code == 0
    assert run("--set", "nowhere").exit_code != 0
    assert run("--set", "basic", "--mend", "copy.geojson").exit_code == 2


@pytest.fixture
def strips(tmp_path: Path) -> Path:
    """Two grids with a gap of 100 m between them, closed at both ends by a third."""
    around = shapely.box(110.0, 34.5, 110.05, 34.55)
    inside = shapely.box(110.01, 34.51, 110.04, 34.54)
    south = shapely.box(110.01, 34.51, 110.04, 34.525)
    north = shapely.box(110.01, 34.526, 110.04, 34.54)
    frame = gpd.GeoDataFrame(
        {"code": ["001", "002", "003"]},
        geometry=[shapely.difference(around, inside), south, north],
        crs=4326,
    )
    frame.to_file(tmp_path / "strips.gpkg")
    return tmp_path / "strips.gpkg"


def test_a_file_is_mended_along_the_road_that_runs_through_the_gap(
    strips: Path, tmp_path: Path
) -> None:
    road = shapely.LineString([(110.005, 34.5252), (110.045, 34.5252)])
    gpd.GeoDataFrame(geometry=[road], crs=4326).to_file(tmp_path / "road.gpkg")
    copy = tmp_path / "mended.geojson"
    told = run(strips, "--json", "--mend", copy, "--along", tmp_path / "road.gpkg")
    assert told.exit_code == 2, told.output
    report = json.loads(told.output)
    (gap,) = report["gaps"]
    assert PROMISED["gaps"] <= set(gap)
    assert set(gap["neighbours"]) == {"001", "002", "003"}
    assert report["mended"]["mends"] == [
        {"kind": "gap", "codes": gap["neighbours"], "to": ["002", "003"]}
    ]
    assert report["mended"]["left"]["all"]["gaps"] == 0
    mended = gpd.read_file(copy).set_index("code").geometry
    assert mended["002"].bounds[3] == pytest.approx(34.5252, abs=1e-9)
    assert mended["003"].bounds[1] == pytest.approx(34.5252, abs=1e-9)
    again = run(copy, "--json")
    assert (again.exit_code, json.loads(again.output)["overlaps"]) == (0, [])
