"""Shapes of the PTZ API; the console's types are made from these."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..schemas import BigId, Latitude, Longitude

Method = Literal["geo", "absolute", "preset"]
Azimuth = Annotated[float, Field(ge=0, lt=360)]
Tilt = Annotated[float, Field(ge=-90, le=90)]
Fov = Annotated[float, Field(gt=0, lt=180)]
Name = Annotated[str, Field(min_length=1, max_length=60)]
Speed = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=10, le=86_400)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Stated(_Shape):
    """Why a head is turned: a purpose, or the open stream that was given one."""

    purpose: Annotated[str, Field(max_length=50)] | None = None
    incident_id: BigId | None = None
    stream_id: BigId | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.purpose is None) == (self.stream_id is None):
            raise ValueError("purpose or stream_id, one of them")
        return self


class AimOrder(_Shape):
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


class ViewShape(_Shape):
    """Where a head looks: true azimuth, tilt below the horizon, horizontal field."""

    azimuth_deg: float
    tilt_deg: float
    fov_deg: float


class AimedCamera(_Shape):
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


class AimAnswer(_Shape):
    lon: float
    lat: float
    cameras: list[AimedCamera]


class Drive(_Shape):
    """Speeds while a key or button is held: right, up, in. Ends by itself unless sent again."""

    pan: Speed = 0.0
    tilt: Speed = 0.0
    zoom: Speed = 0.0


class InPicture(_Shape):
    """The point of the picture that shall be its middle, in halves of width and height."""

    dx: Share = 0.0
    dy: Share = 0.0
    zoom: Annotated[float, Field(ge=0.05, le=20)] = Field(
        default=1.0, description="2 shows half the width"
    )


class Direction(_Shape):
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


class MoveAnswer(_Shape):
    """Where the head looks, or is on its way to; null where its direction is not known."""

    view: ViewShape | None
    zoomed_in: bool = False


class LockOrder(Stated):
    seconds: Annotated[int, Field(ge=10, le=3600)] = 120


class LockShape(_Shape):
    """Who turns the head: `use` while somebody moves it, `lock` when somebody keeps it."""

    kind: Literal["use", "lock"]
    holder_name: str
    is_mine: bool
    priority: int
    expires_at: datetime


class PositionShape(_Shape):
    """Where a head was last known to look; null = not known."""

    azimuth_deg: float | None
    tilt_deg: float | None
    fov_deg: float | None
    error_deg: float | None
    pan: float | None
    tilt: float | None
    zoom: float | None
    method: str
    moved_at: datetime
    home_due_at: datetime | None


class PresetShape(_Shape):
    id: int
    name: str
    azimuth_deg: float | None
    tilt_deg: float | None
    fov_deg: float | None


class PresetNew(Stated):
    """Keep the present view under a name; the angles are stated where the head knows none."""

    name: Name
    azimuth_deg: Azimuth | None = None
    tilt_deg: Tilt | None = None
    fov_deg: Fov | None = None


class PresetEdit(_Shape):
    name: Name | None = None
    azimuth_deg: Azimuth | None = None
    tilt_deg: Tilt | None = None
    fov_deg: Fov | None = None


class PresetTourStop(_Shape):
    preset_id: BigId
    dwell_s: Annotated[int, Field(ge=5, le=3600)] = 20


class PresetTourNew(_Shape):
    name: Name
    stops: Annotated[list[PresetTourStop], Field(min_length=2, max_length=32)]


class PresetTourShape(_Shape):
    id: int
    name: str
    stops: list[PresetTourStop]
    step: int
    is_running: bool


class MaskNew(_Shape):
    """A sector never to look into: azimuths clockwise from one edge to the other."""

    name: Name
    from_deg: Azimuth
    to_deg: Azimuth
    top_deg: Tilt = -90.0
    bottom_deg: Tilt = 90.0

    @model_validator(mode="after")
    def _upright(self) -> Self:
        if self.top_deg >= self.bottom_deg:
            raise ValueError("top_deg must lie above bottom_deg: depressions grow downwards")
        return self


class MaskShape(MaskNew):
    id: int


class HeadEdit(_Shape):
    """What planners state of a head; a field left out stays."""

    widest_deg: Fov | None = None
    narrowest_deg: Fov | None = None
    home_preset_id: BigId | None = None
    home_after_s: Seconds | None = None


class HeadCan(_Shape):
    """What the head can: `aims_by` in the order in which it is tried."""

    aims_by: list[Method]
    space: Literal["spherical", "generic"] | None
    drives: bool
    tells_position: bool
    has_home: bool


class CalibrationShape(_Shape):
    """What speaks for a head's calibration."""

    calibrated_at: datetime | None
    error_deg: float = Field(description="two standard errors where landmarks were seen, at most")
    rms_deg: float
    residuals_deg: list[float]
    field_measured: bool
    pan_zero_deg: float
    lean_deg: float


class PtzSheet(_Shape):
    """All of one head; `can` is null while its device was never asked."""

    camera_id: int
    can: HeadCan | None
    widest_deg: float | None
    narrowest_deg: float | None
    position: PositionShape | None
    lock: LockShape | None
    my_priority: int
    presets: list[PresetShape]
    tours: list[PresetTourShape]
    masks: list[MaskShape]
    calibration: CalibrationShape | None
    home_preset_id: int | None
    home_after_s: int | None


class Sighting(_Shape):
    """A landmark on the map and in the picture, at the position the head had."""

    pan: Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
    tilt: Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
    zoom: Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
    lon: Longitude
    lat: Latitude
    height_m: Annotated[float, Field(ge=-100, le=300)] = 0.0
    dx: Share = Field(default=0.0, description="0, 0: the landmark is in the middle")
    dy: Share = 0.0


class HeadCalibrationOrder(_Shape):
    sightings: Annotated[list[Sighting], Field(max_length=60)]
    error_m: Annotated[float, Field(ge=0, le=20)] = 1.0


class HeadView(_Shape):
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


class MapBox(_Shape):
    """A box of the map, degrees."""

    west: Longitude
    south: Latitude
    east: Longitude
    north: Latitude


class HeadViews(_Shape):
    views: list[HeadView]
