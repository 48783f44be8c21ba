"""Shapes of staff at the API. An account is told by its user name; nothing else of anybody."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from ...strict import Strict

Role = Literal["worker", "chief"]
Username = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class DutyRow(BaseModel):
    """A period of duty; `ends_on` is the first day no longer on duty, null while nobody knows."""

    id: int
    account: str | None = Field(description="null when it lies outside the jurisdiction")
    role: Role
    starts_on: date
    ends_on: date | None
    account_ended: bool = Field(description="it is disabled or has ended: nobody serves")
    state: Literal["past", "now", "planned"]
    may_strike: bool = Field(description="not begun, or entered today: may be removed")
    entered_by: str | None
    entered_at: datetime
    version: int


class StaffSheet(BaseModel):
    """All periods of a grid's code, the latest first."""

    set_name: str
    grid_code: str
    rows: list[DutyRow]


class DutyNew(Strict):
    account: Username
    role: Role
    starts_on: date
    ends_on: date | None = None
    relieve: bool = Field(
        default=False, description="end the duty of the chief who stands in the way on that day"
    )


class DutyEnd(Strict):
    version: int
    ends_on: date | None


class VacancyRow(BaseModel):
    """A grid in force that lacks a role on the day; `filled_on` is when one is planned to come."""

    grid_id: int
    code: str
    name: str
    division_code: str
    division_name: str | None
    role: Role
    since: date | None = Field(description="the day the last one left; null if there was none")
    filled_on: date | None
    account_ended: bool = Field(description="somebody is on duty whose account has ended")
    lon: float
    lat: float


class VacancyPage(BaseModel):
    """`grids` counts the grids in force, `workers` and `chiefs` those that lack one."""

    set_name: str
    at: date
    grids: int
    workers: int
    chiefs: int
    rows: list[VacancyRow]
    total: int


class AccountRow(BaseModel):
    username: str
    role: str
    grids: int = Field(description="grids it is on duty in today")


class AccountPage(BaseModel):
    rows: list[AccountRow]
