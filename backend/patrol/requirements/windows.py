"""Windows of a requirement: the weekly band of local time as instants."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..units.plans import period


@dataclass(frozen=True, slots=True)
class Band:
    """Days of the week (ISO, 1 is Monday) and times of day; `ends` not after `begins`: next day."""

    weekdays: frozenset[int]
    begins: time
    ends: time
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """One time a requirement has to be met: from `start`, before `end`, UTC."""

    start: datetime
    end: datetime


def windows(band: Band, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[Window]:
    """Yield the windows that have begun by `until` and not ended before `since`, in order.

    A window belongs to the local day on which it begins: one from Friday evening to Saturday
    morning is Friday's.
    """
    day = since.astimezone(zone).date() - timedelta(days=2)
    last = until.astimezone(zone).date()
    while day <= last:
        is_valid = band.valid_from <= day and (band.valid_to is None or day <= band.valid_to)
        if is_valid and day.isoweekday() in band.weekdays:
            start, end = period(day, band.begins, band.ends, zone)
            if start < end and start <= until and end >= since:
                yield Window(start.astimezone(UTC), end.astimezone(UTC))
        day += timedelta(days=1)
