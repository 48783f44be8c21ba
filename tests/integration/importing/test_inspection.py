"""Inspection against a database: the command, the upload, --datum auto, and what it may not see."""

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from backend import cli
from backend.db import begin
from backend.exchange.inspect_report import inspect_report
from backend.exchange.inspecting import InspectOrder, inspect_file
from backend.exchange.pipeline import ImportOrder, run_import
from backend.exchange.reference import LAYERS
from backend.exchange.schemas import InspectTotal
from gis.crs import convert
from tests.lanes import Spots, lanes

__all__ = ["lanes"]  # a fixture

Client = Callable[..., httpx.Client]
_NAME = {"name": "名稱"}


def _table(
    path: Path, spots: Spots, reading: str, header: tuple[str, str] = ("经度", "纬度")
) -> Path:
    numbers = convert(np.array(spots), "wgs84", reading)
    with path.open("w", encoding="gb18030", newline="") as sink:
        rows = csv.writer(sink)
        rows.writerow(["名称", *header])
        rows.writerows(
            (f"点{k}", repr(float(x)), repr(float(y))) for k, (x, y) in enumerate(numbers)
        )
    return path


def _stored(land: Any) -> np.ndarray:
    rows = land.run("SELECT ST_X(geom), ST_Y(geom) FROM cameras ORDER BY id")
    return np.array(rows, dtype=np.float64)


@pytest.mark.parametrize(
    ("reading", "header"),
    [
        ("gcj02", ("经度", "纬度")),
        ("epsg:4546+swapped", ("X坐标", "Y坐标")),
        ("wgs84+packed", ("经度", "纬度")),
        ("bd09mc", ("x", "y")),
    ],
)
def test_auto_takes_what_is_sure_and_puts_every_row_where_it_belongs(
    land: Any, lanes: Spots, tmp_path: Path, reading: str, header: tuple[str, str]
) -> None:
    path = _table(tmp_path / "a.csv", lanes, reading, header)
    report = run_import(ImportOrder("cameras", path, path.name, datum="auto"))
    assert report["written"], report["summary"]
    assert report["datum_how"] == "inspected"
    assert "crs.inspected" in [note["code"] for note in report["notes"]]
    # A centimetre.
    assert np.abs(np.sort(_stored(land), axis=0) - np.sort(np.array(lanes), axis=0)).max() < 1e-7


def test_auto_decides_the_encoding_too(land: Any, lanes: Spots, tmp_path: Path) -> None:
    path = _table(tmp_path / "a.csv", lanes, "gcj02")
    told = path.read_text(encoding="gb18030").replace("名称", "名稱").replace("点", "縣立學校")
    path.write_text(told.replace("经度", "GPS經度").replace("纬度", "GPS緯度"), encoding="big5")
    report = run_import(ImportOrder("cameras", path, path.name, datum="auto", mapping=_NAME))
    assert report["written"], report["summary"]
    assert "big5" in next(n["reason"] for n in report["notes"] if n["code"] == "crs.inspected")
    assert land.run("SELECT name FROM cameras WHERE name = '縣立學校7'") == [("縣立學校7",)]


def test_auto_asks_where_the_texts_could_be_either(land: Any, lanes: Spots, tmp_path: Path) -> None:
    path = _table(tmp_path / "a.csv", lanes, "gcj02", ("lon", "lat"))
    told = path.read_text(encoding="gb18030").replace("名称", "名稱").replace("点", "P")
    path.write_text(told, encoding="big5")
    order = ImportOrder("cameras", path, path.name, datum="auto", mapping=_NAME)
    assert run_import(order)["refusal"]["code"] == "encoding.unsure"
    assert run_import(replace(order, encoding="big5"))["written"]


def test_auto_refuses_what_it_would_have_to_guess(land: Any, lanes: Spots, tmp_path: Path) -> None:
    path = _table(tmp_path / "a.csv", lanes[:2], "gcj02")
    report = run_import(ImportOrder("cameras", path, path.name, datum="auto"))
    assert not report["written"]
    assert report["refusal"]["code"] == "crs.unsure"
    assert land.run("SELECT count(*) FROM cameras") == [(0,)]
    # Named by hand the same file is taken.
    assert run_import(ImportOrder("cameras", path, path.name, datum="gcj02"))["written"]


