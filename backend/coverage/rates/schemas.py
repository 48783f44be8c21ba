"""Shapes of the board of the four rates at the API."""

from datetime import datetime
from typing import Literal

from ..schemas import Share, _Shape

RateCode = Literal["covered", "networked", "working", "secured"]
PlaceClass = Literal["public_area", "trade"]


class Figure(_Shape):
    """A share with what it is made of; null where there is nothing to divide by."""

    value: Share | None
    numerator: float
    denominator: float
    unknown: float
    target: Share | None
    is_met: bool | None


class RatePart(Figure):
    """The share of key public areas, or of key trades; document 996 sets a target for each."""

    place_class: PlaceClass
    name_zh: str
    name_en: str


class Rate(Figure):
    """One of the four rates; `reason` tells why there is no value."""

    code: RateCode
    name_zh: str
    name_en: str
    unit: Literal["places", "cameras", "camera_hours"]
    formula_zh: str
    formula_en: str
    reason_zh: str | None
    reason_en: str | None
    parts: list[RatePart]


class RateBoard(_Shape):
    division_code: str
    name: str | None
    since: datetime
    until: datetime
    rates: list[Rate]


class RateRow(_Shape):
    """A place or camera behind a rate: what it brings to it, and why."""

    kind: Literal["place", "camera"]
    id: int
    name: str
    place_class: PlaceClass
    counts: bool
    share: Share | None
    numerator: float
    denominator: float
    unknown: float
    why_zh: str
    why_en: str
    lon: float
    lat: float


class RateRowPage(_Shape):
    rows: list[RateRow]
    total: int
