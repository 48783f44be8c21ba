"""Shapefiles, zips and GeoJSON that are broken, ambiguous or not what they say."""

import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from gis.columns import Field
from gis.encodings import choose_encoding
from gis.faults import FileRefused
from gis.intake import Intake, Order, take_in
from gis.mending import MendingLimits, mend_polygons
from gis.reading import Source
from gis.staging import StagingLimits, stage

FIELDS = (Field("name", ("名称",)),)
BOX = shapely.box(110.0, 34.5, 110.01, 34.51)
PARTS = (".shp", ".shx", ".dbf", ".prj")


def _take(path: Path, layer: str | None = None) -> Intake:
    folder = path.parent / "private"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    staged = stage(path, folder, Source(folder, "", layer), StagingLimits())
    return take_in(Order(staged.source, "polygon", FIELDS))


def _refused(path: Path) -> FileRefused:
    with pytest.raises(FileRefused) as refused:
        _take(path)
    return refused.value


def _shapefile(path: Path, names: list[str], **columns: list[str]) -> Path:
    path.parent.mkdir(exist_ok=True)
    values = {"名称": names, **columns}
    pyogrio.raw.write(
        path,
        shapely.to_wkb(np.array([BOX] * len(names), dtype=object)),
        [np.array(column, dtype=object) for column in values.values()],
        list(values),
        geometry_type="Polygon",
        crs="EPSG:4326",
        driver="ESRI Shapefile",
        encoding="GBK",
    )
    path.with_suffix(".cpg").unlink()
    return path


def test_a_damaged_table_is_refused_and_not_taken_for_none(tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "a.shp", ["甲", "乙"])
    dbf = path.with_suffix(".dbf")
    whole = dbf.read_bytes()
    shorter = _shapefile(tmp_path / "b" / "a.shp", ["甲"]).with_suffix(".dbf").read_bytes()
    for damaged in (whole[:20], whole[:40], b"x" * 500, shorter):
        dbf.write_bytes(damaged)
        assert _refused(path).code == "shapefile.broken"
    dbf.write_bytes(whole)
    assert _take(path).columns["name"] == ["甲", "乙"]


def test_two_layers_of_one_name_must_be_chosen_between(tmp_path: Path) -> None:
    first = _shapefile(tmp_path / "x" / "a.shp", ["甲"])
    second = _shapefile(tmp_path / "y" / "a.shp", ["乙"])
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for folder, layer in (("x", first), ("y", second)):
            for part in PARTS:
                archive.write(layer.with_suffix(part), f"{folder}/a{part}")
    assert _refused(path).code == "layer.choose"
    assert _take(path, layer="y/a.shp").columns["name"] == ["乙"]


@pytest.mark.parametrize("cpg", ["Big5", "ISO-8859-1", "UTF-8", "hex", "idna", "\x00\x01"])
def test_no_cpg_makes_mojibake_of_gbk(cpg: str, tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "a.shp", ["浦东新区"])
    path.with_suffix(".cpg").write_text(cpg)
    intake = _take(path)
    assert (intake.columns["name"], intake.encoding.name) == (["浦东新区"], "gb18030")


def test_names_all_cut_in_utf8_are_still_utf8() -> None:
    # 10 bytes of a column's name are 3 characters of three bytes and one byte of the fourth.
    names = [name.encode()[:10] for name in ("行政区划代码", "公民身份号码", "联系电话号码")]
    assert choose_encoding(names).name == "utf-8"


def _geojson(tmp_path: Path, crs: str) -> Path:
    ring = "[[[110,34.5],[110.01,34.5],[110.01,34.51],[110,34.5]]]"
    path = tmp_path / "a.geojson"
    path.write_text(
        f'{{"type":"FeatureCollection",{crs}"features":[{{"type":"Feature","properties":{{}},'
        f'"geometry":{{"type":"Polygon","coordinates":{ring}}}}}]}}'
    )
    return path


def test_a_geojson_in_a_system_nobody_knows_is_refused(tmp_path: Path) -> None:
    named = '"crs":{{"type":"name","properties":{{"name":"{}"}}}},'
    assert _refused(_geojson(tmp_path, named.format("nowhere"))).code == "crs.unreadable"
    for known in ("urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4490", "EPSG:4326"):
        intake = _take(_geojson(tmp_path, named.format(known)))
        assert (intake.datum_how, intake.faults) == ("declared", ())


def _mended(*polygons: Any) -> list[Any]:
    given = np.array(polygons, dtype=object)
    return mend_polygons(given, negligible=0.0, limits=MendingLimits())


def test_parts_that_overlap_become_their_union_and_nested_ones_stay_ambiguous() -> None:
    big, beside, within = (
        shapely.box(*bounds) for bounds in ((0, 0, 2, 2), (1, 1, 3, 3), (0.5, 0.5, 1.5, 1.5))
    )
    overlapping, nested = _mended(
        shapely.MultiPolygon([big, beside]), shapely.MultiPolygon([big, within])
    )
    # 4 + 4 - 1 shared.
    assert overlapping.polygon.area == pytest.approx(7.0)
    assert (nested.polygon, nested.fault) == (None, "changed")


def test_a_required_field_without_a_column_is_one_refusal(tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "a.shp", ["甲"])
    folder = tmp_path / "private"
    folder.mkdir()
    staged = stage(path, folder, Source(folder, ""), StagingLimits())
    with pytest.raises(FileRefused) as refused:
        take_in(Order(staged.source, "polygon", (Field("code", ("代码",), is_required=True),)))
    assert refused.value.code == "columns.required"
