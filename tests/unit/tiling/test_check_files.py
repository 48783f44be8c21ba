"""Files as they come: codes and parents found, any CRS, sound answers to bad ones."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from backend.exchange.checking.reading import Wish
from backend.exchange.checking.running import CheckOrder, FileNotTaken, run_check
from backend.grids.tiling.report import faults_found
from tests.unit.tiling.brokentilings import SHARED, needs_data, squares


@needs_data
def test_two_commissions_of_washington_leave_their_ward_and_17_stick_out() -> None:
    city = SHARED / "dc"
    report = run_check(CheckOrder(city / "anc.geojson", parents=city / "wards.geojson"))
    large = [row for row in report["parents"] if row["area_m2"] >= 1.0]
    told = [(row["code"], row["parent"], round(row["share"], 2)) for row in large[:2]]
    assert told == [("3G", "3", 0.80), ("6D", "6", 0.42)]
    assert len(large) == 2 + 17
    assert (round(large[-1]["area_m2"]), round(large[2]["area_m2"])) == (1, 2010)
    assert report["counts"]["above"]["overlaps"] == report["counts"]["above"]["gaps"] == 0


def test_a_projected_file_without_codes_is_told_by_row_and_mended(tmp_path: Path) -> None:
    tiles = squares(3, 3)
    tiles[4] = shapely.transform(tiles[4], lambda xy: xy + np.array([0.0005, 0.0]))
    source = tmp_path / "tiles.gpkg"
    gpd.GeoDataFrame(geometry=list(tiles), crs=4326).to_crs(4545).to_file(source)
    copy = tmp_path / "mended.geojson"
    report = run_check(CheckOrder(source, Wish(keeps_columns=True), mended_copy=copy))
    assert report["plane"] == "EPSG:4545"
    assert [(row["a"], row["b"]) for row in report["overlaps"] if row["area_m2"] > 100] == [(5, 6)]
    assert faults_found(report) > 0
    assert report["mended"]["left"]["above"]["overlaps"] == 0
    assert report["mended"]["left"]["above"]["gaps"] == 0
    assert len(json.loads(copy.read_text())["features"]) == 9


def test_what_is_no_file_of_polygons_is_refused_in_words(tmp_path: Path) -> None:
    broken = tmp_path / "x.geojson"
    broken.write_text("[]")
    with pytest.raises(FileNotTaken):
        run_check(CheckOrder(broken))
