"""The shapes of departments and of the nearest units at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .schemas import Strict

_Skill = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]
_DIVISION = r"^(0|\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$"


class DepartmentOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    division_code: str
    skills: list[str]
    version: int


class DepartmentPage(BaseModel):
    rows: list[DepartmentOut]
    total: int


class DepartmentIn(Strict):
    """Without a division it lies in the caller's own."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    division_code: Annotated[str, StringConstraints(pattern=_DIVISION)] | None = None
    skills: list[_Skill] = Field(default_factory=list, max_length=50)


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
    kind: Literal["household_head", "grid_worker", "volunteer", "response"]
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
    kind: Literal["household_head", "grid_worker", "volunteer", "response"]
    reason: Literal["silent", "off_duty", "lacks_skill", "never_heard"]
    why: str


class NearPage(BaseModel):
    rows: list[NearRow]
    total: int
    excluded: list[ExcludedRow]
    as_of: datetime
