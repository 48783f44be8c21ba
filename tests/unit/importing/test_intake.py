"""Files of every format on their way in: what is read, what is noted, what is refused."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from gis.columns import Field
from gis.faults import FileRefused
from gis.intake import Intake, Order, take_in
from gis.reading import Source
from gis.staging import Staged, StagingLimits, stage

FIELDS = (Field("name", ("名称",)), Field("code", ("编码",)))
POINTS = np.array([shapely.Point(110.0, 34.5), shapely.Point(110.1, 34.6)], dtype=object)


def _staged(path: Path, layer: str | None = None) -> Staged:
    folder = path.parent / "private"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return stage(path, folder, Source(folder, "", layer), StagingLimits())


def _take(path: Path, datum: str | None = None, layer: str | None = None) -> Intake:
    return take_in(Order(_staged(path, layer).source, "point", FIELDS, datum))


def _refused(path: Path, datum: str | None = None, layer: str | None = None) -> str:
    with pytest.raises(FileRefused) as refused:
        _take(path, datum, layer)
    return refused.value.code


def _shapefile(path: Path, *, layer: str | None = None) -> Path:
    names = np.array(["桃源村", "柳林村"], dtype=object)
    pyogrio.raw.write(
        path,
        shapely.to_wkb(POINTS),
        [names],
        ["名称"],
        geometry_type="Point",
        crs="EPSG:4326",
        driver="GPKG" if path.suffix == ".gpkg" else "ESRI Shapefile",
        layer=layer,
        append=path.exists(),
        **({} if path.suffix == ".gpkg" else {"encoding": "GBK"}),
    )
    return path


def test_a_gbk_shapefile_without_cpg_is_read_right(tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "a.shp")
    (tmp_path / "a.cpg").unlink()
    intake = _take(path)
    assert intake.columns == {"name": ["桃源村", "柳林村"]}
    assert (intake.encoding.name, intake.encoding.how) == ("gb18030", "decodes")


def test_parts_are_found_whatever_case_their_names_have(tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "a.shp")
    for suffix in ("dbf", "prj", "shx"):
        (tmp_path / f"a.{suffix}").rename(tmp_path / f"A.{suffix.upper()}")
    assert _take(path).columns["name"] == ["桃源村", "柳林村"]


def test_missing_dbf_and_shx_are_told_and_the_shapes_read(tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "a.shp")
    (tmp_path / "a.dbf").unlink()
    assert [note.code for note in _staged(path).notes] == ["shapefile.no_dbf"]
    intake = _take(path)
    assert shapely.equals(intake.shapes, POINTS).all()
    assert intake.columns == {}


def test_a_shapefile_without_prj_needs_a_datum(tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    assert _refused(path) == "crs.unknown"
    moved = _take(path, "gcj02").shapes[0]
    # FACTS.md section 4: 360-560 m, here in degrees of 111 km and 92 km.
    shift_m = np.hypot((moved.x - 110.0) * 91_600, (moved.y - 34.5) * 111_000)
    assert 360 < shift_m < 560


def test_a_layer_of_a_geopackage_is_chosen_by_name(tmp_path: Path) -> None:
    path = _shapefile(tmp_path / "a.gpkg", layer="villages")
    assert _take(path).columns["name"] == ["桃源村", "柳林村"]
    _shapefile(path, layer="towns")
    assert _refused(path) == "layer.choose"
    assert _refused(path, layer="rivers") == "layer.unknown"
    assert len(_take(path, layer="towns")) == 2


def test_a_zip_with_clutter_of_another_system_is_read(tmp_path: Path) -> None:
    _shapefile(tmp_path / "a.shp")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for part in tmp_path.glob("a.[sdp]*"):
            archive.write(part, f"deep/er/{part.name}")
            archive.writestr(f"__MACOSX/deep/er/._{part.name}", b"clutter")
    assert _take(path).columns["name"] == ["桃源村", "柳林村"]


def test_geojson_without_crs_is_assumed_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"name":"甲"},'
        '"geometry":{"type":"Point","coordinates":[110,34.5]}}]}',
        encoding="gbk",
    )
    assert [note.code for note in _staged(path).notes] == ["encoding.json"]
    intake = _take(path)
    assert (intake.datum_how, [note.code for note in intake.notes]) == ("assumed", ["crs.assumed"])
    assert intake.columns["name"] == ["甲"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_split_by_its_own_separator(separator: str, tmp_path: Path) -> None:
    lines = (["\ufeff名称", "经度", "纬度", "电话"], ["甲", "110.0", "34.5", "139"])
    path = tmp_path / "a.csv"
    path.write_text("\n".join(separator.join(line) for line in lines), encoding="utf-8")
    intake = _take(path)
    assert intake.columns == {"name": ["甲"]}
    assert intake.matching.personal == (("电话", "phone"),)
    assert shapely.equals(intake.shapes[0], POINTS[0])


def test_a_workbook_is_read_like_a_table(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["编码", "lon", "lat"])
    book.active.append([7, 110.0, 34.5])
    book.active.append([8, "east", 34.5])
    book.save(tmp_path / "a.xlsx")
    intake = _take(tmp_path / "a.xlsx")
    assert intake.columns["code"] == [7, 8]
    assert [(fault.row, fault.code) for fault in intake.faults] == [(2, "geometry.unreadable")]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.csv", "name,x,y\nA,1,2\n", "table.no_position"),
        ("a.csv", "\n", "table.empty"),
        ("a.csv", "name,lon,lat\nA,1,2,3\n", "table.ragged"),
        ("a.kml", "<kml/>", "file.kind"),
        ("a.geojson", "[1, 2]", "file.unreadable"),
        ("a.shp", "no shapefile", "shapefile.broken"),
        ("a.gpkg", "no database", "file.kind"),
    ],
)
def test_what_is_not_what_it_claims_is_refused(
    name: str, text: str, code: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    assert _refused(tmp_path / name) == code


def _table(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join((header, *rows)), encoding="utf-8")
    return path


def test_a_table_that_states_its_datum_is_believed(tmp_path: Path) -> None:
    # 潼关 in the 3-degree zone 37 (central meridian 111 E), and the same place in degrees by PROJ.
    zone = _table(tmp_path / "a.csv", "name,x,y,datum", "甲,37426123.45,3824567.89,cgcs2000-zone37")
    intake = _take(zone)
    assert (intake.datum_how, intake.crs[:9]) == ("declared", "EPSG:4525")
    there = Transformer.from_crs(4525, 4326, always_xy=True).transform(37426123.45, 3824567.89)
    assert intake.shapes[0].coords[0] == pytest.approx(there, abs=1e-9)
    shifted = _table(tmp_path / "b.csv", "name,经度,纬度,坐标基准", "甲,110.2,34.5,GCJ-02")
    assert (_take(shifted).datum, _take(shifted).datum_how) == ("gcj02", "declared")
    assert _take(shifted, "wgs84").shapes[0].coords[0] == (110.2, 34.5)  # who names it, decides


def test_what_a_column_of_datums_does_not_say_is_not_guessed(tmp_path: Path) -> None:
    mixed = _table(tmp_path / "a.csv", "name,lon,lat,datum", "甲,110,34,gcj02", "乙,110,34,wgs84")
    assert _refused(mixed) == "crs.mixed"
    half = _table(tmp_path / "b.csv", "name,lon,lat,datum", "甲,110,34,gcj02", "乙,110,34,北京54")
    assert _refused(half) == "crs.mixed"
    dates = _table(tmp_path / "c.csv", "name,lon,lat,datum", "甲,110,34,2026-01-01")
    assert _take(dates).datum_how == "assumed"
    for datum in ("2026-01-01", "", "cgcs2000-zone"):
        plane = _table(tmp_path / "d.csv", "name,x,y,datum", f"甲,110,34,{datum}")
        assert _refused(plane) == "table.no_position"
