"""Sitings at the API: what is asked, how far it is, what is proposed."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ...divisions.extent import DIVISION_FORM
from ..bands import BandCode

Source = Literal["poles", "corners", "roads", "area"]
RoadClass = Literal["national", "provincial", "county", "town", "street", "lane", "other"]
State = Literal["waiting", "running", "done", "failed", "cancelled"]
Worth = Annotated[float, Field(ge=0, le=100)]
Price = Annotated[float, Field(ge=0, le=1e9)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DrawnArea(_Shape):
    """A GeoJSON Polygon, lon and lat."""

    type: Literal["Polygon"]
    coordinates: Annotated[
        list[
            Annotated[
                list[
                    tuple[
                        Annotated[float, Field(ge=-180, le=180)],
                        Annotated[float, Field(ge=-85, le=85)],
                    ]
                ],
                Field(min_length=4, max_length=2000),
            ]
        ],
        Field(min_length=1, max_length=20),
    ]


class Budget(_Shape):
    """Cameras, or money; one of the two."""

    count: Annotated[int, Field(ge=1, le=1000)] | None = None
    cost: Annotated[float, Field(gt=0, le=1e12)] | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Budget":
        if (self.count is None) == (self.cost is None):
            raise ValueError("give count or cost, one of the two")
        return self


class SitingWeights(_Shape):
    """What seeing is worth: 1 as usual, 0 not at all, 2 twice as much; ground always counts."""

    key_places: Worth = 1.0
    incidents: Worth = 1.0
    incident_months: Annotated[int, Field(ge=1, le=120)] | None = Field(
        default=None, description="how far back; none: as the setting says"
    )
    road_class: dict[RoadClass, Worth] | None = Field(
        default=None, description="worth of 100 m of each class; a class left out is worth nothing"
    )
    population: Worth = 1.0


class SitingOrder(_Shape):
    """Where, on what, with which lenses, for how much and what for."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    division: str | None = Field(default=None, pattern=DIVISION_FORM)
    area: DrawnArea | None = Field(default=None, description="none: the whole division")
    sources: Annotated[list[Source], Field(min_length=1, max_length=4)]
    lenses: Annotated[
        list[Annotated[float, Field(ge=1, le=360)]], Field(min_length=1, max_length=8)
    ] = Field(description="horizontal fields of view, degrees")
    height_m: Annotated[float, Field(ge=2, le=100)] = 6.0
    width_px: Annotated[int, Field(ge=320, le=20_000)] = 1920
    budget: Budget
    costs: dict[Source, Price] | None = Field(
        default=None, description="of one camera by what it hangs on; needed for a budget in money"
    )
    band: BandCode = "overview"
    weights: SitingWeights = SitingWeights()
    per_spot: Annotated[int, Field(ge=1, le=8)] = Field(
        default=1, description="cameras on one spot, at most"
    )
    seconds: Annotated[float, Field(ge=1, le=600)] = 60.0

    @model_validator(mode="after")
    def _is_priced(self) -> "SitingOrder":
        if self.budget.cost is not None:
            costs = self.costs or {}
            if any(costs.get(source, 0.0) <= 0.0 for source in self.sources):
                raise ValueError("a budget in money needs a cost above 0 for every source")
        return self


class ProposalShape(BaseModel):
    """A camera proposed. `gain` counts what it adds to those ranked before it."""

    id: int
    rank: int
    lon: float
    lat: float
    source: Source
    height_m: float
    azimuth_deg: float
    fov_deg: float
    range_m: float
    width_px: int
    gain: float
    gain_m2: float
    overlap_share: float = Field(description="of the ground it sees, seen for sure already")
    cost: float
    reasons: dict[str, Any]
    view: dict[str, Any] | None = Field(description="GeoJSON, to the end of its range")


class SitingRow(BaseModel):
    """A siting: no choice of sites is worth more than `bound`, gap = (bound - value) / bound."""

    id: int
    name: str
    division_code: str
    division_name: str | None
    wish: dict[str, Any]
    state: State
    progress: float
    step: str | None
    value: float | None
    bound: float | None
    gap: float | None
    result: dict[str, Any] | None
    fault: str | None
    created_by: int | None
    created_at: datetime
    finished_at: datetime | None


class SitingPage(BaseModel):
    """Sitings, newest first."""

    rows: list[SitingRow]
    total: int


class SitingSheet(SitingRow):
    proposals: list[ProposalShape]
