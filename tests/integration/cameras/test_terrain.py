"""A terrain raster of the settings blocks sight; one that cannot be read says so."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from backend import db
from backend.basemap import scene
from backend.cameras import ranking, viewsheds
from backend.errors import Misconfigured
from backend.settings import load

CELL_DEG = 0.0001


@pytest.fixture
def raster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, land: Any) -> Path:
    """A plain at 400 m with a ridge of 430 m along 34.5054-34.5056 N, as a GeoTIFF in lon/lat."""
    path = tmp_path / "ground.tif"
    heights = np.full((200, 200), 400.0, dtype=np.float32)
    # Rows run south from 34.515 N: row 94 begins at 34.5056 N, row 96 at 34.5054 N.
    heights[94:96, :] = 430.0
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=200,
        height=200,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=from_origin(110.0, 34.515, CELL_DEG, CELL_DEG),
    ) as file:
        file.write(heights, 1)
    monkeypatch.setenv("GRIDLINK_SIGHT__TERRAIN_PATH", str(path))
    load.cache_clear()
    scene._held.clear()
    return path


def sight_over_the_ridge() -> tuple[str, str]:
    with db.begin() as session:
        first = ranking.rank(session, None, 110.0050, 34.5060).cameras[0]
    return first.sight, first.reason


def test_ridge_between_camera_and_place_blocks(raster: Path, land: Any) -> None:
    camera = land.add_camera("山前", 110.0050, 34.5050)
    assert sight_over_the_ridge() == ("blocked", "blocked_by_terrain")
    # From 100 m above the plain the line passes the ridge at about 50 m: above its 30 m.
    land.run("UPDATE cameras SET height_m = 100 WHERE id = %s", camera)
    assert sight_over_the_ridge() == ("certain", "sees")


def test_stored_viewshed_ends_at_the_ridge(raster: Path, land: Any) -> None:
    # Looks north from 34.5050: the ridge begins 0.0004 degrees, 44 m, further on.
    camera = land.add_camera("山前", 110.0050, 34.5050)
    behind = "SELECT count(*) FROM viewsheds WHERE ST_YMax(certain) > 34.5058"
    with db.begin() as session:
        viewsheds.refresh(session, [camera])
    assert land.run(behind) == [(0,)]
    assert land.run("SELECT count(*) FROM viewsheds WHERE ST_YMax(certain) > 34.5053") == [(1,)]
    land.run("UPDATE cameras SET height_m = 100 WHERE id = %s", camera)
    with db.begin() as session:
        viewsheds.refresh(session, [camera])
    assert land.run(behind) == [(1,)]


def test_without_a_raster_the_ground_is_flat(land: Any) -> None:
    land.add_camera("平地", 110.0050, 34.5050)
    assert sight_over_the_ridge() == ("certain", "sees")


def test_raster_that_cannot_be_read_is_told_by_name(raster: Path, land: Any) -> None:
    land.add_camera("平地", 110.0050, 34.5050)
    raster.write_text("no raster")
    with pytest.raises(Misconfigured, match=r"ground\.tif"):
        sight_over_the_ridge()
