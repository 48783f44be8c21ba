"""One unit on one task: what it may do next is a table of transitions; this applies it."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...access import Principal
from ...errors import NotFound
from ...patrol.models import Unit
from ...settings import load
from .. import clocks, timeline
from ..models import Assignment, AssignmentTransition, Task
from ..steps import Step, allowed, at_latest, enter_state, last_instant
from ..tasks import settling
from ..timeline import Line
from . import arrival


def act(
    session: Session,
    assignment_id: int,
    step: Step,
    *,
    by: Principal,
    now: datetime,
    where: arrival.Whereabouts = arrival.NOWHERE,
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
        proof = arrival.prove(session, task, assignment, where, moment)
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
