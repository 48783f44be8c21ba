"""The shapes of places at the API."""

from pydantic import BaseModel

from ..divisions.locating import DivisionRef


class PlaceSheet(BaseModel):
    id: int
    name: str
    kind: str
    is_key: bool
    weight: float
    address: str | None
    lon: float
    lat: float
    division: DivisionRef | None
