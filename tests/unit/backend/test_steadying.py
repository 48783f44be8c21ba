"""Flapping cameras made steady: never more than one word a window, and the last word is right."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from backend.cameras.steadying import Steadier

WINDOW_S, MOST_S = 5.0, 60.0


def flap(seconds: float, every_s: float) -> list[float]:
    """Return when a camera that turns each `every_s` is told of, its settling asked each 0.5 s."""
    steady: Steadier[bool, bool] = Steadier(WINDOW_S, MOST_S)
    told, tick, is_alive, turn_s = [], 0.0, True, 0.0
    while tick <= seconds:
        if tick >= turn_s:
            if steady.offer(1, is_alive, is_alive, tick) is not None:
                told.append(tick)
            is_alive, turn_s = not is_alive, turn_s + every_s
        told += [tick for _ in steady.settled(tick)]
        tick += 0.5
    return told


def test_the_first_turn_is_told_at_once_and_so_is_one_after_a_calm() -> None:
    steady: Steadier[bool, str] = Steadier(WINDOW_S, MOST_S)
    assert steady.offer(1, True, "up", 0.0) == "up"
    assert steady.offer(1, False, "down", 100.0) == "down"
    assert steady.offer(1, True, "up again", 200.0) == "up again"


def test_a_camera_that_turns_each_two_seconds_is_told_of_in_widening_windows() -> None:
    # The first word at 0, a turn at 2, the next after a window of 5, then 10, 20, 40 s.
    told = flap(60.0, 2.0)
    assert len(told) <= 5
    windows = [WINDOW_S, 2 * WINDOW_S, 4 * WINDOW_S]
    for (before, after), window in zip(pairwise(told[1:]), windows, strict=False):
        assert after - before >= window


def test_a_stream_that_begins_with_a_silence_is_alive_at_once() -> None:
    steady: Steadier[bool, str] = Steadier(WINDOW_S, MOST_S)
    assert steady.offer(1, False, "not yet", 0.0) == "not yet"
    assert steady.offer(1, True, "up", 0.5) == "up"


def test_what_was_held_back_is_told_when_the_window_ends() -> None:
    steady: Steadier[bool, str] = Steadier(WINDOW_S, MOST_S)
    steady.offer(1, False, "down before", -10.0)
    steady.offer(1, True, "up", 0.0)
    assert steady.offer(1, False, "down", 1.0) is None
    assert steady.settled(4.9) == []
    assert steady.settled(5.0) == ["down"]
    assert steady.settled(5.5) == []


def test_what_turned_back_within_the_window_was_nothing() -> None:
    steady: Steadier[bool, str] = Steadier(WINDOW_S, MOST_S)
    steady.offer(1, False, "down before", -10.0)
    steady.offer(1, True, "up", 0.0)
    steady.offer(1, False, "down", 1.0)
    assert steady.offer(1, True, "up", 2.0) is None
    assert steady.settled(100.0) == []
    assert steady.offer(1, True, "still up", 101.0) == "still up"


def test_a_camera_that_comes_to_rest_is_told_of_before_a_long_window_ends() -> None:
    steady: Steadier[bool, bool] = Steadier(WINDOW_S, MOST_S)
    now, told = 0.0, [True]
    while now < 61.0:  # until its window is 40 s
        word = steady.offer(1, now % 4 < 2, now % 4 < 2, now)
        told += [] if word is None else [word]
        told += steady.settled(now)
        now += 2.0
    steady.offer(1, told[-1], told[-1], now)
    assert steady.offer(1, not told[-1], not told[-1], now + 1.0) is None
    assert steady.settled(now + 4.9) == []
    assert steady.settled(now + 5.0) == [not told[-1]]  # four seconds after it came to rest


def test_two_hundred_cameras_that_die_at_once_are_all_told_of_at_once() -> None:
    steady: Steadier[bool, int] = Steadier(WINDOW_S, MOST_S)
    for camera in range(543):
        steady.offer(camera, True, camera, 0.0)
    told = [steady.offer(camera, False, camera, 600.0) for camera in range(200)]
    assert told == list(range(200))


turns = st.lists(st.tuples(st.floats(0.01, 30.0), st.booleans()), min_size=1, max_size=60)


@given(turns)
def test_whatever_happens_words_keep_their_distance_and_the_last_one_is_right(turns) -> None:
    steady: Steadier[bool, bool] = Steadier(WINDOW_S, MOST_S)
    now, told = 0.0, [(0.0, True)]
    steady.offer(1, True, True, 0.0)
    for pause_s, is_alive in turns:
        now += pause_s
        told += [(now, word) for word in steady.settled(now)]
        word = steady.offer(1, is_alive, is_alive, now)
        if word is not None:
            told.append((now, word))
    last = turns[-1][1]
    now += 2 * MOST_S
    told += [(now, word) for word in steady.settled(now)]
    assert told[-1][1] is last
    changes = [told[0]] + [b for a, b in pairwise(told) if a[1] is not b[1]]
    assert all(b[0] - a[0] >= WINDOW_S for a, b in pairwise(changes[1:]))
