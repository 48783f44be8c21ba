"""Which place is nearest to a point."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

# The box lets the index serve; 0.005 degrees is some 500 m, beyond which a name says little.
_NEAREST = text(
    "SELECT id, name, ST_Distance(geom::geography, at::geography) AS distance_m"
    " FROM places, ST_SetSRID(ST_Point(:lon, :lat), 4326) AS at"
    " WHERE division_code BETWEEN :low AND :high AND geom && ST_Expand(at, 0.005)"
    " ORDER BY 3 LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class NearPlace:
    """The nearest place and how far it is."""

    id: int
    name: str
    distance_m: float


def nearest_place(
    session: Session, lon: float, lat: float, span: tuple[int, int]
) -> NearPlace | None:
    """Return the nearest place within some 500 m, in a span of division codes; else None."""
    where = {"lon": lon, "lat": lat, "low": span[0], "high": span[1]}
    row = session.execute(_NEAREST, where).one_or_none()
    return NearPlace(row.id, row.name, round(row.distance_m, 1)) if row else None
