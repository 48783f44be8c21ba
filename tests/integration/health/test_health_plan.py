"""Whose turn it is: ten thousand due times without a herd, a worker's share, what comes first."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from backend import db
from backend.cameras.health import listing, planning, recording
from backend.settings import load

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
EVERY_S = 900.0


def add_many(land: Any, n: int) -> None:
    land.run(
        "INSERT INTO cameras (set_name, name, division_code, geom)"
        " SELECT 't', 'c' || i, 610522101201, ST_SetSRID(ST_Point(110.005, 34.505), 4326)"
        " FROM generate_series(1, %s) i",
        n,
    )
    land.run("INSERT INTO devices (camera_id, address) SELECT id, 'http://10.0.0.1' FROM cameras")


def claim(n: int, now: datetime = NOW, share: planning.Share | None = None) -> list[int]:
    with db.begin() as session:
        return list(planning.claim(session, share or planning.Share(), n, now))


def test_ten_thousand_due_times_lie_evenly_over_the_period() -> None:
    due = np.array([planning.phase_s(camera, EVERY_S) for camera in range(1, 10_001)])
    per_5_s = np.histogram(due, bins=180, range=(0, EVERY_S))[0]
    # 10,000 / 180 = 55.6 looks in each 5 s; at random the fullest of 180 would hold about 77.
    assert (per_5_s.min(), per_5_s.max()) == (pytest.approx(55, abs=3), pytest.approx(56, abs=3))


def test_a_camera_keeps_its_second_of_the_period_however_late_a_look_was() -> None:
    for late_s in (0.0, 3.0, 400.0, 5000.0):
        now = NOW + timedelta(seconds=late_s)
        due = planning.next_due(77, now, EVERY_S)
        assert due.timestamp() % EVERY_S == pytest.approx(planning.phase_s(77, EVERY_S), abs=1e-3)
        assert EVERY_S / 2 <= (due - now).total_seconds() < 1.5 * EVERY_S + 1e-3


def test_ten_thousand_cameras_pass_through_a_day_of_the_plan_without_a_heap(land) -> None:
    add_many(land, 10_000)
    with db.begin() as session:
        planning.take_in_new(session, NOW)
    land.run("ANALYZE cameras, devices, camera_health")
    # In the steady state each camera is due at its phase; a worker takes at most 80 each 5 s.
    land.run(
        "UPDATE camera_health SET due_at = to_timestamp(%s + mod(camera_id * %s::numeric, 1) * %s)",
        *(NOW.timestamp(), planning._GOLDEN, EVERY_S),
    )
    looked, most = 0, 0
    for step in range(1, 13):  # a minute
        now = NOW + timedelta(seconds=5 * step)
        chosen = claim(80, now)
        looked, most = looked + len(chosen), max(most, len(chosen))
        with db.begin() as session:
            for camera_id in chosen:
                recording.put_off(session, camera_id, now)
    assert looked == pytest.approx(10_000 * 60 / EVERY_S, rel=0.01)
    assert most < 62


def test_a_claimed_camera_is_nobody_elses_until_the_claim_runs_out(land, add_device) -> None:
    camera = add_device("门口")
    later = datetime.now(UTC) + timedelta(seconds=61)
    assert claim(5, later) == [camera]
    assert claim(5, later) == []
    assert claim(5, later + timedelta(seconds=91)) == [camera]


def test_workers_share_the_cameras_and_a_round_is_bounded(land) -> None:
    add_many(land, 10)
    with db.begin() as session:
        planning.take_in_new(session, NOW)
    now = NOW + timedelta(seconds=61)
    even, odd = (claim(50, now, planning.Share(i, 2)) for i in (0, 1))
    assert {c % 2 for c in even} == {0} and {c % 2 for c in odd} == {1}
    assert len(even) + len(odd) == 10
    land.run("UPDATE camera_health SET claimed_at = NULL")
    assert len(claim(3, now)) == 3


def test_what_an_incident_has_open_comes_first_and_more_often(land, add_device, account) -> None:
    calm, hot = add_device("静"), add_device("急")
    now = datetime.now(UTC)
    land.run(
        "UPDATE camera_health SET sampled_at = %s, due_at = CASE camera_id WHEN %s THEN %s"
        " ELSE %s END",
        *(
            now - timedelta(seconds=130),
            calm,
            now - timedelta(seconds=30),
            now + timedelta(hours=1),
        ),
    )
    assert claim(5, now) == [calm]
    land.run("UPDATE camera_health SET claimed_at = NULL")
    user = account("operator", 610522000000)
    land.run(
        "INSERT INTO streams (ticket_hash, kind, camera_id, user_id, division_code, purpose,"
        " incident_id, profile, expires_at, used_at)"
        " SELECT '\\x00', 'live', %s, id, 610522101201, (SELECT min(code) FROM purposes), 1, 'sub',"
        " now(), now() FROM users WHERE username = %s",
        *(hot, user),
    )
    assert claim(1, now) == [hot]


def test_what_is_due_is_found_by_index(land) -> None:
    add_many(land, 3000)
    with db.begin() as session:
        planning.take_in_new(session, NOW)
    land.run("UPDATE camera_health SET due_at = due_at + interval '1 day' WHERE camera_id % 50 > 0")
    land.run("ANALYZE cameras, devices, camera_health")
    wanted = {"now": NOW + timedelta(minutes=2), "n": 8, "worker": 0, "workers": 1}
    wanted |= {"urgent_s": 120, "claim_s": 90}
    with db.begin() as session:
        plan = planning.text("EXPLAIN " + planning._CLAIM.text)
        lines = "\n".join(session.scalars(plan, wanted))
    assert "camera_health_due_idx" in lines, lines


# --- the list --------------------------------------------------------------------------------


def test_the_list_shows_the_worst_first_with_figures_and_counts(
    client, land, add_device, look
) -> None:
    good, turned, dead = (add_device(name) for name in ("好", "转", "断"))
    never = land.add_camera("没接入", 110.005, 34.505)
    look(good, stayed=60, agreed=60)
    look(turned, "moved", times=2)
    land.run("UPDATE cameras SET is_alive = false, status_reason = 'stream.camera_unreachable'"
             " WHERE id = %s", dead)  # fmt: skip
    page = client("operator").get("/api/cameras/health").json()
    assert [(row["id"], row["condition"]) for row in page["rows"]] == [
        (turned, "moved"),
        (dead, "dead"),
        (never, "untried"),
        (good, "in_order"),
    ]
    assert page["counts"] == {"moved": 1, "dead": 1, "untried": 1, "in_order": 1}
    assert page["rows"][0]["evidence"]["figures"]["right_deg"] == 7.5
    assert page["rows"][0]["awaits_word"]
    assert page["rows"][1]["reason"] == "stream.camera_unreachable"


def test_the_list_filters_by_state_class_clock_and_name(client, land, add_device, look) -> None:
    turned, trade = add_device("路口转"), add_device("银行")
    look(turned, "moved", times=2)
    land.run("UPDATE cameras SET use_type = '3' WHERE id = %s", trade)
    land.run("UPDATE camera_health SET clock_offset_s = 600 WHERE camera_id = %s", trade)
    operator = client("operator")

    def shown(**query: Any) -> list[int]:
        return [
            row["id"] for row in operator.get("/api/cameras/health", params=query).json()["rows"]
        ]

    assert shown(state="moved") == [turned]
    assert shown(state=["moved", "untried"]) == [turned, trade]
    assert shown(**{"class": "trade"}) == [trade]
    assert shown(clock_off=True) == [trade]
    assert shown(q="银") == [trade]
    assert shown(division="610522102000") == []


def test_a_neighbour_sees_nothing_of_it(client, add_device, look) -> None:
    camera = add_device("门口")
    look(camera, "moved", times=2)
    neighbour = client("operator", 610523000000)
    assert neighbour.get("/api/cameras/health").json()["counts"] == {}
    assert neighbour.get(f"/api/cameras/{camera}/health").status_code == 404
    scope = db.Scope(1, 610523000000, 610523999999)
    with db.begin(scope) as session:
        tables = ("camera_health", "camera_turns", "camera_references")
        seen = [session.scalar(listing.text(f"SELECT count(*) FROM {name}")) for name in tables]
    assert seen == [0, 0, 0]


def test_the_list_of_a_county_uses_the_index_of_divisions(land) -> None:
    add_many(land, 4000)
    land.run("UPDATE cameras SET division_code = 610523101000 + id WHERE id % 40 > 0")
    land.run("ANALYZE cameras, devices, camera_health")
    asked = dict.fromkeys(("id", "like", "conditions", "place_class"))
    asked |= {"low": 610522000000, "high": 610522999999, "prefix": "%", "only_clock": False}
    asked |= {"clock_limit_s": load().health.clock_limit_s, "offset": 0, "limit": 200}
    with db.begin() as session:
        plan = listing.text("EXPLAIN " + listing.question().text)
        lines = "\n".join(session.scalars(plan, asked))
    assert "cameras_division_idx" in lines, lines
