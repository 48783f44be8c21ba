"""GDAL's own client of OGC API - Features, as QGIS and ogr2ogr bring it, reads what is ours.

It runs in a process of its own: it holds the interpreter's lock while it waits for the server.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import shapely

from backend.accounts.secrets import digest, new_bearer_token

pytestmark = pytest.mark.peer
COUNTY, NEIGHBOUR = 610522000000, 610523000000
_LIST = "print(json.dumps([str(name) for name, _ in pyogrio.list_layers(source)]))"
_READ = """
if "bbox" in asked:
    asked["bbox"] = tuple(asked["bbox"])
meta, _, shapes, columns = pyogrio.raw.read(source, **asked)
columns = [[None if v is None else str(v) for v in column] for column in columns]
fields = dict(zip(map(str, meta["fields"]), columns))
print(json.dumps({"crs": meta["crs"], "shapes": [s.hex() for s in shapes], "fields": fields}))
"""
_HEAD = "import json, sys, pyogrio\nsource, asked = sys.argv[1], json.loads(sys.argv[2])\n"


@pytest.fixture
def gdal(land, account, server) -> Callable[..., Any]:
    """Return `gdal(script, asked, division, how)`: what a script prints, with a planner's token."""

    def run(script: str, asked=None, division: int | None = COUNTY, how: str = "bearer") -> Any:
        token = new_bearer_token()
        if division is not None:
            land.run(
                "INSERT INTO tokens (token_hash, name, user_id, expires_at)"
                " SELECT %s, 'gdal', id, now() + interval '1 day' FROM users WHERE username = %s",
                *(digest(token), account("planner", division)),
            )
        ways = {
            "bearer": {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token},
            "basic": {"GDAL_HTTP_USERPWD": f"qgis:{token}"},
        }
        words = [
            sys.executable,
            "-c",
            _HEAD + script,
            f"OAPIF:{server}/ogc",
            json.dumps(asked or {}),
        ]
        environment = os.environ | ways[how]
        done = subprocess.run(
            words, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("how", ["bearer", "basic"])
def test_gdal_lists_the_collections_and_reads_one(gdal, how: str) -> None:
    layers = set(gdal(_LIST, how=how))
    assert {"grids", "divisions", "places", "roads", "buildings", "cameras", "incidents"} <= layers
    grids = gdal(_READ, {"layer": "grids"}, how=how)
    assert len(grids["shapes"]) == 12  # eight, and four of the police
    assert "柳林村南网格" in grids["fields"]["name"]
    at = grids["fields"]["code"].index("610522101201001")
    bounds = shapely.from_wkb(bytes.fromhex(grids["shapes"][at])).bounds
    assert bounds == pytest.approx((110.0, 34.5, 110.02, 34.52), abs=1e-9)


def test_gdal_pages_through_more_than_ten_thousand(gdal, land) -> None:
    land.run(
        "INSERT INTO places (set_name, code, name, kind, division_code, geom) SELECT 'many',"
        " 'M' || n, 'm', 'other', 610522101201,"
        " ST_SetSRID(ST_Point(110 + (n % 100) * 1e-4, 34.52 + n / 100 * 1e-4), 4326)"
        " FROM generate_series(0, 12499) n"
    )
    codes = gdal(_READ, {"layer": "places", "columns": ["code"]})["fields"]["code"]
    many = [code for code in codes if code and code.startswith("M")]
    assert len(many) == len(set(many)) == 12_500
    # Ten columns by ten rows of them.
    asked = {
        "layer": "places",
        "columns": ["code"],
        "bbox": [109.99995, 34.51995, 110.00095, 34.52095],
    }
    assert len(gdal(_READ, asked)["fields"]["code"]) == 100


def test_another_jurisdiction_sees_its_own_alone(gdal) -> None:
    codes = gdal(_READ, {"layer": "grids", "columns": ["code"]}, NEIGHBOUR)["fields"]["code"]
    assert codes == ["N1"]


def test_without_a_token_that_holds_gdal_is_turned_away(gdal) -> None:
    with pytest.raises(AssertionError, match="401"):
        gdal(_LIST, division=None)


def test_in_another_system_the_shapes_stand_in_the_same_places(gdal) -> None:
    plain = gdal(_READ, {"layer": "grids"})
    turned = gdal(_READ, {"layer": "grids", "CRS": "EPSG:4490"})
    assert "4490" in str(turned["crs"])
    ours, theirs = (
        shapely.from_wkb([bytes.fromhex(shape) for shape in read["shapes"]])
        for read in (plain, turned)
    )
    assert shapely.equals_exact(ours, theirs, 1e-9).all()
