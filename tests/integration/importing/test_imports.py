"""Files into tables: the same way for the command line and for uploads, all or nothing."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from backend.exchange.pipeline import ImportOrder, run_import

Client = Callable[..., httpx.Client]
SQUARE = "POLYGON((110.001 34.501,110.009 34.501,110.009 34.509,110.001 34.509,110.001 34.501))"
BOW_TIE = "POLYGON((110.011 34.501,110.019 34.509,110.019 34.501,110.011 34.509,110.011 34.501))"


def _rows(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def _csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def _import(kind: str, path: Path, **wishes: Any) -> dict[str, Any]:
    return run_import(ImportOrder(kind=kind, path=path, file_name=path.name, **wishes))


CAMERAS = """名称,编码,经度,纬度,方位角,方向,视场角,类型,联系电话
柳林村口,C1,110.010,34.510,90;180,,60,1,13900000000
石桥,C2,110.050,34.530,,2,,3,
松坪,C3,110.070,34.510,说不清,,,,
"""


def test_cameras_land_with_their_poses_and_divisions(land: Any, tmp_path: Path) -> None:
    report = _import("cameras", _csv(tmp_path / "cameras.csv", CAMERAS, "gb18030"))
    assert report["written"] and report["counts"]["written"] == 3
    assert report["encoding"] == "gb18030"
    assert report["datum_how"] == "assumed"
    assert [dropped["column"] for dropped in report["dropped_columns"]] == ["联系电话"]
    assert [(n["row"], n["code"]) for n in report["notes"] if n["row"]] == [
        (3, "bearing.unreadable")
    ]
    found = _rows(
        land.url,
        "SELECT code, division_code, has_ptz, sensor_no, azimuth_deg, azimuth_error_deg, fov_deg"
        " FROM cameras JOIN poses ON camera_id = cameras.id ORDER BY code, sensor_no",
    )
    # Villages of the small county are 0.02 degrees wide from 110.00 on; DirectionType 2 is 270.
    assert found == [
        ("C1", 610522101201, True, 1, 90.0, 0.0, 60.0),
        ("C1", 610522101201, True, 2, 180.0, 0.0, 60.0),
        ("C2", 610522102201, False, 1, 270.0, 22.5, None),
        ("C3", 610522102202, False, 1, None, 0.0, None),
    ]
    stored = json.dumps(_rows(land.url, "SELECT to_jsonb(c) FROM cameras c"), ensure_ascii=False)
    assert "13900000000" not in stored


def test_importing_again_replaces_the_set_and_keeps_ids(land: Any, tmp_path: Path) -> None:
    path = _csv(tmp_path / "cameras.csv", CAMERAS)
    _import("cameras", path, set_name="county")
    before = dict(_rows(land.url, "SELECT code, id FROM cameras"))
    _csv(path, CAMERAS.replace("松坪,C3", "新点,C4").replace("柳林村口", "柳林村南口"))
    _import("cameras", path, set_name="county")
    after = dict(_rows(land.url, "SELECT code, id FROM cameras"))
    assert set(after) == {"C1", "C2", "C4"}
    assert (after["C1"], after["C2"]) == (before["C1"], before["C2"])
    names = dict(_rows(land.url, "SELECT code, name FROM cameras"))
    assert names["C1"] == "柳林村南口"
    assert _rows(land.url, "SELECT count(*) FROM poses") == [(4,)]


def test_one_bad_row_keeps_all_out_unless_partial_is_accepted(land: Any, tmp_path: Path) -> None:
    text = "name,lon,lat,fov_deg\na,110.01,34.51,60\nb,110.02,34.51,400\nc,110.03,95,\n"
    path = _csv(tmp_path / "cameras.csv", text)
    report = _import("cameras", path)
    assert not report["written"]
    assert [(r["row"], r["lon"], r["field"], r["code"]) for r in report["rejected"]] == [
        (2, 110.02, "fov_deg", "value.out_of_range"),
        (3, 110.03, "geometry", "coordinate.out_of_range"),
    ]
    assert all(r["reason"] and r["todo"] for r in report["rejected"])
    assert _rows(land.url, "SELECT count(*) FROM cameras") == [(0,)]
    assert _import("cameras", path, accepts_partial=True)["counts"]["written"] == 1
    assert _rows(land.url, "SELECT name FROM cameras") == [("a",)]


def test_a_place_with_an_outline_keeps_it_and_is_found_inside_it(land: Any, tmp_path: Path) -> None:
    """The outline is an L: its centroid lies outside, so the point must be another one."""
    corners = "110 34.5,110.004 34.5,110.004 34.501,110.001 34.501,110.001 34.504,110 34.504"
    bend = f"POLYGON(({corners},110 34.5))"
    text = (
        f'wkt,名称,重点\n"{bend}",县第一中学,1\n"{BOW_TIE}",体育场,0\nPOINT(110.03 34.51),东门,0\n'
    )
    report = _import("places", _csv(tmp_path / "p.csv", text))
    assert (report["counts"]["written"], report["counts"]["mended"]) == (3, 1), report
    found = _rows(
        land.url,
        "SELECT name, ST_NumGeometries(outline), ST_Contains(outline, geom), ST_Equals(outline,"
        f" ST_GeomFromText('{bend}', 4326)), division_code FROM places WHERE set_name = 'p'"
        " ORDER BY id",
    )
    assert found == [
        ("县第一中学", 1, True, True, 610522101201),
        ("体育场", 2, True, False, 610522101201),
        ("东门", None, None, None, 610522101202),
    ]
    _import("places", _csv(tmp_path / "p.csv", text))
    kept = _rows(land.url, "SELECT count(*), count(outline) FROM places WHERE set_name = 'p'")
    assert kept == [(3, 2)]


def test_outlines_find_their_places_by_code_or_by_name(land: Any, tmp_path: Path) -> None:
    _import(
        "places",
        _csv(tmp_path / "p.csv", "name,code,lon,lat\na,K1,110.01,34.51\nb,,110.03,34.51\n"),
    )
    text = f'wkt,name,code\n"{SQUARE}",别名,K1\n"{BOW_TIE}",b,\n'
    report = _import("outlines", _csv(tmp_path / "o.csv", text))
    assert report["written"] and report["counts"]["written"] == 2, report
    found = _rows(
        land.url,
        "SELECT name, ST_X(geom), ST_NumGeometries(outline) FROM places"
        " WHERE set_name = 'p' ORDER BY name",
    )
    assert found == [("a", 110.01, 1), ("b", 110.03, 2)]


def test_an_outline_without_its_one_place_is_refused(land: Any, tmp_path: Path) -> None:
    _import("places", _csv(tmp_path / "p.csv", "name,lon,lat\na,110.01,34.51\na,110.03,34.51\n"))
    text = f'wkt,name\n"{SQUARE}",a\n"{SQUARE}",zz\n"{SQUARE}",\n"{SQUARE}",石桥村小学\n'
    path = _csv(tmp_path / "o.csv", text)
    report = _import("outlines", path)
    codes = [(row["row"], row["code"]) for row in report["rejected"]]
    assert codes == [(1, "outline.many_places"), (2, "outline.no_place"), (3, "value.missing")]
    assert all(row["reason"] and row["todo"] for row in report["rejected"])
    # The school of 石桥 lies in the east town: to the west town it is no place at all.
    west = _import("outlines", path, bounds=(610522101000, 610522101999))
    assert (4, "outline.no_place") in [(row["row"], row["code"]) for row in west["rejected"]]
    _import("outlines", path, accepts_partial=True)
    outlined = _rows(land.url, "SELECT name FROM places WHERE outline IS NOT NULL")
    assert outlined == [("石桥村小学",)]


def test_a_place_is_no_line_and_no_cloud_of_points(land: Any, tmp_path: Path) -> None:
    text = 'wkt,名称\n"LINESTRING(110 34.5,110.1 34.5)",a\n"MULTIPOINT(110 34.5,110.1 34.5)",b\n'
    report = _import("places", _csv(tmp_path / "p.csv", text))
    assert [(r["row"], r["code"]) for r in report["rejected"]] == [
        (1, "geometry.wrong_kind"),
        (2, "geometry.many_points"),
    ]


def test_a_dry_run_writes_nothing_and_leaves_no_history(land: Any, tmp_path: Path) -> None:
    report = _import("cameras", _csv(tmp_path / "cameras.csv", CAMERAS), is_dry_run=True)
    assert not report["written"] and report["counts"]["read"] == 3
    assert _rows(land.url, "SELECT count(*) FROM cameras") == [(0,)]
    assert _rows(land.url, "SELECT count(*) FROM imports") == [(0,)]


def test_buildings_get_height_by_height_floors_or_assumption(land: Any, tmp_path: Path) -> None:
    text = f'wkt,层数,高度\n"{SQUARE}",4,15.5\n"{SQUARE}",4,\n"{BOW_TIE}",,\n'
    report = _import("buildings", _csv(tmp_path / "b.csv", text), default_height_m=7.0)
    assert report["counts"] == {
        **{"read": 3, "written": 3, "refused": 0, "mended": 1, "assumed_height": 1}
    }
    found = _rows(
        land.url,
        "SELECT height_m, floors, height_assumed, ST_NumGeometries(geom), ST_IsValid(geom)"
        " FROM buildings WHERE set_name = 'b' ORDER BY id",
    )
    assert found == [
        (15.5, 4, False, 1, True),
        (12.0, 4, False, 1, True),
        (7.0, None, True, 2, True),
    ]


def test_sight_is_computed_anew_with_the_rows_or_not_at_all(land: Any, tmp_path: Path) -> None:
    jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%refresh_viewsheds'"
    path = _csv(tmp_path / "b.csv", f'wkt\n"{SQUARE}"\nPOINT(1 2)\n')
    _import("buildings", path)
    assert _rows(land.url, jobs) == [(0,)]
    _import("buildings", path, accepts_partial=True)
    assert _rows(land.url, jobs) == [(1,)]


def test_grids_belong_to_the_village_they_name_or_lie_in(land: Any, tmp_path: Path) -> None:
    text = f'编码,wkt,所属村码,类别\nG1,"{SQUARE}",610522102202,专属网格\nG2,"{SQUARE}",,\n'
    _import("grids", _csv(tmp_path / "g.csv", text), set_name="new")
    found = _rows(
        land.url, "SELECT code, division_code, kind FROM grids WHERE set_name = 'new' ORDER BY code"
    )
    assert found == [("G1", 610522102202, "exclusive"), ("G2", 610522101201, "basic")]


def test_divisions_give_what_was_imported_before_them_a_home(database: str, tmp_path: Path) -> None:
    _import("cameras", _csv(tmp_path / "c.csv", "name,lon,lat\na,110.005,34.505\n"))
    assert _rows(database, "SELECT division_code FROM cameras") == [(0,)]
    report = _import("divisions", _csv(tmp_path / "d.csv", f'代码,wkt\n610522101201,"{SQUARE}"\n'))
    assert report["written"]
    assert _rows(database, "SELECT division_code FROM cameras") == [(610522101201,)]
    assert _rows(database, "SELECT level, parent_code FROM divisions") == [(5, 610522101000)]


def test_a_code_in_force_in_another_set_is_refused(land: Any, tmp_path: Path) -> None:
    path = _csv(tmp_path / "d.csv", f'代码,wkt\n610522101201,"{SQUARE}"\n')
    assert [r["code"] for r in _import("divisions", path)["rejected"]] == ["code.in_other_set"]


def _run(*arguments: str) -> Any:
    from typer import Typer

    from backend.exchange.commands import import_file

    app = Typer()
    app.command()(import_file)
    return CliRunner().invoke(app, arguments)


def test_the_command_line_tells_by_its_exit_code(land: Any, tmp_path: Path) -> None:
    good = _csv(tmp_path / "good.csv", CAMERAS)
    bad = _csv(tmp_path / "bad.csv", "name,lon,lat\na,110.01,x\n")
    done = _run("cameras", str(good), "--json", "--map", "name=名称")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["columns"][0] == {
        **{"field": "name", "column": "名称", "how": "option"}
    }
    refused = _run("cameras", str(bad))
    assert refused.exit_code == 2
    assert "geometry.unreadable" not in refused.stdout  # sentences, not codes
    # Usage errors are click's; `backend.cli.main` ends them with 1 (test below the command).
    missing = _run("cameras", str(tmp_path / "none.csv"))
    # The box round a usage error breaks long paths anywhere.
    assert "none.csv" in missing.output.translate(str.maketrans("", "", "│ \n"))
    assert json.loads(_run("grids", str(bad), "--json").stdout)["refusal"] is None


def test_usage_ends_with_one(database: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "backend.cli", "import", "cameras", str(tmp_path / "none.csv")]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1


def test_an_upload_goes_the_same_way(land: Any, client: Client, tmp_path: Path) -> None:
    planner = client("planner")
    answer = planner.post(
        "/api/imports/cameras",
        files={"file": ("cameras.csv", CAMERAS.encode())},
        data={"set_name": "county", "mapping": '{"name": "名称"}'},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["written"] == 3
    listed = planner.get("/api/imports").json()["imports"]
    assert [(row["set_name"], row["written"]) for row in listed] == [("county", True)]


def test_a_refused_upload_answers_with_the_report(land: Any, client: Client) -> None:
    planner = client("planner")
    answer = planner.post(
        "/api/imports/cameras", files={"file": ("c.csv", b"name,lon,lat\na,110.01,95\n")}
    )
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "imports.refused"
    assert error["detail"]["rejected"][0]["row"] == 1


def test_rows_outside_the_jurisdiction_are_refused(land: Any, client: Client) -> None:
    body = b"name,lon,lat\nmine,110.01,34.51\ntheirs,110.12,34.51\n"
    planner = client("planner")
    answer = planner.post("/api/imports/cameras", files={"file": ("c.csv", body)})
    rejected = answer.json()["error"]["detail"]["rejected"]
    assert [(row["row"], row["code"]) for row in rejected] == [(2, "division.outside")]


def test_an_operator_may_not_import(land: Any, client: Client) -> None:
    operator = client("operator")
    answer = operator.post("/api/imports/cameras", files={"file": ("c.csv", b"x")})
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["../../etc/cron.d/x.csv", "x", "..", "a.csv\x00.sh"])
def test_the_name_of_an_upload_leads_nowhere(name: str, land: Any, client: Client) -> None:
    planner = client("planner")
    answer = planner.post(
        "/api/imports/cameras?", files={"file": (name, b"name,lon,lat\na,110.01,34.51\n")}
    )
    assert answer.status_code in (200, 400, 422)
    assert not Path("/etc/cron.d/x.csv").exists()
