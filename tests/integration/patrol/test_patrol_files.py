"""`gridlink import units` and `tracks`: all of a file, or nothing and every reason."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from backend.exchange.patrol_files import PatrolOrder, import_patrol_file
from gis.datum import wgs84_to_gcj02
from tests.conftest import VILLAGES

START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)
GRID = f"{VILLAGES[0]}001"


def run(kind: str, path: Path, **more: object) -> dict:
    return import_patrol_file(PatrolOrder(kind, path, **more))  # type: ignore[arg-type]


def write(path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path.write_text("\n".join(lines) + "\n", encoding)
    return path


def test_units_come_with_their_grids_and_without_persons(land, tmp_path) -> None:
    file = write(
        tmp_path / "units.csv",
        "编号,名称,类别,责任网格,交通工具,人数,技能,负责人,联系电话",
        f"W-1,柳林一组,网格员,{GRID},电动车,3,急救、消防,张三,13800000000",
        f"H-1,柳林户长,治安户长,{GRID},,,,李四,",
        encoding="gb18030",
    )
    report = run("units", file)
    assert (report["written"], report["counts"]["added"]) == (True, 2)
    assert set(report["left_out"]) == {"负责人", "联系电话"}
    rows = land.run(
        "SELECT code, kind, vehicle, strength, is_team, skills, division_code FROM units ORDER BY 1"
    )
    assert rows == [
        ("H-1", "household_head", "foot", 1, False, [], VILLAGES[0]),
        ("W-1", "grid_worker", "ebike", 3, True, ["急救", "消防"], VILLAGES[0]),
    ]
    assert land.run("SELECT count(*) FROM unit_grids") == [(2,)]


def test_a_set_becomes_what_the_file_says(land, tmp_path) -> None:
    head, first = "code,name,kind,division", f"W-1,一组,网格员,{VILLAGES[0]}"
    run("units", write(tmp_path / "a.csv", head, first, f"W-2,二组,网格员,{VILLAGES[0]}"))
    ids = land.run("SELECT id FROM units WHERE code = 'W-1'")
    report = run("units", write(tmp_path / "b.csv", head, first.replace("一组", "甲组")))
    assert {k: report["counts"][k] for k in ("added", "kept", "ended")} == {
        "added": 0,
        "kept": 1,
        "ended": 1,
    }
    rows = land.run("SELECT name, is_active FROM units ORDER BY code")
    assert rows == [("甲组", True), ("二组", False)]
    assert land.run("SELECT id FROM units WHERE code = 'W-1'") == ids


def test_one_bad_unit_keeps_all_out_and_is_named(land, tmp_path) -> None:
    file = write(
        tmp_path / "units.csv",
        "code,name,kind,grids,division,strength",
        f"W-1,一组,网格员,{GRID},,",
        "W-2,二组,飞行员,,610522,",
        "W-3,三组,网格员,nowhere,,",
        "W-1,四组,网格员,,610522,",
        ",五组,网格员,,610522,",
        "W-6,六组,网格员,,,",
        "W-7,七组,网格员,,610522,0",
    )
    report = run("units", file)
    assert [(r["row"], r["code"]) for r in report["rejected"]] == [
        (2, "value.unknown"),
        (3, "value.unknown"),
        (4, "value.duplicate"),
        (5, "value.missing"),
        (6, "value.missing"),
        (7, "value.unknown"),
    ]
    assert report["written"] is False
    assert land.run("SELECT count(*) FROM units") == [(0,)]
    assert run("units", file, accepts_partial=True)["written"] is True
    assert land.run("SELECT code FROM units") == [("W-1",)]


def gpx(path: Path, points: list[tuple[float, float, str]], *, head: str = "") -> Path:
    rows = "".join(
        f'<trkpt lat="{lat}" lon="{lon}"><ele>9</ele><time>{at}</time></trkpt>'
        for lon, lat, at in points
    )
    return write(
        path,
        f'<?xml version="1.0"?>{head}<gpx version="1.1" creator="t"'
        f' xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{rows}</trkseg></trk></gpx>',
    )


def instants(count: int) -> list[str]:
    return [(START + timedelta(seconds=10 * k)).isoformat() for k in range(count)]


def test_a_gpx_track_is_stored_once(land, unit, tmp_path) -> None:
    unit("W-1")
    file = gpx(
        tmp_path / "walk.gpx", [(110.01, 34.51 + k / 1e4, at) for k, at in enumerate(instants(5))]
    )
    report = run("tracks", file, unit="W-1")
    assert (report["written"], report["counts"]["accepted"]) == (True, 5)
    assert land.run("SELECT min(lat_e7), max(lat_e7) FROM fixes") == [(345_100_000, 345_104_000)]
    assert land.run("SELECT count(*) FROM patrol_dirty") == [(1,)]
    assert run("tracks", file, unit="W-1")["counts"]["duplicates"] == 5


def test_a_gpx_with_a_document_type_is_refused(land, unit, tmp_path) -> None:
    unit("W-1")
    bomb = '<!DOCTYPE g [<!ENTITY a "b"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
    report = run("tracks", gpx(tmp_path / "x.gpx", [], head=bomb), unit="W-1")
    assert report["refusal"]["code"] == "file.unreadable"
    for text in ("<kml/>", "<gpx><trk>", ""):
        report = run("tracks", write(tmp_path / "y.gpx", text), unit="W-1")
        assert report["refusal"]["code"] == "file.unreadable"


def test_a_table_of_tracks_names_every_bad_row(land, unit, tmp_path) -> None:
    unit("W-1")
    at = instants(3)
    file = write(
        tmp_path / "t.csv",
        "编号,经度,纬度,时间,精度",
        f"W-1,110.01,34.51,{at[0]},5",
        "W-1,110.01,34.51,2026-11-22 08:00:00,",
        f"W-9,110.01,34.51,{at[1]},",
        f"W-1,34.51,110.01,{at[1]},",
        f"W-1,x,34.51,{at[1]},",
        f"W-1,110.02,34.51,{(START + timedelta(seconds=20)).timestamp():.0f},5",
        "W-1,110.01,34.51,2001-01-01T00:00:00Z,5",
    )
    report = run("tracks", file)
    assert sorted((r["row"], r["code"]) for r in report["rejected"]) == [
        (2, "fixes.naive_time"),
        (3, "fixes.unknown_unit"),
        (4, "fixes.swapped"),
        (5, "fixes.bad_number"),
        (7, "fixes.too_old"),
    ]
    assert land.run("SELECT count(*) FROM fixes") == [(0,)]
    partial = run("tracks", file, accepts_partial=True)
    assert (partial["counts"]["read"], partial["counts"]["accepted"]) == (7, 2)


def test_a_datum_is_taken_back_and_the_time_of_a_track_can_count_as_duty(
    land, unit, tmp_path
) -> None:
    unit("W-1", on_duty=False)
    # GCJ-02 of 110.01, 34.51 on WGS 84, by the public formula (gis.datum has its own test).
    lon, lat = wgs84_to_gcj02(np.array([110.01]), np.array([34.51]))
    file = write(tmp_path / "t.csv", "lon,lat,time", f"{lon[0]:.8f},{lat[0]:.8f},{instants(1)[0]}")
    refused = run("tracks", file, unit="W-1", datum="gcj02")
    assert [r["code"] for r in refused["rejected"]] == ["fixes.off_duty"]
    taken = run("tracks", file, unit="W-1", datum="gcj02", makes_duty=True)
    assert taken["counts"]["accepted"] == 1
    [(lon_e7, lat_e7)] = land.run("SELECT lon_e7, lat_e7 FROM fixes")
    assert (lon_e7, lat_e7) == pytest.approx((1_100_100_000, 345_100_000), abs=2)
    assert land.run("SELECT source FROM shifts") == [("dispatcher",)]


def test_taxis_come_as_they_are_recorded(
    land, unit, tmp_path, monkeypatch, forget_settings
) -> None:
    monkeypatch.setenv("GRIDLINK_PATROL__FIXES_KEPT_DAYS", "36500")
    forget_settings()
    unit("T-1", on_duty=False)
    lines = ["37.75134 -122.39488 0 1213084687", "37.75136 -122.39527 0 1213084659"]
    report = run("tracks", write(tmp_path / "t.txt", *lines), unit="T-1", makes_duty=True)
    assert (report["written"], report["counts"]["accepted"]) == (True, 2)
    rows = land.run("SELECT extract(epoch FROM at)::bigint, lon_e7 FROM fixes ORDER BY at")
    assert rows == [(1213084659, -1_223_952_700), (1213084687, -1_223_948_800)]
