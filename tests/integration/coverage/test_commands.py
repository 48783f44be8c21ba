"""`gridlink coverage ...`: the terminal tells what the API tells, and refuses in words."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from backend.coverage.commands import coverage
from tests.conftest import COUNTY, VILLAGES
from tests.integration.coverage.town import found_town


@pytest.fixture(scope="module")
def run() -> Any:
    def ask(*words: str) -> Result:
        return CliRunner().invoke(coverage, [*words])

    return ask


@pytest.fixture
def counted(land: Any, run: Any) -> Any:
    """The town with its cameras, counted by the command itself."""
    found_town(land)
    done = run("refresh", "--wait", "--all")
    assert done.exit_code == 0, done.output
    assert "subjects counted" in done.output
    return land


@pytest.mark.parametrize(
    ("words", "path", "asked"),
    [
        (("show", "grids"), "figures", {"subject": "grid", "sort": "code"}),
        (("show", "divisions"), "figures", {"subject": "division", "sort": "code"}),
        (("show", "grids", "--scale", "dori"), "figures", {"sort": "code", "scale": "dori"}),
        (("gaps",), "gaps", {"band": "overview", "limit": 20}),
        (("losses", "--least"), "losses", {"band": "overview", "order": "least", "limit": 20}),
    ],
)
def test_the_terminal_tells_what_the_api_tells(
    counted: Any, run: Any, client: Any, words: Any, path: str, asked: dict[str, Any]
) -> None:
    told = run(*words, "--division", str(COUNTY), "--json")
    assert told.exit_code == 0, told.output
    answer = client("planner").get(f"/api/coverage/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    assert json.loads(told.output)["rows"] == answer.json()["rows"]
    assert answer.json()["rows"]


def test_a_sheet_for_people_names_grids_and_shares(counted: Any, run: Any) -> None:
    told = run("show", "grids", "--sort", "overview", "--descending", "--limit", "1")
    assert "城关网格" in told.output
    assert "%" in told.output


def test_a_village_shows_its_own_grids_alone(counted: Any, run: Any) -> None:
    told = run("show", "grids", "--division", str(VILLAGES[1]), "--json")
    rows = json.loads(told.output)["rows"]
    assert rows
    assert {row["division_code"] for row in rows} == {str(VILLAGES[1])}


@pytest.mark.parametrize(
    "words",
    [
        ("show", "grids", "--sort", "colour"),
        ("show", "grids", "--division", "61052x"),
        ("gaps", "--limit", "0"),
        ("losses", "--band", "everything"),
        ("show", "cats"),
    ],
)
def test_a_wrong_word_is_refused_with_what_is_allowed(land: Any, run: Any, words: Any) -> None:
    told = run(*words)
    assert told.exit_code == 2
    assert "Invalid value" in told.output


def test_without_wait_the_refresh_is_left_to_the_worker(land: Any, run: Any) -> None:
    assert run("refresh").output.strip() == "deferred"
    assert land.run(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%%refresh%%'"
    ) != [(0,)]


def test_rates_and_their_rows_come_as_sheet_and_as_json(counted: Any, run: Any) -> None:
    board = json.loads(run("rates", "--json").output)
    assert [rate["code"] for rate in board["rates"]] == [
        *("covered", "networked", "working", "secured")
    ]
    rows = json.loads(run("rates", "networked", "--json").output)
    assert rows["total"] == len(rows["rows"]) == 3
    assert run("rates").exit_code == 0
