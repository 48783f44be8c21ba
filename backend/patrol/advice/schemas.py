"""Shapes of advice at the API: which unit, which grids; the loop that clears them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

GridId = Annotated[int, Field(ge=1, le=2**63 - 1)]
LeftOutWhy = Literal["inside", "no_road", "apart", "too_many"]


class LoopOrder(BaseModel):
    """For whom a loop is sought, and through which grids; none named: those that are overdue."""

    model_config = ConfigDict(extra="forbid")

    unit_id: GridId
    grids: Annotated[list[GridId], Field(min_length=1, max_length=40)] | None = None
    returns: bool = Field(default=True, description="whether the way back to the start counts")


class LoopStop(BaseModel):
    """Where a grid is entered; `arrive_s` counts from the start."""

    order: int
    grid_id: int
    code: str
    name: str
    lon: float
    lat: float
    arrive_s: float


class LoopLeftOut(BaseModel):
    """A grid the loop does not enter: the unit is inside, no road leads there, or it is too far."""

    grid_id: int
    code: str
    name: str
    why: LeftOutWhy


class LoopLegs(BaseModel):
    """GeoJSON: a LineString for each leg, with `order`, `length_m` and `travel_s`."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[dict[str, Any]]


class LoopAnswer(BaseModel):
    """A loop. No loop through these grids on this network is shorter than `bound_m`."""

    unit_id: int
    returns: bool
    stops: list[LoopStop]
    legs: LoopLegs
    length_m: float
    travel_s: float
    bound_m: float
    gap: float = Field(description="(length_m - bound_m) / length_m")
    method: Literal["exact", "search"]
    travel_how: Literal["roads", "straight"]
    travel_why: Literal["no_network", "no_pgrouting", "off_road"] | None
    left_out: list[LoopLeftOut]
