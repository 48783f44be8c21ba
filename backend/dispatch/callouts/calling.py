"""吹哨报到: departments called to a task; they accept and arrive by the clock.

Departments have no accounts: a dispatcher enters what they answer.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...access import Principal
from ...errors import NotFound
from ...settings import load
from .. import clocks, timeline
from ..models import Callout, CalloutTransition, Department, Task
from ..refusals import AlreadyOffered, TaskEnded, Unknown
from ..steps import OPEN_CALLOUT, Step, allowed, at_latest, enter_state, last_instant
from ..tasks import settling
from ..timeline import Line


def call(
    session: Session,
    task_id: int,
    department_ids: Sequence[int],
    *,
    by: Principal,
    now: datetime,
) -> list[Callout]:
    """Call departments to an open task of the jurisdiction.

    Raises
    ------
    NotFound, TaskEnded, Unknown, AlreadyOffered
        If one cannot be called.

    """
    task = settling.locked(session, task_id, by)
    if task.state != "open":
        raise TaskEnded(state=task.state)
    made = called(session, task, department_ids, by=by, now=now)
    timeline.tell(session, task)
    told = {"departments": [each.department_name for each in made]}
    timeline.enter(session, task, Line("call", detail=told), by=by)
    return made


def called(
    session: Session,
    task: Task,
    department_ids: Sequence[int],
    *,
    by: Principal,
    now: datetime,
) -> list[Callout]:
    """Add call-outs to a locked task; whoever calls raises its version and enters the act."""
    rules = clocks.for_departments(load().dispatch)
    on_it = _on_it(session, task)
    made = []
    for department_id in dict.fromkeys(department_ids):
        department = session.get(Department, department_id)
        if department is None or not department.is_active:
            raise Unknown(field="department_id", wanted=f"department {department_id}")
        if department.id in on_it:
            raise AlreadyOffered(name=department.name)
        callout = Callout(
            task_id=task.id,
            department_id=department.id,
            department_name=department.name,
            division_code=task.division_code,
            state="called",
            called_at=now,
            accept_by=rules.accept_by(now),
            is_first_receiver=False,
            version=1,
        )
        session.add(callout)
        timeline.write(session, task, Line("call", callout, None, "called"), by=by, now=now)
        made.append(callout)
    return made


def act(session: Session, callout_id: int, step: Step, *, by: Principal, now: datetime) -> Callout:
    """Enter what a department answered; the first to accept stays the first receiver (首问负责).

    Raises
    ------
    NotFound, StaleVersion, StepRefused, ActNotAllowed, TextMissing
        If the act cannot be taken.

    """
    task = session.scalars(
        select(Task).where(Task.id == find(session, callout_id, by).task_id).with_for_update()
    ).one()
    callout = find(session, callout_id, by)
    known = session.get(CalloutTransition, (callout.state, step.act))
    rule = allowed(callout, known, step, by)
    moment = at_latest(step.at, now, after=last_instant(callout))
    before = callout.state
    enter_state(callout, rule.to_state, moment)
    if rule.to_state == "accepted":
        callout.arrive_by = clocks.for_departments(load().dispatch).arrive_by(moment)
        callout.is_first_receiver = not _has_first_receiver(session, task)
    if rule.to_state in ("done", "refused"):
        callout.result = step.text.strip()
    line = Line(step.act, callout, before, rule.to_state, step.text.strip())
    timeline.write(session, task, line, by=by, now=now)
    settling.settle(session, task, now=now)
    timeline.tell(session, task)
    timeline.enter(session, task, line, by=by)
    return callout


def find(session: Session, callout_id: int, by: Principal) -> Callout:
    """Return a call-out of the jurisdiction.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    wanted = select(Callout).where(
        Callout.id == callout_id, Callout.division_code.between(by.scope.low, by.scope.high)
    )
    # Asked for once before the task is locked and once after: somebody may have been quicker.
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _has_first_receiver(session: Session, task: Task) -> bool:
    wanted = select(Callout.id).where(Callout.task_id == task.id, Callout.is_first_receiver)
    return session.scalars(wanted).first() is not None


def _on_it(session: Session, task: Task) -> set[int]:
    wanted = select(Callout.department_id).where(
        Callout.task_id == task.id, Callout.state.in_(OPEN_CALLOUT)
    )
    return set(session.scalars(wanted))
