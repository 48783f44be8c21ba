"""Which grids hold a point: one of each set."""

from collections import defaultdict
from collections.abc import Mapping
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


# One row for each point and set; by the GiST index of grids, once for each point.
_HOLDING_EACH = text(
    "SELECT DISTINCT ON (p.key, g.set_name) p.key, g.id, g.set_name, g.code, g.name"
    " FROM unnest(CAST(:keys AS bigint[]), CAST(:lons AS float8[]), CAST(:lats AS float8[]))"
    "  AS p (key, lon, lat)"
    " JOIN grids g ON g.geom && ST_SetSRID(ST_Point(p.lon, p.lat), 4326)"
    "  AND ST_Covers(g.geom, ST_SetSRID(ST_Point(p.lon, p.lat), 4326))"
    " WHERE g.valid_to IS NULL AND g.division_code BETWEEN :low AND :high"
    " ORDER BY p.key, g.set_name, (g.kind = 'exclusive') DESC, ST_Area(g.geom), g.id"
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


def grids_at_each(
    session: Session, spots: Mapping[int, tuple[float, float]], span: tuple[int, int]
) -> dict[int, list[GridAt]]:
    """Return by key the grids of today that hold each point (lon, lat); one of each set."""
    asked = {
        "keys": list(spots),
        "lons": [lon for lon, _ in spots.values()],
        "lats": [lat for _, lat in spots.values()],
        "low": span[0],
        "high": span[1],
    }
    found: dict[int, list[GridAt]] = defaultdict(list)
    for key, *grid in session.execute(_HOLDING_EACH, asked):
        found[key].append(GridAt(*grid))
    return dict(found)
