"""Shapes of health at the API."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Condition = Literal[
    "moved", "covered", "black", "frozen", "blurred", "dead", "unknown", "untried", "in_order"
]
PlaceClass = Literal["public_area", "trade"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Finding(_Shape):
    """One question to a picture, its answer and the figures it rests on."""

    answer: Literal["yes", "no", "cannot_tell"]
    reason: str | None = None
    figures: dict[str, float | None] = {}


class HealthRow(_Shape):
    """What is held of one camera; `evidence` answers `question`."""

    id: int
    name: str
    code: str | None
    address: str | None
    lon: float
    lat: float
    has_ptz: bool
    is_enrolled: bool
    place_class: PlaceClass
    condition: Condition
    since: datetime | None
    reason: str | None = Field(description="why no pictures come, when the camera is dead")
    suspected: str | None
    is_withdrawn: bool = Field(description="its viewshed counts for nothing right now")
    awaits_word: bool = Field(description="a person has to confirm its view")
    question: str | None
    evidence: Finding | None
    sampled_at: datetime | None
    last_frame_at: datetime | None
    clock_offset_s: float | None
    clock_is_off: bool
    firmware: str | None


class HealthPage(_Shape):
    rows: list[HealthRow]
    total: int
    counts: dict[str, int] = Field(description="cameras of the division by condition")
    clocks_off: int


class ReferenceShape(_Shape):
    """What the view is compared with by one light; features only, there is no picture."""

    light: Literal["day", "night"]
    looks: int
    made_at: datetime


class TurnShape(_Shape):
    """One change, by a look (`view`), a visit (`clock`, `firmware`), checks (`frames`) or a person.

    `what` is confirmed or reference where a person gave the word, `by` says who.
    """

    at: datetime
    what: Literal["view", "clock", "firmware", "confirmed", "reference", "frames"]
    before: str | None
    after: str | None
    by: str | None = None
    figures: dict[str, float | None] = {}


class HealthSheet(HealthRow):
    verdicts: dict[str, Finding]
    references: list[ReferenceShape]
    history: list[TurnShape]
    due_at: datetime | None
    clock_at: datetime | None
    fov_deg: float = Field(description="of the sketch; assumed where the camera states none")


class ConfirmOrder(_Shape):
    """A person's word: the view is back as it was, or what is seen now is the new view."""

    what: Literal["back", "new_view"]
