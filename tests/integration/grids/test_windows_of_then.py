"""A window belongs to the grid it began in and ends there; what begins later is its heir's."""

from typing import Any

import pytest

from tests.integration.grids.conftest import line
from tests.integration.patrol.conftest import ask, unit  # noqa: F401  fixtures
from tests.integration.patrol.rounds import derive_all, hear, stand, walk
from tests.integration.patrol.windows import alerts, at, settle

SOUTH = "610522101201001"
CUT = line((110.012, 34.49), (110.0123, 34.53))
PERIOD = {"from": at(0).isoformat(), "to": at(24).isoformat()}
#: 20:00 to 06:00: local midnight, when the grids change, is four hours after it began.
NIGHT = {"begins": "20:00", "ends": "06:00", "times": 1}


def told(http: Any, by: str) -> list[tuple[int, str, int]]:
    answer = http.get("/api/patrol/requirements/states", params=PERIOD | {"grids": by})
    assert answer.status_code == 200, answer.text
    return [(row["grid_id"], row["state"], row["times"]) for row in answer.json()["rows"]]


@pytest.fixture
def split_at_night(land, ask, planner) -> tuple[int, int]:  # noqa: F811
    """Ask for a visit in the night and split the grid at midnight; return the old and its heir."""
    land.run("UPDATE grids SET valid_from = %s WHERE began_by IS NULL", at(-24 * 60).date())
    ask(**NIGHT)
    settle(at(13))
    sheet = planner.apply({"op": "split", "grid_id": planner.id_of(SOUTH), "line": CUT})
    land.run("UPDATE grids SET valid_to = %s WHERE ended_by = %s", at(24).date(), sheet["id"])
    land.run("UPDATE grids SET valid_from = %s WHERE began_by = %s", at(24).date(), sheet["id"])
    return sheet["ended"][0]["id"], planner.id_of(SOUTH)


def test_a_window_is_judged_to_its_end_on_the_grid_it_began_in(
    land,
    unit,  # noqa: F811
    split_at_night,
    planner,
) -> None:
    old, heir = split_at_night
    settle(at(17))
    assert told(planner.http, "then") == [(old, "open", 0)]
    number = unit("A1")
    hear(land.url, stand(number, at(21), (110.01, 34.51), 300))
    derive_all()
    settle(at(22.5))
    assert told(planner.http, "then") == [(old, "met", 1)]
    assert told(planner.http, "today") == [(heir, "met", 1)]
    # What is asked from now on, or no longer, leaves what was asked of a grid of then.
    land.run("UPDATE requirements SET is_active = false")
    settle(at(23))
    assert (told(planner.http, "then"), told(planner.http, "today")) == ([(old, "met", 1)], [])


def test_a_missed_window_is_alerted_of_at_the_heir_alone(land, split_at_night, planner) -> None:
    old, heir = split_at_night
    settle(at(22.5))
    assert told(planner.http, "then") == [(old, "not_met", 0)]
    assert [row[:2] for row in alerts(land)] == [("requirement_broken", "red")]
    assert land.run("SELECT subject_id FROM alerts") == [(heir,)]


def test_a_window_that_began_after_the_change_is_the_heirs(land, ask, planner) -> None:  # noqa: F811
    land.run("UPDATE grids SET valid_from = %s WHERE began_by IS NULL", at(-24 * 60).date())
    ask(begins="08:00", ends="16:00", times=1)
    settle(at(2))
    sheet = planner.apply({"op": "split", "grid_id": planner.id_of(SOUTH), "line": CUT})
    # In force from the start of that day: the window of the morning is asked of the heir.
    land.run("UPDATE grids SET valid_to = %s WHERE ended_by = %s", at(0).date(), sheet["id"])
    land.run("UPDATE grids SET valid_from = %s WHERE began_by = %s", at(0).date(), sheet["id"])
    settle(at(3))
    assert told(planner.http, "then") == [(planner.id_of(SOUTH), "open", 0)]


def test_heat_by_the_grids_of_then_is_the_same_after_a_split(land, unit, planner) -> None:  # noqa: F811
    land.run("DELETE FROM grids WHERE set_name = 'police'")
    land.run("UPDATE grids SET valid_from = %s WHERE began_by IS NULL", at(-24 * 60).date())
    number = unit("A1")
    hear(land.url, walk(number, at(0), [(110.004, 34.512), (110.016, 34.512)]))
    derive_all()

    def heat(by: str) -> dict[str, Any]:
        return dict(planner.http.get("/api/patrol/heat", params=PERIOD | {"grids": by}).json())

    before = heat("then")
    assert len(before["lon"]) > 50
    assert heat("today") == before
    planner.apply({"op": "split", "grid_id": planner.id_of(SOUTH), "line": CUT})
    # Not derived yet for the grids of today: those of then tell what they told.
    assert (heat("then"), heat("today")["lon"]) == (before, [])
    derive_all()
    assert heat("then") == before
