"""就近: who is proposed, in which order, and why others are not."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from backend import db
from backend.access import Principal
from backend.dispatch.nearest import ranking as nearest
from backend.dispatch.questions import question
from backend.divisions.codes import span
from backend.settings import load

HERE = "lon=110.011&lat=34.512"
EAST = 610522102201


def ask(client, query: str = "") -> dict:
    answer = client.get(f"/api/dispatch/nearest?{HERE}&{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(found: dict) -> list[str]:
    return [row["code"] for row in found["rows"]]


def reasons(found: dict) -> dict[str, str]:
    return {row["code"]: row["reason"] for row in found["excluded"]}


def test_the_nearest_is_first_and_a_task_in_hand_counts_as_ten_minutes(
    dispatcher, make, unit
) -> None:
    near = unit("N", lonlat=(110.012, 34.512))  # 92 m
    unit("M", lonlat=(110.015, 34.512))  # 367 m
    assert codes(ask(dispatcher)) == ["N", "M"]
    make(unit_ids=[near])
    found = ask(dispatcher)
    assert codes(found) == ["M", "N"]
    busy = found["rows"][1]
    assert (busy["load"], round(busy["cost_s"] - busy["travel_s"])) == (1, 600)
    assert "手上 1 个任务" in busy["why"]
    assert "非道路" in busy["why"]  # no network was built: said so, not hidden
    assert (busy["how"], busy["how_why"]) == ("straight", "no_network")
    assert busy["straight_m"] == pytest.approx(91.8, abs=0.5)


def test_who_cannot_go_is_named_with_the_reason(dispatcher, unit) -> None:
    unit("OK", skills=("急救", "消防"))
    unit("SILENT", age_s=13 * 60, skills=("急救",))
    unit("UNSKILLED", skills=("消防",))
    unit("HOME", on_duty=False, grid="610522101201001")
    unit("MUTE", lonlat=None, grid="610522101201001")
    unit("FARAWAY_OFF", on_duty=False)
    found = ask(dispatcher, "skills=急救")
    assert codes(found) == ["OK"]
    assert "具备 急救" in found["rows"][0]["why"]
    assert reasons(found) == {
        "SILENT": "silent",
        "UNSKILLED": "lacks_skill",
        "HOME": "off_duty",
        "MUTE": "never_heard",
    }
    told = {row["code"]: row["why"] for row in found["excluded"]}
    assert told["SILENT"] == "13 分钟没有位置"
    assert told["UNSKILLED"] == "缺少 急救"
    off_duty = next(row for row in found["excluded"] if row["code"] == "HOME")
    assert not {"position", "lon", "straight_m"} & set(off_duty)  # off duty nobody is placed


def test_kind_and_limit_narrow_and_english_is_spoken(dispatcher, unit) -> None:
    unit("G1", lonlat=(110.0111, 34.512))
    unit("R1", kind="response")
    unit("R2", kind="response", lonlat=(110.015, 34.512))
    assert codes(ask(dispatcher, "kind=response")) == ["R1", "R2"]
    assert codes(ask(dispatcher, "limit=1")) == ["G1"]
    answer = dispatcher.get(
        f"/api/dispatch/nearest?{HERE}&limit=1", headers={"Accept-Language": "en"}
    )
    assert "no open task" in answer.json()["rows"][0]["why"]


def test_a_unit_of_another_jurisdiction_is_neither_proposed_nor_named(client, unit) -> None:
    unit("W1")
    unit("W2", skills=("急救",), age_s=2000)
    found = ask(client("dispatcher", 610522102000))
    assert (found["rows"], found["excluded"]) == ([], [])


def test_a_faster_vehicle_further_away_comes_before_a_slower_one(dispatcher, unit) -> None:
    unit("FOOT", vehicle="foot", lonlat=(110.017, 34.512))  # 551 m
    unit("CAR", vehicle="car", lonlat=(110.021, 34.512))  # 918 m
    rows = ask(dispatcher)["rows"]
    assert [row["code"] for row in rows] == ["CAR", "FOOT"]
    assert rows[0]["travel_m"] > rows[1]["travel_m"]


def test_the_nearest_of_ten_thousand_are_found_by_the_index(land) -> None:
    """Spread over ten degrees; under the role of the application, as the route asks."""
    land.run(
        "INSERT INTO units (code, name, kind, division_code) SELECT 'U' || n, 'U', 'volunteer',"
        " %s FROM generate_series(1, 10000) n",
        EAST,
    )
    land.run(
        "INSERT INTO shifts (unit_id, division_code, starts_at, source)"
        " SELECT id, division_code, now() - interval '1 hour', 'dispatcher' FROM units"
    )
    land.run(
        "INSERT INTO unit_positions (unit_id, division_code, at, lon_e7, lat_e7, accuracy_dm,"
        " speed_cms) SELECT id, division_code, now(), 1050000000 + id * 10000, 345200000, 50, -1"
        " FROM units"
    )
    land.run("ANALYZE units, unit_positions, shifts")
    name, low, high = "x", *span(EAST)
    who = Principal(1, name, name, "dispatcher", EAST, db.Scope(1, low, high), frozenset())
    asked = nearest.Question((110.06, 34.52))
    values = nearest._values(asked, who, datetime.now(UTC), load().dispatch)
    explained = text("EXPLAIN " + question("nearest").text)
    with db.begin(who.scope) as session:
        plan = "\n".join(session.execute(explained, values).scalars())
        found, _ = nearest.rank(session, asked, by=who, now=datetime.now(UTC))
    assert "unit_positions_geom_idx" in plan
    # 1e-3 degrees apart: the nearest stands at lon 110.06 itself, the next 91.7 m beside it
    assert [round(each.unit["straight_m"]) for each in found[:3]] == [0, 92, 92]
