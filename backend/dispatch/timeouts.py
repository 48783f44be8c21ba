"""Clocks that run out: an offer nobody accepted ends; an arrival that is late is told of, once.

A unit on its way is not stopped by a clock: its assignment is marked late and stays open.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import begin
from . import timeline
from .models import Assignment, Callout, Task
from .steps import enter_state
from .tasks import settling
from .timeline import Line

Subject = Assignment | Callout
_KINDS: tuple[tuple[type[Assignment] | type[Callout], str, tuple[str, ...]], ...] = (
    (Assignment, "offered", ("accepted", "under_way")),
    (Callout, "called", ("accepted",)),
)
"""What waits for an answer in which state, and in which it should arrive."""


def sweep(now: datetime) -> int:
    """Let every clock that has run out by `now` take effect; return how many did.

    One short transaction a subject, its task locked first like everybody does: an acceptance at
    the same moment is either in time or refused, never both.
    """
    with begin() as session:
        due = list(_due(session, now))
    count = 0
    for kind, number, task_id in due:
        with begin() as session:
            count += _run_out(session, kind, number, task_id, now)
    return count


def _due(session: Session, now: datetime) -> Iterator[tuple[Any, int, int]]:
    for kind, waiting, coming in _KINDS:
        unanswered = (kind.state == waiting) & (kind.accept_by < now)
        late = kind.state.in_(coming) & (kind.arrive_by < now) & kind.late_at.is_(None)
        for condition in (unanswered, late):
            for row in session.execute(select(kind.id, kind.task_id).where(condition)):
                yield kind, row[0], row[1]


def _run_out(session: Session, kind: Any, number: int, task_id: int, now: datetime) -> bool:
    task = session.scalars(select(Task).where(Task.id == task_id).with_for_update()).one()
    subject: Subject = session.scalars(select(kind).where(kind.id == number)).one()
    waiting, coming = next((w, c) for known, w, c in _KINDS if known is kind)
    before = subject.state
    if before == waiting and subject.accept_by < now:
        enter_state(subject, "timed_out", now)
        line = Line("time_out", subject, before, "timed_out")
    elif before in coming and _is_late(subject, now):
        subject.late_at = now
        subject.version += 1
        line = Line("late", subject, before, before)
    else:
        return False  # somebody was quicker than the clock
    timeline.write(session, task, line, by=None, now=now)
    settling.settle(session, task, now=now)
    timeline.tell(session, task)
    return True


def _is_late(subject: Subject, now: datetime) -> bool:
    return subject.late_at is None and subject.arrive_by is not None and subject.arrive_by < now
