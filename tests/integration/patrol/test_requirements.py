"""Requirements on real rows: windows judged by a clock that the test drives, and their alerts."""

from datetime import timedelta

from backend import db
from tests.integration.patrol.rounds import derive_all, hear, stand
from tests.integration.patrol.windows import EIGHT, ONCE, SOUTH, alerts, at, settle, states


def test_a_window_nobody_visits_becomes_due_then_broken(land, ask) -> None:
    ask(**ONCE)
    settle(at(2))
    assert (states(land), alerts(land)) == ([("open", 0)], [])
    settle(at(6.5))
    assert states(land) == [("due", 0)]
    assert alerts(land) == [("requirement_due", "blue", "times.due", None)]
    settle(at(7.9))
    assert alerts(land) == [("requirement_due", "yellow", "times.due", None)]
    settle(at(8.1))
    assert states(land) == [("not_met", 0)]
    assert alerts(land) == [
        ("requirement_due", "yellow", "times.due", "broken"),
        ("requirement_broken", "red", "times.broken", None),
    ]


def test_settling_again_raises_nothing_again(land, ask) -> None:
    ask(**ONCE)
    for minute in range(10):
        settle(at(8.1) + timedelta(minutes=minute))
    assert len(alerts(land)) == 1
    assert land.run("SELECT version FROM alerts") == [(1,)]


def test_a_visit_meets_the_window_and_clears_the_alert(land, ask, unit) -> None:
    ask(**ONCE)
    settle(at(6.5))
    number = unit("A1")
    hear(land.url, stand(number, at(6.6), SOUTH, 300))
    derive_all()
    settle(at(6.75))
    assert states(land) == [("met", 1)]
    assert alerts(land) == [("requirement_due", "blue", "times.due", "met")]


def test_a_silent_unit_makes_a_missed_window_unknown_not_broken(land, ask, unit) -> None:
    ask(**ONCE)
    number = unit("A1", on_duty=False)
    land.run("INSERT INTO trackers (unit_id, name, token_hash) VALUES (%s, 't', 'x')", number)
    land.run(
        "INSERT INTO shifts (unit_id, division_code, starts_at, ends_at, source)"
        " VALUES (%s, 610522101201, %s, %s, 'plan')",
        *(number, at(0), at(8)),
    )
    settle(at(8.5))
    assert states(land) == [("not_met", 0)]  # until the ended duty is taken up
    from backend.patrol.deriving.tasks import sweep

    sweep(0)
    derive_all()
    settle(at(8.6))
    assert states(land) == [("unknown", 0)]
    assert [row[3] for row in alerts(land)] == ["unknown"]


def test_a_unit_silent_right_now_leaves_the_state_open_to_doubt(land, ask, unit) -> None:
    ask(**(ONCE | {"longest_interval_s": 3600}))
    number = unit("A1")
    land.run("UPDATE shifts SET starts_at = %s", at(0))
    fixes = stand(number, at(0), (110.03, 34.51), 600)  # in the village beside
    hear(land.url, fixes)
    land.run(
        "INSERT INTO unit_positions (unit_id, division_code, at, lon_e7, lat_e7, accuracy_dm,"
        " speed_cms) VALUES (%s, 610522101201, %s, 1100300000, 345100000, 50, -1)",
        *(number, fixes[-1][1]),
    )
    derive_all()
    # Silent since 08:10 and 900 m away: after five minutes on foot it may be anywhere in grid 1.
    settle(at(1.2))
    assert states(land) == [("unknown", 0)]


def test_kinds_of_unit_count_where_they_are_asked_for(land, ask, unit) -> None:
    ask(**ONCE, unit_kinds=["response"])
    hear(land.url, stand(unit("A1"), at(1), SOUTH, 300))
    derive_all()
    settle(at(8.1))
    assert states(land) == [("not_met", 0)]
    hear(land.url, stand(unit("B1", kind="response"), at(2), SOUTH, 300))
    derive_all()
    settle(at(8.2))
    assert states(land) == [("met", 1)]


def test_a_share_is_counted_over_the_hours_of_the_window(land, ask, unit) -> None:
    ask(begins="08:00", ends="16:00", least_share=0.001)
    hear(land.url, stand(unit("A1"), at(1), SOUTH, 300))
    derive_all()
    settle(at(1.2))
    # A disc of 30 m less 15 m of doubt is 700 m2 of 4.1 km2: below a thousandth.
    assert states(land) == [("open", 1)]
    [(why,)] = land.run("SELECT why FROM requirement_states WHERE window_start = %s", EIGHT)
    assert 0.00005 < why["visited_share"] < 0.0007


def test_a_unit_that_flickers_in_and_out_makes_no_storm(land, ask, unit) -> None:
    """F3: in and out each 20 s for hours, judged every minute: alerts stay few."""
    ask(begins="08:00", ends="16:00", longest_interval_s=600)
    number = unit("A1")
    inside, outside = (110.01, 34.5195), (110.01, 34.5205)
    fixes = []
    for n in range(360):
        spot = inside if n % 2 else outside
        fixes.append((number, at(1) + timedelta(seconds=20 * n), *spot))
    hear(land.url, fixes)
    derive_all()
    for minute in range(180):
        settle(at(0.9) + timedelta(minutes=minute))
    found = alerts(land)
    assert len(found) <= 4, found
    [(rows,)] = land.run("SELECT count(*) FROM requirement_states")
    assert rows <= 3


def test_a_cleared_alert_comes_anew_only_after_the_quiet_time(land) -> None:
    from backend.patrol.alerts import Cause
    from backend.patrol.alerts import settle as agree

    cause = Cause("grid", 1, 610522101201, "yellow", "share.due", {})
    worse = Cause("grid", 1, 610522101201, "red", "share.due", {})

    def told(causes: list[Cause], minutes: float) -> tuple[int, int, int]:
        with db.begin() as session:
            done = agree(session, "requirement_due", causes, EIGHT + timedelta(minutes=minutes))
        return done.raised, done.worsened, done.cleared

    assert told([cause], 0) == (1, 0, 0)
    assert told([], 1) == (0, 0, 1)
    assert told([cause], 2) == (0, 0, 0)  # held back
    assert told([worse], 3) == (1, 0, 0)  # worse than it was
    assert told([cause], 4) == (0, 0, 0)  # an open alert's colour only rises
    assert told([], 5) == (0, 0, 1)
    assert told([worse], 14.9) == (0, 0, 0)
    assert told([worse], 15.1) == (1, 0, 0)


def test_late_fixes_change_an_old_state_without_an_alert(land, ask, unit) -> None:
    from backend.patrol.requirements.overdue import judge_since

    ask(**ONCE)
    settle(at(8.1))
    now = at(8 + 30)  # more than a day later
    settle(now)
    assert [row[3] for row in alerts(land)] == ["gone"]
    hear(land.url, stand(unit("A1"), at(3), SOUTH, 300))
    derive_all()
    with db.begin() as session:
        judge_since(session, at(-1), now)
    assert states(land) == [("met", 1)]
    assert len(alerts(land)) == 1
