"""The shapes of grids at the API."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ..divisions.locating import DivisionRef


class GridSheet(BaseModel):
    id: int
    set_name: str
    code: str
    name: str
    kind: str
    division: DivisionRef | None
    households: int | None
    area_m2: float
    centre: tuple[float, float]
    bounds: tuple[float, float, float, float]
    geometry: dict[str, Any]
    valid_from: date
    valid_to: date | None


class GridFeature(BaseModel):
    type: Literal["Feature"] = "Feature"
    id: int
    geometry: dict[str, Any]
    properties: dict[str, Any] = Field(
        description="id, set_name, code, name, kind, division, households, area_m2, valid_from/to"
    )


class GridCollection(BaseModel):
    """GeoJSON (RFC 7946), lon/lat EPSG:4326; `total` counts what offset and limit leave out too."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    total: int
    features: list[GridFeature]


class GridSet(BaseModel):
    name: str
    grids: int
    exclusive: int = Field(description="of them 专属网格")
    since: date
    changed_on: date = Field(description="day of the latest version in force")


class GridSetList(BaseModel):
    sets: list[GridSet]


class CrosswalkRow(BaseModel):
    """Common ground of two grids; without `to_code`: ground that the other set does not have."""

    from_code: str
    from_name: str
    to_code: str | None
    to_name: str | None
    area_m2: float
    share: float = Field(description="of the ground of `from_code`, 0 to 1")


class CrosswalkOut(BaseModel):
    rows: list[CrosswalkRow]


class CodesAsked(BaseModel):
    """Codes for `count` grids, or one for each outline, from west to east and north to south."""

    model_config = ConfigDict(extra="forbid")

    set_name: Annotated[str, Field(min_length=1, max_length=100)]
    division_code: Annotated[int, Field(ge=0, le=999_999_999_999)]
    count: Annotated[int, Field(ge=1, le=1000)] | None = None
    geometries: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=1000)] | None = None


class CodesProposed(BaseModel):
    codes: list[str] = Field(description="in the order of the outlines given")
