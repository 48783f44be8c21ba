"""Alarms taken in on a real database: repeated, held back in storms, cleared, bounded."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from backend.db import begin

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def without_the_rule_delivered(land) -> None:
    land.run("DELETE FROM alarm_rules")


def kept(land) -> list[tuple[object, ...]]:
    return land.run("SELECT kind, state, outcome, repeats, suppressed FROM alarms ORDER BY id")


def test_an_alarm_is_kept_with_the_place_its_camera_looks_at(land, camera, signal, take_in) -> None:
    take_in(signal(camera, at=NOON - timedelta(minutes=10)), at=0)
    (row,) = land.run(
        "SELECT state, outcome, raised_at, received_at, division_code, ST_X(geom), ST_Y(geom)"
        " FROM alarms"
    )
    assert row[:5] == ("active", "nothing", NOON - timedelta(minutes=10), NOON, 610522101201)
    # The middle of the square of 0.002 degrees north-east of the camera.
    assert row[5:] == pytest.approx((110.0105, 34.510), abs=1e-9)


def test_a_camera_whose_view_is_unknown_has_no_place(land, signal, take_in) -> None:
    take_in(signal(land.add_camera("无视域", 110.005, 34.505)))
    assert land.run("SELECT geom FROM alarms") == [(None,)]


def test_the_same_alarm_is_repeated_not_raised_again(land, camera, signal, take_in) -> None:
    take_in(signal(camera), at=0)
    take_in(signal(camera), at=2)
    take_in(signal(camera, raised=5), at=4)
    assert kept(land) == [("motion", "active", "nothing", 7, 0)]


def test_what_is_told_again_after_a_new_subscription_is_no_repeat(
    land, camera, signal, take_in
) -> None:
    take_in(signal(camera), at=0)
    take_in(signal(camera, is_first=True), at=60)
    assert kept(land) == [("motion", "active", "nothing", 1, 0)]


def test_a_message_that_came_twice_counts_once(land, camera, signal, take_in) -> None:
    once = signal(camera, at=NOON)
    take_in(once, once, at=1)
    take_in(once, at=3)
    assert kept(land) == [("motion", "active", "nothing", 1, 0)]


def test_an_alarm_that_comes_back_at_once_is_the_same_and_later_another(
    land, camera, signal, take_in
) -> None:
    off = signal(camera, is_on=False, raised=0)
    take_in(signal(camera), at=0)
    take_in(off, at=5)
    take_in(signal(camera), at=30)  # 25 s after its end: within the 30 s of debounce
    take_in(off, at=31)
    take_in(signal(camera), at=70)
    assert kept(land) == [
        ("motion", "cleared", "nothing", 2, 0),
        ("motion", "active", "nothing", 1, 0),
    ]


def test_what_has_no_end_is_over_at_once(land, camera, signal, take_in) -> None:
    take_in(signal(camera, "crossing", is_on=None))
    rows = land.run("SELECT state, clear_reason, cleared_at = received_at FROM alarms")
    assert rows == [("cleared", "momentary", True)]


def test_on_and_off_between_two_polls_is_an_alarm_that_is_over(
    land, camera, signal, take_in
) -> None:
    take_in(signal(camera, is_on=False, raised=3))
    assert kept(land) == [("motion", "cleared", "nothing", 3, 0)]


def test_two_sources_of_a_camera_are_two_alarms(land, camera, signal, take_in) -> None:
    take_in(signal(camera, source="port=1"), signal(camera, source="port=2"))
    take_in(signal(camera, source="port=1", is_on=False, raised=0), at=1)
    assert [row[1] for row in kept(land)] == ["cleared", "active"]


def test_beyond_its_limit_a_camera_is_only_counted(land, camera, signal, take_in) -> None:
    """Ten in ten minutes are kept; of 224 sources 214 are counted on the last alarm."""
    for n in range(224):
        take_in(signal(camera, source=f"area={n}"), at=n)
    assert len(kept(land)) == 10
    assert land.run("SELECT sum(suppressed) FROM alarms") == [(214,)]
    take_in(signal(camera, source="area=later"), at=224 + 600)
    assert len(kept(land)) == 11


def test_beyond_its_limit_a_rule_tells_no_more_and_the_alarms_are_kept(
    land, add_camera, rule, signal, take_in
) -> None:
    rule("note", storm_count=3, storm_window_s=300)
    cameras = [add_camera(f"c{n}") for n in range(8)]
    take_in(*(signal(c) for c in cameras), at=0)
    assert [row[2] for row in kept(land)] == ["note"] * 3 + ["storm"] * 5
    assert land.run("SELECT suppressed FROM alarms ORDER BY id LIMIT 3") == [(0,), (0,), (5,)]
    take_in(signal(add_camera("später")), at=301)
    assert kept(land)[-1][2] == "note"


def test_quiet_hours_of_a_rule_keep_the_alarm(land, camera, rule, signal, take_in) -> None:
    noon = [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "begins": "11:00", "ends": "13:00"}]
    rule("note", quiet=json.dumps(noon))
    take_in(signal(camera), at=0)  # 12:00 in Shanghai
    assert kept(land) == [("motion", "active", "quiet", 1, 0)]


@pytest.mark.parametrize(
    ("grid", "told"), [("610522101201001", "note"), ("610522101202001", "nothing")]
)
def test_a_rule_of_a_grid_holds_where_the_camera_looks_at(
    land, camera, rule, signal, take_in, grid: str, told: str
) -> None:
    grid_id = land.run("SELECT id FROM grids WHERE code = %s", grid)[0][0]
    rule("note", grid_id=grid_id)
    take_in(signal(camera))
    assert kept(land)[0][2] == told


def test_a_rule_of_a_kind_of_place_holds_for_cameras_that_see_one(
    land, camera, add_camera, rule, signal, take_in
) -> None:
    """The school stands at 110.01, 34.51, in the square of the first camera alone."""
    elsewhere = add_camera("西门", 110.002, 34.502)
    rule("note", place_kind="school")
    take_in(signal(camera), signal(elsewhere))
    assert [row[2] for row in kept(land)] == ["note", "nothing"]


def test_a_rule_of_another_county_is_silent(land, camera, rule, signal, take_in) -> None:
    rule("note", division_code=610523000000)
    take_in(signal(camera))
    assert kept(land)[0][2] == "nothing"


def test_a_rule_reports_an_incident_once_in_its_authors_name(
    land, camera, rule, signal, take_in
) -> None:
    from backend.alarms.reporting import report_by_rule

    rule("incident", incident_kind="safety", severity="red")
    take_in(signal(camera))
    alarm_id = land.run("SELECT id FROM alarms")[0][0]
    jobs = land.run("SELECT args FROM procrastinate_jobs WHERE task_name LIKE '%%alarms.report'")
    assert jobs == [({"alarm_id": alarm_id},)]
    for _ in range(2):
        with begin() as session:
            report_by_rule(session, alarm_id)
    rows = land.run(
        "SELECT i.kind, i.severity, i.description, ST_X(i.geom), ST_Y(i.geom), u.role"
        " FROM incidents i JOIN users u ON u.id = i.reported_by"
        " JOIN alarms a ON a.incident_id = i.id"
    )
    assert len(rows) == 1
    assert rows[0][:3] == ("safety", "red", "摄像机“南门”移动侦测报警（12:00:00）。")
    assert rows[0][3:5] == pytest.approx((110.0105, 34.510), abs=1e-9)
    assert rows[0][5] == "admin"
    acts = land.run("SELECT act, camera_name FROM register WHERE act = 'alarm.reported'")
    assert acts == [("alarm.reported", "南门")]


def test_where_the_author_is_gone_the_alarm_stays_a_note(
    land, camera, rule, signal, take_in
) -> None:
    from backend.alarms.reporting import report_by_rule

    rule("incident", incident_kind="safety")
    take_in(signal(camera))
    land.run("UPDATE users SET is_active = false")
    with begin() as session:
        report_by_rule(session, land.run("SELECT id FROM alarms")[0][0])
    assert land.run("SELECT outcome, incident_id FROM alarms") == [("note", None)]
    assert land.run("SELECT count(*) FROM incidents") == [(0,)]


def test_a_camera_that_was_taken_down_raises_nothing(land, camera, signal, take_in) -> None:
    land.run("DELETE FROM cameras WHERE id = %s", camera)
    assert take_in(signal(camera)).raised == 0


def test_the_places_of_a_view_are_found_by_the_index(land, camera) -> None:
    from backend.alarms.watched import PLACES

    with begin() as session:
        session.connection().exec_driver_sql("SET LOCAL enable_seqscan = off")
        asked = {"ids": [camera], "kinds": ["school"], "low": 0, "high": 999_999_999_999}
        plan = "\n".join(
            line
            for (line,) in session.connection()
            .exec_driver_sql(_explained(str(PLACES)), asked)
            .fetchall()
        )
    assert "places_geom_idx" in plan
    assert "viewsheds_camera_idx" in plan


def _explained(query: str) -> str:
    for name in ("ids", "kinds", "low", "high"):
        query = query.replace(f":{name}", f"%({name})s")
    return f"EXPLAIN {query}"
