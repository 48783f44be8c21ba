"""The shapes of restricted areas at the API."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["forbidden", "consent"]
MOST_VERTICES = 10_000
_Position = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]
_Ring = Annotated[list[_Position], Field(min_length=4, max_length=MOST_VERTICES)]
_Rings = Annotated[list[_Ring], Field(min_length=1, max_length=100)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Polygon(_Shape):
    """A GeoJSON polygon: rings of lon, lat, the outer one first."""

    type: Literal["Polygon"]
    coordinates: _Rings


class MultiPolygon(_Shape):
    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[_Rings], Field(min_length=1, max_length=100)]


class RestrictedAreaNew(_Shape):
    kind: Kind
    name: Annotated[str, Field(min_length=1, max_length=200)]
    consent_document: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    geometry: Annotated[Polygon | MultiPolygon, Field(discriminator="type")]

    @model_validator(mode="after")
    def _has_a_document_only_for_consent(self) -> "RestrictedAreaNew":
        if self.kind == "forbidden" and self.consent_document is not None:
            raise ValueError("no consent opens a forbidden area (Order 799 Art. 8)")
        return self


class RestrictedAreaRow(BaseModel):
    id: int
    set_name: str
    kind: Kind
    name: str
    consent_document: str | None
    division_code: str
    area_m2: float
    lon: float
    lat: float
    geometry: dict[str, Any]


class RestrictedAreaList(BaseModel):
    rows: list[RestrictedAreaRow]
    total: int
