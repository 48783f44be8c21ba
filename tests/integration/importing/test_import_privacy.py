"""Nothing of a dropped column leaves the file: not by report, history, register or log."""

import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import psycopg
import pyogrio
import pytest
import shapely

from backend.exchange.pipeline import ImportOrder, run_import

SECRETS = ("张三丰", "13900001111", "610522199001010011", "陕E12345")
PERSONAL = ("负责人", "联系电话", "身份证号", "车牌号")
HEADER = ("名称", *PERSONAL, "经度", "纬度", "视场角")
ROWS = (("甲", *SECRETS, 110.01, 34.51, 60.0), ("乙", *SECRETS, 110.03, 34.51, 400.0))


def _csv(folder: Path) -> Path:
    lines = (",".join(map(str, row)) for row in (HEADER, *ROWS))
    (folder / "a.csv").write_text("\n".join(lines), encoding="gb18030")
    return folder / "a.csv"


def _xlsx(folder: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS):
        book.active.append(row)
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def _shapefile(folder: Path) -> Path:
    columns = {name: [row[at] for row in ROWS] for at, name in enumerate(HEADER)}
    pyogrio.raw.write(
        folder / "a.shp",
        shapely.to_wkb(shapely.points(columns["经度"], columns["纬度"])),
        [np.array(c, dtype=object if isinstance(c[0], str) else float) for c in columns.values()],
        list(columns),
        geometry_type="Point",
        crs="EPSG:4326",
        driver="ESRI Shapefile",
        encoding="GBK",
    )
    (folder / "a.cpg").unlink()
    return folder / "a.shp"


def _zip(folder: Path) -> Path:
    _shapefile(folder)
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for part in folder.glob("a.[sdp]*"):
            archive.write(part, part.name)
    return folder / "a.zip"


def _geojson(folder: Path) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(HEADER, row, strict=True)),
            "geometry": {"type": "Point", "coordinates": row[5:7]},
        }
        for row in ROWS
    ]
    collection = {"type": "FeatureCollection", "features": features}
    (folder / "a.geojson").write_text(json.dumps(collection, ensure_ascii=False), "gb18030")
    return folder / "a.geojson"


def _headerless(folder: Path) -> Path:
    lines = (",".join(map(str, row)) for row in ROWS)
    (folder / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder / "a.csv"


def _broken(folder: Path) -> Path:
    path = _geojson(folder)
    path.write_bytes(path.read_bytes()[:-9])
    return path


def _stored(url: str) -> str:
    with psycopg.connect(url) as connection:
        rows = [
            connection.execute(f"SELECT to_jsonb(t) FROM {table} t").fetchall()
            for table in ("imports", "register", "cameras")
        ]
    return json.dumps(rows, ensure_ascii=False)


MAKERS = (_csv, _xlsx, _shapefile, _zip, _geojson)


@pytest.mark.parametrize("make", MAKERS)
def test_values_of_dropped_columns_appear_nowhere(
    make: Callable[[Path], Path], land: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = make(tmp_path)
    order = ImportOrder("cameras", path, path.name, accepts_partial=True)
    report = run_import(order)
    # The first row is written and the second refused, so every part of the report is filled.
    assert (report["counts"]["written"], len(report["rejected"])) == (1, 1)
    assert [d["column"] for d in report["dropped_columns"]] == list(PERSONAL)
    assert report["sample"] == "甲"
    seen = json.dumps(report, ensure_ascii=False) + _stored(land.url) + caplog.text
    assert [secret for secret in SECRETS if secret in seen] == []


@pytest.mark.parametrize("make", [_headerless, _broken])
@pytest.mark.parametrize("mapping", [{}, {"name": "负责人"}])
def test_a_refused_file_is_not_quoted(
    make: Callable[[Path], Path], mapping: dict[str, str], land: Any, tmp_path: Path
) -> None:
    path = make(tmp_path)
    report = run_import(ImportOrder("cameras", path, path.name, mapping=mapping))
    assert report["refusal"] and not report["written"]
    seen = json.dumps(report, ensure_ascii=False) + _stored(land.url)
    assert [secret for secret in SECRETS if secret in seen] == []
    assert str(tmp_path) not in seen


def test_imports_are_entered_in_the_register_with_counts_only(land: Any, tmp_path: Path) -> None:
    path = _csv(tmp_path)
    for partial in (False, True):
        run_import(ImportOrder("cameras", path, path.name, set_name="县", accepts_partial=partial))
    run_import(ImportOrder("cameras", path, path.name, is_dry_run=True))
    rows = land.run("SELECT act, actor_id, actor_name, detail FROM register ORDER BY seq")
    counts = {"read": 2, "refused": 1, "mended": 0, "assumed_height": 0, "with_bearing": 0}
    about = {"kind": "cameras", "file": "a.csv", "set": "县", "code": None}
    assert rows == [
        ("import.refused", None, "gridlink", {**about, "counts": {**counts, "written": 0}}),
        ("import.written", None, "gridlink", {**about, "counts": {**counts, "written": 1}}),
    ]
