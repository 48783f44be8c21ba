"""Shapes of checkpoints at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from ...strict import Strict

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-85, le=85, allow_inf_nan=False)]
Radius = Annotated[float, Field(ge=5, le=500, allow_inf_nan=False)]
Interval = Annotated[int, Field(ge=60, le=7 * 86_400)]


class CheckpointNew(Strict):
    """Without an interval a checkpoint only records who came by."""

    name: Name
    lon: Lon
    lat: Lat
    radius_m: Radius = 30.0
    longest_interval_s: Interval | None = None


class CheckpointEdit(Strict):
    version: int = Field(ge=1)
    name: Name | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    radius_m: Radius | None = None
    longest_interval_s: Interval | None = None
    is_active: bool | None = None


class CheckpointRow(Strict):
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


class CheckpointPage(Strict):
    rows: list[CheckpointRow]
    total: int


class CheckInNew(Strict):
    """A unit signs in where it stands; `at` may lie in the past, as of a handheld without net."""

    at: AwareDatetime | None = None
    lon: Lon
    lat: Lat


class CheckpointVisitRow(Strict):
    checkpoint_id: int
    unit_id: int
    unit_code: str
    unit_name: str
    at: datetime
    how: Literal["position", "handheld"]


class CheckpointVisitPage(Strict):
    rows: list[CheckpointVisitRow]
    total: int
