"""The shapes of change sets at the API."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from ...divisions.locating import DivisionRef
from ..models import Source, State

Code = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^\S(.*\S)?$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
SetName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
GridRef = Annotated[
    int, Field(ge=-10_000, le=2**63 - 1, description="id; -1, -2 ... what this change set has made")
]
Households = Annotated[int, Field(ge=0, le=10_000_000)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-85, le=85, allow_inf_nan=False)]
Height = Annotated[float, Field(allow_inf_nan=False)]
Position = tuple[Lon, Lat] | tuple[Lon, Lat, Height]
Ring = Annotated[list[Position], Field(min_length=4, max_length=100_000)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Line(_Shape):
    """A line in lon/lat, EPSG:4326: drawn, or taken from a road."""

    type: Literal["LineString"]
    coordinates: Annotated[list[Position], Field(min_length=2, max_length=20_000)]


class Polygon(_Shape):
    type: Literal["Polygon"]
    coordinates: Annotated[list[Ring], Field(min_length=1, max_length=1000)]


class MultiPolygon(_Shape):
    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[list[Ring]], Field(min_length=1, max_length=1000)]


Ground = Annotated[Polygon | MultiPolygon, Field(discriminator="type")]


class Part(_Shape):
    """What a part of a split grid is called, from west to east and north to south."""

    code: Code | None = None
    name: Name | None = None
    households: Households | None = None


class Split(_Shape):
    """Cut a grid along a line; without `parts` the largest keeps code and name."""

    op: Literal["split"]
    grid_id: GridRef
    line: Line
    parts: Annotated[list[Part], Field(max_length=100)] | None = None


class Merge(_Shape):
    """Join neighbours; without a code the largest one's stays."""

    op: Literal["merge"]
    grid_ids: Annotated[list[GridRef], Field(min_length=2, max_length=200)]
    code: Code | None = None
    name: Name | None = None


class Piece(_Shape):
    grid_id: GridRef
    geometry: Ground


class Redraw(_Shape):
    """Give several grids their new outlines at once: ground given up by one goes to another."""

    op: Literal["redraw"]
    pieces: Annotated[list[Piece], Field(min_length=1, max_length=2000)]


class MoveBoundary(_Shape):
    """Give two neighbours a new common border; it must reach across both."""

    op: Literal["move_boundary"]
    grid_ids: tuple[GridRef, GridRef]
    line: Line


class Recode(_Shape):
    op: Literal["recode"]
    grid_id: GridRef
    code: Code
    name: Name | None = None


class New(_Shape):
    """A grid on ground that no other of its set and kind has."""

    op: Literal["new"]
    code: Code | None = None
    name: Name
    kind: Literal["basic", "exclusive"] = "basic"
    households: Households | None = None
    geometry: Ground


class Retire(_Shape):
    """End a grid; `into` names the neighbour that takes its ground."""

    op: Literal["retire"]
    grid_id: GridRef
    into: GridRef | None = None


Operation = Annotated[
    Split | Merge | Redraw | MoveBoundary | Recode | New | Retire, Field(discriminator="op")
]
Operations = Annotated[list[Operation], Field(min_length=1, max_length=2000)]
OPERATIONS: TypeAdapter[list[Operation]] = TypeAdapter(Operations)


class Draft(_Shape):
    """What a change set would do, to be previewed."""

    set_name: SetName
    operations: Operations


class ChangeNew(Draft):
    title: Name
    reason: Annotated[str, StringConstraints(max_length=2000)] = ""
    planned_for: date | None = Field(default=None, description="its day; null: applied by hand")


class ChangeEdit(_Shape):
    """Fields to change in a planned change set, as it was seen at `version`."""

    version: Annotated[int, Field(ge=1, le=2**63 - 1)]
    title: Name | None = None
    reason: Annotated[str, StringConstraints(max_length=2000)] | None = None
    planned_for: date | None = None
    operations: Operations | None = None


class ChangeAct(_Shape):
    """Apply or revert a change set as it was seen at `version`; null takes it as it is."""

    version: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


class GridBrief(BaseModel):
    """A grid in a few words; a negative id is one that the change set would make."""

    id: int
    code: str
    name: str
    kind: str


class Effect(BaseModel):
    """Ground that passes from one grid to another, or stays: what stands on it, what lies open."""

    before: GridBrief | None = Field(description="null: ground that was no grid's")
    after: GridBrief | None = Field(description="null: ground that will be no grid's")
    changes_hands: bool
    area_m2: float
    places: int
    cameras: int
    open_incidents: int
    units: int = Field(description="forces at home in `before`, whose code ends with this change")


class Fault(BaseModel):
    """What speaks against a change set; a blocking one refuses it."""

    kind: Literal["overlap", "gap", "two_villages"]
    is_blocking: bool
    codes: list[str]
    area_m2: float
    lon: float
    lat: float


class Feature(BaseModel):
    type: Literal["Feature"] = "Feature"
    id: int
    geometry: dict[str, Any]
    properties: dict[str, Any]


class FeatureCollection(BaseModel):
    """GeoJSON (RFC 7946), lon/lat EPSG:4326."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]


class Preview(BaseModel):
    """What would be: the grids made anew, what changes hands, and what speaks against it."""

    after: FeatureCollection
    ended: list[GridBrief]
    effects: list[Effect]
    faults: list[Fault]
    neighbours: int = Field(description="grids that only get a node on the common border")


class ChangeRow(BaseModel):
    id: int
    set_name: str
    title: str
    reason: str
    source: Source
    state: State
    planned_for: date | None
    division: DivisionRef | None
    operations_count: int
    author: str
    created_at: datetime
    updated_at: datetime
    applied_at: datetime | None
    applied_by: str | None
    in_force_on: date | None
    reverted_at: datetime | None
    reverted_by: str | None
    reverted_on: date | None
    refusal: dict[str, Any] | None = Field(description="why it could not be applied on its day")
    version: int


class ChangeSheet(ChangeRow):
    operations: list[dict[str, Any]]
    ended: list[GridBrief]
    began: list[GridBrief]


class ChangeList(BaseModel):
    changes: list[ChangeRow]
