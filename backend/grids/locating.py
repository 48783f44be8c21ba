"""Which grids hold a point: one of each set."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

# The smallest of a set wins where an exclusive grid lies inside a basic one.
_HOLDING = text(
    "SELECT DISTINCT ON (set_name) id, set_name, code, name FROM grids"
    " WHERE valid_to IS NULL AND division_code BETWEEN :low AND :high"
    " AND geom && ST_SetSRID(ST_Point(:lon, :lat), 4326)"
    " AND ST_Covers(geom, ST_SetSRID(ST_Point(:lon, :lat), 4326))"
    " ORDER BY set_name, (kind = 'exclusive') DESC, ST_Area(geom), id"
)


@dataclass(frozen=True, slots=True)
class GridAt:
    """A grid that holds a point."""

    id: int
    set_name: str
    code: str
    name: str


def grids_at(session: Session, lon: float, lat: float, span: tuple[int, int]) -> list[GridAt]:
    """Return the grids that hold the point, within a span of division codes, by set name."""
    where = {"lon": lon, "lat": lat, "low": span[0], "high": span[1]}
    return [GridAt(*row) for row in session.execute(_HOLDING, where)]
