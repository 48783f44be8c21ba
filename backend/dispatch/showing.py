"""From rows to the shapes of the API."""

from collections.abc import Sequence
from datetime import datetime

from ..divisions.codes import text_of
from ..spatial import lonlat
from .board import Dressed
from .models import Photograph, TaskEntry
from .nearest import Candidate, Excluded
from .nearest_schemas import ExcludedRow, HeardAt, NearRow
from .schemas import (
    AssignmentOut,
    CalloutOut,
    GridOfTask,
    PhotographOut,
    TaskEntryOut,
    TaskRow,
    TaskSheet,
)

_SAME = (
    *("id", "number", "kind", "title", "text", "severity", "state", "incident_id", "alert_id"),
    *("place_text", "deadline_at", "created_at", "done_at", "result", "version"),
)


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


def photograph_of(shown: Photograph) -> PhotographOut:
    """Return what is known of a photograph, without its picture."""
    lon, lat = lonlat(shown.geom) if shown.geom is not None else (None, None)
    own = ("lon", "lat", "sha256")
    return PhotographOut.model_validate(
        {name: getattr(shown, name) for name in PhotographOut.model_fields if name not in own}
        | {"lon": lon, "lat": lat, "sha256": shown.sha256.hex()}
    )


def near_row(found: Candidate, now: datetime) -> NearRow:
    """Return a unit that can go, with its reasons."""
    unit = found.unit
    same = ("id", "code", "name", "kind", "vehicle", "skills", "strength", "is_team", "load")
    return NearRow.model_validate(
        {name: unit[name] for name in same}
        | {
            "on_duty": True,
            "position": HeardAt(
                lon=unit["lon"],
                lat=unit["lat"],
                at=unit["at"],
                accuracy_m=unit["accuracy_m"],
                speed_mps=unit["speed_mps"],
                age_s=round((now - unit["at"]).total_seconds(), 1),
            ),
            "straight_m": round(unit["straight_m"], 1),
            "travel_s": round(found.journey.travel_s, 1),
            "travel_m": round(found.journey.travel_m, 1),
            "how": found.journey.how,
            "how_why": found.journey.why,
            "cost_s": round(found.cost_s, 1),
            "why": found.why,
        }
    )


def excluded_row(found: Excluded) -> ExcludedRow:
    """Return a unit that is not proposed, with what speaks against it."""
    same = {name: found.unit[name] for name in ("id", "code", "name", "kind")}
    return ExcludedRow.model_validate(same | {"reason": found.reason, "why": found.why})