def test_nothing_known_is_said_and_not_guessed(database: str, tmp_path: Path) -> None:
    path = _table(tmp_path / "a.csv", [(110.0, 34.5), (110.1, 34.6)], "wgs84")
    inspection = inspect_file(InspectOrder(path, path.name))
    assert (inspection.verdict.doubt, inspection.reading) == ("nothing_known", None)


def test_a_file_that_states_the_wrong_datum_is_found_out(
    land: Any, lanes: Spots, tmp_path: Path
) -> None:
    crs = '"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},'
    rows = ",".join(
        f'{{"type":"Feature","properties":{{}},"geometry":{{"type":"Point","coordinates":[{x},{y}]}}}}'
        for x, y in convert(np.array(lanes), "wgs84", "gcj02")
    )
    path = tmp_path / "a.geojson"
    path.write_text(f'{{"type":"FeatureCollection",{crs}"features":[{rows}]}}')
    inspection = inspect_file(InspectOrder(path, path.name))
    assert (inspection.declared, inspection.reading) == ("wgs84", "gcj02")


def test_the_command_prints_one_object_and_its_exit_code_says_whether_to_ask(
    lanes: Spots,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for count, code in ((len(lanes), 0), (2, 2)):
        path = _table(tmp_path / f"{count}.csv", lanes[:count], "gcj02")
        monkeypatch.setattr(sys, "argv", ["gridlink", "inspect", str(path), "--json"])
        with pytest.raises(SystemExit) as done:
            cli.main()
        report = json.loads(capsys.readouterr().out)
        assert int(done.value.code or 0) == code
        assert report["reading"] == ("gcj02" if code == 0 else None)
        assert report["encodings"][0]["name"] == "gb18030"


def test_the_shape_of_the_report_is_written_down(lanes: Spots, tmp_path: Path) -> None:
    path = _table(tmp_path / "a.csv", lanes, "gcj02")
    report = inspect_report(inspect_file(InspectOrder(path, path.name)), "zh").model_dump()
    guide = (Path(__file__).parents[3] / "docs/guide/gis.md").read_text(encoding="utf-8")
    first = report["candidates"][0]
    told = {
        *report,
        *first,
        *first["evidence"][0],
        *report["encodings"][0],
        *InspectTotal.model_fields,
    }
    assert {name for name in told if f'"{name}"' not in guide} == set()


def test_an_upload_is_inspected_within_the_jurisdiction_and_written_nowhere(
    land: Any, lanes: Spots, client: Client, tmp_path: Path
) -> None:
    path = _table(tmp_path / "a.csv", lanes, "bd09")
    with path.open("rb") as stream:
        upload = {"file": ("点位.csv", stream)}
        answer = client("planner").post("/api/imports/inspect", files=upload)
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert report["reading"] == report["candidates"][0]["reading"] == "bd09"
    assert report["confidence"] >= report["sure_from"]
    drawn = np.array([path[0] for path in report["candidates"][0]["drawn"]])
    assert np.abs(drawn - np.array(lanes)).max() < 2e-6
    assert land.run("SELECT count(*) FROM imports") == [(0,)]
    with path.open("rb") as stream:
        upload = {"file": ("点位.csv", stream)}
        refused = client("operator").post("/api/imports/inspect", files=upload)
    assert refused.status_code == 403


def test_a_file_that_cannot_be_read_is_refused_with_its_reason(client: Client) -> None:
    upload = {"file": ("a.csv", b"name\nx\n")}
    answer = client("planner").post("/api/imports/inspect", files=upload)
    assert answer.status_code in (409, 422)
    assert answer.json()["error"]["code"] == "imports.unreadable"


@pytest.mark.parametrize("layer", sorted(LAYERS))
def test_what_lies_around_is_found_by_the_index(database: str, layer: str) -> None:
    table, where = LAYERS[layer]
    values = {"west": 110.0, "south": 34.5, "east": 110.1, "north": 34.6, "low": 0, "high": 1}
    from sqlalchemy import text

    with begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        bound = {name: value for name, value in values.items() if f":{name}" in where}
        plan = session.execute(text(f"EXPLAIN SELECT 1 FROM {table} WHERE {where}"), bound)
        told = "\n".join(row[0] for row in plan)
    assert "geom &&" in told and "Index" in told, told
