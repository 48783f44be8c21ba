"""What is exported comes back: by our own import, and read by GDAL with PROJ's transformations."""

import secrets
from datetime import date
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import CRS, Transformer

from backend.db import WHOLE_LAND, begin
from backend.exchange.exports.writing import Asked, write_file
from backend.exchange.pipeline import ImportOrder, run_import
from gis.datum import to_wgs84

ON = date(2026, 11, 22)
DATUMS = ("wgs84", "cgcs2000", "gcj02", "bd09", "cgcs2000-zone", "cgcs2000-cm111")
FORMATS = ("shp", "gpkg", "geojson", "csv", "xlsx")
SHIFTED = ("gcj02", "bd09")
MM = 1e-3
#: A degree of latitude, and of longitude at 34.5 N, in metres: to state distances in metres.
DEGREE_M = (91_700.0, 110_900.0)


@pytest.fixture
def town(land):
    """Fill the land with what is hard to carry: rare characters, holes, several poses."""
    land.run(
        "UPDATE grids SET name = '镕𠮷村第一网格', kind = 'exclusive', households = 312"
        " WHERE code = '610522101201001'"
    )
    land.run("UPDATE places SET code = 'P-' || id, address = '解放路 1 号, “东门”', weight = 2.5")
    land.run("UPDATE places SET outline = ST_Multi(ST_Buffer(geom::geography, 40)::geometry)")
    land.run(
        "INSERT INTO buildings (set_name, name, floors, height_m, geom) VALUES ('land', '院',"
        " 3, 9.25, ST_Multi(ST_Difference(ST_MakeEnvelope(110.02, 34.51, 110.021, 34.511, 4326),"
        " ST_MakeEnvelope(110.0203, 34.5103, 110.0206, 34.5106, 4326))))"
    )
    land.run(
        "INSERT INTO restricted_areas (set_name, kind, name, consent_document, division_code,"
        " geom) VALUES ('land', 'consent', '军事管理区外围', '云军〔2026〕3 号', 610522101201,"
        " ST_Multi(ST_MakeEnvelope(110.001, 34.501, 110.002, 34.502, 4326)))"
    )
    first = land.add_camera("解放路口", 110.0301, 34.5203)
    land.run(
        "UPDATE cameras SET kind = 'ptz_dome', has_ptz = true, width_px = 2560, address ="
        " '灯杆 7', managing_unit = '综治中心' WHERE id = %s",
        first,
    )
    land.run("UPDATE poses SET azimuth_deg = 12.5, tilt_deg = -8.25 WHERE camera_id = %s", first)
    land.run(
        "INSERT INTO poses (camera_id, sensor_no, azimuth_deg, azimuth_error_deg, tilt_deg,"
        " fov_deg, range_m) VALUES (%s, 2, 200, 0, -8.25, 90, 150)",
        first,
    )
    return land


def written(kind: str, form: str, datum: str, folder: Path, **more) -> Path:
    folder = folder / secrets.token_hex(4)
    folder.mkdir()
    encoding = more.pop("encoding", "gb18030" if form in ("shp", "csv") else "utf-8")
    asked = Asked(kind, form, datum, encoding, WHOLE_LAND, **more)
    with begin() as session:
        return write_file(session, asked, folder, on=ON).path


def stored(land, kind: str, set_name: str) -> dict[str, tuple[str, shapely.Geometry]]:
    """Return name and shape of the rows of a set, by code or name."""
    table = {"restricted": "restricted_areas"}.get(kind, kind)
    key = "code" if kind in ("grids", "places") else "coalesce(name, '')"
    rows = land.run(
        f"SELECT {key}, coalesce(name, ''), ST_AsBinary(geom) FROM {table} WHERE set_name = %s",
        set_name,
    )
    return {row[0]: (row[1], shapely.from_wkb(bytes(row[2]))) for row in rows}


