"""The unit's own way since local midnight, as lines: heard of, or silent in between."""

from datetime import UTC, datetime, timedelta

import pyproj
import shapely
from sqlalchemy.orm import Session

from ..grids.models import Grid
from ..localtime import site_zone
from ..patrol.fixes import tracks
from ..patrol.models import Unit
from ..spatial import from_db
from .own_unit import home_grids
from .schemas import LegOut, OutlineOut, TrackOut

_EARTH = pyproj.Geod(ellps="WGS84")
_SKETCHED_DEG = 1e-5
"""A metre: finer is no outline drawn on a phone."""


def track(session: Session, unit: Unit, now: datetime) -> TrackOut:
    """Return the way of a unit today, cleaned as patrols are: jumps count for nothing."""
    until = now + timedelta(microseconds=1)
    found = tracks.track(session, unit, midnight(now), until, now=now)
    legs = [
        LegOut(coordinates=each.geometry.coordinates, is_known=each.properties.is_known)
        for each in found.features
    ]
    known = [leg.coordinates for leg in legs if leg.is_known]
    return TrackOut(
        as_of=now,
        points=found.fixes - sum(found.refused.values()),
        length_m=round(sum(_length_m(line) for line in known), 1),
        gaps=sum(not leg.is_known for leg in legs),
        first_at=found.features[0].properties.since if found.features else None,
        last_at=found.features[-1].properties.until if found.features else None,
        legs=legs,
        home_grids=[_outline(grid) for grid in home_grids(session, unit)],
    )


def midnight(now: datetime) -> datetime:
    """Return the instant at which the local day of `now` began."""
    local = now.astimezone(site_zone())
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _length_m(line: list[tuple[float, float]]) -> float:
    lons, lats = zip(*line, strict=True)
    return float(_EARTH.line_length(lons, lats))


def _outline(grid: Grid) -> OutlineOut:
    """Return the outer rings of a grid, coarse enough for a sketch."""
    shape = shapely.simplify(from_db(grid.geom), _SKETCHED_DEG)
    parts = getattr(shape, "geoms", [shape])
    rings = [[(x, y) for x, y in part.exterior.coords] for part in parts]
    return OutlineOut(name=grid.name, rings=rings)
