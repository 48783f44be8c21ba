"""The shapes of the handheld at the API: one answer holds all it needs to go on alone."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, Field

from ..incidents.schemas import KindOut, Severity
from ..patrol.units.schemas import GridRef, Kind, Vehicle
from ..strict import Strict


class OwnUnitOut(BaseModel):
    """The unit whose handheld this account is."""

    id: int
    code: str
    name: str
    kind: Kind
    vehicle: Vehicle
    is_team: bool
    home_grids: list[GridRef]


class DutyOut(BaseModel):
    is_on: bool
    since: datetime | None
    until: datetime | None


class TaskGridOut(BaseModel):
    code: str
    name: str


class TodayTaskOut(BaseModel):
    """One assignment of the own unit, with what it is about."""

    assignment_id: int
    task_id: int
    number: str
    kind: Literal["incident", "patrol", "check", "other"]
    title: str
    text: str
    severity: Severity
    state: str
    version: int
    lon: float | None
    lat: float | None
    place_text: str | None
    grids: list[TaskGridOut]
    offered_at: datetime
    accept_by: datetime
    arrive_by: datetime | None
    deadline_at: datetime | None
    travel_m: float | None
    travel_how: Literal["roads", "straight"] | None
    result: str | None
    photograph_ids: list[int]


class StepOut(BaseModel):
    """What a worker may do next; the handheld goes on by it while it has no network."""

    from_state: str
    act: str
    to_state: str
    needs_text: bool


class CheckpointOut(BaseModel):
    id: int
    name: str
    lon: float
    lat: float
    radius_m: float
    last_visit_at: datetime | None = Field(description="of the own unit, today's or before")


class PlaceOut(BaseModel):
    lon: float
    lat: float


class HandheldSettings(BaseModel):
    """How dense the track of a unit on duty is."""

    fix_least_m: float
    fix_every_s: float


class TodayOut(BaseModel):
    as_of: datetime
    unit: OwnUnitOut | None
    duty: DutyOut
    tasks: list[TodayTaskOut]
    transitions: list[StepOut]
    kinds: list[KindOut]
    checkpoints: list[CheckpointOut]
    centre: PlaceOut | None = Field(description="where the unit's own map opens")
    settings: HandheldSettings


class DutyIn(Strict):
    """On or off duty as of `at`: a switch without a network is told later, with its own time."""

    on: bool
    at: AwareDatetime | None = None


class LegOut(BaseModel):
    """A line of the track. Where it is not known, nothing was heard between its ends."""

    coordinates: list[tuple[float, float]]
    is_known: bool


class OutlineOut(BaseModel):
    name: str
    rings: list[list[tuple[float, float]]]


class TrackOut(BaseModel):
    """The unit's own way since local midnight; `length_m` counts the known legs alone."""

    as_of: datetime
    points: int
    length_m: float
    gaps: int
    first_at: datetime | None
    last_at: datetime | None
    legs: list[LegOut]
    home_grids: list[OutlineOut]
