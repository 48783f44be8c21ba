"""Which times a device may mean: no sum with them may leave the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

#: From the clock whose battery is empty to one set wrongly.
YEARS = range(1970, 2200)
_EARLIEST = datetime(YEARS.start, 1, 1, tzinfo=UTC)
_LATEST = datetime(YEARS.stop, 1, 1, tzinfo=UTC)


def plausible(at: datetime) -> datetime:
    """Return an aware time, or the nearest a device may mean.

    A recorder that does not know since when it records writes the year 1, and that time cannot be
    shifted by the recorder's clock.
    """
    return min(max(at, _EARLIEST), _LATEST)
