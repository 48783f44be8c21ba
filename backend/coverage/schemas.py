"""Shapes of the coverage API; amounts are m2 (area) or m (road, outline), shares 0 to 1."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SubjectKind = Literal["grid", "division", "place"]
Reading = Literal["installed", "now"]
Measure = Literal["area", "road", "outline"]
Scale = Literal["iec", "dori"]
Share = Annotated[float, Field(ge=0, le=1)]
Box = tuple[float, float, float, float]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Band(_Shape):
    """One density band of one subject; certain = one + more, none is what is left."""

    code: str
    px_per_m: float
    scale: Scale
    total: float
    certain: float
    possible: float
    one: float
    more: float
    none: float
    certain_share: Share | None
    possible_share: Share | None
    one_share: Share | None
    more_share: Share | None
    none_share: Share | None


class CameraCounts(_Shape):
    """Cameras by state; `untried` ones never sent a frame and are counted as working."""

    all: int
    alive: int
    dead: int
    blind: int
    moved: int
    untried: int


class Bands(_Shape):
    bands: list[Band]


class Readings(_Shape):
    installed: Bands
    now: Bands


class CoverageSummary(_Shape):
    """A division at a glance; `is_fresh` is false while a refresh waits."""

    division_code: str
    name: str | None
    computed_at: datetime | None
    is_fresh: bool
    cameras: CameraCounts
    readings: Readings


class SubjectRow(_Shape):
    subject_kind: SubjectKind
    subject_id: int
    code: str | None
    name: str
    division_code: str
    division_name: str | None
    lon: float
    lat: float
    bbox: Box


class FigureRow(SubjectRow):
    total: float
    bands: list[Band]
    method: str
    computed_at: datetime


class FigurePage(_Shape):
    rows: list[FigureRow]
    total: int


class MeasureReadings(_Shape):
    installed: list[Band]
    now: list[Band]


class Measures(_Shape):
    area: MeasureReadings
    road: MeasureReadings
    outline: MeasureReadings


class CoveringCamera(_Shape):
    """A camera that reaches the subject, and what it sees of its ground at overview."""

    id: int
    name: str
    is_alive: bool | None
    seen_m2: float


class GapReasons(_Shape):
    """What makes a gap matter."""

    key_places: list[str] = []
    incidents: int = 0
    road_m: dict[str, float] = {}
    population: float = 0.0


class GapRow(_Shape):
    id: int
    grid_id: int
    grid_code: str
    grid_name: str
    area_m2: float
    weight: float
    reasons: GapReasons
    lon: float
    lat: float
    bbox: Box


class GapPage(_Shape):
    rows: list[GapRow]
    total: int


class SubjectSheet(SubjectRow):
    measures: Measures
    cameras: list[CoveringCamera]
    gaps: list[GapRow]
    computed_at: datetime
    method: str


class DayRow(_Shape):
    day: date
    subject_id: int | None = Field(description="whose figures they are; null: of several grids")
    is_estimate: bool = Field(
        description="by the grids of today: parts of grids of then, taken by their share of ground"
    )
    total: float
    certain_share: Share | None
    possible_share: Share | None
    one_share: Share | None
    none_share: Share | None


class DayPage(_Shape):
    rows: list[DayRow]
    total: int


class LossRow(_Shape):
    """What would go unseen if this camera failed."""

    camera_id: int
    name: str
    grid_name: str | None
    seen_m2: float
    sole_m2: float
    sole_share: Share | None
    sole_road_m: float
    sole_weight: float
    sole_places: list[str]
    lon: float
    lat: float


class LossPage(_Shape):
    rows: list[LossRow]
    total: int


class RefreshOrder(_Shape):
    """What was deferred; the notice `coverage` tells when it is done."""

    is_waiting: bool


GeoJson = dict[str, Any]
