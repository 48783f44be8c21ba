"""The shapes of the nearest units at the API."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Kind = Literal["household_head", "grid_worker", "volunteer", "response"]


class HeardAt(BaseModel):
    """Where a unit was last heard, and how long ago."""

    lon: float
    lat: float
    at: datetime
    accuracy_m: float | None
    speed_mps: float | None
    age_s: float


class NearRow(BaseModel):
    """A unit that can go; `cost_s` ranks it: travel time and a set time for each open task."""

    id: int
    code: str
    name: str
    kind: Kind
    vehicle: Literal["foot", "ebike", "motorcycle", "car"]
    skills: list[str]
    strength: int
    is_team: bool
    on_duty: bool
    load: int
    position: HeardAt
    straight_m: float
    travel_s: float
    travel_m: float
    how: Literal["roads", "straight"]
    how_why: str | None = Field(description="why it is no way by road")
    cost_s: float
    why: str


class ExcludedRow(BaseModel):
    """A unit that is not proposed; `why` says what speaks against it."""

    id: int
    code: str
    name: str
    kind: Kind
    reason: Literal["silent", "off_duty", "lacks_skill", "never_heard"]
    why: str


class NearPage(BaseModel):
    rows: list[NearRow]
    total: int
    excluded: list[ExcludedRow]
    as_of: datetime
