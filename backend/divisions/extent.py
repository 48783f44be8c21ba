"""The land that a question is about: a division inside the caller's jurisdiction."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ..access import Principal
from ..db import WHOLE_LAND
from ..errors import NotFound
from .codes import parse_jurisdiction, span
from .locating import named

DIVISION_FORM = r"^(0|\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$"


@dataclass(frozen=True, slots=True)
class Extent:
    """A division with its inclusive range of codes; code 0 is the whole land."""

    code: int
    low: int
    high: int
    name: str | None


def extent_of(session: Session, by: Principal | None, division: str | None) -> Extent:
    """Return the division asked about, by default all that the caller may see.

    Raises
    ------
    NotFound
        If there is no such division, or it lies outside the jurisdiction.

    """
    bounds = (by.scope.low, by.scope.high) if by else WHOLE_LAND
    own = by.division_code if by else 0
    code = own if division is None else parse_jurisdiction(division)
    low, high = span(code)
    if low < bounds[0] or high > bounds[1]:
        raise NotFound()
    found = named(session, code) if code else None
    if found is None and division is not None and code:
        raise NotFound()
    return Extent(code, low, high, found.name if found else None)
