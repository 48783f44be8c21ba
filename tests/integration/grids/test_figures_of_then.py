"""Figures by the grids of then: what was counted by the grids of a day stays counted by them."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.grids.conftest import line
from tests.integration.patrol.conftest import unit  # noqa: F401  a fixture
from tests.integration.patrol.rounds import derive_all, hear, walk
from tests.integration.patrol.windows import at

SOUTH = "610522101201001"
PERIOD = {"from": at(0).isoformat(), "to": at(8).isoformat()}
#: In force from long before: the small land's own rows begin today.
LONG_AGO = "UPDATE grids SET valid_from = %s WHERE began_by IS NULL"


@pytest.fixture
def walked(land, unit, planner) -> int:  # noqa: F811
    """Let a unit walk through the middle of SOUTH from west to east, two days ago."""
    land.run("DELETE FROM grids WHERE set_name = 'police'")
    land.run(LONG_AGO, at(-24 * 60).date())
    number = unit("A1")
    land.run("UPDATE shifts SET starts_at = %s, ends_at = %s", at(0), at(2))
    hear(land.url, walk(number, at(0), [(110.004, 34.512), (110.016, 34.512)]))
    derive_all()
    return number


def figures(http: Any, by: str) -> dict[str, Any]:
    answer = http.get("/api/patrol/figures", params=PERIOD | {"grids": by, "set": "basic"})
    assert answer.status_code == 200, answer.text
    return {row["code"]: row for row in answer.json()["rows"]}


def summary(http: Any, by: str) -> Any:
    answer = http.get("/api/patrol/summary", params=PERIOD | {"grids": by, "set": "basic"})
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


def test_a_split_changes_what_today_counts_and_nothing_of_then(walked, planner) -> None:
    http = planner.http
    before, told = figures(http, "then"), summary(http, "then")
    assert before == figures(http, "today")
    cut = line((110.012, 34.49), (110.0123, 34.53))
    sheet = planner.apply({"op": "split", "grid_id": planner.id_of(SOUTH), "line": cut})
    assert derive_all() > 0  # the day is derived anew, for the grids of today
    then, today = figures(http, "then"), figures(http, "today")
    for code, row in before.items():
        same = {name: value for name, value in row.items() if name != "valid_to"}
        assert {name: value for name, value in then[code].items() if name != "valid_to"} == same
    assert summary(http, "then") == told
    assert then[SOUTH]["valid_to"] == sheet["in_force_on"]
    # By today's grids the walk went through both parts, and was nowhere else.
    east = next(g["code"] for g in sheet["began"] if g["code"] != SOUTH)
    assert {code for code, row in today.items() if row["visits"]} == {SOUTH, east}
    assert {code for code, row in then.items() if row["visits"]} == {SOUTH}
    whole = before[SOUTH]["visited_share"] * before[SOUTH]["cells_m2"]
    parts = sum(today[c]["visited_share"] * today[c]["cells_m2"] for c in (SOUTH, east))
    assert parts == pytest.approx(whole, rel=0.01)  # cells on the cut go to one of the two
    # The version that ended has a sheet of its own time.
    old = sheet["ended"][0]["id"]
    own = http.get(f"/api/patrol/figures/grid/{old}", params=PERIOD | {"grids": "then"})
    assert own.json()["visits"] == before[SOUTH]["visits"]
    assert planner.act(sheet, "revert").status_code == 200
    derive_all()
    assert {c: r["visits"] for c, r in figures(http, "then").items()} == {
        c: r["visits"] for c, r in before.items()
    }


def test_a_change_at_midnight_parts_a_visit_between_two_versions(land, walked, planner) -> None:
    """From in force on the next day (local 00:00 is 16:00 UTC), each version has its own hours."""
    sheet = planner.apply(
        {"op": "recode", "grid_id": planner.id_of(SOUTH), "code": "R", "name": "改码"}
    )
    night = at(16)
    land.run("UPDATE grids SET valid_to = %s WHERE ended_by = %s", at(24).date(), sheet["id"])
    land.run("UPDATE grids SET valid_from = %s WHERE began_by = %s", at(24).date(), sheet["id"])
    land.run("UPDATE shifts SET ends_at = %s", at(20))
    start = night - timedelta(minutes=10)
    hear(land.url, walk(walked, start, [(110.004, 34.512), (110.016, 34.512)]))
    derive_all()
    period = {"from": at(0).isoformat(), "to": at(20).isoformat(), "grids": "then", "set": "basic"}
    rows = planner.http.get("/api/patrol/figures", params=period).json()["rows"]
    dwell = {row["code"]: row["dwell_s"] for row in rows if row["dwell_s"]}
    assert set(dwell) == {SOUTH, "R"}
    # 1,100 m at 1.2 m/s twice; of the second walk the first 600 s fall before midnight.
    walk_s = 0.012 * 91_742 / 1.2
    assert dwell["R"] == pytest.approx(walk_s - 600, abs=20)
    assert dwell[SOUTH] == pytest.approx(walk_s + 600, abs=20)
