"""What a process holds of its database: made once for each state, and let go with the database."""

import threading
from collections.abc import Callable

import pytest

from backend import holding
from backend.holding import Holding


@pytest.fixture
def turn_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def turn(database: str) -> None:
        monkeypatch.setattr(holding, "database_url", lambda: database)

    turn("postgresql:///one")
    return turn


def test_a_result_is_made_once_and_again_when_it_no_longer_holds(turn_to) -> None:
    held = Holding[list[int]]()
    first = held.renewed(lambda last: last or [1])
    assert held.renewed(lambda last: last or [2]) is first
    assert held.renewed(lambda last: [2]) == [2]


def test_results_under_other_keys_stand_beside_each_other(turn_to) -> None:
    held = Holding[str]()
    assert held.renewed(lambda last: last or "iec", (25.0,)) == "iec"
    assert held.renewed(lambda last: last or "dori", (12.5,)) == "dori"
    assert held.renewed(lambda last: last or "new", (25.0,)) == "iec"


def test_another_database_gets_its_own_and_the_first_is_let_go(turn_to) -> None:
    held = Holding[str]()
    for key in (None, 1):
        held.renewed(lambda last: "of one", key)
    turn_to("postgresql:///two")
    assert held.renewed(lambda last: last or "of two") == "of two"
    turn_to("postgresql:///one")
    assert held.renewed(lambda last: last or "made anew", 1) == "made anew"


def test_a_failure_leaves_the_last_result_in_place(turn_to) -> None:
    held = Holding[str]()
    held.renewed(lambda last: "sound")

    def fail(last: str | None) -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        held.renewed(fail)
    assert held.renewed(lambda last: last or "lost") == "sound"


def test_many_callers_at_once_wait_for_one_making(turn_to) -> None:
    held = Holding[object]()
    together = threading.Barrier(8)
    made: list[object] = []

    def make(last: object | None) -> object:
        if last is None:
            made.append(object())
        return last or made[-1]

    def ask() -> None:
        together.wait()
        held.renewed(make)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
