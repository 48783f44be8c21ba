"""A file over a set that exists is a change set: what it redraws or leaves out keeps versions."""

import json
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

from backend.exchange.pipeline import ImportOrder, run_import

SOUTH, NORTH = "610522101201001", "610522101201002"


def write_file(folder: Path, features: dict[str, Any]) -> Path:
    told = [
        {
            "type": "Feature",
            "geometry": feature["geometry"],
            "properties": {
                "网格编码": code,
                "网格名称": feature["properties"]["name"],
                "户数": feature["properties"]["households"],
            },
        }
        for code, feature in features.items()
    ]
    path = folder / "网格.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": told}))
    return path


def take_in(path: Path) -> dict[str, Any]:
    order = ImportOrder(
        path=path, file_name=path.name, kind="grids", set_name="basic", datum="wgs84"
    )
    report = run_import(order)
    assert report["written"], report
    return report


def test_a_file_that_changes_nothing_changes_nothing(land, planner, tmp_path) -> None:
    before = planner.grids()
    land.run("DELETE FROM grids WHERE code = 'N1'")
    take_in(write_file(tmp_path, before))
    assert planner.grids() == before
    assert planner.http.get("/api/grids/changes").json()["changes"] == []


def test_a_redrawn_set_keeps_the_versions_before_and_can_be_taken_back(
    land, planner, tmp_path
) -> None:
    land.run("DELETE FROM grids WHERE code = 'N1'")
    before = planner.grids()
    told = {code: json.loads(json.dumps(feature)) for code, feature in before.items()}
    # SOUTH takes NORTH's ground, NORTH is left out; another grid only gets a number of households.
    both = shapely.box(110.0, 34.5, 110.02, 34.54)
    told[SOUTH]["geometry"] = json.loads(shapely.to_geojson(both))
    del told[NORTH]
    told["610522102202001"]["properties"]["households"] = 321
    take_in(write_file(tmp_path, told))
    after = planner.grids()
    assert set(after) == set(before) - {NORTH}
    assert shape(after[SOUTH]["geometry"]).equals(both)
    assert after["610522102202001"]["id"] == before["610522102202001"]["id"]
    assert after["610522102202001"]["properties"]["households"] == 321
    [change] = planner.http.get("/api/grids/changes").json()["changes"]
    assert (change["source"], change["state"]) == ("import", "applied")
    sheet = planner.http.get(f"/api/grids/changes/{change['id']}").json()
    assert [g["code"] for g in sheet["ended"]] == [SOUTH, NORTH]
    old = planner.http.get(f"/api/grids/{before[SOUTH]['id']}").json()
    assert old["geometry"] == before[SOUTH]["geometry"]
    assert planner.act(change, "revert").status_code == 200
    again = planner.grids()
    assert {code: feature["geometry"] for code, feature in again.items()} == {
        code: feature["geometry"] for code, feature in before.items()
    }
