"""Shapes of layouts, tours and their cameras at the API."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..cameras.schemas import BigId
from .models import Source

MOST_ON_TOUR = 200
Size = Literal[1, 4, 6, 9, 16]
"""Tiles of a wall; 6 is one large tile with five small ones."""

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")]
Version = Annotated[int, Field(ge=1, le=2**63 - 1)]
Dwell = Annotated[int, Field(ge=5, le=3600)]
Tiles = Annotated[list[BigId | None], Field(min_length=1, max_length=16)]
Listed = Annotated[list[BigId], Field(max_length=MOST_ON_TOUR)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LayoutNew(_Shape):
    name: Name
    is_shared: bool = False
    size: Size
    cameras: Tiles = Field(description="one entry a tile in reading order, null = empty")

    @model_validator(mode="after")
    def _has_one_a_tile(self) -> "LayoutNew":
        refuse_misfit(self.size, self.cameras)
        return self


class LayoutEdit(_Shape):
    """Fields to change; size and cameras belong together."""

    name: Name | None = None
    is_shared: bool | None = None
    size: Size | None = None
    cameras: Tiles | None = None
    version: Version

    @model_validator(mode="after")
    def _has_one_a_tile(self) -> "LayoutEdit":
        if (self.size is None) != (self.cameras is None):
            raise ValueError("size and cameras belong together")
        if self.size is not None and self.cameras is not None:
            refuse_misfit(self.size, self.cameras)
        return self


def refuse_misfit(size: int, cameras: list[int | None]) -> None:
    """Refuse a layout without exactly one entry a tile, or with one camera in two tiles."""
    if len(cameras) != size:
        raise ValueError(f"{size} tiles need {size} entries")
    known = [camera for camera in cameras if camera is not None]
    if not known:
        raise ValueError("a layout has at least one camera")
    if len(set(known)) < len(known):
        raise ValueError("a camera is given twice")


class WallTourNew(_Shape):
    """A tour names its cameras by a list, by the grid they stand in, or by a place they see."""

    name: Name
    is_shared: bool = False
    size: Size
    dwell_s: Dwell
    source: Source
    cameras: Listed = []
    grid_id: BigId | None = None
    place_id: BigId | None = None

    @model_validator(mode="after")
    def _has_its_source(self) -> "WallTourNew":
        given = {"cameras": bool(self.cameras), "grid": self.grid_id, "place": self.place_id}
        if [name for name, value in given.items() if value] != [self.source]:
            raise ValueError(f"a tour by {self.source} gives that and nothing else")
        if len(set(self.cameras)) < len(self.cameras):
            raise ValueError("a camera is given twice")
        return self


class WallTourEdit(_Shape):
    """Fields to change; another source is another tour."""

    name: Name | None = None
    is_shared: bool | None = None
    size: Size | None = None
    dwell_s: Dwell | None = None
    version: Version


class WallCamera(_Shape):
    """A camera as a tile names it."""

    camera_id: int
    name: str
    place: str | None = Field(description="nearest place within 500 m, else the grid, the division")
    alive: bool | None
    has_ptz: bool
    is_enrolled: bool
    view_fault: str | None


class _KeptRow(_Shape):
    id: int
    name: str
    is_shared: bool
    is_mine: bool
    may_edit: bool
    owner: str | None
    division_name: str | None
    size: Size
    updated_at: datetime
    version: int


class LayoutRow(_KeptRow):
    cameras: list[int | None]


class WallTourRow(_KeptRow):
    dwell_s: int
    source: Source
    cameras: list[int]
    grid_id: int | None
    place_id: int | None
    source_name: str | None = Field(description="of grid or place; null when it is gone")


class LayoutList(_Shape):
    layouts: list[LayoutRow]


class WallTourList(_Shape):
    tours: list[WallTourRow]


class WallCameras(_Shape):
    """Cameras in the order asked for; what is gone or out of the jurisdiction is missing."""

    cameras: list[WallCamera]
    gone: int = Field(description="cameras of the list that are no longer there")
