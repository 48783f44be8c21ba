"""Shapes of requirements, their states and alerts at the API; times of day are local."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ...strict import Strict
from ..units.schemas import LocalTime

State = Literal["met", "not_met", "unknown", "due", "open"]
UnitKind = Literal["household_head", "grid_worker", "volunteer", "response"]
GridKind = Literal["basic", "exclusive"]
AlertKind = Literal["requirement_due", "requirement_broken", "checkpoint", "eyeson"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Division = Annotated[str, StringConstraints(pattern=r"^(0|\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")]
BigId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Times = Annotated[int, Field(ge=1, le=1000)]
Interval = Annotated[int, Field(ge=60, le=7 * 86_400)]
LeastShare = Annotated[float, Field(gt=0, le=1)]
Weekdays = Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]
UnitKinds = Annotated[list[UnitKind], Field(min_length=1, max_length=4)]


class RequirementNew(Strict):
    """One grid, or all grids of a division (of one kind or set). `ends` not after `begins` is on
    the next day. A least share is counted by whole hours, so its band has to be of whole hours.
    """

    name: Name
    division_code: Division | None = Field(default=None, description="by default the grid's")
    grid_id: BigId | None = None
    grid_kind: GridKind | None = None
    set_name: Name | None = None
    weekdays: Weekdays = Field(default=[1, 2, 3, 4, 5, 6, 7])
    begins: LocalTime
    ends: LocalTime
    times: Times | None = None
    longest_interval_s: Interval | None = None
    least_share: LeastShare | None = None
    unit_kinds: UnitKinds | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    is_active: bool = True

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.times is None and self.longest_interval_s is None and self.least_share is None:
            raise ValueError("give times, longest_interval_s or least_share")
        if self.grid_id is None and self.division_code is None:
            raise ValueError("give grid_id or division_code")
        return self


class RequirementEdit(Strict):
    """What changes; what is not given stays. `version` is the one that was looked at."""

    version: int = Field(ge=1)
    name: Name | None = None
    weekdays: Weekdays | None = None
    begins: LocalTime | None = None
    ends: LocalTime | None = None
    times: Times | None = None
    longest_interval_s: Interval | None = None
    least_share: LeastShare | None = None
    unit_kinds: UnitKinds | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    is_active: bool | None = None


class RequirementRow(Strict):
    id: int
    name: str
    division_code: str
    grid_id: int | None
    grid_kind: GridKind | None
    set_name: str | None
    weekdays: list[int]
    begins: LocalTime
    ends: LocalTime
    times: int | None
    longest_interval_s: int | None
    least_share: float | None
    unit_kinds: list[UnitKind] | None
    valid_from: date
    valid_to: date | None
    is_active: bool
    version: int


class RequirementPage(Strict):
    rows: list[RequirementRow]
    total: int


class RequirementReading(Strict):
    """One window of one grid; `why` holds the figures behind the state."""

    requirement_id: int
    requirement_name: str
    grid_id: int
    grid_code: str
    grid_name: str
    division_code: str
    window_start: datetime
    window_end: datetime
    state: State
    times: int
    last_visit_at: datetime | None
    why: dict[str, Any]


class RequirementStatePage(Strict):
    rows: list[RequirementReading]
    total: int


class AlertRow(Strict):
    """An alert with the rule that fired and the figures it was raised on."""

    id: int
    kind: AlertKind
    subject_kind: Literal["grid", "place", "checkpoint"]
    subject_id: int
    subject_name: str
    requirement_id: int | None
    severity: Literal["red", "yellow", "blue"]
    rule: str
    detail: dict[str, Any]
    raised_at: datetime
    cleared_at: datetime | None
    clear_reason: str | None
    seen_by: str | None
    seen_at: datetime | None
    lon: float | None
    lat: float | None
    division_code: str
    version: int


class AlertPage(Strict):
    rows: list[AlertRow]
    total: int
