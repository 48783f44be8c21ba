"""What the shapes of dispatch are made of: places, ids, words; and a place from its two halves."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ..errors import InvalidField

Severity = Literal["red", "yellow", "blue"]
Text = Annotated[str, StringConstraints(max_length=4000)]
BigId = Annotated[int, Field(ge=1, le=2**63 - 1)]
Ids = Annotated[tuple[BigId, ...], Field(max_length=100)]
Lon = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Accuracy = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]


class HalfAPlace(InvalidField):
    code = "dispatch.half_a_place"
    zh = "经度和纬度须一起填写。"
    en = "Longitude and latitude belong together: give both or none."


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


def pair(lon: float | None, lat: float | None) -> tuple[float, float] | None:
    """Return a place given by both of its coordinates, None when it has neither.

    Raises
    ------
    HalfAPlace
        If one is missing.

    """
    if lon is None and lat is None:
        return None
    if lon is None or lat is None:
        raise HalfAPlace(field="lon" if lon is None else "lat")
    return lon, lat
