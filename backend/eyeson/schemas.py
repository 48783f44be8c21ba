"""Shapes of clocks, their hours and their deadlines at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..divisions.extent import DIVISION_FORM

ClockSubject = Literal["grid", "place"]
ClockColour = Literal["none", "blue", "yellow", "red"]
ClockView = Literal["in_view", "unknown", "out_of_view", "no_camera"]


class ClockRow(BaseModel):
    """A subject's clock. Never seen: `unseen_s` counts from `watched_since`, and is at least that.

    `view` is now: in view of cameras known to be alive, unknown (they were not checked, or see it
    only perhaps), out of view, or reached by no camera.
    """

    subject_kind: ClockSubject
    subject_id: int
    code: str | None
    name: str
    kind: str
    division_code: str
    division_name: str | None
    lon: float
    lat: float
    view: ClockView
    camera_at: datetime | None
    camera_id: int | None
    camera_name: str | None
    unit_at: datetime | None
    unit_id: int | None
    unit_name: str | None
    seen_at: datetime | None
    seen_by: Literal["camera", "unit"] | None
    watched_since: datetime
    unseen_s: float
    is_at_least: bool
    deadline_s: int | None
    due_at: datetime | None = Field(description="when it turns yellow")
    colour: ClockColour
    updated_at: datetime


class ClockCounts(BaseModel):
    """Clocks of the list by colour, whatever page is shown."""

    none: int = 0
    blue: int = 0
    yellow: int = 0
    red: int = 0


class ClockPage(BaseModel):
    rows: list[ClockRow]
    total: int
    colours: ClockCounts


class ClockHour(BaseModel):
    """One hour of a subject: shares of it in view for sure and perhaps; visits that began in it.

    Shares are null for an hour nobody has worked out; `dwell_s` adds up all units.
    """

    hour: datetime
    camera_share: float | None
    unknown_share: float | None
    visits: int
    units: int
    dwell_s: float


class ClockHourPage(BaseModel):
    rows: list[ClockHour]
    total: int


class DeadlineOrder(BaseModel):
    """A rule for one subject, a kind, or all; `deadline_s` null takes it back."""

    model_config = ConfigDict(extra="forbid")

    subject_kind: ClockSubject
    kind: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    subject_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    division: str | None = Field(
        default=None, pattern=DIVISION_FORM, description="none: the jurisdiction; not of a subject"
    )
    deadline_s: Annotated[int, Field(ge=60, le=366 * 86_400)] | None
    due_share: Annotated[float, Field(gt=0, le=1)] = 0.8
    red_factor: Annotated[float, Field(ge=1, le=1000)] = 2.0

    @model_validator(mode="after")
    def _is_one(self) -> "DeadlineOrder":
        if self.subject_id is not None and (self.kind is not None or self.division is not None):
            raise ValueError("a subject has its own kind and division: give neither")
        return self


class DeadlineRow(BaseModel):
    id: int
    subject_kind: ClockSubject
    kind: str | None
    subject_id: int | None
    division_code: str
    deadline_s: int
    due_share: float
    red_factor: float


class DeadlinePage(BaseModel):
    rows: list[DeadlineRow]
    total: int
