"""Tiles of seen ground: by reading, for one's own land, by index, forgotten when it changes."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from backend import db, tiles
from backend.coverage import bands
from tests.conftest import COUNTY, NEIGHBOUR, VILLAGES
from tests.integration.tiles.test_tiles import features, fetch


def add_ground(land: Any, grid: str, reading: str, part: str, px_per_m: float = 20) -> int:
    """Add the whole of a grid as its ground; return the grid's id."""
    rows = land.run(
        "INSERT INTO coverage_grounds (grid_id, division_code, reading, px_per_m, part, geom)"
        " SELECT id, division_code, %s, %s, %s, geom FROM grids WHERE code = %s RETURNING grid_id",
        *(reading, px_per_m, part, grid),
    )
    return int(rows[0][0])


def test_each_reading_has_its_layer_with_band_part_and_grid(land: Any, client: Any) -> None:
    grid = add_ground(land, f"{VILLAGES[0]}001", "installed", "certain", 40)
    add_ground(land, f"{VILLAGES[0]}001", "now", "none")
    operator = client("operator")
    installed = features(fetch(operator, "coverage", 14), "coverage")
    assert [f["properties"] for f in installed] == [
        {"grid_id": grid, "part": "certain", "px_per_m": 40}
    ]
    now = features(fetch(operator, "coveragenow", 14), "coverage")
    assert [f["properties"]["part"] for f in now] == ["none"]


def test_the_bands_of_each_scale_have_their_layer(land: Any, client: Any) -> None:
    for px_per_m in bands.MAP_PX_PER_M:
        add_ground(land, f"{VILLAGES[0]}001", "installed", "certain", px_per_m)
        add_ground(land, f"{VILLAGES[0]}001", "now", "none", px_per_m)
    for layer, scale in (("coverage", "iec"), ("coveragedori", "dori")):
        expected = sorted(px for _, each, px in bands.BANDS if each == scale)
        for reading in ("", "now"):
            drawn = features(fetch(client("operator"), layer + reading, 14), "coverage")
            assert sorted(f["properties"]["px_per_m"] for f in drawn) == expected


def test_nothing_is_drawn_below_zoom_12(land: Any, client: Any) -> None:
    add_ground(land, f"{VILLAGES[0]}001", "installed", "certain")
    assert fetch(client("operator"), "coverage", 11).status_code == 204


def test_the_neighbours_ground_is_not_drawn(land: Any, client: Any) -> None:
    add_ground(land, "N1", "installed", "certain")
    assert fetch(client("operator"), "coverage", 12, lon=110.12).status_code == 204
    whole = fetch(client("admin", NEIGHBOUR), "coverage", 12, lon=110.12)
    assert len(features(whole, "coverage")) == 1


def test_the_cache_forgets_ground_that_was_counted_anew(land: Any, client: Any) -> None:
    operator = client("operator")
    assert features(fetch(operator, "coverage", 14), "coverage") == []
    add_ground(land, f"{VILLAGES[0]}001", "installed", "one")
    for _ in range(1000):  # until the notice has arrived; each round is a whole request
        drawn = features(fetch(operator, "coverage", 14), "coverage")
        if drawn:
            break
    assert [f["properties"]["part"] for f in drawn] == ["one"]


@pytest.mark.parametrize("layer", ["coverage", "coveragenow", "coveragedori"])
def test_a_tile_of_ground_uses_the_spatial_index(land: Any, layer: str) -> None:
    land.run(
        "INSERT INTO grids (set_name, code, name, division_code, geom)"
        " SELECT 'many', n, n, %s, ST_Multi(ST_MakeEnvelope(110 + 0.0001 * n, 34.5,"
        "  110.0001 + 0.0001 * n, 34.5001, 4326)) FROM generate_series(1, 4000) n",
        VILLAGES[0],
    )
    land.run(
        "INSERT INTO coverage_grounds (grid_id, division_code, reading, px_per_m, part, geom)"
        " SELECT id, division_code, reading, 20, 'none', geom FROM grids,"
        " unnest(ARRAY['installed', 'now']) reading WHERE set_name = 'many'"
    )
    land.run("ANALYZE coverage_grounds")
    question = tiles._question(tiles._name(tiles.Key(layer, 17, 105600, 52150, COUNTY, COUNTY)))
    with db.begin(db.Scope(1, COUNTY, COUNTY + 999_999)) as session:
        values = {"z": 17, "x": 105600, "y": 52150, "low": COUNTY, "high": COUNTY + 999_999}
        explain = text("EXPLAIN (FORMAT JSON) " + question.text)
        plan = session.scalar(explain, values | {"pixel_m": 1.0} | tiles._COVERAGE[layer])
    assert "coverage_grounds_geom_3857_idx" in json.dumps(plan)
