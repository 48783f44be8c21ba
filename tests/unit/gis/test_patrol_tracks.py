"""Fixes cleaned and joined into legs: what is left out, what is known, whatever the order."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import ArgumentError
from gis.patrolground import ground_states
from gis.patrolplan import patrol_cells
from gis.silences import Duties
from gis.tracks import REASONS, Fixes, clean, legs, rules_of
from gis.visits import find_visits

FOOT = rules_of("foot")


def fixes(*rows: tuple[float, ...]) -> Fixes:
    """Fixes of rows at, x, y, and accuracy (3 m unless said); of unit 1."""
    told = np.array([(*row, 3.0)[:4] for row in rows], dtype=np.float64).reshape(-1, 4)
    unit = np.ones(len(told), dtype=np.int64)
    return Fixes(unit, *told.T, np.full(len(told), np.nan))


def reasons(given_: Fixes, rules=FOOT) -> list[str]:
    return [REASONS[k] for k in clean(given_, rules).refused]


def straight(count: int = 9, every_s: float = 10.0) -> list[tuple[float, ...]]:
    return [(k * every_s, 1.2 * every_s * k, 0.0) for k in range(count)]


def test_a_fix_told_twice_counts_once():
    rows = straight()
    assert reasons(fixes(*rows, rows[3])).count("duplicate") == 1


def test_of_two_places_at_one_time_the_more_accurate_stays():
    told = reasons(fixes(*straight(), (30.0, 40.0, 0.0, 9.0)))
    assert told == ["kept"] * 9 + ["clash"]


def test_a_fix_stated_worse_than_the_limit_is_left_out():
    assert reasons(fixes(*straight(), (85.0, 100.0, 0.0, 51.0)))[-1] == "inaccurate"


def test_one_fix_far_off_is_a_jump_and_its_neighbours_stay():
    rows = straight()
    rows[4] = (40.0, 48.0, 900.0)
    assert reasons(fixes(*rows)) == ["kept"] * 4 + ["jump"] + ["kept"] * 4


def test_three_fixes_far_off_in_a_row_are_jumps():
    rows = straight(12)
    rows[4:7] = [(at, x, 900.0) for at, x, _ in rows[4:7]]
    assert reasons(fixes(*rows)).count("jump") == 3


def test_a_unit_carried_away_is_kept_in_both_places_and_the_way_between_is_a_gap():
    """Six fixes here, six there: nobody can say which are wrong, so nothing between is known."""
    rows = [*straight(6), *[(60.0 + at, x + 5000.0, 0.0) for at, x, _ in straight(6)]]
    cleaned = clean(fixes(*rows), FOOT)
    assert np.all(cleaned.refused == 0)
    assert legs(cleaned).is_known.tolist() == [True] * 5 + [False] + [True] * 5


def test_two_fixes_that_contradict_each_other_prove_nothing():
    grid = np.array([shapely.box(-500, -500, 500, 500)])
    own = legs(clean(fixes((0.0, 0.0, 0.0), (10.0, 4000.0, 0.0)), FOOT))
    assert not own.is_firm0.any()
    assert find_visits(grid, own).is_sure.tolist() == [False]


def test_a_silence_longer_than_the_limit_is_a_gap():
    own = legs(clean(fixes((0.0, 0.0, 0.0), (120.0, 10.0, 0.0), (240.1, 20.0, 0.0)), FOOT))
    assert own.is_known.tolist() == [True, False]


def test_a_single_fix_is_a_leg_of_its_own():
    own = legs(clean(fixes((5.0, 1.0, 2.0)), FOOT))
    assert (own.t0.tolist(), own.t1.tolist(), own.x1.tolist()) == ([5.0], [5.0], [1.0])


def test_no_fix_gives_no_leg():
    assert len(legs(clean(fixes(), FOOT))) == 0


def test_places_that_are_no_numbers_are_refused():
    with pytest.raises(ArgumentError, match="x"):
        fixes((0.0, np.nan, 0.0))
    with pytest.raises(ArgumentError, match="vehicle"):
        rules_of("horse")


LOW = np.array([(x, y) for x in range(-300, 300, 100) for y in (-100, 0)], dtype=np.float64)
GRIDS = shapely.box(*LOW.T, *(LOW + 100.0).T)
PLAN = patrol_cells(GRIDS, np.array([shapely.LineString([(-300, 5), (300, 5)])], dtype=object))


def everything(told: Fixes) -> bytes:
    """All that is derived from fixes, byte for byte; hour 0 and 1, unit 2 silent at its end."""
    own = legs(clean(told, FOOT))
    visits = find_visits(GRIDS, own)
    duties = Duties(np.array([1, 2]), np.array([0.0, 0.0]), np.array([5000.0, 5000.0]))
    grounds = ground_states(PLAN, own, from_s=0, to_s=7200, duties=duties)
    columns = [getattr(visits, name) for name in visits.__slots__]
    parts = [column.tobytes() for column in (*columns, grounds.grid, grounds.hour_s)]
    return b"|".join([*parts, *(b"".join(dataclasses.astuple(g)) for g in grounds.grounds)])


rows_of_fixes = st.lists(
    st.tuples(
        st.integers(1, 2),
        st.sampled_from([0.0, 7.0, 20.0, 33.5, 60.0, 90.0, 300.0, 3590.0, 3601.0, 3650.0]),
        st.integers(-40, 40).map(lambda k: 7.0 * k),
        st.sampled_from([-100.0, -60.0, 0.0, 12.0, 100.0]),
        st.sampled_from([1.0, 4.0, 60.0, np.nan]),
        st.sampled_from([0.0, 1.0, np.nan]),
    ),
    max_size=25,
)


def as_fixes(rows: list[tuple[float, ...]]) -> Fixes:
    told = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return Fixes(told[:, 0].astype(np.int64), *np.ascontiguousarray(told[:, 1:].T))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=rows_of_fixes, choice=st.data())
def test_order_and_repetition_of_fixes_change_no_byte(rows, choice):
    repeated = rows + choice.draw(st.lists(st.sampled_from(rows), max_size=8)) if rows else rows
    shuffled = choice.draw(st.permutations(repeated))
    assert everything(as_fixes(shuffled)) == everything(as_fixes(sorted(set(rows), key=repr)))


@settings(max_examples=100, deadline=None)
@given(rows=rows_of_fixes)
def test_dwell_is_never_negative_nor_longer_than_the_visit(rows):
    visits = find_visits(GRIDS, legs(clean(as_fixes(rows), FOOT)))
    assert np.all(visits.dwell_s >= 0.0)
    assert np.all(visits.dwell_s <= visits.left_s - visits.entered_s + 1e-9)


def test_a_day_with_its_margin_comes_out_as_from_all_fixes(walker):
    walk = walker(3, "foot", hours=6.0, accuracy_m=4.0)
    begin, end, margin = 7200.0, 14400.0, FOOT.margin_s
    columns = [getattr(walk.fixes, name) for name in Fixes.__slots__]
    is_near = (walk.fixes.at_s >= begin - margin) & (walk.fixes.at_s < end + margin)
    part = Fixes(*(column[is_near] for column in columns))
    assert 0 < len(part) < len(walk.fixes)
    low = np.floor(np.array([walk.x.min(), walk.y.min()]) / 200) * 200
    x, y = (axis.ravel() for axis in np.meshgrid(*(low[:, None] + 200 * np.arange(20))))
    grids = shapely.box(x, y, x + 200, y + 200)
    plan = patrol_cells(grids, np.empty(0, dtype=object))
    told = []
    for chosen in (walk.fixes, part):
        own = legs(clean(chosen, FOOT))
        visits = find_visits(grids, own, from_s=begin, to_s=end)
        grounds = ground_states(plan, own, from_s=int(begin), to_s=int(end))
        told.append(([getattr(visits, n).tolist() for n in visits.__slots__], grounds.grounds))
    assert told[0] == told[1]
    assert len(told[0][0][0]) > 5
