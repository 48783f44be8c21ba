"""Coverage by day and eyes-on by hour: of the grids of then, and of the ground of today."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend import localtime
from tests.integration.grids.conftest import line

SOUTH, NORTH = "610522101201001", "610522101201002"
CUT = line((110.012, 34.49), (110.0123, 34.53))
TODAY = localtime.today()


@pytest.fixture
def measured(land, planner) -> dict[str, int]:
    """Let SOUTH be seen by 60 of 100 and NORTH by 10 of 300 on the five days before yesterday."""
    land.run("UPDATE grids SET valid_from = %s", TODAY - timedelta(days=90))
    ids = {code: planner.id_of(code) for code in (SOUTH, NORTH)}
    for code, total, seen in ((SOUTH, 100.0, 60.0), (NORTH, 300.0, 10.0)):
        land.run(
            "INSERT INTO coverage_days (day, subject_kind, subject_id, division_code, reading,"
            " measure, px_per_m, total, certain, possible, one, more, method, computed_at)"
            " SELECT d, 'grid', %s, 610522101201, 'installed', 'area', 20, %s, %s, 0, %s, 0,"
            " 'exact', now() FROM generate_series(%s, CAST(%s AS date), '1 day') d",
            *(ids[code], total, seen, seen, TODAY - timedelta(days=6), TODAY - timedelta(days=2)),
        )
    return ids


def history(http: Any, number: int, by: str) -> list[dict[str, Any]]:
    asked = {"subject": "grid", "subject_id": number, "grids": by}
    answer = http.get("/api/coverage/history", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rows"])


def test_days_by_the_grids_of_then_are_those_of_the_versions_of_then(measured, planner) -> None:
    before = history(planner.http, measured[SOUTH], "then")
    assert [row["certain_share"] for row in before] == [0.6] * 5
    assert before == history(planner.http, measured[SOUTH], "today")
    sheet = planner.apply({"op": "split", "grid_id": measured[SOUTH], "line": CUT})
    heir = planner.id_of(SOUTH)
    assert history(planner.http, heir, "then") == before
    assert history(planner.http, measured[SOUTH], "then") == before  # by its old number as well
    gone = {"subject": "grid", "subject_id": measured[SOUTH], "grids": "today"}
    assert planner.http.get("/api/coverage/history", params=gone).status_code == 404
    assert planner.act(sheet, "revert").status_code == 200
    assert history(planner.http, planner.id_of(SOUTH), "then") == before


def test_a_part_of_a_grid_has_its_share_of_the_days_before_as_an_estimate(
    measured, planner
) -> None:
    sheet = planner.apply({"op": "split", "grid_id": measured[SOUTH], "line": CUT})
    parts = [history(planner.http, grid["id"], "today") for grid in sheet["began"]]
    for rows in parts:
        assert [row["certain_share"] for row in rows] == pytest.approx([0.6] * 5)
        assert {(row["is_estimate"], row["subject_id"]) for row in rows} == {(True, None)}
    assert [a["total"] + b["total"] for a, b in zip(*parts, strict=True)] == pytest.approx(
        [100.0] * 5, abs=1e-3
    )
    # The part with another code had no version of then.
    other = next(grid["id"] for grid in sheet["began"] if grid["code"] != SOUTH)
    assert history(planner.http, other, "then") == []


def test_two_grids_made_one_have_both_their_days_to_the_last_digit(measured, planner) -> None:
    merge = {"op": "merge", "grid_ids": list(measured.values()), "code": "M"}
    whole = planner.apply(merge)["began"][0]["id"]
    rows = history(planner.http, whole, "today")
    assert [(row["total"], row["certain_share"]) for row in rows] == [(400.0, 70.0 / 400.0)] * 5
    assert not any(row["is_estimate"] for row in rows)


def test_hours_of_a_day_are_those_of_the_version_of_the_day(land, measured, planner) -> None:
    day = TODAY - timedelta(days=3)
    land.run(
        "INSERT INTO eyeson_hours (subject_kind, subject_id, hour, division_code, seen_s,"
        " unknown_s, known_until) VALUES ('grid', %s, %s, 610522101201, 1800, 0, %s)",
        measured[SOUTH],
        datetime(day.year, day.month, day.day, 2, tzinfo=UTC),
        datetime(day.year, day.month, day.day, 3, tzinfo=UTC),
    )

    def hours(number: int, by: str) -> Any:
        asked = {"subject": "grid", "id": number, "day": day.isoformat(), "grids": by}
        return planner.http.get("/api/eyeson/hours", params=asked)

    before = hours(measured[SOUTH], "then").json()
    assert [row["camera_share"] for row in before["rows"] if row["camera_share"]] == [0.5]
    planner.apply({"op": "split", "grid_id": measured[SOUTH], "line": CUT})
    assert hours(planner.id_of(SOUTH), "then").json() == before
    assert hours(measured[SOUTH], "then").json() == before
    assert hours(measured[SOUTH], "today").status_code == 404
