"""Shapes of the calibration API: landmarks in, a pose with its errors out."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from .schemas import Latitude, Longitude

Pixels = Annotated[float, Field(ge=0, le=100_000)]
ErrorM = Annotated[float, Field(ge=0, le=50)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LandmarkShape(_Shape):
    """One point marked in the picture and on the map."""

    u: Pixels = Field(description="pixels from the left edge")
    v: Pixels = Field(description="pixels from the upper edge")
    lon: Longitude
    lat: Latitude
    height_m: Annotated[float, Field(ge=-50, le=500)] = Field(
        default=0, description="above the ground at its place"
    )


class CalibrationOrder(_Shape):
    """Landmarks of one picture, and how well places are known (standard errors, metres)."""

    sensor_no: Annotated[int, Field(ge=1, le=1000)] = 1
    width_px: Annotated[int, Field(ge=16, le=20_000)]
    height_px: Annotated[int, Field(ge=16, le=20_000)]
    landmarks: Annotated[list[LandmarkShape], Field(max_length=60)]
    camera_height_m: Annotated[float, Field(gt=0, le=300)] | None = Field(
        default=None, description="null: as stored; stored with the pose when it is applied"
    )
    place_error_m: ErrorM = 0.5
    height_error_m: ErrorM = 0.3
    landmark_error_m: ErrorM = 0.3


class PoseErrors(_Shape):
    """One standard error of each, degrees."""

    azimuth_deg: float
    tilt_deg: float
    fov_deg: float
    roll_deg: float


class Residual(_Shape):
    """Where a landmark was marked, and by how much that differs from where the pose draws it."""

    u: float
    v: float
    du: float
    dv: float


class Shift(_Shape):
    """How far beside its stored place the camera seems to stand; nothing is moved by it."""

    east_m: float
    north_m: float
    up_m: float


class CalibrationAnswer(_Shape):
    """A pose, how sure it is, and the ground it would show; azimuth from true north."""

    azimuth_deg: float
    tilt_deg: float
    fov_deg: float
    roll_deg: float
    sigma: PoseErrors
    residuals: list[Residual]
    rms_px: float
    verdict: Literal["good", "fair", "rough"]
    shift: Shift
    view: dict[str, Any] = Field(description="GeoJSON: ground certainly and possibly seen")
