"""The shapes of divisions at the API."""

from pydantic import BaseModel

from .codes import LEVEL_NAME, Level, text_of
from .models import Division


class DivisionRow(BaseModel):
    code: str
    name: str
    level: str
    parent_code: str | None

    @classmethod
    def of(cls, division: Division) -> "DivisionRow":
        above = division.parent_code
        return cls(
            code=text_of(division.code),
            name=division.name,
            level=LEVEL_NAME[Level(division.level)],
            parent_code=text_of(above) if above is not None else None,
        )


class DivisionList(BaseModel):
    divisions: list[DivisionRow]


class DivisionSheet(BaseModel):
    """A division with the names above it and the box it fills (west, south, east, north)."""

    code: str
    name: str
    level: str | None
    path: list[str]
    bounds: tuple[float, float, float, float]
