"""Shapes of positions and tracks at the API."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class PositionRow(BaseModel):
    unit_id: int
    lon: float
    lat: float
    at: datetime
    accuracy_m: float | None
    speed_mps: float | None
    on_duty: bool
    version: int


class PositionPage(BaseModel):
    """`version` asks next time, as `since_version`, for what has changed since."""

    version: int
    as_of: datetime
    rows: list[PositionRow]


class TrackLine(BaseModel):
    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]]


class TrackLeg(BaseModel):
    since: datetime = Field(serialization_alias="from")
    until: datetime = Field(serialization_alias="to")
    is_known: bool = Field(description="false: a silence; where the unit was then is not known")
    points: int


class TrackFeature(BaseModel):
    type: Literal["Feature"] = "Feature"
    geometry: TrackLine
    properties: TrackLeg


class Track(BaseModel):
    """A unit's way as GeoJSON: runs heard of, and the silences between them, in order of time."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    unit_id: int
    as_of: datetime
    fixes: int
    refused: dict[str, int] = Field(description="fixes left out, by reason: jumps, inaccurate")
    last_at: datetime | None
    age_s: float | None
    features: list[TrackFeature]
