"""Clocks that run out, once each; and what happens when two act at the same moment."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend import db
from backend.access import Principal
from backend.accounts.rights import rights_of
from backend.dispatch import timeouts
from backend.dispatch.assignments import acting, offering
from backend.dispatch.steps import Step
from backend.dispatch.tasks import creating, settling
from backend.divisions.codes import span
from backend.errors import Conflict, GridlinkError

COUNTY = 610522000000
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture
def boss(account, land) -> Principal:
    """Return a dispatcher of the county."""
    name = account("dispatcher")
    number = int(str(land.run("SELECT id FROM users WHERE username = %s", name)[0][0]))
    scope = db.Scope(number, *span(COUNTY))
    return Principal(number, name, name, "dispatcher", COUNTY, scope, rights_of("dispatcher"))


@pytest.fixture
def task(boss, unit, land) -> Callable[..., Any]:
    """Return `task(*codes)`, which makes a red task at noon, offered to units of these codes."""

    def make(*codes: str) -> tuple[int, list[int]]:
        ids = tuple(unit(code) for code in codes)
        land.run("UPDATE shifts SET starts_at = %s", NOON - timedelta(days=1))
        order = creating.Order(title="火情", severity="red", lonlat=(110.011, 34.512), unit_ids=ids)
        with db.begin(boss.scope) as session:
            made = creating.create(session, order, by=boss, now=NOON)
        rows = land.run("SELECT id FROM assignments WHERE task_id = %s ORDER BY id", made.id)
        return made.id, [int(str(row[0])) for row in rows]

    return make


def act(boss: Principal, number: int, name: str, now: datetime, **more: Any) -> str:
    with db.begin(boss.scope) as session:
        return acting.act(session, number, Step(name, **more), by=boss, now=now).state


def states(land: Any) -> list[str]:
    return [str(row[0]) for row in land.run("SELECT state FROM assignments ORDER BY id")]


def acts(land: Any) -> list[str]:
    return [str(row[0]) for row in land.run("SELECT act FROM task_entries ORDER BY id")]


def later(**span: float) -> datetime:
    return NOON + timedelta(**span)


def test_an_offer_nobody_accepts_times_out_once_and_leaves_the_task_open(task, land) -> None:
    task("A1", "A2")
    assert timeouts.sweep(later(seconds=120)) == 0  # until then they may
    assert timeouts.sweep(later(seconds=121)) == 2
    assert timeouts.sweep(later(seconds=180)) == 0
    assert states(land) == ["timed_out", "timed_out"]
    assert acts(land) == ["create", "offer", "offer", "time_out", "time_out"]
    assert land.run("SELECT state FROM tasks") == [("open",)]
    assert land.run(
        "SELECT DISTINCT actor_id, actor_name FROM task_entries WHERE act = 'time_out'"
    ) == [(None, "gridlink")]


def test_a_late_arrival_is_told_once_and_the_unit_goes_on(task, boss, land) -> None:
    _, (one,) = task("A1")
    act(boss, one, "accept", later(seconds=60))
    act(boss, one, "start", later(seconds=90))
    assert timeouts.sweep(later(seconds=60 + 900)) == 0
    assert timeouts.sweep(later(seconds=60 + 901)) == 1
    assert timeouts.sweep(later(hours=5)) == 0
    assert states(land) == ["under_way"]
    assert act(boss, one, "arrive", later(minutes=20)) == "arrived"
    assert acts(land) == ["create", "offer", "accept", "start", "late", "arrive"]


def test_a_task_that_was_done_ends_when_the_last_open_offer_times_out(task, boss, land) -> None:
    _, (one, _two) = task("A1", "A2")
    for n, step in enumerate(("accept", "arrive", "finish")):
        act(boss, one, step, later(seconds=20 + n), text="好")
    assert land.run("SELECT state FROM tasks") == [("open",)]
    timeouts.sweep(later(seconds=300))
    assert land.run("SELECT state FROM tasks") == [("done",)]


def test_accepting_against_the_clock_is_either_in_time_or_refused(task, boss, land) -> None:
    """Both lock the task first; whichever is second sees what the first has done."""
    _, numbers = task(*(f"A{n}" for n in range(12)))
    outcomes: list[str] = []

    def accept() -> None:
        for number in numbers:
            try:
                outcomes.append(act(boss, number, "accept", later(seconds=121)))
            except Conflict as refused:
                outcomes.append(refused.code)

    threads = [threading.Thread(target=accept)]
    threads.append(threading.Thread(target=lambda: timeouts.sweep(later(seconds=121))))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = states(land)
    assert [o == "accepted" for o in outcomes] == [s == "accepted" for s in found]
    assert set(outcomes) <= {"accepted", "dispatch.step_refused"}
    assert set(found) <= {"accepted", "timed_out"}
    rows = land.run(
        "SELECT assignment_id, count(*) FROM task_entries WHERE act <> 'offer'"
        " AND assignment_id IS NOT NULL GROUP BY 1"
    )
    assert [count for _, count in rows] == [1] * 12


def together(*works: Callable[[], Any]) -> list[Any]:
    """Do things at the same moment; return what came of each, an error as its code."""
    gate, outcomes = threading.Barrier(len(works)), [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        gate.wait()
        try:
            outcomes[place] = work()
        except GridlinkError as refused:
            outcomes[place] = refused.code

    threads = [threading.Thread(target=run, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def offer(boss: Principal, task_id: int, wanted: offering.Offer) -> Callable[[], str]:
    def work() -> str:
        with db.begin(boss.scope) as session:
            offering.offer(session, task_id, wanted, by=boss, now=later(seconds=5))
        return "offered"

    return work


def test_two_dispatchers_who_offer_the_same_unit_at_once_offer_it_once(task, boss, unit, land):
    number, _ = task()
    wanted = offering.Offer(unit_ids=(unit("B1"),))
    land.run("UPDATE shifts SET starts_at = %s", NOON - timedelta(days=1))
    outcomes = together(*[offer(boss, number, wanted)] * 4)
    assert sorted(outcomes) == ["dispatch.already_offered"] * 3 + ["offered"]
    assert states(land) == ["offered"]


def test_two_who_reassign_at_once_replace_it_once(task, boss, unit, land) -> None:
    number, (one,) = task("A1")
    units = [unit(f"B{n}") for n in range(3)]
    land.run("UPDATE shifts SET starts_at = %s", NOON - timedelta(days=1))
    wanted = [offering.Offer(unit_ids=(u,), instead_of=one) for u in units]
    outcomes = together(*(offer(boss, number, each) for each in wanted))
    assert sorted(outcomes) == ["dispatch.step_refused"] * 2 + ["offered"]
    assert sorted(states(land)) == ["offered", "withdrawn"]


def test_withdrawing_against_accepting_one_wins(task, boss, land) -> None:
    for n in range(4):
        _, (number,) = task(f"C{n}")
        outcomes = together(
            lambda k=number: act(boss, k, "accept", later(seconds=9), version=1),
            lambda k=number: act(boss, k, "withdraw", later(seconds=9), version=1),
        )
        assert sorted(outcomes) in (
            ["accepted", "dispatch.stale_version"],
            ["dispatch.stale_version", "withdrawn"],
        )


def test_cancelling_against_an_act_leaves_nothing_half_way(task, boss, land) -> None:
    number, (one,) = task("A1")

    def cancel() -> str:
        with db.begin(boss.scope) as session:
            step = settling.TaskStep("cancel", 1, "误报")
            return settling.act(session, number, step, by=boss, now=later(seconds=9)).state

    outcomes = together(cancel, lambda: act(boss, one, "accept", later(seconds=9)))
    task_state = land.run("SELECT state FROM tasks")[0][0]
    assert (outcomes, task_state, states(land)) in (
        (["cancelled", "dispatch.step_refused"], "cancelled", ["withdrawn"]),
        (["dispatch.stale_version", "accepted"], "open", ["accepted"]),
    )
