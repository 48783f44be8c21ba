"""Cameras by what their failure would cost: ground, roads and places that they alone see."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..divisions.extent import Extent
from .schemas import LossPage, LossRow

_IN = (
    " FROM camera_losses l JOIN cameras c ON c.id = l.camera_id"
    " WHERE l.reading = :reading AND l.px_per_m = :px AND l.division_code BETWEEN :low AND :high"
)
_ROWS = (
    "SELECT l.camera_id, c.name, g.name AS grid_name, l.seen_m2, l.sole_m2,"
    " least(l.sole_m2 / nullif(l.seen_m2, 0), 1) AS sole_share,"
    " l.sole_road_m, l.sole_weight, l.sole_places, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat"
    " FROM (SELECT l.*{within} ORDER BY {order}, l.camera_id LIMIT :limit) l"
    " JOIN cameras c ON c.id = l.camera_id"
    " LEFT JOIN LATERAL (SELECT name FROM grids WHERE valid_to IS NULL"
    "  AND division_code BETWEEN :low AND :high AND geom && c.geom AND ST_Covers(geom, c.geom)"
    "  ORDER BY kind, set_name LIMIT 1) g ON true"
    " ORDER BY {order}, l.camera_id"
)
_ORDER = {
    "most": "l.sole_weight DESC, l.sole_m2 DESC",
    "least": "l.sole_weight, l.sole_m2, l.seen_m2",
}
_COUNT = text("SELECT count(*)" + _IN)


@dataclass(frozen=True, slots=True)
class Choice:
    """Losses at one reading and density, the dearest or the cheapest first."""

    reading: str = "installed"
    px_per_m: float = 20.0
    order: str = "most"
    limit: int = 100


def page(session: Session, extent: Extent, choice: Choice) -> LossPage:
    """Return a division's cameras and how many have figures."""
    asked = {
        "low": extent.low,
        "high": extent.high,
        "reading": choice.reading,
        "px": choice.px_per_m,
        "limit": choice.limit,
    }
    query = text(_ROWS.format(within=_IN, order=_ORDER[choice.order]))
    rows = [LossRow(**row) for row in session.execute(query, asked).mappings()]
    return LossPage(rows=rows, total=session.scalar(_COUNT, asked) or 0)
