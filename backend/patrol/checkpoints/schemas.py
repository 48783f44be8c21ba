"""Shapes of checkpoints at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-85, le=85, allow_inf_nan=False)]
Radius = Annotated[float, Field(ge=5, le=500, allow_inf_nan=False)]
Interval = Annotated[int, Field(ge=60, le=7 * 86_400)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CheckpointNew(_Strict):
    """Without an interval a checkpoint only records who came by."""

    name: Name
    lon: Lon
    lat: Lat
    radius_m: Radius = 30.0
    longest_interval_s: Interval | None = None


class CheckpointEdit(_Strict):
    version: int = Field(ge=1)
    name: Name | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    radius_m: Radius | None = None
    longest_interval_s: Interval | None = None
    is_active: bool | None = None


class CheckpointRow(_Strict):
    id: int
    name: str
    division_code: str
    lon: float
    lat: float
    radius_m: float
    longest_interval_s: int | None
    is_active: bool
    last_visit_at: datetime | None
    last_unit_id: int | None
    version: int


class CheckpointPage(_Strict):
    rows: list[CheckpointRow]
    total: int


class CheckInNew(_Strict):
    """A unit signs in where it stands; `at` may lie in the past, as of a handheld without net."""

    at: AwareDatetime | None = None
    lon: Lon
    lat: Lat


class CheckpointVisitRow(_Strict):
    checkpoint_id: int
    unit_id: int
    unit_code: str
    unit_name: str
    at: datetime
    how: Literal["position", "handheld"]


class CheckpointVisitPage(_Strict):
    rows: list[CheckpointVisitRow]
    total: int
