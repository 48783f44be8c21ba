"""Shapes of what is kept of a head: position, presets, tours, masks, calibration, all of it."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ..schemas import BigId, Latitude, Longitude
from .schemas import Azimuth, Fov, LockShape, Method, Shape, Share, Stated, Tilt

Name = Annotated[str, Field(min_length=1, max_length=60)]
Seconds = Annotated[int, Field(ge=10, le=86_400)]


class PositionShape(Shape):
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


class PresetShape(Shape):
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


class PresetEdit(Shape):
    name: Name | None = None
    azimuth_deg: Azimuth | None = None
    tilt_deg: Tilt | None = None
    fov_deg: Fov | None = None


class PresetTourStop(Shape):
    preset_id: BigId
    dwell_s: Annotated[int, Field(ge=5, le=3600)] = 20


class PresetTourNew(Shape):
    name: Name
    stops: Annotated[list[PresetTourStop], Field(min_length=2, max_length=32)]


class PresetTourEdit(Shape):
    """A field left out stays; a running tour ends, and begins anew when it is started again."""

    name: Name | None = None
    stops: Annotated[list[PresetTourStop], Field(min_length=2, max_length=32)] | None = None


class PresetTourShape(Shape):
    """A tour; `in_device`: the device keeps it, `on_device`: and runs it now.

    `is_foreign`: it runs, and somebody started it at the device itself.
    """

    id: int
    name: str
    stops: list[PresetTourStop]
    step: int
    is_running: bool
    in_device: bool
    on_device: bool
    is_foreign: bool


class MaskNew(Shape):
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


class HeadEdit(Shape):
    """What planners state of a head; a field left out stays."""

    widest_deg: Fov | None = None
    narrowest_deg: Fov | None = None
    home_preset_id: BigId | None = None
    home_after_s: Seconds | None = None


class HeadCan(Shape):
    """What the head can: `aims_by` in the order in which it is tried."""

    aims_by: list[Method]
    space: Literal["spherical", "generic"] | None
    drives: bool
    tells_position: bool
    has_home: bool
    tours_itself: bool = Field(description="the device runs tours of presets by itself")


class CalibrationShape(Shape):
    """What speaks for a head's calibration."""

    calibrated_at: datetime | None
    error_deg: float = Field(description="two standard errors where landmarks were seen, at most")
    rms_deg: float
    residuals_deg: list[float]
    field_measured: bool
    pan_zero_deg: float
    lean_deg: float


class PtzSheet(Shape):
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


class Sighting(Shape):
    """A landmark on the map and in the picture, at the position the head had."""

    pan: Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
    tilt: Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
    zoom: Annotated[float, Field(ge=-1e4, le=1e4, allow_inf_nan=False)]
    lon: Longitude
    lat: Latitude
    height_m: Annotated[float, Field(ge=-100, le=300)] = 0.0
    dx: Share = Field(default=0.0, description="0, 0: the landmark is in the middle")
    dy: Share = 0.0


class HeadCalibrationOrder(Shape):
    sightings: Annotated[list[Sighting], Field(max_length=60)]
    error_m: Annotated[float, Field(ge=0, le=20)] = 1.0
