"""Shapes of alarms and their rules at the API; times of day are local to the installation."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from ..patrol.units.schemas import LocalTime
from ..strict import Strict

Kind = Literal[
    "motion",
    "crossing",
    "input",
    "tamper",
    "sound",
    "video_loss",
    "storage",
    "hardware",
    "reboot",
    "offline",
]
Outcome = Literal["incident", "note", "nothing", "quiet", "storm"]
Severity = Literal["red", "yellow", "blue"]
SubscriptionState = Literal["subscribed", "lost", "unsupported", "refused", "ended"]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Division = Annotated[str, StringConstraints(pattern=r"^(0|\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")]
BigId = Annotated[int, Field(ge=1, le=2**63 - 1)]
CameraIds = Annotated[list[BigId], Field(min_length=1, max_length=1000)]
Kinds = Annotated[list[Kind], Field(min_length=1, max_length=10)]
Weekdays = Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]


class WindowIn(Strict):
    """Days of the week (1 is Monday) and times of day; `ends` not after `begins`: next day."""

    weekdays: Weekdays = Field(default=[1, 2, 3, 4, 5, 6, 7])
    begins: LocalTime
    ends: LocalTime


Windows = Annotated[list[WindowIn], Field(max_length=20)]


class RuleIn(Strict):
    """A rule; the narrowest in its hours holds: cameras, then a grid, then a kind of place, all.

    No windows: at all hours. In `quiet` hours alarms are kept and nobody is told.
    """

    name: Name
    division_code: Division | None = Field(default=None, description="by default your jurisdiction")
    kinds: Kinds
    camera_ids: CameraIds | None = None
    grid_id: BigId | None = None
    place_kind: Name | None = None
    windows: Windows = Field(default=[])
    quiet: Windows = Field(default=[])
    outcome: Literal["incident", "note", "nothing"]
    incident_kind: Name | None = None
    severity: Severity | None = None
    storm_count: Annotated[int, Field(ge=1, le=1000)] = 20
    storm_window_s: Annotated[int, Field(ge=10, le=86_400)] = 300
    is_active: bool = True

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        given = (self.camera_ids, self.grid_id, self.place_kind)
        if sum(one is not None for one in given) > 1:
            raise ValueError("give camera_ids, grid_id or place_kind, not several")
        if (self.outcome == "incident") != (self.incident_kind is not None):
            raise ValueError("incident_kind belongs to the outcome incident, and is needed there")
        return self


class RuleNew(RuleIn):
    pass


class RuleEdit(RuleIn):
    """The rule as it shall be; `version` is the one that was looked at."""

    version: BigId


class RuleRow(Strict):
    id: int
    name: str
    division_code: str
    kinds: list[Kind]
    camera_ids: list[int] | None
    grid_id: int | None
    grid_name: str | None
    place_kind: str | None
    windows: list[WindowIn]
    quiet: list[WindowIn]
    outcome: Literal["incident", "note", "nothing"]
    incident_kind: str | None
    severity: Severity | None
    storm_count: int
    storm_window_s: int
    is_active: bool
    changed_by: str | None
    updated_at: datetime
    version: int


class RulePage(Strict):
    rows: list[RuleRow]


class TrialDay(Strict):
    """One local day: how often the rule would have fired, been quiet, been held back."""

    day: str
    fired: int
    quiet: int
    storm: int


class TrialOut(Strict):
    """What a rule would have done with the alarms of the last days, standing alone."""

    since: datetime
    alarms: int = Field(description="alarms in the jurisdiction in that time")
    matching: int = Field(description="of the rule's kinds and places, in its hours")
    fired: int
    quiet: int
    storm: int
    days: list[TrialDay]


class AlarmRow(Strict):
    """An alarm; `suppressed` more were only counted after it. Place: what the camera looks at."""

    id: int
    camera_id: int
    camera_name: str
    kind: str
    source: str
    topic: str
    division_code: str
    lon: float
    lat: float
    is_camera_place: bool = Field(description="the view is unknown: this is where it stands")
    raised_at: datetime = Field(description="the device's clock")
    received_at: datetime
    last_at: datetime
    repeats: int
    suppressed: int
    state: Literal["active", "cleared"]
    cleared_at: datetime | None
    clear_reason: str | None
    outcome: Outcome
    rule_id: int | None
    rule_name: str | None
    incident_id: int | None
    incident_number: str | None
    seen_by: str | None
    seen_at: datetime | None
    version: int


class AlarmPage(Strict):
    """Alarms, newest first; `unseen` counts notes and incidents nobody has looked at yet."""

    rows: list[AlarmRow]
    total: int
    unseen: int
    suppressed: int = Field(description="held back in storms within the last hour")
    as_of: datetime


class SeenOut(Strict):
    seen: int


class AlarmIncidentIn(Strict):
    """An alarm as an incident, reported by whoever asks."""

    kind: Name
    severity: Severity | None = None
    description: Text = ""


class AlarmIncidentOut(Strict):
    incident_id: int
    number: str


class SubscriptionRow(Strict):
    camera_id: int
    camera_name: str
    state: SubscriptionState
    reason: str | None
    since: datetime
    heard_at: datetime | None
    failures: int
    next_try_at: datetime | None
    received: int
    dropped: int = Field(description="about persons: refused at the door, nothing of them kept")
    unknown: int
    unknown_topics: list[str]


class SubscriptionPage(Strict):
    rows: list[SubscriptionRow]
    total: int
    by_state: dict[str, int]