def metres_apart(one: shapely.Geometry, other: shapely.Geometry) -> float:
    """Return the largest distance between two shapes of EPSG:4326, metres."""
    there = [shapely.transform(shape, lambda xy: xy * DEGREE_M) for shape in (one, other)]
    return float(shapely.hausdorff_distance(*there))


def in_degrees(shapes: np.ndarray, datum: str, crs: str | None) -> np.ndarray:
    """Bring shapes back to WGS 84: by PROJ where the file states a CRS, else by the datum named."""
    if datum in SHIFTED:
        assert crs is None
        return shapely.transform(
            shapes, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], datum))
        )
    back = Transformer.from_crs(CRS.from_user_input(crs), 4326, always_xy=True)
    return shapely.transform(shapes, lambda xy: np.column_stack(back.transform(xy[:, 0], xy[:, 1])))


@pytest.mark.parametrize("datum", DATUMS)
def test_gdal_reads_the_same_grids_out_of_every_format(town, tmp_path: Path, datum: str) -> None:
    sent = stored(town, "grids", "basic")
    for form in ("shp", "gpkg", "geojson"):
        path = written("grids", form, datum, tmp_path, set_name="basic")
        source = f"/vsizip/{path}" if form == "shp" else str(path)
        meta, _, wkb, columns = pyogrio.raw.read(source)
        table = dict(zip(meta["fields"], columns, strict=True))
        crs = meta["crs"]
        if form == "geojson" and datum in SHIFTED:
            assert '"name": "GCJ-02"' in path.read_text("utf-8") or datum == "bd09"
            crs = None  # GDAL takes a name it does not know for WGS 84
        shapes = in_degrees(shapely.from_wkb(wkb), datum, crs)
        assert sorted(table["code"]) == sorted(sent)
        for code, name, shape in zip(table["code"], table["name"], shapes, strict=True):
            assert name == sent[code][0], form
            assert metres_apart(shape, sent[code][1]) < MM, (form, code)
        assert "312" in {str(int(n)) for n in table["households"] if not np.isnan(n)}


WAYS = [
    *[("grids", "shp", datum) for datum in DATUMS],
    ("grids", "gpkg", "bd09"),
    ("grids", "geojson", "gcj02"),
    ("grids", "geojson", "cgcs2000-zone"),
    ("grids", "csv", "bd09"),
    ("grids", "csv", "cgcs2000-zone"),
    ("grids", "xlsx", "gcj02"),
    ("places", "shp", "gcj02"),
    ("places", "csv", "cgcs2000-cm111"),
    ("places", "xlsx", "bd09"),
    ("places", "xlsx", "cgcs2000-zone"),
    ("roads", "geojson", "bd09"),
    ("roads", "csv", "wgs84"),
    ("buildings", "gpkg", "cgcs2000-zone"),
    ("buildings", "shp", "bd09"),
    ("restricted", "shp", "cgcs2000-cm111"),
    ("cameras", "gpkg", "gcj02"),
]


@pytest.mark.parametrize(("kind", "form", "datum"), WAYS, ids=["-".join(way) for way in WAYS])
def test_our_import_takes_an_export_back_to_the_millimetre(
    town, tmp_path: Path, kind: str, form: str, datum: str
) -> None:
    called = "=1+1\u3000“甲”,\n乙\u00a0丙"  # no formula; spaces and lines that tables trip over
    town.run("UPDATE places SET name = %s WHERE code = 'P-1'", called)
    name = {"grids": "basic", "cameras": "test"}.get(kind, "land")
    sent = stored(town, kind, name)
    path = written(kind, form, datum, tmp_path, set_name=name)
    # Tables and GeoJSON state a shifted datum; the formats of GIS have no word for it.
    named = datum if datum in SHIFTED and form in ("shp", "gpkg") else None
    report = run_import(ImportOrder(kind, path, path.name, set_name="again", datum=named))
    assert report["refusal"] is None, report["refusal"]
    assert report["rejected"] == []
    back = stored(town, kind, "again")
    assert back.keys() == sent.keys()
    for key, (called, shape) in sent.items():
        assert back[key][0] == called
        assert metres_apart(back[key][1], shape) < MM, key


