"""The shapes of search and of "where is this point?" at the API."""

from pydantic import BaseModel

from ..divisions.locating import DivisionRef
from ..grids.locating import GridAt
from ..places.locating import NearPlace
from .finding import Hit


class SearchOut(BaseModel):
    results: list[Hit]


class LocateOut(BaseModel):
    division: DivisionRef | None
    grids: list[GridAt]
    building_id: int | None
    nearest_place: NearPlace | None
