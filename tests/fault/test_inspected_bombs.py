"""F6 and F7 by the other door: what is only inspected is bounded as what is imported."""

import math
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from gis.faults import FileRefused
from gis.looking import FileLook
from gis.reading import Source
from gis.sandbox import ChildLimits, look_contained
from gis.staging import StagingLimits, stage

pytestmark = pytest.mark.fault
VERDICT_S = 2.0
"""Processor time of the child; what starting it takes on a busy machine comes on top."""


def _look(path: Path, tmp_path: Path, limits: ChildLimits | None = None) -> FileLook:
    folder = tmp_path / "private"
    folder.mkdir()
    staged = stage(path, folder, Source(folder, ""), StagingLimits())
    return look_contained(staged.source, {}, folder, limits or ChildLimits())


def _star(points: int) -> shapely.Polygon:
    step = points // 2 - 1
    turns = (2 * math.pi * step * k / points for k in range(points))
    return shapely.Polygon([(110 + 0.01 * math.cos(t), 34 + 0.01 * math.sin(t)) for t in turns])


def _ring(points: int) -> shapely.Polygon:
    turns = np.linspace(0, 2 * math.pi, points, endpoint=False)
    return shapely.Polygon(np.column_stack([110 + np.cos(turns), 34 + np.sin(turns)]))


def _holes(count: int) -> shapely.Polygon:
    side = math.isqrt(count) + 1
    corners = [(110 + k % side / side, 34 + k // side / side) for k in range(count)]
    size = 0.3 / side
    holes = [[(x, y), (x + size, y), (x + size, y + size), (x, y + size)] for x, y in corners]
    return shapely.Polygon(shapely.box(109.9, 33.9, 111.1, 35.1).exterior, holes)


def _broken() -> shapely.Polygon:
    corners = [(110, 34), (math.nan, 34), (110.1, 34.1), (math.inf, 34.2), (110, 34)]
    with np.errstate(invalid="ignore"):
        return shapely.Polygon(corners)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(lambda: _star(500), id="500-vertex-star"),
        pytest.param(lambda: _star(2000), id="2000-vertex-star"),
        pytest.param(lambda: _ring(1_000_000), id="million"),
        pytest.param(lambda: _holes(100_000), id="holes"),
        pytest.param(_broken, id="nan-and-infinity"),
        pytest.param(
            lambda: shapely.Polygon([(179, 0), (-179, 1), (-179, 0), (179, 1)]), id="bow-tie"
        ),
    ],
)
def test_a_bomb_is_looked_at_cheaply_or_killed(
    shape: Callable[[], shapely.Polygon], tmp_path: Path
) -> None:
    path = tmp_path / "bomb.gpkg"
    with np.errstate(invalid="ignore"):
        wkb = shapely.to_wkb(np.array([shape(), shapely.box(110, 34, 110.1, 34.1)], dtype=object))
    names = np.array(["a", "b"], dtype=object)
    pyogrio.raw.write(path, wkb, [names], ["name"], geometry_type="Polygon", crs="EPSG:4326")
    before = os.times()
    look = _look(path, tmp_path)
    after = os.times()
    spent = after.children_user + after.children_system
    # The child's own processor time, its start (imports) among it.
    assert spent - before.children_user - before.children_system < VERDICT_S + 3.0
    assert look.count == 2
    assert len(look.look.xy) <= 800


def test_a_look_out_of_time_leaves_no_process(tmp_path: Path) -> None:
    path = tmp_path / "ring.gpkg"
    wkb = shapely.to_wkb(np.array([_ring(200_000)] * 4, dtype=object))
    names = np.array(list("abcd"), dtype=object)
    pyogrio.raw.write(path, wkb, [names], ["name"], geometry_type="Polygon", crs="EPSG:4326")
    with pytest.raises(FileRefused) as refused:
        _look(path, tmp_path, ChildLimits(time_s=0.2))
    assert refused.value.code == "file.too_costly"
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                at = os.readlink(entry / "cwd")
            except OSError:
                continue
            assert not at.startswith(str(tmp_path))


def test_an_archive_that_leads_out_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escape.shp", b"x")
    began = time.process_time()
    with pytest.raises(FileRefused) as refused:
        _look(path, tmp_path)
    assert refused.value.code == "archive.path"
    assert time.process_time() - began < 1.0


def test_no_statement_mends_raw_shapes_inside_the_database() -> None:
    # ST_MakeValid on a star of 2,000 corners holds a core for minutes and cannot be cancelled.
    backend = Path(__file__).parents[2] / "backend"
    files = [*backend.rglob("*.py"), *backend.rglob("*.sql")]
    assert [f.name for f in files if "st_makevalid" in f.read_text("utf-8").lower()] == []
