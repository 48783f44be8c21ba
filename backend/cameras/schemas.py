"""Shapes of the camera API; the console's types are made from these."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from .models import Source

Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
BigId = Annotated[int, Field(ge=1, le=2**63 - 1)]
SightWord = Literal["certain", "possible", "blocked"]
ViewFault = Literal["blind", "moved"]
Reason = Literal[
    "sees",
    "pose_uncertain",
    "azimuth_unknown",
    "inside_building",
    "out_of_range",
    "out_of_field",
    "too_near",
    "blocked_by_building",
    "blocked_by_terrain",
]


Withdrawal = Literal["view_moved", "view_blind"]
"""Why a camera that should see a place does not count: its pictures show something else."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SeeingCamera(_Shape):
    """One camera's answer to "do you see this place?"."""

    camera_id: int
    name: str
    lon: float
    lat: float
    distance_m: float
    bearing_deg: float = Field(description="from the camera to the place, true north")
    sight: SightWord
    reason: Reason | Withdrawal
    reason_text: str
    reason_detail: dict[str, float | int]
    pixels_per_m: float | None = Field(description="at the place, over the slant range")
    density_band: str | None
    alive: bool | None = Field(description="null: no frame was ever asked for")
    has_ptz: bool
    sensor_no: int
    assumed: list[str] = Field(description="fields the camera does not state")


class NearestPtz(_Shape):
    """The nearest camera that can turn; with a clear line when there is one."""

    camera_id: int
    name: str
    lon: float
    lat: float
    distance_m: float
    bearing_deg: float
    line_clear: bool
    alive: bool | None


class SightAnswer(_Shape):
    """All that is known of who sees a place, best first."""

    lon: float
    lat: float
    cameras: list[SeeingCamera]
    nearest_ptz: NearestPtz | None
    none_sees: bool
    place_in_building: int | None
    computed_at: datetime


class PoseShape(_Shape):
    sensor_no: Annotated[int, Field(ge=1, le=1000)] = 1
    azimuth_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    azimuth_error_deg: Annotated[float, Field(ge=0, le=180)] = 0
    fov_deg: Annotated[float, Field(gt=0, le=360)] | None = None
    fov_assumed: bool = False
    range_m: Annotated[float, Field(gt=0, le=20_000)] | None = None
    range_assumed: bool = False
    tilt_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    tilt_error_deg: Annotated[float, Field(ge=0, le=90)] = 0
    fov_error_deg: Annotated[float, Field(ge=0, le=180)] = 0
    source: Source = Field(
        default="stated", description="imported or typed, turned on the map, or from landmarks"
    )


class CameraStatus(_Shape):
    alive: bool | None
    last_frame_at: datetime | None
    reason: str | None


class CameraRow(_Shape):
    """A camera as lists show it."""

    id: int
    name: str
    code: str | None
    kind: str
    lon: float
    lat: float
    has_ptz: bool
    address: str | None
    enrolled: bool
    status: CameraStatus
    version: int


class DeviceShape(_Shape):
    """What is known of the device; its address is shown without anything secret."""

    enrolled: bool
    host_masked: str | None = None
    auth_state: str | None = None
    information: dict[str, Any] = {}
    profiles: list[dict[str, Any]] = []


class CameraSheet(CameraRow):
    managing_unit: str | None
    use_type: str | None
    division_code: str
    height_m: float | None
    height_assumed: bool
    view_fault: ViewFault | None = Field(description="frames arrive and show not what they should")
    poses: list[PoseShape]
    device: DeviceShape


class CameraPage(_Shape):
    cameras: list[CameraRow]
    next: int | None


class CameraEdit(_Shape):
    """Fields to change; a field left out stays as it is."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    height_m: Annotated[float, Field(gt=0, le=300)] | None = None
    has_ptz: bool | None = None
    width_px: Annotated[int, Field(gt=0, le=100_000)] | None = None
    address: Annotated[str, Field(max_length=400)] | None = None
    view_fault: ViewFault | None = None
    poses: Annotated[list[PoseShape], Field(min_length=1, max_length=16)] | None = None

    @field_validator("name", "lon", "lat", "has_ptz", "poses")
    @classmethod
    def _is_known(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("cannot be unknown")
        return value

    @field_validator("poses")
    @classmethod
    def _has_each_sensor_once(cls, poses: list[PoseShape]) -> list[PoseShape]:
        if len({pose.sensor_no for pose in poses}) < len(poses):
            raise ValueError("a sensor is given twice")
        return poses

    @model_validator(mode="after")
    def _has_both_coordinates(self) -> "CameraEdit":
        if (self.lon is None) != (self.lat is None):
            raise ValueError("lon and lat belong together")
        return self


class CameraNew(CameraEdit):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    lon: Longitude
    lat: Latitude


class StatusRow(_Shape):
    id: int
    alive: bool | None
    last_frame_at: datetime | None


class StatusPage(_Shape):
    version: int
    cameras: list[StatusRow]


class PurposeShape(_Shape):
    code: str
    name_zh: str
    name_en: str
    needs_incident: bool


class PurposeList(_Shape):
    purposes: list[PurposeShape]


class StreamOrder(_Shape):
    """Ask to open a picture: which camera, and why; of a recording also the range and the speed."""

    camera_id: BigId
    purpose: Annotated[str, Field(max_length=50)]
    incident_id: BigId | None = None
    kind: Literal["live", "replay"] = "live"
    profile: Literal["main", "sub"] = "sub"
    from_at: Annotated[AwareDatetime | None, Field(alias="from")] = None
    to_at: Annotated[AwareDatetime | None, Field(alias="to")] = None
    speed: Annotated[float, Field(ge=0.5, le=8)] = 1.0
    codecs: Annotated[list[Literal["avc1", "hvc1"]], Field(max_length=2)] = ["avc1"]

    @model_validator(mode="after")
    def _has_a_range_for_a_replay(self) -> "StreamOrder":
        given = (self.from_at is not None) + (self.to_at is not None)
        if given != (2 if self.kind == "replay" else 0):
            raise ValueError("from and to belong to a replay, and a replay needs both")
        return self


class SnapshotOrder(_Shape):
    purpose: Annotated[str, Field(max_length=50)]
    incident_id: BigId | None = None


class StreamTicket(_Shape):
    """A single-use ticket; it is sent in the first WebSocket message, never in an address.

    With `whep` it goes into the `Authorization` header of the outer gateway's WHEP address.
    """

    stream_id: int
    ticket: Annotated[str, Field(repr=False)]
    url: str
    expires_at: datetime
    profile: Literal["main", "sub"]
    protocol: Literal["relay", "whep"] = "relay"


class WarmOrder(_Shape):
    camera_ids: Annotated[list[BigId], Field(max_length=9)]


class DeviceOrder(_Shape):
    """Where a device answers and how to sign in; the password is never shown again."""

    address: Annotated[str, Field(max_length=400)]
    username: Annotated[str, Field(max_length=100)] = ""
    password: Annotated[str, Field(max_length=200, repr=False)] = ""
