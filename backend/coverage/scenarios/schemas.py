"""Shapes of what-if and scenarios at the API."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...cameras.schemas import BigId, Latitude, Longitude
from ..schemas import Band, Reading, Scale

MOST_CHANGES = 200
Op = Literal["move", "add", "remove"]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Change(_Shape):
    """One camera moved or turned, added or removed; what a `move` leaves out stays as it is."""

    op: Op
    camera_id: BigId | None = Field(default=None, description="of `move` and `remove`")
    key: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        default=None, description="the caller's name of the change; a new camera needs one"
    )
    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    sensor_no: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="the sensor that is turned; none: the camera's first"
    )
    lon: Longitude | None = None
    lat: Latitude | None = None
    height_m: Annotated[float, Field(gt=0, le=300)] | None = None
    azimuth_deg: Annotated[float, Field(ge=0, lt=360)] | None = None
    fov_deg: Annotated[float, Field(gt=0, le=360)] | None = None
    range_m: Annotated[float, Field(gt=0, le=20_000)] | None = None
    tilt_deg: Annotated[float, Field(ge=-90, le=90)] | None = None
    width_px: Annotated[int, Field(gt=0, le=100_000)] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "Change":
        if (self.lon is None) != (self.lat is None):
            raise ValueError("lon and lat belong together")
        if self.op == "add":
            if self.camera_id is not None or self.key is None or self.lon is None:
                raise ValueError("a new camera has a key, lon and lat, and no camera_id")
        elif self.camera_id is None:
            raise ValueError("move and remove name their camera_id")
        return self

    @property
    def spot(self) -> tuple[float, float]:
        """Longitude and latitude of a new camera."""
        return self.lon or 0.0, self.lat or 0.0

    @property
    def label(self) -> str:
        """What the answer calls this change."""
        if self.key is not None:
            return self.key
        sensor = "" if self.sensor_no is None else f"-{self.sensor_no}"
        return f"{self.op}-{self.camera_id}{sensor}"


Changes = Annotated[list[Change], Field(min_length=1, max_length=MOST_CHANGES)]


def refuse_twice(changes: list[Change]) -> list[Change]:
    """Return the changes; two of one sensor or one key would overwrite each other."""
    keys = [change.label for change in changes]
    if len(set(keys)) < len(keys):
        raise ValueError("a key is given twice")
    sensors: dict[int, list[int | None]] = {}
    for change in changes:
        if change.camera_id is not None:
            number = None if change.op == "remove" else change.sensor_no
            sensors.setdefault(change.camera_id, []).append(number)
    for numbers in sensors.values():
        if len(numbers) > 1 and (None in numbers or len(set(numbers)) < len(numbers)):
            raise ValueError("a camera is given twice")
    return changes


class WhatIfOrder(_Shape):
    changes: Changes
    reading: Reading = "installed"
    reference: Literal["today"] = "today"
    scale: Scale = "iec"

    @model_validator(mode="after")
    def _has_each_once(self) -> "WhatIfOrder":
        refuse_twice(self.changes)
        return self


class ChangedView(_Shape):
    """Ground the camera would see, GeoJSON in lon and lat; null where it sees none."""

    key: str
    camera_id: int | None
    certain: dict[str, Any] | None
    possible: dict[str, Any] | None
    overlap_share: float | None = Field(
        description="of the ground seen for sure: seen for sure by other cameras too"
    )


class ChangedGrid(_Shape):
    """A grid, or a division without grids, that the changed views meet."""

    subject_kind: Literal["grid", "division"]
    grid_id: int | None = Field(description="null for a division without grids")
    code: str
    name: str
    division_code: str
    before: list[Band]
    after: list[Band]


class BeforeAfter(_Shape):
    """Sums over the grids that the changed views meet."""

    before: list[Band]
    after: list[Band]


class Warned(_Shape):
    """What stands against a change; `code` is stable, the sentences are for people."""

    key: str
    code: Literal[
        "forbidden_area",
        "consent_area",
        "inside_building",
        "view_enters_forbidden",
        "overlap",
        "camera_gone",
        "camera_changed",
        "outside_jurisdiction",
    ]
    zh: str
    en: str
    detail: dict[str, Any] = {}


class WhatIfAnswer(_Shape):
    views: list[ChangedView]
    grids: list[ChangedGrid]
    total: BeforeAfter
    warnings: list[Warned]
    computed_ms: float


class ScenarioEdit(_Shape):
    """Fields to change. New `changes` are noted against the cameras as they are now."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    note: Annotated[str, Field(max_length=4000)] | None = None
    changes: Changes | None = None
    version: Annotated[int, Field(ge=1, le=2**63 - 1)]

    @model_validator(mode="after")
    def _has_each_once(self) -> "ScenarioEdit":
        refuse_twice(self.changes or [])
        return self


class ScenarioNew(_Shape):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    note: Annotated[str, Field(max_length=4000)] | None = None
    division: Annotated[str, Field(pattern=r"^(0|\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")] | None = Field(
        default=None, description="whose plan it is; none: the caller's own division"
    )
    changes: Changes

    @model_validator(mode="after")
    def _has_each_once(self) -> "ScenarioNew":
        refuse_twice(self.changes)
        return self


class ScenarioApply(_Shape):
    """The version that was looked at: nothing else is carried out."""

    version: Annotated[int, Field(ge=1, le=2**63 - 1)]


class ScenarioRow(_Shape):
    id: int
    name: str
    note: str
    division_code: str
    division_name: str | None
    state: Literal["draft", "applied"]
    changes: list[Change]
    author_id: int
    author: str | None
    created_at: datetime
    updated_at: datetime
    applied_at: datetime | None
    version: int


class ScenarioPage(_Shape):
    rows: list[ScenarioRow]
    total: int


class ScenarioSheet(ScenarioRow):
    outdated: list[int] = Field(description="cameras that changed or went since this was saved")


class ScenarioApplied(ScenarioSheet):
    added: dict[str, int] = Field(description="ids of the new cameras by the key of their change")


class ComparedGrid(_Shape):
    """A grid that at least one scenario touches; `after` stands in the order of `scenarios`."""

    subject_kind: Literal["grid", "division"]
    grid_id: int | None
    code: str
    name: str
    today: list[Band]
    after: list[list[Band]]


class ComparedScenario(_Shape):
    id: int
    name: str
    state: Literal["draft", "applied"]
    total: list[Band]
    added: int
    moved: int
    removed: int
    warnings: list[Warned]


class Comparison(_Shape):
    """Scenarios beside today, over the grids that any of them touches."""

    today: list[Band]
    scenarios: list[ComparedScenario]
    grids: list[ComparedGrid]
