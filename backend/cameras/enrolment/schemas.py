"""Shapes of enrolment; no answer holds a login, sealed or not."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..schemas import BigId

Address = Annotated[str, Field(min_length=1, max_length=400)]
Username = Annotated[str, Field(max_length=100, repr=False)]
Password = Annotated[str, Field(max_length=200, repr=False)]
RowState = Literal["faulty", "waiting", "answered", "failed", "enrolled", "left"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DiscoveryOrder(_Shape):
    """Where to look: by multicast, and one by one in ranges, both in allowed networks alone."""

    name: Annotated[str, Field(min_length=1, max_length=100)] = "discovery"
    multicast: bool = True
    ranges: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=16)] = []
    ports: Annotated[
        list[Annotated[int, Field(ge=1, le=65_535)]], Field(min_length=1, max_length=4)
    ] = [80]


class ProbeOrder(_Shape):
    """Ask the devices of a list; those with no login of their own are asked with this one."""

    row_ids: Annotated[list[BigId], Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="null: all that have not answered yet"
    )
    login_id: BigId | None = None
    username: Username = ""
    password: Password = ""
    again: bool = Field(
        default=False, description="send a login even where the device refused it before"
    )


class RowChoice(_Shape):
    """What becomes of a row: the camera it is, or none; left out or taken up again."""

    camera_id: BigId | None = None
    is_left: bool = False


class EnrolOrder(_Shape):
    row_ids: Annotated[list[BigId], Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="null: all that answered and have a camera"
    )


class EnrolmentShape(_Shape):
    """A list and how far it is; `counts` by state of its rows."""

    id: int
    source: Literal["file", "discovery"]
    name: str
    state: Literal["waiting", "running", "ready", "cancelled", "failed"]
    step: str | None
    progress: float
    fault: str | None
    created_at: datetime
    finished_at: datetime | None
    counts: dict[str, int]


class EnrolmentPage(_Shape):
    enrolments: list[EnrolmentShape]


class EnrolmentRowShape(_Shape):
    """A row: what was asked, what answered, which camera it is taken for, and why."""

    id: int
    row_no: int
    address: str
    channel: int
    code: str | None
    name: str | None
    lon: float | None
    lat: float | None
    state: RowState
    reason: str | None
    explanation: str | None
    found: dict[str, Any] = Field(description="manufacturer, model, firmware, serial, channels")
    profiles: list[dict[str, Any]] = Field(description="name, codec, width, height")
    quirks: list[str]
    camera_id: int | None
    camera_name: str | None
    match: Literal["identity", "code", "name", "position", "chosen"] | None
    match_m: float | None
    twin_row: int | None = Field(description="another row of this list is the same input")
    held_by: int | None = Field(description="a camera that has this input already")
    moved_from: str | None = Field(description="the address under which that camera has it")


class EnrolmentRowPage(_Shape):
    rows: list[EnrolmentRowShape]
    next: int | None


class LoginNew(_Shape):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    username: Annotated[str, Field(min_length=1, max_length=100, repr=False)]
    password: Password


class LoginShape(_Shape):
    id: int
    name: str
    changed_at: datetime


class LoginList(_Shape):
    logins: list[LoginShape]


class SecretOrder(_Shape):
    """The new login of a device that is enrolled; it is tried once before it is kept."""

    username: Username
    password: Password


class SecretShape(_Shape):
    """What came of it: how many cameras of the device have the new login."""

    auth_state: str
    cameras: int


class Twin(_Shape):
    camera_id: int
    camera_name: str
    address: str
    channel: int
    enrolled_at: datetime


class Duplicate(_Shape):
    """Cameras that are one input of one device, and by what that is told."""

    told_by: Literal["mac", "serial", "address"]
    cameras: list[Twin]


class DuplicateList(_Shape):
    duplicates: list[Duplicate]


class MergeOrder(_Shape):
    """Keep the device at one camera and take it from the others; the cameras themselves stay."""

    keep_id: BigId
    drop_ids: Annotated[list[BigId], Field(min_length=1, max_length=32)]


class QuirkShape(_Shape):
    name: str
    symptom: str
    remedy: str
    source: str


class QuirkList(_Shape):
    quirks: list[QuirkShape]
