"""Shapes of workload at the API."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Weight = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class Amounts(BaseModel):
    """What a grid has; null where nobody has told (households)."""

    households: float | None
    buildings: float | None
    places: float | None
    incidents: float | None = Field(description="a month, by where they lie today")
    road_m: float | None


class Weights(BaseModel):
    """What each measure counts for; they need not add up to one."""

    model_config = ConfigDict(extra="forbid")

    households: Weight
    buildings: Weight
    places: Weight
    incidents: Weight
    road_m: Weight


class WorkloadRow(BaseModel):
    """A grid's amounts, and each by the mean of the set: 1 is what the average grid has."""

    grid_id: int
    code: str
    name: str
    kind: str
    division_code: str
    division_name: str | None
    lon: float
    lat: float
    bbox: tuple[float, float, float, float]
    area_m2: float
    amounts: Amounts
    relative: Amounts
    load: float | None = Field(description="by the default weights; null when nothing is known")
    workers: int
    chiefs: int


class WorkloadPage(BaseModel):
    """All grids of a set on a day; the load is sum(weight x relative) / sum(weight)."""

    set_name: str
    at: date
    months: int
    weights: Weights
    median: float | None
    rows: list[WorkloadRow]
    total: int


class BalanceOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    weights: Weights | None = None
    months: Annotated[int, Field(ge=1, le=120)] = 12
    tolerance: Annotated[float, Field(ge=0, le=0.4)] = 0.1


class Line(BaseModel):
    """A line across the grid, lon/lat EPSG:4326; it reaches a metre over the border."""

    type: Literal["LineString"] = "LineString"
    coordinates: list[tuple[float, float]]


class Side(BaseModel):
    """One of the two parts; `load` is its share of the grid's load."""

    share: float
    area_m2: float
    load: float | None
    buildings: int
    places: int
    incidents: float
    road_m: float


class Balance(BaseModel):
    """Where to part a grid; `balance` is the lighter part's work by the heavier one's."""

    grid_id: int
    code: str
    line: Line
    balance: float
    road_share: float = Field(description="how much of the line follows roads, 0 to 1")
    roads: list[str] = Field(description="names of the roads it follows")
    sides: tuple[Side, Side]
    load: float | None
    median: float | None


class WayOrder(BaseModel):
    """Ground (GeoJSON polygon, lon/lat) and the place pointed at in it."""

    model_config = ConfigDict(extra="forbid")

    geometry: dict[str, Any]
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-85, le=85)]
    within_m: Annotated[float, Field(gt=0, le=500)] = 40


class Way(BaseModel):
    """A line along roads through the ground; it reaches a metre over the border."""

    line: Line
    road_share: float
