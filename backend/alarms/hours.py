"""Weekly hours of local time: when a rule holds, and when it keeps quiet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Self
from zoneinfo import ZoneInfo

from ..patrol.units.plans import period


@dataclass(frozen=True, slots=True)
class Hours:
    """Days of the week (ISO, 1 is Monday) on which a time of day begins.

    `ends` not after `begins` is on the next day: Friday 22:00-06:00 ends on Saturday morning.
    """

    weekdays: frozenset[int]
    begins: time
    ends: time

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """Return the hours as a rule stores them."""
        return cls(
            frozenset(stored["weekdays"]),
            time.fromisoformat(stored["begins"]),
            time.fromisoformat(stored["ends"]),
        )

    def hold(self, at: datetime, zone: ZoneInfo) -> bool:
        """Return whether an instant lies in these hours; the end no longer does."""
        moment = at.astimezone(UTC)
        today = at.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            if day.isoweekday() in self.weekdays:
                start, end = period(day, self.begins, self.ends, zone)
                if start <= moment < end:
                    return True
        return False


def any_hold(hours: Sequence[Hours], at: datetime, zone: ZoneInfo) -> bool:
    """Return whether an instant lies in any of these hours."""
    return any(one.hold(at, zone) for one in hours)
