"""Rules of alarms by hand-made cases: the narrowest in its hours, quiet, storms."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.alarms.deciding import Rule, Seen, decide, held_back
from backend.alarms.hours import Hours

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
EVERY_DAY = frozenset(range(1, 8))
VILLAGE = 610522101201
NIGHT = Hours(EVERY_DAY, time(22), time(6))


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def rule(rule_id: int = 1, **changes: object) -> Rule:
    values: dict = {
        "id": rule_id,
        "low": 610522000000,
        "high": 610522999999,
        "kinds": frozenset({"motion"}),
        "camera_ids": frozenset(),
        "grid_id": None,
        "place_kind": None,
        "windows": (),
        "quiet": (),
        "outcome": "note",
        "storm_count": 3,
        "storm_window_s": 300,
    }
    return Rule(**(values | changes))


def seen(**changes: object) -> Seen:
    values: dict = {
        "kind": "motion",
        "camera_id": 7,
        "division_code": VILLAGE,
        "at": local("2026-11-20 12:00"),
        "grid_ids": frozenset({5}),
        "place_kinds": frozenset({"school"}),
    }
    return Seen(**(values | changes))


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        ("2026-11-20 21:59:59", False),
        ("2026-11-20 22:00:00", True),
        ("2026-11-21 00:00:00", True),
        ("2026-11-21 05:59:59", True),
        ("2026-11-21 06:00:00", False),
    ],
)
def test_hours_run_across_midnight_and_end_before_their_end(at: str, holds: bool) -> None:
    assert NIGHT.hold(local(at), SHANGHAI) is holds


def test_friday_night_ends_on_saturday_morning_and_thursday_has_none() -> None:
    friday = Hours(frozenset({5}), time(22), time(6))
    assert friday.hold(local("2026-11-21 03:00"), SHANGHAI)  # a Saturday
    assert not friday.hold(local("2026-11-20 03:00"), SHANGHAI)  # the morning of Friday itself


def test_the_hour_that_comes_twice_lies_in_the_night_both_times() -> None:
    # New York put its clocks back on 2026-11-01: 01:30 came at 05:30 and at 06:30 UTC.
    for hour in (5, 6):
        assert NIGHT.hold(datetime(2026, 11, 1, hour, 30, tzinfo=UTC), NEW_YORK)


def test_equal_times_are_a_whole_day() -> None:
    whole = Hours(frozenset({5}), time(0), time(0))
    assert whole.hold(local("2026-11-20 00:00"), SHANGHAI)
    assert whole.hold(local("2026-11-20 23:59"), SHANGHAI)
    assert not whole.hold(local("2026-11-21 00:00"), SHANGHAI)


def test_without_a_rule_an_alarm_is_kept_and_no_more() -> None:
    decision = decide([], seen(), SHANGHAI)
    assert (decision.rule, decision.outcome) == (None, "nothing")


def test_the_narrowest_rule_holds_whatever_the_order() -> None:
    wide = rule(1, outcome="incident")
    by_place = rule(2, place_kind="school", outcome="note")
    by_grid = rule(3, grid_id=5, outcome="nothing")
    by_camera = rule(4, camera_ids=frozenset({7, 8}), outcome="incident")
    rules = [wide, by_place, by_grid, by_camera]
    for most in range(4, 0, -1):
        for order in (rules[:most], rules[most - 1 :: -1]):
            assert decide(order, seen(), SHANGHAI).rule is rules[most - 1]


def test_a_township_rule_goes_before_that_of_the_county() -> None:
    county, township = rule(1), rule(2, low=610522101000, high=610522101999)
    assert decide([county, township], seen(), SHANGHAI).rule is township


def test_a_rule_out_of_its_hours_leaves_the_word_to_the_next_wider() -> None:
    night, always = rule(1, grid_id=5, windows=(NIGHT,)), rule(2)
    assert decide([night, always], seen(), SHANGHAI).rule is always
    at_night = seen(at=local("2026-11-20 23:00"))
    assert decide([night, always], at_night, SHANGHAI).rule is night


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "input"},
        {"division_code": 610523000000},
        {"grid_ids": frozenset()},
    ],
)
def test_a_rule_says_nothing_of_what_it_is_not_about(change: dict) -> None:
    assert decide([rule(grid_id=5)], seen(**change), SHANGHAI).rule is None


def test_quiet_hours_keep_the_alarm_and_tell_nobody() -> None:
    quiet = rule(quiet=(NIGHT,), outcome="incident")
    assert decide([quiet], seen(), SHANGHAI).outcome == "incident"
    assert decide([quiet], seen(at=local("2026-11-21 02:00")), SHANGHAI).outcome == "quiet"


def test_the_limit_of_a_rule_counts_what_it_told_within_its_window() -> None:
    at = local("2026-11-20 12:00")
    told = [at - timedelta(seconds=s) for s in (0, 100, 299)]
    assert held_back(told, at, rule())
    assert not held_back([*told[:2], at - timedelta(seconds=300)], at, rule())


instants = st.integers(1_767_225_600, 1_830_000_000).map(  # 2026 and 2027
    lambda s: datetime.fromtimestamp(s, UTC)
)
clock = st.times().map(lambda t: t.replace(microsecond=0))


@given(instants, clock, clock, st.sampled_from([SHANGHAI, NEW_YORK]))
def test_hours_and_their_complement_cover_every_instant_once(at, begins, ends, zone) -> None:
    if begins == ends:
        return
    one = Hours(EVERY_DAY, begins, ends).hold(at, zone)
    other = Hours(EVERY_DAY, ends, begins).hold(at, zone)
    wall = at.astimezone(zone)
    # Where clocks are changed, the hour left out or come twice may lie in both.
    around = {(wall + timedelta(days=d)).utcoffset() for d in (-2, -1, 0, 1, 2)}
    if len(around) == 1:
        assert one is not other
    else:
        assert one or other
