"""What happened to a task, line by line, and who is told of it.

The database repeats every line in the timeline of the task's incident (migration 0019).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ..access import Principal
from ..audit import register
from ..live import Notice, announce
from .models import Assignment, Callout, Task, TaskEntry

CLOCK = "gridlink"


@dataclass(frozen=True, slots=True)
class Line:
    """One act: what it did to which unit or department of the task, in which words."""

    act: str
    subject: Assignment | Callout | None = None
    from_state: str | None = None
    to_state: str | None = None
    text: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


def write(session: Session, task: Task, line: Line, *, by: Principal | None, now: datetime) -> None:
    """Append a line; without a principal a clock has run out."""
    of_unit = line.subject if isinstance(line.subject, Assignment) else None
    of_department = line.subject if isinstance(line.subject, Callout) else None
    session.flush()
    session.add(
        TaskEntry(
            task_id=task.id,
            at=now,
            actor_id=by.id if by else None,
            actor_name=by.display_name if by else CLOCK,
            act=line.act,
            assignment_id=of_unit.id if of_unit else None,
            callout_id=of_department.id if of_department else None,
            subject_name=_name(line.subject),
            from_state=line.from_state,
            to_state=line.to_state,
            text=line.text,
            detail=dict(line.detail),
        )
    )
    session.flush()


def enter(session: Session, task: Task, line: Line, *, by: Principal) -> None:
    """Enter an act of a user into the register; late in the transaction, for writers wait."""
    told = {
        "task": task.number,
        "unit": line.subject.unit_code if isinstance(line.subject, Assignment) else None,
        "department": (line.subject.department_name if isinstance(line.subject, Callout) else None),
        "to_state": line.to_state,
        **line.detail,
    }
    register.enter(
        session,
        register.Act(
            f"task.{line.act}",
            by.id,
            by.username,
            incident_id=task.incident_id,
            division_code=task.division_code,
            detail={name: value for name, value in told.items() if value is not None},
        ),
    )


def tell(session: Session, task: Task) -> None:
    """Raise the task's version and tell consoles."""
    task.version += 1
    session.flush()
    announce(session, Notice("task", task.id, task.version, task.division_code))


def _name(subject: Assignment | Callout | None) -> str | None:
    if isinstance(subject, Assignment):
        return subject.unit_name
    return subject.department_name if subject else None
