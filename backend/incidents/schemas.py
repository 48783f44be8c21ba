"""The shapes of incidents at the API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from ..divisions.locating import DivisionRef
from ..grids.whose import ByGrids
from ..strict import Strict
from .listing import Dressed
from .models import IncidentCamera, IncidentEntry

Severity = Literal["red", "yellow", "blue"]
State = Literal["reported", "handling", "closed", "rejected"]
Text = Annotated[str, StringConstraints(max_length=4000)]
BigId = Annotated[int, Field(ge=1, le=2**63 - 1)]


class KindOut(BaseModel):
    code: str
    name_zh: str
    name_en: str
    severity: str


class TransitionOut(BaseModel):
    from_state: str
    act: str
    to_state: str
    needs_result: bool
    right: str


class KindsOut(BaseModel):
    kinds: list[KindOut]
    transitions: list[TransitionOut]
    severities: list[Severity]


class ReportIn(Strict):
    """A place is given by lon and lat, by `place_id` or by `grid_code`.

    `observed_at` is when it was written down, if that was before it could be sent.
    """

    kind: Annotated[str, StringConstraints(min_length=1, max_length=50)]
    severity: Severity | None = None
    lon: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None = None
    lat: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None = None
    place_id: BigId | None = None
    grid_code: Annotated[str, StringConstraints(min_length=1, max_length=50)] | None = None
    description: Text = ""
    observed_at: AwareDatetime | None = None


class QueueQuery(BaseModel):
    """Which incidents a queue shows; `before` continues after an id."""

    state: Literal["open", "closed", "all"] = "open"
    severity: Severity | None = None
    before: BigId | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    grids: ByGrids = Field(default="then", description="as reported, or where it lies today")


class StepIn(Strict):
    act: Literal["handle", "close", "reject", "note"]
    version: BigId
    text: Text = ""
    result: Text = ""


class IncidentGridOut(BaseModel):
    id: int
    set_name: str
    code: str
    name: str


class IncidentRow(BaseModel):
    """An incident as the queue shows it; `grid` is the first of `grids`, one for each set."""

    id: int
    number: str
    kind: str
    severity: Severity
    state: State
    lon: float
    lat: float
    place_id: int | None
    place_text: str | None
    division: DivisionRef | None
    grid: IncidentGridOut | None
    grids: list[IncidentGridOut]
    description: str
    reported_by: str
    observed_at: datetime | None
    reported_at: datetime
    closed_at: datetime | None
    result: str | None
    version: int


class IncidentSheet(IncidentRow):
    linked_cameras: list[dict[str, Any]] = Field(
        description="the ranking at the time of the report, with `rank`"
    )


class IncidentPage(BaseModel):
    incidents: list[IncidentRow]
    as_of: datetime


class EntryOut(BaseModel):
    id: int
    at: datetime
    actor: str
    act: str
    from_state: str | None
    to_state: str | None
    text: str

    @classmethod
    def of(cls, entry: IncidentEntry) -> "EntryOut":
        return cls(
            id=entry.id,
            at=entry.at,
            actor=entry.actor_name,
            act=entry.act,
            from_state=entry.from_state,
            to_state=entry.to_state,
            text=entry.text,
        )


class TimelineOut(BaseModel):
    entries: list[EntryOut]


def row_of(found: Dressed) -> dict[str, Any]:
    """Return the fields of `IncidentRow`."""
    incident = found.incident
    grids = [
        IncidentGridOut(id=g.grid_id, set_name=g.set_name, code=g.grid_code, name=g.grid_name)
        for g in found.grids
    ]
    same = ("id", "number", "kind", "severity", "state", "place_id", "place_text", "description")
    later = ("observed_at", "reported_at", "closed_at", "result", "version")
    return {name: getattr(incident, name) for name in (*same, *later)} | {
        "lon": found.lon,
        "lat": found.lat,
        "division": found.division,
        "grid": grids[0] if grids else None,
        "grids": grids,
        "reported_by": found.reporter,
    }


def sheet_of(found: Dressed, cameras: list[IncidentCamera]) -> IncidentSheet:
    """Return the whole sheet of an incident."""
    linked = [{**camera.answer, "rank": camera.rank} for camera in cameras]
    return IncidentSheet(**row_of(found), linked_cameras=linked)
