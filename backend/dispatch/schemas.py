"""The shapes of tasks, assignments and call-outs at the API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

TaskKind = Literal["incident", "patrol", "check", "other"]
Severity = Literal["red", "yellow", "blue"]
TaskState = Literal["open", "done", "cancelled"]
Progress = Literal["waiting", "offered", "accepted", "under_way", "arrived", "done", "cancelled"]
AssignmentState = Literal[
    "offered", "accepted", "under_way", "arrived", "done", "refused", "timed_out", "withdrawn"
]
CalloutState = Literal["called", "accepted", "arrived", "done", "refused", "timed_out", "withdrawn"]
AssignmentAct = Literal["accept", "refuse", "start", "arrive", "finish", "withdraw"]
CalloutAct = Literal["accept", "refuse", "arrive", "finish", "withdraw"]
Text = Annotated[str, StringConstraints(max_length=4000)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
BigId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Ids = Annotated[list[BigId], Field(max_length=100)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Accuracy = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AssignmentOut(BaseModel):
    """A unit on a task; `arrival_proof` is "stated" where nothing proves the arrival."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    task_id: int
    unit_id: int
    unit_code: str
    unit_name: str
    state: AssignmentState
    offered_at: datetime
    accept_by: datetime
    accepted_at: datetime | None
    under_way_at: datetime | None
    arrive_by: datetime | None
    arrived_at: datetime | None
    done_at: datetime | None
    refused_at: datetime | None
    timed_out_at: datetime | None
    withdrawn_at: datetime | None
    late_at: datetime | None
    travel_s: float | None
    travel_m: float | None
    travel_how: Literal["roads", "straight"] | None
    arrival_proof: Literal["position", "photograph", "stated"] | None
    arrival_distance_m: float | None
    result: str | None
    version: int


class CalloutOut(BaseModel):
    """A department called to a task."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    task_id: int
    department_id: int
    department_name: str
    state: CalloutState
    called_at: datetime
    accept_by: datetime
    accepted_at: datetime | None
    arrive_by: datetime | None
    arrived_at: datetime | None
    done_at: datetime | None
    refused_at: datetime | None
    timed_out_at: datetime | None
    withdrawn_at: datetime | None
    late_at: datetime | None
    is_first_receiver: bool
    result: str | None
    version: int


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


class PhotographOut(BaseModel):
    """What is known of a photograph; its picture is `GET /api/photographs/{id}`."""

    id: int
    task_id: int | None
    assignment_id: int | None
    incident_id: int | None
    taken_at: datetime | None
    lon: float | None
    lat: float | None
    place_how: Literal["stated", "file"] | None
    width_px: int
    height_px: int
    size_bytes: int
    sha256: str
    created_at: datetime


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
    """What an incident or alert tells may be left out; grids stand for their units on duty."""

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
    grid_ids: Ids = []
    unit_ids: Ids = []
    department_ids: Ids = []


class OfferIn(Strict):
    """`instead_of` names an assignment that is withdrawn for it (改派)."""

    unit_ids: Ids = []
    grid_ids: Ids = []
    instead_of: BigId | None = None
    version: BigId | None = None


class TaskStepIn(Strict):
    act: Literal["note", "finish", "cancel"]
    version: BigId
    text: Text = ""


class AssignmentStepIn(Strict):
    """An act of a unit; `at` is when it was taken, `version` may be left out by a queue."""

    act: AssignmentAct
    version: BigId | None = None
    at: AwareDatetime | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    accuracy: Accuracy | None = None
    text: Text = ""
    photograph_id: BigId | None = None


class CalloutIn(Strict):
    department_id: BigId


class CalloutStepIn(Strict):
    act: CalloutAct
    version: BigId
    at: AwareDatetime | None = None
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
