"""Any sequence of acts leaves what a plain model of the rules leaves: states, clocks, the end."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend import db
from backend.access import Principal
from backend.accounts.rights import rights_of
from backend.dispatch import timeouts
from backend.dispatch.assignments import acting, offering
from backend.dispatch.steps import Step
from backend.dispatch.tasks import creating
from backend.divisions.codes import span
from backend.errors import Conflict

COUNTY = 610522000000
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
ACCEPT_S, ARRIVE_S = 120, 900  # red

#: The issue's words: offered, accepted, under way, arrived, done, refused, timed out.
NEXT = {
    ("offered", "accept"): "accepted",
    ("accepted", "start"): "under_way",
    ("accepted", "arrive"): "arrived",
    ("under_way", "arrive"): "arrived",
    ("arrived", "finish"): "done",
    **{(state, "refuse"): "refused" for state in ("offered", "accepted", "under_way")},
    **{
        (state, "withdraw"): "withdrawn"
        for state in ("offered", "accepted", "under_way", "arrived")
    },
}
OPEN = {"offered", "accepted", "under_way", "arrived"}


@dataclass
class Row:
    """One unit on the task, as the model has it; spans in seconds from noon."""

    unit: int
    state: str
    accept_by: float
    arrive_by: float = 0
    is_late: bool = False
    version: int = 1


@dataclass
class Model:
    """A task with its units: nothing but lists and the rules above."""

    now: float = 0
    state: str = "open"
    rows: list[Row] = field(default_factory=list)

    def offer(self, unit: int) -> bool:
        if self.state != "open" or any(r.unit == unit and r.state in OPEN for r in self.rows):
            return False
        self.rows.append(Row(unit, "offered", self.now + ACCEPT_S))
        return True

    def act(self, which: int, act: str) -> bool:
        row = self.rows[which]
        following = NEXT.get((row.state, act))
        if following is None:
            return False
        row.state, row.version = following, row.version + 1
        if following == "accepted":
            row.arrive_by = self.now + ARRIVE_S
        self.settle()
        return True

    def wait(self, seconds: float) -> int:
        self.now += seconds
        ran_out = 0
        for row in self.rows:
            if row.state == "offered" and row.accept_by < self.now:
                row.state = "timed_out"
            elif (
                row.state in ("accepted", "under_way")
                and row.arrive_by < self.now
                and not row.is_late
            ):
                row.is_late = True
            else:
                continue
            row.version += 1
            ran_out += 1
        self.settle()
        return ran_out

    def settle(self) -> None:
        found = {row.state for row in self.rows}
        if "done" in found and not found & OPEN:
            self.state = "done"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.integers(0, 2)),
        st.tuples(st.just("wait"), st.sampled_from([1, 119, 121, 901])),
        st.tuples(
            st.sampled_from(["accept", "start", "arrive", "finish", "refuse", "withdraw"]),
            st.integers(0, 4),
        ),
    ),
    max_size=14,
)


@pytest.fixture
def boss(account, land, unit) -> tuple[Principal, list[int]]:
    """Return a dispatcher of the county, and three units that have been on duty for a day."""
    name = account("dispatcher")
    units = [unit(code) for code in ("A1", "A2", "A3")]
    land.run("UPDATE shifts SET starts_at = %s", NOON - timedelta(days=1))
    number = int(str(land.run("SELECT id FROM users WHERE username = %s", name)[0][0]))
    scope = db.Scope(number, *span(COUNTY))
    who = Principal(number, name, name, "dispatcher", COUNTY, scope, rights_of("dispatcher"))
    return who, units


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_any_sequence_of_acts_leaves_what_the_model_leaves(boss, land, steps) -> None:
    by, units = boss
    land.run(  # of the example before: its clocks are not this one's
        "UPDATE assignments SET state = 'withdrawn'"
        " WHERE state IN ('offered', 'accepted', 'under_way', 'arrived')"
    )
    with db.begin(by.scope) as session:
        order = creating.Order(title="火情", severity="red", lonlat=(110.011, 34.512))
        task_id = creating.create(session, order, by=by, now=NOON).id
    model = Model()
    for act, which in steps:
        now = NOON + timedelta(seconds=model.now)
        if act == "wait":
            ran_out = model.wait(which)
            assert timeouts.sweep(NOON + timedelta(seconds=model.now)) == ran_out
        elif act == "offer":
            assert done(by, lambda s, n=now, w=which: offer(s, task_id, units[w], by, n)) == (
                model.offer(which)
            )
        elif which < len(model.rows):
            number = ids(land, task_id)[which]
            step = Step(act, text="好")
            assert done(
                by, lambda s, i=number, p=step, n=now: acting.act(s, i, p, by=by, now=n)
            ) == model.act(which, act)
    stored = land.run(
        "SELECT unit_id, state, version, late_at IS NOT NULL FROM assignments"
        " WHERE task_id = %s ORDER BY id",
        task_id,
    )
    assert stored == [(units[r.unit], r.state, r.version, r.is_late) for r in model.rows]
    assert land.run("SELECT state FROM tasks WHERE id = %s", task_id) == [(model.state,)]
    (steps_told,) = land.run(
        "SELECT count(*) FROM task_entries WHERE task_id = %s AND assignment_id IS NOT NULL",
        task_id,
    )
    assert steps_told == (sum(row.version for row in model.rows),)  # one line a step, no more


def offer(session: Any, task_id: int, unit: int, by: Principal, now: datetime) -> None:
    offering.offer(session, task_id, offering.Offer(unit_ids=(unit,)), by=by, now=now)


def done(by: Principal, work: Any) -> bool:
    """Do it in a transaction; False when it was refused as a conflict."""
    try:
        with db.begin(by.scope) as session:
            work(session)
    except Conflict:
        return False
    return True


def ids(land: Any, task_id: int) -> list[int]:
    rows = land.run("SELECT id FROM assignments WHERE task_id = %s ORDER BY id", task_id)
    return [int(str(row[0])) for row in rows]
