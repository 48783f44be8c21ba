"""The shapes of call-outs and departments at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from ...divisions.extent import DIVISION_FORM
from ..fields import BigId, Strict, Text

CalloutState = Literal["called", "accepted", "arrived", "done", "refused", "timed_out", "withdrawn"]
CalloutAct = Literal["accept", "refuse", "arrive", "finish", "withdraw"]
_Skill = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50)]


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


class CalloutIn(Strict):
    department_id: BigId


class CalloutStepIn(Strict):
    act: CalloutAct
    version: BigId
    at: AwareDatetime | None = None
    text: Text = ""


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
    division_code: Annotated[str, StringConstraints(pattern=DIVISION_FORM)] | None = None
    skills: list[_Skill] = Field(default_factory=list, max_length=50)
