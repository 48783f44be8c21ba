"""Times in view against the truth of cameras whose overlaps are known cell by cell."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.errors import ArgumentError
from gis.eyeson import Ground, Runs, Sights, last_camera, views

CELLS = 40
HOUR = 3600.0


def ground_of(together, wanted, possible=None) -> Ground:
    zero = np.zeros(len(together))
    return Ground(
        np.array(together, float),
        zero if possible is None else np.array(possible, float),
        np.array(wanted, float),
    )


def runs_of(*rows: tuple[int, float, float, bool]) -> Runs:
    camera, begin, end, alive = zip(*rows, strict=True) if rows else ((), (), (), ())
    return Runs(
        np.array(camera, int), np.array(begin, float), np.array(end, float), np.array(alive, bool)
    )


def sights_of(*rows: tuple[int, int, float]) -> Sights:
    camera, subject, seen = zip(*rows, strict=True) if rows else ((), (), ())
    return Sights(np.array(camera, int), np.array(subject, int), np.array(seen, float))


def pieces(found) -> list[tuple[int, float, float, int]]:
    columns = (found.subject, found.begin_s, found.end_s, found.state)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_one_camera_sees_while_it_is_known_to_live_and_not_while_it_is_dead() -> None:
    found = views(
        sights_of((0, 0, 60)),
        ground_of([60], [50]),
        runs_of((0, 600, 1200, True), (0, 1200, 1800, False)),
        0,
        HOUR,
    )
    assert pieces(found) == [
        (0, 0, 600, -1),
        (0, 600, 1200, 1),
        (0, 1200, 1800, 0),
        (0, 1800, 3600, -1),
    ]
    assert found.seconds(1, 1).tolist() == [600]
    assert found.seconds(1, -1).tolist() == [2400]
    assert found.last_s(1).tolist() == [1200]


def test_a_subject_without_cameras_is_out_of_view_and_one_never_seen_has_no_last() -> None:
    found = views(sights_of(), ground_of([0], [50]), runs_of(), 0, HOUR)
    assert pieces(found) == [(0, 0, 3600, 0)]
    assert np.isnan(found.last_s(1)).all()


def test_two_that_do_not_overlap_suffice_together_and_one_alone_does_not() -> None:
    # 30 + 30 = 60 together: no overlap; 50 are wanted.
    found = views(
        sights_of((0, 0, 30), (1, 0, 30)),
        ground_of([60], [50]),
        runs_of((0, 0, HOUR, True), (1, 0, 1800, True), (1, 1800, HOUR, False)),
        0,
        HOUR,
    )
    assert pieces(found) == [(0, 0, 1800, 1), (0, 1800, 3600, 0)]


def test_what_is_only_possible_is_unknown_and_never_seen() -> None:
    lives = runs_of((0, 0, 1800, True), (0, 1800, HOUR, False))
    found = views(sights_of((0, 0, 0)), ground_of([0], [50], possible=[70]), lives, 0, HOUR)
    assert pieces(found) == [(0, 0, 1800, -1), (0, 1800, 3600, 0)]


def test_runs_beyond_the_window_are_cut_to_it() -> None:
    found = views(
        sights_of((0, 0, 60)), ground_of([60], [50]), runs_of((0, -9000, 9000, True)), 0, HOUR
    )
    assert pieces(found) == [(0, 0, 3600, 1)]


def test_the_camera_named_is_the_live_one_that_saw_most_at_last() -> None:
    sights = sights_of((0, 0, 55), (1, 0, 80), (2, 0, 90))
    runs = runs_of((0, 0, 1000, True), (1, 0, 1000, True), (2, 0, 900, True))
    found = views(sights, ground_of([90], [50]), runs, 0, HOUR)
    last = found.last_s(1)
    assert last.tolist() == [1000]
    assert last_camera(sights, runs, last).tolist() == [1]
    assert last_camera(sights, runs, np.array([np.nan])).tolist() == [-1]


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ArgumentError, match="end_s"):
        views(sights_of(), ground_of([0], [1]), runs_of(), 5, 5)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 10**6), share=st.sampled_from([0.1, 0.3, 0.5, 0.8]))
def test_never_seen_falsely_never_unseen_falsely_whatever_overlaps(seed, share) -> None:
    """Truth by cells: in view while the union of live cameras reaches the share."""
    rng = np.random.default_rng(seed)
    cameras, subjects = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    sees = rng.random((cameras, subjects, CELLS)) < rng.random((cameras, subjects, 1))
    cuts = [np.sort(rng.choice(60, size=5, replace=False)) * 60.0 for _ in range(cameras)]
    life = [
        [(a, b, bool(rng.random() < 0.6)) for a, b in pairwise(c) if rng.random() < 0.8]
        for c in cuts
    ]
    amounts = sees.sum(axis=2)
    rows = [(k, s, amounts[k, s]) for k in range(cameras) for s in range(subjects) if amounts[k, s]]
    wanted = np.full(subjects, share * CELLS)
    found = views(
        sights_of(*rows),
        ground_of(sees.any(axis=0).sum(axis=1), wanted),
        runs_of(*((k, *run) for k, own in enumerate(life) for run in own)),
        0,
        HOUR,
    )
    assert found.seconds(subjects, 1) + found.seconds(subjects, 0) + found.seconds(
        subjects, -1
    ) == pytest.approx([HOUR] * subjects)
    for minute in range(60):
        moment = minute * 60.0 + 30
        known = [next((alive for a, b, alive in own if a <= moment < b), None) for own in life]
        live = np.array([state is True for state in known])
        may = np.array([state is not False for state in known])
        for subject in range(subjects):
            at = (found.subject == subject) & (found.begin_s <= moment) & (moment < found.end_s)
            (state,) = found.state[at].tolist()
            sure = sees[live, subject].any(axis=0).sum() >= wanted[subject]
            perhaps = sees[may, subject].any(axis=0).sum() >= wanted[subject]
            assert sure or state != 1
            assert not perhaps or state != 0
            alone = bool((amounts[live, subject] >= wanted[subject]).any())
            assert not alone or state == 1  # one camera that suffices is never missed
