"""A unit's way over a period: runs that were heard of, silences between, and what was left out."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from ...errors import InvalidField
from ..deriving.heard import Heard, heard
from ..models import Unit
from .schemas import Track, TrackFeature, TrackLeg, TrackLine

if TYPE_CHECKING:
    from gis.tracks import Fixes

LONGEST = timedelta(days=31)
MOST_FIXES = 200_000


class TrackPeriod(InvalidField):
    code = "tracks.period"
    zh = "轨迹时段须先始后终，且不超过 31 天。"
    en = "A track's period ends after it begins and lasts at most 31 days."


class TrackTooLong(InvalidField):
    code = "tracks.too_long"
    zh = "该时段的定位点超过 {limit} 个，请缩短时段。"
    en = "The period holds more than {limit} fixes: choose a shorter one."


def track(
    session: Session, unit: Unit, since: datetime, until: datetime, *, now: datetime
) -> Track:
    """Return the way of a unit; who calls has made sure that it may be seen.

    Raises
    ------
    TrackPeriod, TrackTooLong
        If the period is none, or holds too many fixes.

    """
    if not timedelta(0) < until - since <= LONGEST:
        raise TrackPeriod(field="from")
    found = heard(session, [unit.id], since, until, most=MOST_FIXES + 1)
    if len(found) > MOST_FIXES:
        raise TrackTooLong(field="from", limit=MOST_FIXES)
    last_at = _instant(int(found.at_us[-1])) if len(found) else None
    features, refused = _legs(found, unit.vehicle) if len(found) else ([], {})
    return Track(
        unit_id=unit.id,
        as_of=now,
        fixes=len(found),
        refused=refused,
        last_at=last_at,
        age_s=None if last_at is None else round((now - last_at).total_seconds(), 1),
        features=features,
    )


def _legs(found: Heard, vehicle: str) -> tuple[list[TrackFeature], dict[str, int]]:
    from gis.tracks import REASONS, clean, legs, rules_of  # brings numba

    cleaned = clean(_plane(found), rules_of(vehicle))
    told = Counter(REASONS[number] for number in cleaned.refused.tolist() if number)
    way = legs(cleaned)
    # Rows of the fixes kept are in order of time, as the legs between them are.
    lon, lat = found.lon_e7[cleaned.kept] / 1e7, found.lat_e7[cleaned.kept] / 1e7
    at_us = found.at_us[cleaned.kept]
    features = [
        TrackFeature(
            geometry=_line(lon[first : last + 1], lat[first : last + 1]),
            properties=TrackLeg(
                since=_instant(int(at_us[first])),
                until=_instant(int(at_us[last])),
                is_known=is_known,
                points=last + 1 - first,
            ),
        )
        for first, last, is_known in _runs(way.is_known.tolist(), len(cleaned))
    ]
    return features, dict(told)


def _runs(is_known: list[bool], fixes: int) -> Iterator[tuple[int, int, bool]]:
    """Yield first and last fix of each stretch: known legs together, each gap by itself."""
    if fixes == 1:
        yield 0, 0, True
        return
    begin = 0
    for leg, known in enumerate(is_known):
        if not known:
            if leg > begin:
                yield begin, leg, True
            yield leg, leg + 1, False
            begin = leg + 1
    if len(is_known) > begin:
        yield begin, len(is_known), True


def _line(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> TrackLine:
    places = list(zip(lon.tolist(), lat.tolist(), strict=True))
    return TrackLine(coordinates=places if len(places) > 1 else places * 2)


def _plane(found: Heard) -> "Fixes":
    from gis.frame import frame_for
    from gis.tracks import Fixes

    lon, lat = found.lon_e7 / 1e7, found.lat_e7 / 1e7
    x, y = frame_for(float(np.median(lon)), float(np.median(lat))).to_metric(lon, lat)
    return Fixes(
        found.unit,
        found.at_us / 1e6,
        x,
        y,
        np.where(found.accuracy_dm < 0, np.nan, found.accuracy_dm / 10),
        np.where(found.speed_cms < 0, np.nan, found.speed_cms / 100),
    )


def _instant(at_us: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
