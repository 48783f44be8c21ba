"""The shapes of tiling faults and their mends at the API."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

FaultKind = Literal["overlap", "gap", "sliver", "piece", "parent", "unfilled"]
MendKind = Literal["overlap", "gap", "sliver"]
SetName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
FaultKey = Annotated[str, StringConstraints(min_length=1, max_length=400)]


class TilingFault(BaseModel):
    """One fault of a tiling: what, whose, how large and where."""

    key: str = Field(description="names the fault as long as the set stays as it is")
    kind: FaultKind
    grid_ids: list[int]
    codes: list[str]
    area_m2: float = Field(description="in the plane of the check")
    ground_m2: float = Field(description="on the ellipsoid")
    width_m: float = Field(description="mean width")
    is_sliver: bool
    can_be_mended: bool
    share: float | None = Field(description="of the grid beyond its parent, of the parent unfilled")
    parent: str | None
    lon: float
    lat: float
    geometry: dict[str, Any]


class CodeFault(BaseModel):
    """A code that several grids have, or that is not written as codes are."""

    code: str
    grid_ids: list[int]
    reason: str = Field(description="twice, blank, space, control, width or layout")


class TilingCounts(BaseModel):
    threshold_m2: float
    above: dict[str, int]
    all: dict[str, int]


class TilingPage(BaseModel):
    """Faults of a set as in force today, from large to small."""

    set_name: str
    features: int
    plane: str
    counts: TilingCounts
    faults: list[TilingFault]
    codes: list[CodeFault]
    is_cut: bool = Field(description="true where more faults were found than are listed")


class MendWish(BaseModel):
    """A fault to be mended; `to` names the grid that gets its ground, null the longest border."""

    model_config = ConfigDict(extra="forbid")

    key: FaultKey
    to: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None


class MendBulk(BaseModel):
    """All faults of these kinds below a size."""

    model_config = ConfigDict(extra="forbid")

    kinds: Annotated[list[MendKind], Field(min_length=1, max_length=3)]
    below_m2: Annotated[float, Field(gt=0.0, le=1e12)]


class MendOrder(BaseModel):
    """Which faults to mend, and how: one by one, or in bulk."""

    model_config = ConfigDict(extra="forbid")

    set_name: SetName
    mends: Annotated[list[MendWish], Field(max_length=2000)] = []
    bulk: MendBulk | None = None
    along_roads: bool = False


class MendDone(BaseModel):
    key: str
    kind: MendKind
    to: list[int] = Field(description="grids that hold the ground then; none: left alone")


class GridOutline(BaseModel):
    grid_id: int
    code: str
    before: dict[str, Any]
    after: dict[str, Any]
    area_change_m2: float


class MendPreview(BaseModel):
    """What mending would do. `operations` make a change set of `POST /api/grids/changes`."""

    operations: list[dict[str, Any]]
    outlines: list[GridOutline]
    mends: list[MendDone]
    left: TilingCounts
