"""Exports over HTTP and by command: rights, jurisdiction, register, jobs, files that go again."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyogrio
import pytest

from backend.db import begin
from backend.exchange.exports.making import write
from backend.exchange.exports.ordering import one
from backend.exchange.exports.storing import folder_of, sweep

WEST_TOWN, NEIGHBOUR = 610522101000, 610523000000
WISH = {"kind": "grids", "format": "gpkg", "datum": "cgcs2000", "purpose": "移交测绘院"}


@pytest.fixture
def kept_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, land, forget_settings) -> Path:
    """Keep exported files in a folder of the test."""
    monkeypatch.setenv("GRIDLINK_EXPORTS__FOLDER", str(tmp_path / "kept"))
    forget_settings()
    return tmp_path


def taken(client, export: dict, folder: Path) -> Path:
    answer = client.get(f"/api/exports/{export['id']}/file")
    assert answer.status_code == 200, answer.text
    path = folder / "taken.gpkg"
    path.write_bytes(answer.content)
    return path


def test_a_planner_exports_the_own_jurisdiction_and_it_stands_in_the_register(
    kept_in, client, land
) -> None:
    west = client("planner", WEST_TOWN)
    made = west.post("/api/exports", json={**WISH, "set_name": "basic"})
    assert made.status_code == 202, made.text
    export = made.json()
    assert (export["state"], export["row_count"], export["progress"]) == ("done", 4, 1.0)
    assert export["file_name"].startswith("网格-cgcs2000-")
    path = taken(west, export, kept_in)
    codes = set(pyogrio.raw.read(path, columns=["code"], read_geometry=False)[3][0])
    assert codes == {f"610522101{village}00{n}" for village in ("201", "202") for n in (1, 2)}
    acts = land.run(
        "SELECT act, purpose, division_code, detail->>'kind', detail->>'rows' FROM register"
        " WHERE act LIKE 'export.%%' ORDER BY seq"
    )
    assert acts == [
        ("export.ordered", "移交测绘院", WEST_TOWN, "grids", "4"),
        ("export.taken", "移交测绘院", WEST_TOWN, "grids", None),
    ]


def test_an_export_is_of_nobody_in_another_jurisdiction(kept_in, client) -> None:
    export = client("planner", WEST_TOWN).post("/api/exports", json=WISH).json()
    other = client("planner", NEIGHBOUR)
    assert other.get(f"/api/exports/{export['id']}").status_code == 404
    assert other.get(f"/api/exports/{export['id']}/file").status_code == 404
    assert other.get("/api/exports").json()["rows"] == []
    asked = other.post("/api/exports", json={**WISH, "division": str(WEST_TOWN)})
    assert asked.status_code == 404


@pytest.mark.parametrize("role", ["operator", "dispatcher", "inspector", "worker"])
def test_whoever_lacks_the_right_exports_nothing(kept_in, client, role: str) -> None:
    answer = client(role).post("/api/exports", json=WISH)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "rights.missing")


def test_no_export_without_a_purpose(kept_in, client) -> None:
    planner = client("planner")
    for purpose in (None, "", "   "):
        wish = {name: value for name, value in WISH.items() if name != "purpose"}
        answer = planner.post(
            "/api/exports", json={**wish, "purpose": purpose} if purpose is not None else wish
        )
        assert answer.status_code == 422


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"datum": "beijing54"}, "field.invalid"),
        ({"datum": "cgcs2000-zone99"}, "field.invalid"),
        ({"datum": "cgcs2000-cm110"}, "field.invalid"),
        ({"kind": "coverage"}, "exports.no_shape"),
        ({"encoding": "gbk"}, "exports.encoding_fixed"),
        ({"kind": "devices"}, "request.invalid"),
        ({"kind": "roads", "at": "2020-01-01"}, "exports.no_choice"),
        ({"kind": "cameras", "since": "2020-01-01"}, "exports.no_choice"),
        ({"kind": "incidents", "set_name": "basic"}, "exports.no_choice"),
        ({"at": "2020-01-01", "until": "2020-01-01"}, "exports.no_choice"),
    ],
)
def test_what_does_not_go_together_is_refused_with_a_reason(
    kept_in, client, change: dict, code: str
) -> None:
    answer = client("planner").post("/api/exports", json={**WISH, **change})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)


def test_a_character_outside_gbk_is_refused_and_not_written_as_a_question_mark(
    kept_in, client, land
) -> None:
    land.run("UPDATE grids SET name = '𠮷村' WHERE code = '610522101201001'")
    planner = client("planner")
    answer = planner.post("/api/exports", json={**WISH, "format": "shp"})
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["detail"]["sign"]) == ("exports.encoding", "𠮷")
    assert not list((kept_in / "kept").iterdir())
    wider = planner.post("/api/exports", json={**WISH, "format": "shp", "encoding": "gb18030"})
    assert wider.json()["state"] == "done"


def test_a_large_export_is_written_by_a_job_that_can_be_called_off(
    kept_in, client, land, monkeypatch, forget_settings
) -> None:
    monkeypatch.setenv("GRIDLINK_EXPORTS__AT_ONCE_ROWS", "0")
    forget_settings()
    planner = client("planner")
    first, second = (planner.post("/api/exports", json=WISH).json() for _ in range(2))
    assert first["state"] == "waiting"
    refused = planner.get(f"/api/exports/{first['id']}/file")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "exports.not_written")
    assert planner.post(f"/api/exports/{second['id']}/cancel").json()["state"] == "cancelled"
    jobs = land.run("SELECT args->>'export_id' FROM procrastinate_jobs ORDER BY id")
    with begin() as session:
        cut_off = folder_of(one(session, first["id"]))
    cut_off.mkdir(parents=True)
    (cut_off / "half.gpkg").write_bytes(b"as a killed worker leaves it")
    for (number,) in jobs:
        write(int(number))
    done = planner.get(f"/api/exports/{first['id']}").json()
    assert (done["state"], done["row_count"]) == ("done", 12)
    assert planner.get(f"/api/exports/{second['id']}").json()["state"] == "cancelled"
    assert len(pyogrio.raw.read(taken(planner, done, kept_in))[2]) == 12


def test_a_file_goes_when_it_was_kept_long_enough(kept_in, client) -> None:
    planner = client("planner")
    export = planner.post("/api/exports", json=WISH).json()
    now = datetime.now(UTC)
    assert sweep(now) == 0
    assert sweep(now + timedelta(hours=25)) == 1
    assert not list((kept_in / "kept").iterdir())
    answer = planner.get(f"/api/exports/{export['id']}/file")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "exports.removed")


def test_grids_of_another_day_and_incidents_of_a_span(kept_in, client, land) -> None:
    land.run(
        "INSERT INTO grids (set_name, code, name, division_code, geom, valid_from, valid_to)"
        " SELECT set_name, 'OLD', 'old', division_code, geom, '2020-01-01', '2021-01-01'"
        " FROM grids WHERE code = '610522101201001'"
    )
    planner = client("planner")
    then = planner.post("/api/exports", json={**WISH, "at": "2020-06-01"}).json()
    assert then["row_count"] == 1
    assert planner.post("/api/exports", json={**WISH, "at": "2021-01-01"}).json()["row_count"] == 0
    land.run(
        "INSERT INTO incidents (number, kind, severity, geom, division_code, reported_by,"
        " reported_at, description) SELECT 'E' || d, (SELECT min(code) FROM incident_kinds),"
        " 'blue', ST_SetSRID(ST_Point(110.01, 34.51), 4326), 610522101201,"
        " (SELECT min(id) FROM users),"
        " make_timestamptz(2026, 1, d, 0, 0, 0, 'Asia/Shanghai'), '张三 13900001111'"
        " FROM generate_series(1, 9) d"
    )
    span = {
        **WISH,
        "kind": "incidents",
        "format": "csv",
        "since": "2026-01-03",
        "until": "2026-01-05",
    }
    export = planner.post("/api/exports", json=span).json()
    assert export["row_count"] == 3
    body = planner.get(f"/api/exports/{export['id']}/file").content.decode("utf-8-sig")
    assert "13900001111" not in body
    # Midnight here is 16:00 UTC of the day before; the one of 6 January is no longer of the 5th.
    assert [line.split(",")[0] for line in body.splitlines()[1:]] == ["E3", "E4", "E5"]
    assert body.splitlines()[0].startswith("number,kind,severity,state,reported_at")


def test_visits_of_a_day_are_those_of_the_grid_of_the_day_and_told_once(
    kept_in, client, land
) -> None:
    land.run("UPDATE grids SET valid_from = '2026-01-01'")
    land.run(
        "INSERT INTO units (code, name, kind, vehicle, division_code) VALUES"
        " ('U1', '柳林一号', 'grid_worker', 'foot', 610522101201)"
    )
    planner = client("planner")
    [(south,)] = land.run("SELECT id FROM grids WHERE code = '610522101201001'")
    recode = {"op": "recode", "grid_id": south, "code": "R"}
    draft = {"set_name": "basic", "title": "改码", "operations": [recode]}
    change = planner.post("/api/grids/changes", json=draft).json()
    assert planner.post(f"/api/grids/changes/{change['id']}/apply", json={}).status_code == 200
    # The same visit, as it is derived on the grid of then and on that of today.
    land.run(
        "INSERT INTO visits (unit_id, grid_id, division_code, day, entered_at, left_at, dwell_s,"
        " is_sure, basis, is_continued) SELECT (SELECT id FROM units), id, division_code,"
        " '2026-03-01', '2026-03-01T08:00Z', '2026-03-01T09:00Z', 3600, true, 'seen', false"
        " FROM grids WHERE code IN ('610522101201001', 'R')"
    )
    made = planner.post("/api/exports", json={**WISH, "kind": "visits", "format": "csv"}).json()
    body = planner.get(f"/api/exports/{made['id']}/file").content.decode("utf-8-sig")
    assert [row.split(",")[0] for row in body.splitlines()[1:]] == ["610522101201001"]


def test_todays_grids_are_those_of_the_day_it_is_here(
    kept_in, client, land, monkeypatch, forget_settings
) -> None:
    # Of the two ends of the earth one is never on the day that UTC is on.
    now = datetime.now(UTC)
    ends = ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    there = next(z for z in map(ZoneInfo, ends) if now.astimezone(z).date() != now.date())
    monkeypatch.setenv("GRIDLINK_SITE__TIMEZONE", there.key)
    forget_settings()
    land.run(
        "UPDATE grids SET valid_from = %s::date, valid_to = %s::date + 1 WHERE code = 'P1'",
        *[now.astimezone(there).date()] * 2,
    )
    planner = client("planner")
    wish = {**WISH, "set_name": "police"}
    assert planner.post("/api/exports", json=wish).json()["row_count"] == 4
    items = planner.get("/ogc/collections/grids/items?set_name=police")
    assert items.json()["numberMatched"] == 4


def test_units_leave_as_a_list_without_places_and_come_back(kept_in, client, land, account) -> None:
    land.run(
        "INSERT INTO units (code, name, kind, vehicle, strength, is_team, skills, division_code,"
        " user_id) VALUES ('U1', '柳林一号', 'response', 'car', 4, true, '{急救,灭火}',"
        " 610522101201, (SELECT id FROM users WHERE username = %s))",
        account("worker"),
    )
    land.run(
        "INSERT INTO unit_grids SELECT (SELECT id FROM units), id FROM grids"
        " WHERE code IN ('610522101201002', '610522101201001')"
    )
    land.run(
        "INSERT INTO unit_positions (unit_id, division_code, at, lon_e7, lat_e7, accuracy_dm,"
        " speed_cms) SELECT id, division_code, now(), 1100123450, 345123450, 50, 10 FROM units"
    )
    planner = client("planner")
    made = planner.post("/api/exports", json={**WISH, "kind": "units", "format": "csv"}).json()
    body = planner.get(f"/api/exports/{made['id']}/file").content
    assert body.decode("utf-8-sig").splitlines() == [
        "code,name,kind,vehicle,strength,skills,grids,division_code,set_name",
        "U1,柳林一号,response,car,4,急救;灭火,610522101201001;610522101201002,610522101201,default",
    ]
    (kept_in / "units.csv").write_bytes(body)
    done = gridlink(land, "import", "units", str(kept_in / "units.csv"), "--set", "again")
    assert done.returncode == 0, done.stdout + done.stderr
    kept = (
        "SELECT u.code, u.name, u.kind, u.vehicle, u.strength, u.skills, u.division_code,"
        " array_agg(g.grid_id ORDER BY g.grid_id) FROM units u JOIN unit_grids g ON g.unit_id"
        " = u.id WHERE u.set_name = %s GROUP BY u.id"
    )
    assert land.run(kept, "again") == land.run(kept, "default")


def test_checkpoints_gaps_and_views_leave_as_files(kept_in, client, land) -> None:
    fill_seen(land)
    planner = client("planner", WEST_TOWN)
    for kind, names in (
        ("checkpoints", ["name", "radius_m", "longest_interval_s"]),
        ("gaps", ["code", "name", "reading", "px_per_m", "area_m2", "weight"]),
        ("viewsheds", ["code", "name", "sensor_no", "certain_m2", "possible_m2", "computed_at"]),
    ):
        made = planner.post("/api/exports", json={**WISH, "kind": kind}).json()
        meta, _, shapes, _ = pyogrio.raw.read(taken(planner, made, kept_in))
        assert list(meta["fields"])[: len(names)] == names
        assert len(shapes) == 1, kind
    other = client("planner", NEIGHBOUR)
    for kind in ("checkpoints", "gaps", "viewsheds"):
        assert other.post("/api/exports", json={**WISH, "kind": kind}).json()["row_count"] == 0


def fill_seen(land) -> None:
    """Add a checkpoint, a gap and the view of a camera in the west town."""
    square = "ST_Multi(ST_MakeEnvelope(110.001, 34.501, 110.002, 34.502, 4326))"
    land.add_camera("路口", 110.0107, 34.5103)
    land.run(
        "INSERT INTO checkpoints (name, division_code, geom) VALUES ('桥头', 610522101201,"
        " ST_SetSRID(ST_Point(110.011, 34.511), 4326))"
    )
    land.run(
        "INSERT INTO coverage_gaps (grid_id, division_code, reading, px_per_m, area_m2, weight,"
        f" geom) SELECT id, division_code, 'installed', 20, 9, 1, {square} FROM grids"
        " WHERE code = '610522101201001'"
    )
    land.run(
        "INSERT INTO viewsheds (pose_id, camera_id, division_code, certain, certain_area_m2)"
        f" SELECT p.id, c.id, c.division_code, {square}, 9 FROM poses p JOIN cameras c"
        " ON c.id = p.camera_id"
    )


def test_tables_of_visits_and_coverage_name_no_unit(kept_in, client, land) -> None:
    land.run(
        "INSERT INTO units (code, name, kind, vehicle, division_code) VALUES"
        " ('U1', '柳林一号', 'grid_worker', 'foot', 610522101201)"
    )
    land.run(
        "INSERT INTO visits (unit_id, grid_id, division_code, day, entered_at, left_at, dwell_s,"
        " is_sure, basis, is_continued) SELECT (SELECT id FROM units), id, division_code,"
        " '2026-03-01', '2026-03-01T08:00Z', '2026-03-01T09:00Z', 3600, true, 'seen', false"
        " FROM grids WHERE code = '610522101201001'"
    )
    land.run(
        "INSERT INTO visits (unit_id, grid_id, division_code, day, entered_at, left_at, dwell_s,"
        " is_sure, basis, is_continued) SELECT unit_id, grid_id, division_code, day,"
        " '2026-03-01T17:00Z', '2026-03-01T17:10Z', 600, true, 'seen', false FROM visits"
    )
    planner = client("planner")
    made = planner.post("/api/exports", json={**WISH, "kind": "visits", "format": "csv"}).json()
    body = planner.get(f"/api/exports/{made['id']}/file").content.decode("utf-8-sig")
    assert "柳林一号" not in body
    assert body.splitlines()[1] == (
        "610522101201001,柳林村南网格,2026-03-01,1,1,3600.0,2026-03-01T08:00:00Z,"
        "2026-03-01T09:00:00Z,610522101201,basic"
    )
    assert ",2026-03-02,1,1,600.0," in body.splitlines()[2]  # 01:00 of the next day here
    assert (
        planner.post("/api/exports", json={**WISH, "kind": "coverage", "format": "xlsx"}).json()[
            "state"
        ]
        == "done"
    )


def test_kinds_and_sets_are_those_the_caller_may_read(kept_in, client) -> None:
    planner = client("planner", WEST_TOWN)
    told = planner.get("/api/exports/kinds").json()
    assert {kind["kind"] for kind in told["kinds"]} >= {"grids", "cameras", "incidents", "visits"}
    assert "cgcs2000-zone" in told["datums"]
    assert planner.get("/api/exports/kinds/grids/sets").json() == {"sets": ["basic", "police"]}
    assert client("planner", NEIGHBOUR).get("/api/exports/kinds/grids/sets").json() == {
        "sets": ["basic"]
    }


def gridlink(land, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"GRIDLINK_DATABASE_URL": land.url}
    command = [sys.executable, "-m", "backend.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_command_writes_a_file_and_says_what_must_be_known(land, tmp_path: Path) -> None:
    target = tmp_path / "网格.geojson"
    done = gridlink(
        land, "export", "grids", "--set", "police", "--datum", "gcj02", "-o", str(target)
    )
    assert done.returncode == 0, done.stderr
    assert "GCJ-02" in done.stderr
    told = json.loads(target.read_text("utf-8"))
    assert len(told["features"]) == 4
    assert told["crs"]["properties"]["name"] == "GCJ-02"
    again = gridlink(land, "export", "grids", "-o", str(target))
    assert again.returncode == 1
    assert land.run("SELECT purpose FROM register WHERE act = 'export.taken'") == [
        ("command line",)
    ]
