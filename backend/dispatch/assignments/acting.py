"""One unit on one task: what it may do next is a table of transitions; this applies it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...access import Principal
from ...errors import NotFound
from ...patrol.models import Unit
from ...settings import load
from .. import clocks, timeline
from ..models import Assignment, AssignmentTransition, Callout, CalloutTransition, Task
from ..refusals import ActNotAllowed, StaleVersion, StepRefused, TextMissing
from ..tasks import settling
from ..timeline import Line
from . import arrival

Rule = TypeVar("Rule", AssignmentTransition, CalloutTransition)

INSTANT_OF = {
    "accepted": "accepted_at",
    "under_way": "under_way_at",
    "arrived": "arrived_at",
    "done": "done_at",
    "refused": "refused_at",
    "timed_out": "timed_out_at",
    "withdrawn": "withdrawn_at",
}
"""State -> the column that keeps when it was entered; of call-outs too."""


@dataclass(frozen=True, slots=True)
class Step:
    """An act as somebody took it, perhaps long before it came through.

    `version` None means "whatever it is now": a handheld's queue does not know what happened
    meanwhile, and the table of transitions guards it all the same.
    """

    act: str
    version: int | None = None
    text: str = ""
    at: datetime | None = None
    where: arrival.Whereabouts = arrival.NOWHERE


def act(
    session: Session, assignment_id: int, step: Step, *, by: Principal, now: datetime
) -> Assignment:
    """Apply an act of a dispatcher, or of the unit's own account, in the caller's transaction.

    Raises
    ------
    NotFound
        If there is no such assignment in the jurisdiction, or it is not the account's unit's.
    StaleVersion, StepRefused, ActNotAllowed, TextMissing, WrongPhotograph
        If the act cannot be taken.

    """
    task, assignment = locked(session, assignment_id, by)
    moment = at_latest(step.at, now, after=last_instant(assignment))
    rule = session.get(AssignmentTransition, (assignment.state, step.act))
    rule = allowed(assignment, rule, step, by)
    detail: dict[str, Any] = {} if step.at is None else {"stated_at": step.at.isoformat()}
    before = assignment.state
    if rule.to_state == "arrived":
        proof = arrival.prove(session, task, assignment, step.where, moment)
        assignment.arrival_proof, assignment.arrival_distance_m = proof.how, proof.distance_m
        detail |= proof.detail()
    enter_state(assignment, rule.to_state, moment)
    if rule.to_state == "accepted":
        rules = clocks.for_units(load().dispatch, task.severity)
        assignment.arrive_by = rules.arrive_by(moment)
    if rule.to_state in ("done", "refused"):
        assignment.result = step.text.strip()
    line = Line(step.act, assignment, before, rule.to_state, step.text.strip(), detail)
    timeline.write(session, task, line, by=by, now=now)
    settling.settle(session, task, now=now)
    timeline.tell(session, task)
    timeline.enter(session, task, line, by=by)
    return assignment


def may_act(by: Principal) -> bool:
    """Return whether an account may act on assignments at all: as dispatcher, or for its unit."""
    return by.may("tasks.act") or by.may("handheld.use")


def find(session: Session, assignment_id: int, by: Principal) -> Assignment:
    """Return an assignment that the account may act on.

    Raises
    ------
    NotFound
        If there is none: absent, outside the jurisdiction, or another unit's.

    """
    wanted = select(Assignment).where(Assignment.id == assignment_id)
    if by.may("tasks.act"):
        wanted = wanted.where(Assignment.division_code.between(by.scope.low, by.scope.high))
    else:
        own = select(Unit.id).where(Unit.user_id == by.id, Unit.is_active)
        wanted = wanted.where(Assignment.unit_id.in_(own))
    # Asked for once before the task is locked and once after: somebody may have been quicker.
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def locked(session: Session, assignment_id: int, by: Principal) -> tuple[Task, Assignment]:
    """Return an assignment with its task, both locked: the task first, as everybody does."""
    task_id = find(session, assignment_id, by).task_id
    task = session.scalars(select(Task).where(Task.id == task_id).with_for_update()).one()
    return task, find(session, assignment_id, by)


def allowed(subject: Assignment | Callout, rule: Rule | None, step: Step, by: Principal) -> Rule:
    """Return the step of the table, unless version, table or role refuse the act."""
    if step.version is not None and subject.version != step.version:
        raise StaleVersion(version=subject.version)
    if rule is None:
        raise StepRefused(state=subject.state, act=step.act)
    if by.role not in rule.roles:
        raise ActNotAllowed(act=step.act)
    if rule.needs_text and not step.text.strip():
        raise TextMissing(field="text", act=step.act)
    return rule


def enter_state(subject: Assignment | Callout, state: str, moment: datetime) -> None:
    """Put a unit or department into a state, with its instant."""
    subject.state = state
    subject.version += 1
    setattr(subject, INSTANT_OF[state], moment)


def last_instant(subject: Assignment | Callout) -> datetime:
    """Return when a unit or department last went from one state to another."""
    begun = subject.offered_at if isinstance(subject, Assignment) else subject.called_at
    names = (name for name in INSTANT_OF.values() if hasattr(subject, name))
    reached: list[datetime | None] = [getattr(subject, name) for name in names]
    return max(instant for instant in (begun, *reached) if instant is not None)


def at_latest(stated: datetime | None, now: datetime, *, after: datetime) -> datetime:
    """Return the instant of an act: as stated, but neither before the last one nor ahead of us."""
    if stated is None:
        return now
    return max(min(stated, now), after)
