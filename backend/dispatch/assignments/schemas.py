"""The shapes of assignments at the API."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from ..fields import Accuracy, BigId, Ids, Lat, Lon, Strict, Text

AssignmentState = Literal[
    "offered", "accepted", "under_way", "arrived", "done", "refused", "timed_out", "withdrawn"
]
AssignmentAct = Literal["accept", "refuse", "start", "arrive", "finish", "withdraw"]


class AssignmentOut(BaseModel):
    """A unit on a task; `arrival_proof` is "stated" where nothing proves the arrival."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    task_id: int
    unit_id: int
    unit_code: str
    unit_name: str
    state: AssignmentState
    offered_at: datetime
    accept_by: datetime
    accepted_at: datetime | None
    under_way_at: datetime | None
    arrive_by: datetime | None
    arrived_at: datetime | None
    done_at: datetime | None
    refused_at: datetime | None
    timed_out_at: datetime | None
    withdrawn_at: datetime | None
    late_at: datetime | None
    travel_s: float | None
    travel_m: float | None
    travel_how: Literal["roads", "straight"] | None
    arrival_proof: Literal["position", "photograph", "stated"] | None
    arrival_distance_m: float | None
    result: str | None
    version: int


class OfferIn(Strict):
    """`instead_of` names an assignment that is withdrawn for it (改派)."""

    unit_ids: Ids = ()
    grid_ids: Ids = ()
    instead_of: BigId | None = None
    version: BigId | None = None


class AssignmentStepIn(Strict):
    """An act of a unit; `at` is when it was taken, `version` may be left out by a queue."""

    act: AssignmentAct
    version: BigId | None = None
    at: AwareDatetime | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    accuracy: Accuracy | None = None
    text: Text = ""
    photograph_id: BigId | None = None
