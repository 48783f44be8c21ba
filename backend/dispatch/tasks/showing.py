"""Tasks as the API shows them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from ...access import Principal
from ...divisions.codes import text_of
from ..assignments.schemas import AssignmentOut
from ..callouts.schemas import CalloutOut
from ..models import Photograph, TaskEntry
from ..photographs import keeping
from ..photographs.schemas import photograph_of
from . import board
from .board import Dressed
from .schemas import GridOfTask, TaskEntryOut, TaskRow, TaskSheet

_SAME = (
    *("id", "number", "kind", "title", "text", "severity", "state", "incident_id", "alert_id"),
    *("place_text", "deadline_at", "created_at", "done_at", "result", "version"),
)


def sheet(session: Session, user: Principal, task_id: int) -> TaskSheet:
    """Return the whole sheet of a task as it is now."""
    found = board.one(session, task_id, by=user, now=datetime.now(UTC))
    shown = keeping.listed(session, by=user, task_id=task_id)
    return sheet_of(found, board.entries(session, task_id), shown)


def row_of(found: Dressed) -> TaskRow:
    """Return a task as the board shows it."""
    return TaskRow.model_validate(_fields(found))


def sheet_of(
    found: Dressed, entries: Sequence[TaskEntry], photographs: Sequence[Photograph]
) -> TaskSheet:
    """Return the whole sheet of a task."""
    more = {
        "entries": [entry_of(each) for each in entries],
        "photographs": [photograph_of(each) for each in photographs],
    }
    return TaskSheet.model_validate(_fields(found) | more)


def _fields(found: Dressed) -> dict[str, object]:
    lon, lat = found.lonlat or (None, None)
    return {name: getattr(found.task, name) for name in _SAME} | {
        "progress": found.progress,
        "is_overdue": found.is_overdue,
        "incident_number": found.incident_number,
        "division_code": text_of(found.task.division_code),
        "lon": lon,
        "lat": lat,
        "grids": [
            GridOfTask(id=g.grid_id, code=g.grid_code, name=g.grid_name) for g in found.grids
        ],
        "created_by": found.created_by,
        "assignments": [AssignmentOut.model_validate(each) for each in found.assignments],
        "callouts": [CalloutOut.model_validate(each) for each in found.callouts],
    }


def entry_of(entry: TaskEntry) -> TaskEntryOut:
    """Return a line of the timeline."""
    return TaskEntryOut(
        id=entry.id,
        at=entry.at,
        actor=entry.actor_name,
        act=entry.act,
        subject=entry.subject_name,
        assignment_id=entry.assignment_id,
        callout_id=entry.callout_id,
        from_state=entry.from_state,
        to_state=entry.to_state,
        text=entry.text,
        detail=entry.detail,
    )
