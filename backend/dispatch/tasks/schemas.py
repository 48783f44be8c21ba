"""The shapes of tasks at the API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ..assignments.schemas import AssignmentOut
from ..callouts.schemas import CalloutOut
from ..fields import BigId, Ids, Lat, Lon, Severity, Strict, Text
from ..photographs.schemas import PhotographOut
from .board import Progress

TaskKind = Literal["incident", "patrol", "check", "other"]
TaskState = Literal["open", "done", "cancelled"]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class GridOfTask(BaseModel):
    id: int
    code: str
    name: str


class TaskRow(BaseModel):
    """A task as the board shows it; `progress` is how far its furthest unit is."""

    id: int
    number: str
    kind: TaskKind
    title: str
    text: str
    severity: Severity
    state: TaskState
    progress: Progress
    is_overdue: bool
    incident_id: int | None
    incident_number: str | None
    alert_id: int | None
    division_code: str
    lon: float | None
    lat: float | None
    place_text: str | None
    grids: list[GridOfTask]
    deadline_at: datetime | None
    created_by: str
    created_at: datetime
    done_at: datetime | None
    result: str | None
    assignments: list[AssignmentOut]
    callouts: list[CalloutOut]
    version: int


class TaskEntryOut(BaseModel):
    """One line of the timeline; `subject` names the unit or department."""

    id: int
    at: datetime
    actor: str
    act: str
    subject: str | None
    assignment_id: int | None
    callout_id: int | None
    from_state: str | None
    to_state: str | None
    text: str
    detail: dict[str, Any]


class TaskSheet(TaskRow):
    entries: list[TaskEntryOut]
    photographs: list[PhotographOut]


class TaskPage(BaseModel):
    rows: list[TaskRow]
    total: int
    as_of: datetime


class TaskCounters(BaseModel):
    """Open tasks by how far their furthest unit is."""

    open: int
    waiting: int
    offered: int
    accepted: int
    under_way: int
    arrived: int
    overdue: int
    as_of: datetime


class TaskQuery(BaseModel):
    """Which tasks the board shows; `before` continues after an id."""

    state: Literal["open", "done", "cancelled", "all"] = "open"
    severity: Severity | None = None
    kind: TaskKind | None = None
    unit: BigId | None = None
    incident: BigId | None = None
    alert: BigId | None = None
    mine: bool = False
    overdue: bool = False
    q: Annotated[str, StringConstraints(max_length=100)] = ""
    before: BigId | None = None
    offset: Annotated[int, Field(ge=0, le=2**31)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class TaskIn(Strict):
    """What an incident or alert tells may be left out.

    Without `unit_ids` the grids stand for their home units on duty.
    """

    kind: TaskKind | None = None
    title: Title | None = None
    text: Text = ""
    severity: Severity | None = None
    incident_id: BigId | None = None
    alert_id: BigId | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    place_text: Annotated[str, StringConstraints(max_length=200)] | None = None
    deadline_at: AwareDatetime | None = None
    grid_ids: Ids = ()
    unit_ids: Ids = ()
    department_ids: Ids = ()


class TaskStepIn(Strict):
    act: Literal["note", "finish", "cancel"]
    version: BigId
    text: Text = ""


class DispatchStepOut(BaseModel):
    """One legal step: which act leads from which state to which."""

    model_config = ConfigDict(from_attributes=True)

    from_state: str
    act: str
    to_state: str
    needs_text: bool


class DispatchStepsOut(BaseModel):
    assignments: list[DispatchStepOut]
    callouts: list[DispatchStepOut]


class AssignmentStatRow(BaseModel):
    """Assignments of a township and a shift; spans are medians in seconds."""

    township: str
    township_name: str | None
    shift: str
    offered: int
    accepted: int
    accepted_in_time: int
    arrived: int
    arrived_in_time: int
    arrived_proven: int
    done: int
    refused: int
    timed_out: int
    withdrawn: int
    median_accept_s: float | None
    median_arrive_s: float | None


class AssignmentStats(BaseModel):
    rows: list[AssignmentStatRow]
    since: datetime
    until: datetime
