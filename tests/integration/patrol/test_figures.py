"""Figures, heat, replay and townships at the API, and who may see which of them."""

from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import NEIGHBOUR, WEST_TOWN
from tests.integration.patrol.rounds import derive_all, hear, stand, walk
from tests.integration.patrol.windows import SOUTH, at

PERIOD = {"from": at(0).isoformat(), "to": at(8).isoformat()}


@pytest.fixture
def walked(land, unit) -> int:
    """Let a unit go up to the road (lat 34.52) between both grids of village 1 and along it.

    A fix off by up to 15 m proves a visit only farther from the border: as the first ones do.
    """
    land.run("UPDATE grids SET valid_to = CURRENT_DATE WHERE set_name = 'police'")
    number = unit("A1")
    land.run("UPDATE shifts SET starts_at = %s, ends_at = %s", at(0), at(2))
    # Along the south side, 11 m from the road: within the swath of 30 m.
    stops = [(110.005, 34.519), (110.005, 34.5199), (110.015, 34.5199)]
    hear(land.url, walk(number, at(0), stops))
    derive_all()
    return number


def rows(client: Any, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/patrol/{path}", params=PERIOD | params)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["rows"])


def test_a_walk_along_a_road_shows_in_ground_road_and_visits(walked, client) -> None:
    by_code = {row["code"]: row for row in rows(client("dispatcher"), "figures", set="basic")}
    south = by_code["610522101201001"]
    # The road on the border belongs to one of both grids; 0.01 of its 0.02 degrees were walked.
    roads = [by_code[f"61052210120100{n}"]["road_visited_share"] for n in (1, 2)]
    assert max(share or 0.0 for share in roads) == pytest.approx(0.5, abs=0.03)
    # 918 m by 41 m at most (30 m on one side, the border on the other): 37,600 of 4.07 km2.
    assert 0.002 < south["visited_share"] < 0.0095
    assert south["unknown_share"] > south["likely_share"]
    assert (south["visits"], south["state"]) == (1, None)
    # 0.01 degrees of longitude, 917 m, and 0.0009 of latitude, 100 m, at 1.2 m/s.
    assert south["dwell_s"] == pytest.approx((917 + 100) / 1.2, abs=15)
    assert by_code["610522102201001"]["visited_share"] == 0.0


def test_grids_sort_by_what_is_asked(walked, client) -> None:
    dispatcher = client("dispatcher")
    first = rows(dispatcher, "figures", sort="visited_share", descending=True, limit=1)
    assert first[0]["code"] == "610522101201001"
    beyond = dispatcher.get("/api/patrol/figures", params=PERIOD | {"offset": 1000}).json()
    assert (beyond["rows"], beyond["total"]) == ([], 8)


def test_the_sheet_of_a_grid_names_who_was_there(walked, client) -> None:
    dispatcher = client("dispatcher")
    sheet = dispatcher.get("/api/patrol/figures/grid/1", params=PERIOD).json()
    assert [(v["unit_code"], v["basis"]) for v in sheet["visit_rows"] if v["is_sure"]] == [
        ("A1", "seen")
    ]
    assert sheet["hours"][0]["visits"] == 1
    assert dispatcher.get("/api/patrol/figures/grid/999999", params=PERIOD).status_code == 404


def test_townships_by_shift_tell_an_average_day(walked, client) -> None:
    told = rows(client("dispatcher"), "summary", set="basic")
    assert {row["shift"] for row in told} == {"day"}
    west = next(row for row in told if row["division_code"] == str(WEST_TOWN))
    assert west["division_name"] == "西川镇"
    assert 0 < west["visited_share"] < 0.003
    assert west["visits"] >= 1


def test_heat_lies_where_the_unit_walked(walked, client) -> None:
    dispatcher = client("dispatcher")
    heat = dispatcher.get("/api/patrol/heat", params=PERIOD).json()
    assert heat["cell_m"] == 10.0
    assert set(heat["hours"]) == {1}
    assert all(110.004 < lon < 110.016 for lon in heat["lon"])
    # Visited ground reaches 30 m, 0.00027 degrees, beyond the way and no farther.
    assert all(34.5187 < lat < 34.5203 for lat in heat["lat"])
    box = dispatcher.get("/api/patrol/heat", params=PERIOD | {"bbox": "110.05,34.5,110.06,34.52"})
    assert box.json()["lon"] == []
    inverted = dispatcher.get("/api/patrol/heat", params=PERIOD | {"bbox": "x,y"})
    assert inverted.status_code == 422


def test_a_replay_tells_known_ways_from_silences(land, unit, client) -> None:
    number = unit("A1")
    first = walk(number, at(0), [SOUTH, (110.01, 34.514)], every_s=10)
    again = first[-1][1] + timedelta(minutes=20)
    hear(land.url, [*first, *stand(number, again, SOUTH, 90)])
    [track] = rows(client("dispatcher"), "replay")
    assert (track["unit_id"], track["kind"]) == (number, "grid_worker")
    steps = [b - a for a, b in zip(track["at_s"], track["at_s"][1:], strict=False)]
    # One place in 30 s; beside a silence its last and first are kept as well.
    assert sum(step < 25 for step in steps) <= 3
    silent = [known for known, step in zip(track["is_known"], steps, strict=True) if step > 120]
    assert silent == [False]
    assert sum(not known for known in track["is_known"]) == 1
    answer = client("dispatcher").get(
        "/api/patrol/replay", params={"from": at(0).isoformat(), "to": at(30).isoformat()}
    )
    assert answer.json()["error"]["code"] == "patrol.replay_period"


def test_nothing_is_told_of_another_jurisdiction(walked, land, client) -> None:
    stranger = client("dispatcher", NEIGHBOUR)
    assert [row["code"] for row in rows(stranger, "figures")] == ["N1"]
    assert stranger.get("/api/patrol/figures/grid/1", params=PERIOD).status_code == 404
    assert stranger.get("/api/patrol/heat", params=PERIOD).json()["lon"] == []
    assert rows(stranger, "replay") == []
    assert [row["division_code"] for row in rows(stranger, "summary")] == ["610523000000"]
    assert stranger.get("/api/patrol/figures", params={"division": "610522"}).status_code == 404
    for path in ("figures", "heat", "replay", "summary", "requirements", "alerts", "checkpoints"):
        assert client("worker").get(f"/api/patrol/{path}").status_code == 403, path


def test_row_level_security_hides_patrols_even_without_the_filter(walked, land) -> None:
    from sqlalchemy import text

    from backend import db

    tables = ("visits", "patrol_traces", "patrol_grounds", "patrol_figures", "patrol_plans")
    own = db.Scope(1, 610522000000, 610522999999)
    other = db.Scope(1, 610523000000, 610523999999)
    for scope, is_seen in ((own, True), (other, False)):
        with db.begin(scope) as session:
            for table in tables:
                where = "" if table != "patrol_plans" else " WHERE division_code < 610523000000"
                count = session.scalar(text(f"SELECT count(*) FROM {table}{where}"))
                assert bool(count) is is_seen, (table, scope)


@pytest.mark.parametrize("by", ["today", "then"])
@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("patrol_figures", "patrol_grounds_division_idx"),
        ("patrol_figures", "visits_division_idx"),
        ("patrol_figures", "requirement_states_division_idx"),
        ("patrol_summary", "patrol_grounds_division_idx"),
        ("patrol_hours", "visits_grid_idx"),
        ("patrol_ground", "patrol_traces_pkey"),
    ],
)
def test_questions_use_their_indexes(land, question: str, index: str, by: str) -> None:
    from importlib.resources import files

    from sqlalchemy import text

    from backend import db
    from backend.grids.whose import by_versions

    query = (files("backend") / "queries" / f"{question}.sql").read_text()
    if question in ("patrol_figures", "patrol_summary"):
        query = query.format(narrowed="", of_grid="", order="code", **by_versions(by))
    asked = {
        "low": 610522000000, "high": 610522999999, "start": at(0), "end": at(1), "offset": 0,
        "limit": 10, "zone": "Asia/Shanghai", "set_name": None, "grids": [1], "hours": [at(0)],
    }  # fmt: skip
    with db.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = "\n".join(session.scalars(text(f"EXPLAIN {query}"), asked))
    assert index in plan


def test_heat_asks_the_grids_of_a_box_by_their_index(land) -> None:
    from sqlalchemy import text

    from backend import db
    from backend.grids.whose import by_versions
    from backend.patrol.figures import heat

    box = {"low": 0, "high": 10**12, "west": 110.0, "south": 34.5, "east": 110.01, "north": 34.51}
    with db.begin() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        question = text(
            "EXPLAIN " + heat._PLANS.format(within=heat._WITHIN, **by_versions("today"))
        )
        plan = "\n".join(session.scalars(question, box))
    assert "grids_geom_idx" in plan or "grids_division_idx" in plan
