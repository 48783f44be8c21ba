"""Shapes of units, trackers and duty at the API."""

from datetime import date, datetime, time
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from ...strict import Strict

Kind = Literal["household_head", "grid_worker", "volunteer", "response"]
Vehicle = Literal["foot", "ebike", "motorcycle", "car"]
TrackerForm = Literal["header", "url"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Code = Annotated[str, StringConstraints(pattern=r"^\S(.{0,62}\S)?$")]
Skill = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
Division = Annotated[str, StringConstraints(pattern=r"^(0|\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")]
BigId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Weekday = Annotated[int, Field(ge=1, le=7)]


def _plain(told: time) -> time:
    if told.tzinfo is not None:
        raise ValueError("a time of the site's clocks has no zone")
    return told.replace(microsecond=0)


# JSON Schema's own `time` demands a zone, which a time on a clock has not.
LocalTime = Annotated[
    time,
    AfterValidator(_plain),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$"}),
]


class GridRef(BaseModel):
    id: int
    code: str
    name: str


class PositionOut(BaseModel):
    lon: float
    lat: float
    at: datetime
    accuracy_m: float | None
    speed_mps: float | None
    age_s: float


class UnitRow(BaseModel):
    """A unit with its duty and place now; a unit off duty shows no place."""

    id: int
    set_name: str
    code: str
    name: str
    kind: Kind
    vehicle: Vehicle
    is_team: bool
    strength: int
    skills: list[str]
    home_grids: list[GridRef]
    division_code: str
    account: str | None = Field(description="the handheld's account")
    is_active: bool
    on_duty: bool
    duty_until: datetime | None = Field(description="null while on duty: until it is ended")
    position: PositionOut | None
    load: int = Field(description="open assignments")
    version: int


class UnitPage(BaseModel):
    rows: list[UnitRow]
    total: int


class _UnitFields(Strict):
    is_team: bool | None = None
    strength: Annotated[int, Field(ge=1, le=10_000)] | None = None
    vehicle: Vehicle | None = None
    skills: Annotated[list[Skill], Field(max_length=50)] | None = None
    home_grids: Annotated[list[BigId], Field(max_length=200)] | None = None
    division_code: Division | None = None
    account: Annotated[str, StringConstraints(min_length=1, max_length=64)] | None = None


class UnitNew(_UnitFields):
    """Without a division it lies in that of its first home grid, else in the caller's own."""

    code: Code
    name: Name
    kind: Kind
    set_name: Name = "default"


class UnitEdit(_UnitFields):
    """Only the fields given change; `account` null takes the handheld's account away."""

    version: Annotated[int, Field(ge=1)]
    code: Code | None = None
    name: Name | None = None
    kind: Kind | None = None
    is_active: bool | None = None


class TrackerNew(Strict):
    """`url`: for trackers that can put a token nowhere but into the address (OsmAnd's form)."""

    name: Name
    form: TrackerForm = "header"


class TrackerRow(BaseModel):
    id: int
    name: str
    form: TrackerForm
    created_at: datetime
    ended_at: datetime | None
    last_heard_at: datetime | None


class TrackerMade(TrackerRow):
    token: str = Field(description="shown this once; its hash alone is stored")


class TrackerPage(BaseModel):
    rows: list[TrackerRow]
    total: int


class ShiftPlanNew(Strict):
    """Weekly duty in the site's local time; `ends` not after `begins` means the next day."""

    name: Name
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)]
    begins: LocalTime
    ends: LocalTime
    valid_from: date | None = None
    valid_to: date | None = None


class ShiftPlanRow(BaseModel):
    id: int
    name: str
    weekdays: list[int]
    begins: LocalTime
    ends: LocalTime
    valid_from: date
    valid_to: date | None


class ShiftRow(BaseModel):
    id: int
    starts_at: datetime
    ends_at: datetime | None
    source: Literal["plan", "handheld", "dispatcher"]


class ShiftPage(BaseModel):
    """Duty periods of a span, and the weekly plans behind them."""

    rows: list[ShiftRow]
    total: int
    plans: list[ShiftPlanRow]


class DutyOrder(Strict):
    """On or off duty, by a dispatcher; `at` may lie in the past, and `until` ends it by itself."""

    on: bool
    at: AwareDatetime | None = None
    until: AwareDatetime | None = None
