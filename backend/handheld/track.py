"""The unit's own way since local midnight, as lines: heard of, or silent in between."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyproj
import shapely
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from ..grids.models import Grid
from ..patrol.models import Unit
from ..settings import load
from ..spatial import from_db
from .own_unit import home_grids
from .schemas import LegOut, OutlineOut, TrackOut

GAP_S = 120.0
"""A longer silence is a gap: nothing between its ends is known."""
_EARTH = pyproj.Geod(ellps="WGS84")
_FIXES = text(
    "SELECT DISTINCT ON (at) at, lon_e7 / 1e7 AS lon, lat_e7 / 1e7 AS lat FROM fixes"
    " WHERE unit_id = :unit AND at >= :since AND at <= :until"
    " ORDER BY at, accuracy_dm, lon_e7, lat_e7"
)


def track(session: Session, unit: Unit, now: datetime) -> TrackOut:
    """Return the way of a unit today; it lies in no table but that of its fixes."""
    since = midnight(now)
    rows = session.execute(_FIXES, {"unit": unit.id, "since": since, "until": now}).all()
    legs = list(_legs(rows))
    known = [leg.coordinates for leg in legs if leg.is_known]
    return TrackOut(
        as_of=now,
        points=len(rows),
        length_m=round(sum(_length_m(line) for line in known), 1),
        gaps=sum(not leg.is_known for leg in legs),
        first_at=rows[0].at if rows else None,
        last_at=rows[-1].at if rows else None,
        legs=legs,
        home_grids=[_outline(grid) for grid in home_grids(session, unit)],
    )


def midnight(now: datetime) -> datetime:
    """Return the instant at which the local day of `now` began."""
    local = now.astimezone(ZoneInfo(load().site.timezone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _legs(rows: Sequence[Row[Any]]) -> Iterator[LegOut]:
    """Yield the lines between silences, and the silences, in order of time."""
    line: list[tuple[float, float]] = []
    before = None
    for row in rows:
        here = (row.lon, row.lat)
        if before is not None and (row.at - before.at).total_seconds() > GAP_S:
            if len(line) > 1:
                yield LegOut(coordinates=line, is_known=True)
            yield LegOut(coordinates=[line[-1], here], is_known=False)
            line = []
        line.append(here)
        before = row
    if line:
        yield LegOut(coordinates=line if len(line) > 1 else line * 2, is_known=True)


def _length_m(line: list[tuple[float, float]]) -> float:
    lons, lats = zip(*line, strict=True)
    return float(_EARTH.line_length(lons, lats))


def _outline(grid: Grid) -> OutlineOut:
    """Return the outer rings of a grid, coarse enough for a sketch on a phone."""
    shape = shapely.simplify(from_db(grid.geom), 1e-5)
    parts = getattr(shape, "geoms", [shape])
    rings = [[(x, y) for x, y in part.exterior.coords] for part in parts]
    return OutlineOut(name=grid.name, rings=rings)
