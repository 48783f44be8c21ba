"""Change sets that come into force on their day, and the commands of the terminal."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from backend.grids.changes.tasks import apply_planned
from tests.integration.grids.conftest import line

SOUTH = "610522101201001"
CUT = line((110.012, 34.49), (110.0123, 34.53))


def today():
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()


def split(planner) -> dict:
    return {"op": "split", "grid_id": planner.id_of(SOUTH), "line": CUT}


def test_what_is_planned_comes_into_force_on_its_day_and_not_before(land, planner) -> None:
    later = planner.plan(split(planner), planned_for=str(today() + timedelta(days=3))).json()
    assert apply_planned() == {}
    land.run("UPDATE grid_changes SET planned_for = %s WHERE id = %s", today(), later["id"])
    assert apply_planned() == {later["id"]: None}
    sheet = planner.http.get(f"/api/grids/changes/{later['id']}").json()
    assert (sheet["state"], sheet["applied_by"]) == ("applied", "日程")
    assert sheet["in_force_on"] == today().isoformat()
    assert apply_planned() == {}


def test_one_that_cannot_be_applied_says_so_and_holds_up_no_other(land, planner) -> None:
    day = str(today())
    first = planner.plan(split(planner), planned_for=day).json()
    second = planner.plan(split(planner), planned_for=day).json()
    north = {"op": "recode", "grid_id": planner.id_of("610522101201002"), "code": "R"}
    third = planner.plan(north, planned_for=day).json()
    assert apply_planned() == {first["id"]: None, second["id"]: "grids.changed", third["id"]: None}
    left = planner.http.get(f"/api/grids/changes/{second['id']}").json()
    assert (left["state"], left["refusal"]["code"]) == ("planned", "grids.changed")
    version = left["version"]
    assert apply_planned() == {second["id"]: "grids.changed"}
    again = planner.http.get(f"/api/grids/changes/{second['id']}").json()
    assert again["version"] == version  # said once a day, not every hour


def test_the_terminal_lists_applies_and_reverts(land, planner) -> None:
    from backend.grids.commands import grids

    plan = planner.plan(split(planner)).json()
    run = CliRunner().invoke
    assert run(grids, ["apply", str(plan["id"])]).exit_code == 0
    assert '"state": "applied"' in run(grids, ["changes", "--json"]).output
    assert run(grids, ["revert", str(plan["id"])]).exit_code == 0
    assert "reverted" in run(grids, ["changes", "--state", "reverted"]).output
    assert run(grids, ["apply"]).exit_code == 0
    acts = land.run("SELECT actor_name FROM register WHERE act = 'grids.reverted'")
    assert acts == [("console",)]
