"""Requirements judged by hand-made days: what is met, what is not, and what nobody can tell."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from backend.patrol.requirements.judging import Asked, Shown, Standing, Stay, judge
from backend.patrol.requirements.windows import Band, Window, windows

SHANGHAI = ZoneInfo("Asia/Shanghai")
EIGHT = datetime(2026, 3, 2, 8, tzinfo=SHANGHAI)
DAY = Window(EIGHT, EIGHT + timedelta(hours=8))
EVENING = EIGHT + timedelta(hours=9)


def at(hours: float) -> datetime:
    """Return a time so many hours after the window's start."""
    return EIGHT + timedelta(hours=hours)


def stay(start: float, end: float, *, sure: bool = True) -> Stay:
    return Stay(at(start), at(end), sure)


def stands(asked: Asked, *stays: Stay, now: datetime = EVENING, **shares: float) -> Standing:
    return judge(asked, DAY, Shown(stays, **shares), now=now, due_share=0.25)


def test_enough_visits_meet_a_window() -> None:
    told = stands(Asked(times=2), stay(1, 1.5), stay(3, 3.2))
    assert (told.state, told.times, told.last_visit_at) == ("met", 2, at(3.2))


def test_too_few_visits_are_not_met_when_nobody_was_silent() -> None:
    assert stands(Asked(times=2), stay(1, 1.5)).state == "not_met"


def test_too_few_visits_are_unknown_when_somebody_may_have_been_there() -> None:
    assert stands(Asked(times=2), stay(1, 1.5), stay(4, 5, sure=False)).state == "unknown"


def test_nothing_is_unknown_that_enough_sure_visits_prove() -> None:
    assert stands(Asked(times=1), stay(1, 1.5), stay(4, 5, sure=False)).state == "met"


def test_a_stay_from_before_the_window_counts_once() -> None:
    assert stands(Asked(times=1), stay(-1, 0.5)).times == 1


def test_a_stay_cut_at_midnight_counts_once() -> None:
    second = Stay(at(2), at(3), True, is_continued=True)
    assert stands(Asked(times=1), stay(1, 2), second).times == 1


@pytest.mark.parametrize(
    ("hours", "state"), [(0.5, "open"), (5.9, "open"), (6.1, "due"), (7.9, "due"), (8.0, "not_met")]
)
def test_a_window_is_open_then_due_then_broken(hours: float, state: str) -> None:
    # A quarter of eight hours is the last two.
    assert stands(Asked(times=1), now=at(hours)).state == state


def test_an_interval_is_broken_while_the_window_runs() -> None:
    asked = Asked(longest_interval_s=7200)
    assert stands(asked, stay(0.5, 1), now=at(2)).state == "open"
    due = stands(asked, stay(0.5, 1), now=at(2.6))
    assert (due.state, due.deadline_at) == ("due", at(3))
    assert stands(asked, stay(0.5, 1), now=at(3.1)).state == "not_met"


def test_an_interval_ends_with_the_window() -> None:
    asked = Asked(longest_interval_s=7200)
    visits = [stay(n, n + 0.1) for n in (1.5, 3.0, 4.5, 6.2)]
    assert stands(asked, *visits, now=at(7)).state == "open"
    assert stands(asked, *visits).state == "met"
    assert stands(asked, *visits).why["longest_s"] == round(1.7 * 3600)


def test_an_interval_is_unknown_only_if_what_may_have_been_would_have_cut_it() -> None:
    asked = Asked(longest_interval_s=3 * 3600)
    ends = (stay(0, 1), stay(6, 8))
    assert stands(asked, *ends).state == "not_met"
    assert stands(asked, *ends, stay(3, 4, sure=False)).state == "unknown"
    # From 1 to 6 with somebody perhaps there until 1.5 at most: 4.5 hours are left.
    assert stands(asked, *ends, stay(1, 1.5, sure=False)).state == "not_met"


def test_a_share_is_unknown_when_silences_could_have_covered_it() -> None:
    asked = Asked(least_share=0.5)
    assert stands(asked, visited_share=0.5, possible_share=0.5).state == "met"
    assert stands(asked, visited_share=0.4, possible_share=0.6).state == "unknown"
    assert stands(asked, visited_share=0.4, possible_share=0.49).state == "not_met"


def test_the_worst_part_decides_and_is_named() -> None:
    told = stands(Asked(times=1, least_share=0.5), stay(1, 2), visited_share=0.1)
    assert (told.state, told.rule) == ("not_met", "share")


def test_a_band_across_midnight_is_of_the_day_it_begins_on() -> None:
    friday = Band(frozenset({5}), time(22), time(6), date(2026, 1, 1))
    asked = datetime(2026, 3, 7, 1, tzinfo=SHANGHAI)  # Saturday, one in the morning
    [found] = windows(friday, asked, asked, SHANGHAI)
    assert found.start == datetime(2026, 3, 6, 22, tzinfo=SHANGHAI)
    assert found.end == datetime(2026, 3, 7, 6, tzinfo=SHANGHAI)


def test_a_band_is_asked_for_only_while_it_is_valid() -> None:
    band = Band(frozenset(range(1, 8)), time(8), time(16), date(2026, 3, 2), date(2026, 3, 3))
    since, until = EIGHT - timedelta(days=5), EIGHT + timedelta(days=5)
    assert [w.start.astimezone(SHANGHAI).day for w in windows(band, since, until, SHANGHAI)] == [
        2,
        3,
    ]


def test_clocks_put_forward_shorten_a_night_and_break_nothing() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    night = Band(frozenset({6}), time(22), time(6), date(2026, 1, 1))
    asked = datetime(2026, 3, 29, 1, tzinfo=UTC)
    [found] = windows(night, asked, asked, berlin)
    assert found.end - found.start == timedelta(hours=7)
