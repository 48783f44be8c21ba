"""The shapes of grids at the API."""

from datetime import date
from typing import Any

from pydantic import BaseModel

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
