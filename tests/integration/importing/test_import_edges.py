"""The command and the upload at their edges: exit codes, one JSON object, odd names, no files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest

from backend import cli, cluster
from backend.exchange.pipeline import ImportOrder, run_import
from backend.settings import load

Client = Callable[..., httpx.Client]
GOOD = "name,lon,lat\na,110.01,34.51\n"
BAD = "name,lon,lat\na,110.01,34.51\nb,110.02,x\n"


def _csv(folder: Path, text: str, name: str = "a.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def _gridlink(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backend.cli", "import", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | environment,
    )


def _main(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    """Run the command's own entry in this process: starting ten takes a minute."""
    monkeypatch.setattr(sys, "argv", ["gridlink", "import", *arguments])
    with pytest.raises(SystemExit) as done:
        cli.main()
    return int(done.value.code or 0), capsys.readouterr().out


def _import(path: Path, kind: str = "cameras", **wishes: Any) -> dict[str, Any]:
    return run_import(ImportOrder(kind, path, path.name, **wishes))


def test_json_is_one_object_whatever_happens(
    land: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good, bad = _csv(tmp_path, GOOD, "good.csv"), _csv(tmp_path, BAD, "bad.csv")
    shapefile = _csv(tmp_path, "no shapefile", "a.shp")
    for arguments, code in (
        (("cameras", str(good)), 0),
        (("cameras", str(bad)), 2),
        (("cameras", str(bad), "--accept-partial"), 2),
        (("cameras", str(shapefile)), 2),
        (("cameras", str(good), "--map", "name=missing"), 2),
        (("cameras", str(tmp_path / "none.csv")), 1),
        (("persons", str(good)), 1),
        (("cameras", str(good), "--map", "name"), 1),
        (("cameras", str(good), "--datum", "nad27"), 1),
    ):
        found, output = _main(monkeypatch, capsys, *arguments, "--json")
        assert found == code, (arguments, output)
        answer = json.loads(output)
        assert ("error" in answer) == (code == 1), answer


def test_a_report_on_a_pipe_is_not_cut_at_eighty_columns(land: Any, tmp_path: Path) -> None:
    done = _gridlink("cameras", str(_csv(tmp_path, "name,lon,lat,fov_deg\na,110.01,34.51,400\n")))
    assert done.returncode == 2
    [row] = [line for line in done.stdout.splitlines() if "110.01" in line]
    assert "fov_deg 的值 400.0 不在 0.01 到 360.0 之间" in row and "改正或留空" in row


def test_the_command_works_on_a_database_of_any_name(template: str, tmp_path: Path) -> None:
    name = f"test_{os.getpid()}_county-Ünï 2"
    home = cluster.locate(load().var_dir)
    with psycopg.connect(home.url("postgres"), autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
    try:
        url = home.url(quote(name))
        done = _gridlink("cameras", str(_csv(tmp_path, GOOD)), GRIDLINK_DATABASE_URL=url)
        assert done.returncode == 0, done.stderr
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM cameras").fetchall() == [(1,)]
    finally:
        with psycopg.connect(home.url("postgres"), autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.parametrize("name", ["县 2026/11 'a' \"b\"; --", "\x00", "🙂" * 200, " ", "%s{x}"])
def test_a_set_may_be_called_anything(name: str, land: Any, tmp_path: Path) -> None:
    path = _csv(tmp_path, GOOD)
    for _ in range(2):
        assert _import(path, set_name=name)["written"]
    assert land.run("SELECT count(*) FROM cameras") == [(1,)]
    [(stored,)] = land.run("SELECT set_name FROM cameras")
    assert stored and len(str(stored)) <= 100


def test_the_same_file_twice_changes_nothing(land: Any, tmp_path: Path) -> None:
    path = _csv(tmp_path, GOOD)
    seen = []
    for _ in range(2):
        _import(path)
        seen.append(land.run("SELECT id, version, name, ST_AsText(geom) FROM cameras"))
    assert seen[0] == seen[1]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("cameras", "name,code,lon,lat\n{long},c,110.01,34.51\n"),
        ("cameras", "name,code,lon,lat\na,{long},110.01,34.51\n"),
        ("places", "name,kind,lon,lat\na,{long},110.01,34.51\n"),
        ("roads", 'name,wkt\n{long},"LINESTRING(110 34,110.1 34)"\n'),
        ("grids", 'code,wkt\n{long},"POLYGON((110 34,110.1 34,110 34.1,110 34))"\n'),
    ],
)
def test_a_text_too_long_for_the_table_refuses_its_row(
    kind: str, text: str, land: Any, tmp_path: Path
) -> None:
    report = _import(_csv(tmp_path, text.format(long="长" * 5000)), kind)
    assert [(row["row"], row["code"]) for row in report["rejected"]] == [(1, "value.too_long")]
    assert "长" * 100 not in json.dumps(report, ensure_ascii=False)


def _upload(client: httpx.Client, *files: tuple[str, bytes], **form: str) -> httpx.Response:
    return client.post("/api/imports/cameras", files=[("file", file) for file in files], data=form)


def test_an_upload_above_the_limit_is_refused_before_it_is_read(
    land: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("GRIDLINK_IMPORTS__UPLOAD_LIMIT_BYTES", "2000")
    load.cache_clear()
    client = request.getfixturevalue("client")("planner")
    answer = _upload(client, ("a.csv", b"x" * 5000))
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body.too_large")
    assert _upload(client, ("a.csv", GOOD.encode())).status_code == 200


@pytest.mark.parametrize("role", ["operator", "dispatcher", "inspector"])
def test_only_planners_and_administrators_may_upload(role: str, land: Any, client: Client) -> None:
    assert _upload(client(role), ("a.csv", GOOD.encode())).status_code == 403
    assert land.run("SELECT count(*) FROM imports") == [(0,)]


def test_uploads_that_cannot_be_meant_are_refused(land: Any, client: Client) -> None:
    planner = client("planner")
    good = ("a.csv", GOOD.encode())
    assert planner.post("/api/imports/persons", files={"file": good}).status_code in (404, 422)
    assert planner.post("/api/imports/cameras").status_code == 422
    assert planner.post("/api/imports/cameras", data={"file": "x"}).status_code == 422
    for answer in (
        _upload(planner, good, ("b.csv", GOOD.encode())),
        _upload(planner, ("nothing", b"x")),
        _upload(planner, good, mapping="[1]"),
        _upload(planner, good, mapping="{"),
        _upload(planner, good, datum="nad27"),
        _upload(planner, good, default_height_m="-1"),
        _upload(planner, good, default_height_m="nan"),
        _upload(planner, ("a.csv", b"")),
        _upload(planner, ("a.exe", b"MZ")),
        _upload(planner, *[(f"a.{letter}", b"x") for letter in "abcdefghijklm"]),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["message"]
    assert land.run("SELECT count(*) FROM cameras") == [(0,)]


def test_an_upload_is_entered_under_its_users_name(land: Any, client: Client) -> None:
    planner = client("planner")
    who = planner.get("/api/session").json()["user"]
    _upload(planner, ("C:\\secret\\a.csv", GOOD.encode()), set_name="county")
    acts = land.run(
        "SELECT actor_id, actor_name, division_code, detail->>'file' FROM register"
        " WHERE act = 'import.written'"
    )
    assert acts == [(who["id"], who["username"], int(who["division"]["code"]), "a.csv")]
