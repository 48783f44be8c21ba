"""A task as a whole: locked, settled from who is on it, noted, finished, cancelled."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...access import Principal
from ...errors import NotFound
from .. import timeline
from ..models import Assignment, Callout, Task
from ..refusals import StaleVersion, StillOpen, TaskEnded, TextMissing
from ..steps import OPEN_ASSIGNMENT, OPEN_CALLOUT, enter_state
from ..timeline import Line


@dataclass(frozen=True, slots=True)
class TaskStep:
    """An act on a task as somebody saw it at `version`."""

    act: str
    version: int
    text: str = ""


def act(session: Session, task_id: int, step: TaskStep, *, by: Principal, now: datetime) -> Task:
    """Note, finish or cancel a task; cancelling withdraws all who are still on it.

    Raises
    ------
    NotFound, StaleVersion, TaskEnded, TextMissing, StillOpen
        If the act cannot be taken.

    """
    task = locked(session, task_id, by, version=step.version)
    if task.state != "open" and step.act != "note":
        raise TaskEnded(state=task.state)
    if not step.text.strip():
        raise TextMissing(field="text", act=step.act)
    line = Line(step.act, from_state=task.state, text=step.text.strip())
    if step.act == "cancel":
        _withdraw_all(session, task, by=by, now=now)
        line = _end(task, "cancelled", line, now)
    elif step.act == "finish":
        _refuse_while_busy(session, task)
        line = _end(task, "done", line, now)
    timeline.write(session, task, line, by=by, now=now)
    timeline.tell(session, task)
    timeline.enter(session, task, line, by=by)
    return task


def locked(session: Session, task_id: int, by: Principal, *, version: int | None = None) -> Task:
    """Return a task of the jurisdiction, locked until the transaction ends.

    Whoever changes units or departments of a task locks it first: one at a time, in one order.

    Raises
    ------
    NotFound, StaleVersion
        If it is not there, or not as it was seen.

    """
    wanted = select(Task).where(
        Task.id == task_id, Task.division_code.between(by.scope.low, by.scope.high)
    )
    task = session.scalars(wanted.with_for_update()).one_or_none()
    if task is None:
        raise NotFound()
    if version is not None and task.version != version:
        raise StaleVersion(version=task.version)
    return task


def settle(session: Session, task: Task, *, now: datetime) -> None:
    """End a task when somebody has done it and nobody is on it any more.

    A task that all have refused or let pass stays open: it needs somebody.
    """
    session.flush()
    units = session.scalars(select(Assignment.state).where(Assignment.task_id == task.id)).all()
    offices = session.scalars(select(Callout.state).where(Callout.task_id == task.id)).all()
    if task.state != "open" or "done" not in (*units, *offices):
        return
    if set(units) & set(OPEN_ASSIGNMENT) or set(offices) & set(OPEN_CALLOUT):
        return
    line = _end(task, "done", Line("done", from_state=task.state), now)
    timeline.write(session, task, line, by=None, now=now)


def _end(task: Task, state: str, line: Line, now: datetime) -> Line:
    task.state, task.done_at = state, now
    task.result = line.text or None
    return Line(line.act, from_state=line.from_state, to_state=state, text=line.text)


def open_ones(session: Session, task: Task) -> list[Assignment | Callout]:
    """Return the units and departments that are still on a locked task."""
    units = select(Assignment).where(
        Assignment.task_id == task.id, Assignment.state.in_(OPEN_ASSIGNMENT)
    )
    offices = select(Callout).where(Callout.task_id == task.id, Callout.state.in_(OPEN_CALLOUT))
    return [*session.scalars(units), *session.scalars(offices)]


def _refuse_while_busy(session: Session, task: Task) -> None:
    busy = open_ones(session, task)
    if busy:
        raise StillOpen(count=len(busy))


def _withdraw_all(session: Session, task: Task, *, by: Principal, now: datetime) -> None:
    for subject in open_ones(session, task):
        before = subject.state
        enter_state(subject, "withdrawn", now)
        line = Line("withdraw", subject, before, "withdrawn")
        timeline.write(session, task, line, by=by, now=now)
