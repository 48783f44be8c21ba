"""Shapes of turning heads: orders, answers, locks, sectors of the map.

What is kept of a head is in `keeping_schemas`.
"""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..schemas import BigId, Latitude, Longitude

Method = Literal["geo", "absolute", "preset"]
Azimuth = Annotated[float, Field(ge=0, lt=360)]
Tilt = Annotated[float, Field(ge=-90, le=90)]
Fov = Annotated[float, Field(gt=0, lt=180)]
Speed = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Stated(Shape):
    """Why a head is turned: a purpose, or the open stream that was given one."""

    purpose: Annotated[str, Field(max_length=50)] | None = None
    incident_id: BigId | None = None
    stream_id: BigId | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.purpose is None) == (self.stream_id is None):
            raise ValueError("purpose or stream_id, one of them")
        return self


class AimOrder(Shape):
    """A place that every PTZ camera able to see it shall look at."""

    lon: Longitude
    lat: Latitude
    height_m: Annotated[float, Field(ge=0, le=300)] | None = Field(
        default=None, description="above the ground; null: the height of a person"
    )
    width_m: Annotated[float, Field(gt=0, le=2000)] = Field(
        default=20.0, description="what shall fill the picture, across the line of sight"
    )
    purpose: Annotated[str, Field(max_length=50)]
    incident_id: BigId | None = None
    camera_ids: Annotated[list[BigId], Field(max_length=64)] | None = Field(
        default=None, description="these alone; null: all that can see the place"
    )


class ViewShape(Shape):
    """Where a head looks: true azimuth, tilt below the horizon, horizontal field."""

    azimuth_deg: float
    tilt_deg: float
    fov_deg: float


class AimedCamera(Shape):
    """What came of one camera; every camera in reach has a row."""

    camera_id: int
    name: str
    outcome: Literal["aimed", "refused", "skipped"]
    method: Method | None = None
    expected_error_deg: float | None = Field(default=None, description="null: never measured")
    seconds: float | None = Field(default=None, description="until it stood; null: not told")
    view: ViewShape | None = None
    zoomed_in: bool = Field(
        default=False, description="narrower than asked, or a forbidden area would be in view"
    )
    reason: str | None = None
    reason_text: str | None = None


class AimAnswer(Shape):
    lon: float
    lat: float
    cameras: list[AimedCamera]


class Drive(Shape):
    """Speeds while a key or button is held: right, up, in. Ends by itself unless sent again."""

    pan: Speed = 0.0
    tilt: Speed = 0.0
    zoom: Speed = 0.0


class InPicture(Shape):
    """The point of the picture that shall be its middle, in halves of width and height."""

    dx: Share = 0.0
    dy: Share = 0.0
    zoom: Annotated[float, Field(ge=0.05, le=20)] = Field(
        default=1.0, description="2 shows half the width"
    )


class Direction(Shape):
    azimuth_deg: Azimuth
    tilt_deg: Tilt
    fov_deg: Fov | None = None


class MoveOrder(Stated):
    """One way to move: by speeds, to a point of the picture, or to a direction."""

    drive: Drive | None = None
    picture: InPicture | None = None
    direction: Direction | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(way is not None for way in (self.drive, self.picture, self.direction)) != 1:
            raise ValueError("drive, picture or direction, one of them")
        return self


class MoveAnswer(Shape):
    """Where the head looks, or is on its way to; null where its direction is not known."""

    view: ViewShape | None
    zoomed_in: bool = False


class LockOrder(Stated):
    seconds: Annotated[int, Field(ge=10, le=3600)] = 120


class LockShape(Shape):
    """Who turns the head: `use` while somebody moves it, `lock` when somebody keeps it."""

    kind: Literal["use", "lock"]
    holder_name: str
    is_mine: bool
    priority: int
    expires_at: datetime


class HeadView(Shape):
    """A sector of the map: where a head looks now, or one of its presets."""

    camera_id: int
    camera_name: str
    lon: float
    lat: float
    kind: Literal["now", "preset"]
    name: str
    azimuth_deg: float
    fov_deg: float
    reach_m: float
    moved_at: datetime | None


class HeadTour(Shape):
    """A tour on the map: the presets it goes through, in order, those whose angles are known."""

    camera_id: int
    name: str
    is_running: bool
    azimuths_deg: list[float]


class MapBox(Shape):
    """A box of the map, degrees."""

    west: Longitude
    south: Latitude
    east: Longitude
    north: Latitude


class HeadViews(Shape):
    views: list[HeadView]
    tours: list[HeadTour]
