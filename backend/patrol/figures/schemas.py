"""Shapes of patrol figures; shares are of a grid's ground or of the length of its roads."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..requirements.schemas import RequirementReading, State

Share = Annotated[float, Field(ge=0, le=1)]
Basis = Literal["seen", "passed", "silence", "unheard"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PatrolShares(_Shape):
    """Gone over for sure; may be (unknown), of which likely; the rest was not."""

    visited_share: Share | None
    likely_share: Share | None
    unknown_share: Share | None
    road_visited_share: Share | None
    road_likely_share: Share | None
    road_unknown_share: Share | None


class GridFigures(PatrolShares):
    """One grid over the period; `state` is the worst of its newest windows."""

    grid_id: int
    set_name: str
    code: str
    name: str
    division_code: str
    division_name: str | None
    valid_from: date
    valid_to: date | None = Field(description="first day no longer in force; null: in force")
    cells_m2: float | None = Field(description="ground measured; null before the first count")
    road_m: float | None
    visits: int = Field(description="visits that are sure")
    likely_visits: int = Field(description="ways through without a fix that proves it")
    dwell_s: float
    units: int
    last_visit_at: datetime | None
    state: State | None


class PatrolFigurePage(_Shape):
    """Whole hours: `start` and `end` are what was counted."""

    rows: list[GridFigures]
    total: int
    start: datetime
    end: datetime
    is_fresh: bool


class VisitRow(_Shape):
    id: int
    unit_id: int
    unit_code: str
    unit_name: str
    unit_kind: str
    entered_at: datetime
    left_at: datetime
    dwell_s: float
    is_sure: bool
    basis: Basis


class PatrolHour(_Shape):
    hour: datetime
    visited_share: Share | None
    unknown_share: Share | None
    visits: int
    dwell_s: float


class GridPatrolSheet(GridFigures):
    start: datetime
    end: datetime
    visit_rows: list[VisitRow]
    hours: list[PatrolHour]
    states: list[RequirementReading]


class TownshipShift(_Shape):
    """A township in one shift, local time: night 00-08, day 08-16, evening 16-24.

    PatrolShares are those of an average day of the period.
    """

    division_code: str
    division_name: str
    shift: str
    visited_share: Share | None
    likely_share: Share | None
    unknown_share: Share | None
    visits: int
    dwell_s: float
    met: int
    not_met: int
    unknown: int


class PatrolSummaryPage(_Shape):
    rows: list[TownshipShift]
    total: int
    start: datetime
    end: datetime


class Heat(_Shape):
    """Cells of `cell_m` metres gone over for sure, with the hours in which they were."""

    cell_m: float
    start: datetime
    end: datetime
    most: int
    is_cut: bool = Field(description="more cells than an answer holds: ask for a smaller box")
    lon: list[float]
    lat: list[float]
    hours: list[int]


class ReplayTrack(_Shape):
    """Places of a unit, thinned; `is_known` n tells of the way from fix n to n + 1."""

    unit_id: int
    code: str
    name: str
    kind: str
    vehicle: str
    at_s: list[float]
    lon: list[float]
    lat: list[float]
    is_known: list[bool]


class Replay(_Shape):
    rows: list[ReplayTrack]
    total: int
    start: datetime
    end: datetime
    step_s: float
    is_cut: bool