@pytest.mark.parametrize("encoding", ["gbk", "utf-8"])
def test_chinese_column_names_of_ten_bytes_are_known_again(
    town, tmp_path: Path, encoding: str
) -> None:
    town.run("UPDATE grids SET name = '柳林村第一网格' WHERE code = '610522101201001'")
    path = written(
        "grids",
        "shp",
        "cgcs2000",
        tmp_path,
        set_name="basic",
        encoding=encoding,
        chinese_names=True,
    )
    names = [str(name) for name in pyogrio.read_info(f"/vsizip/{path}")["fields"]]
    assert all(len(name.encode(encoding)) <= 10 for name in names)
    assert "�" not in "".join(names)
    report = run_import(ImportOrder("grids", path, path.name, set_name="again"))
    assert report["rejected"] == [] and report["refusal"] is None
    kept = "SELECT code, name, kind, division_code, households FROM grids WHERE set_name = %s"
    assert sorted(map(str, town.run(kept, "again"))) == sorted(map(str, town.run(kept, "basic")))


def test_a_shifted_file_that_cannot_say_so_is_asked_about(town, tmp_path: Path) -> None:
    for form in ("shp", "gpkg"):
        path = written("places", form, "gcj02", tmp_path)
        report = run_import(ImportOrder("places", path, path.name, set_name="again"))
        assert report["refusal"]["code"] == "crs.unknown"


def test_a_camera_comes_back_with_its_poses_and_without_its_device(town, tmp_path: Path) -> None:
    town.run(
        "INSERT INTO devices (camera_id, address, secret) SELECT id,"
        " 'http://10.1.2.3/onvif/device_service', 'x'::bytea FROM cameras"
    )
    for form in ("gpkg", "csv", "xlsx", "geojson", "shp"):
        path = written("cameras", form, "wgs84", tmp_path, encoding="utf-8")
        assert b"10.1.2.3" not in path.read_bytes()
    report = run_import(ImportOrder("cameras", path, path.name, set_name="again"))
    assert report["refusal"] is None, report["refusal"]
    poses = (
        "SELECT c.name, c.kind, c.has_ptz, c.width_px, c.address, c.managing_unit, c.height_m,"
        " p.sensor_no, p.azimuth_deg, p.azimuth_error_deg, p.tilt_deg, p.fov_deg, p.range_m"
        " FROM cameras c JOIN poses p ON p.camera_id = c.id WHERE c.set_name = %s ORDER BY 1, 8"
    )
    assert town.run(poses, "again") == town.run(poses, "test")


def test_outlines_and_divisions_come_back_onto_what_they_are_of(town, tmp_path: Path) -> None:
    before = town.run("SELECT id, ST_AsBinary(outline) FROM places ORDER BY id")
    path = written("outlines", "gpkg", "gcj02", tmp_path)
    town.run("UPDATE places SET outline = NULL")
    report = run_import(ImportOrder("outlines", path, path.name, datum="gcj02"))
    assert report["rejected"] == [] and report["refusal"] is None
    after = town.run("SELECT id, ST_AsBinary(outline) FROM places ORDER BY id")
    for (place, old), (same, new) in zip(before, after, strict=True):
        assert place == same
        assert metres_apart(shapely.from_wkb(bytes(new)), shapely.from_wkb(bytes(old))) < MM
    held = "SELECT code, name, level, parent_code, valid_to FROM divisions ORDER BY code, id"
    kept = town.run(held)
    path = written("divisions", "shp", "cgcs2000-zone", tmp_path, encoding="gbk")
    report = run_import(ImportOrder("divisions", path, path.name, set_name="land"))
    assert report["rejected"] == [] and report["refusal"] is None
    current = [row for row in town.run(held) if row[4] is None]
    assert current == kept
