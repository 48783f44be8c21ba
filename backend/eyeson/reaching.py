"""Reaches of key places by units: firm fixes on a place's ground, worked out day by day.

Replaced as a whole for a unit's day, from all its fixes: any order of arrival ends the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.frame import LocalFrame, frame_for

from ..landing import copy_rows
from ..patrol.deriving.forces import rules
from ..patrol.deriving.heard import heard
from ..settings import load

_MOST = 200
"""Days of units in one transaction."""

_TAKE = text(
    "SELECT d.unit_id, d.day, u.vehicle FROM eyeson_dirty d JOIN units u ON u.id = d.unit_id"
    " ORDER BY d.at LIMIT :most FOR UPDATE OF d SKIP LOCKED"
)
_DONE = text("DELETE FROM eyeson_dirty WHERE unit_id = :unit AND day = :day")
_PLACES = text(
    "SELECT id, division_code, ST_AsBinary(coalesce(outline, geom)) AS shape FROM places"
    " WHERE is_key ORDER BY id"
)
_FORGET = text(
    "DELETE FROM eyeson_reaches"
    " WHERE unit_id = :unit AND reached_at >= :start AND reached_at < :end"
)
_COLUMNS = ("place_id", "unit_id", "reached_at", "left_at", "division_code")


@dataclass(frozen=True, slots=True)
class _Places:
    """Key places with their ground in metres."""

    ids: NDArray[np.int64]
    divisions: NDArray[np.int64]
    frame: LocalFrame
    tree: shapely.STRtree


@dataclass(frozen=True, slots=True)
class _Day:
    """A unit's UTC day."""

    unit: int
    start: datetime
    vehicle: str

    @property
    def end(self) -> datetime:
        return self.start + timedelta(days=1)


def reach(session: Session) -> int:
    """Work out some of the days that wait, in the caller's transaction; return how many."""
    # The marks first, the fixes in later statements: what comes meanwhile marks its day again.
    days = [
        _Day(unit, _midnight(day), vehicle)
        for unit, day, vehicle in session.execute(_TAKE, {"most": _MOST})
    ]
    places = _places(session) if days else None
    for day in days:
        session.execute(_FORGET, {"unit": day.unit, "start": day.start, "end": day.end})
        if places is not None:
            reaches = list(_reaches(session, places, day))  # one COPY is over before the next
            copy_rows(session, "eyeson_reaches", _COLUMNS, iter(reaches))
        session.execute(_DONE, {"unit": day.unit, "day": day.start.date()})
    return len(days)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _places(session: Session) -> _Places | None:
    rows = session.execute(_PLACES).all()
    if not rows:
        return None
    shapes = np.empty(len(rows), dtype=object)
    shapes[:] = [shapely.from_wkb(row.shape) for row in rows]
    bounds = shapely.bounds(shapes)
    frame = frame_for(bounds[:, [0, 2]], bounds[:, [1, 3]])
    ground = frame.geometry_to_metric(shapes)
    is_point = shapely.get_dimensions(ground) == 0
    ground[is_point] = shapely.buffer(ground[is_point], load().coverage.place_radius_m)
    return _Places(
        np.array([row.id for row in rows]),
        np.array([row.division_code for row in rows]),
        frame,
        shapely.STRtree(ground),
    )


def _reaches(session: Session, places: _Places, day: _Day) -> Iterator[tuple[object, ...]]:
    from gis.tracks import Fixes, clean  # brings numba

    own = rules()[day.vehicle]
    margin = timedelta(seconds=own.margin_s)
    told = heard(session, [day.unit], day.start - margin, day.end + margin)
    if not len(told):
        return
    x, y = places.frame.to_metric(told.lon_e7 / 1e7, told.lat_e7 / 1e7)
    known = [np.where(c < 0, np.nan, c) for c in (told.accuracy_dm, told.speed_cms)]
    stated = (known[0] / 10.0, known[1] / 100.0)
    cleaned = clean(Fixes(told.unit, told.at_us / 1e6, x, y, *stated), own)
    at_s, firm = cleaned.at_s, cleaned.is_firm
    within = firm & (at_s >= day.start.timestamp()) & (at_s < day.end.timestamp())
    at_s, spots = at_s[within], shapely.points(cleaned.x[within], cleaned.y[within])
    fix, place = places.tree.query(np.asarray(spots, dtype=object), predicate="intersects")
    order = np.lexsort((at_s[fix], place))
    for number, begin_s, end_s in _runs(place[order], at_s[fix[order]], own.gap_s):
        moments = (datetime.fromtimestamp(s, UTC) for s in (begin_s, end_s))
        yield (int(places.ids[number]), day.unit, *moments, int(places.divisions[number]))


def _runs(
    place: NDArray[np.intp], at_s: NDArray[np.float64], gap_s: float
) -> Sequence[tuple[int, float, float]]:
    """Runs of fixes at one place that follow one another within `gap_s`."""
    if not len(place):
        return []
    opens = np.append(True, (place[1:] != place[:-1]) | (at_s[1:] - at_s[:-1] > gap_s))
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(place)) - 1
    columns = (place[first], at_s[first], at_s[last])
    return list(zip(*(column.tolist() for column in columns), strict=True))
