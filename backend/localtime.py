"""The clock of the place where this installation works; a day there begins at its own midnight."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .settings import load


def site_zone() -> ZoneInfo:
    """Return the site's time zone (`site.timezone`)."""
    return ZoneInfo(load().site.timezone)


def today() -> date:
    """Return the day it is on the site's clocks."""
    return datetime.now(UTC).astimezone(site_zone()).date()


def start_of(day: date) -> datetime:
    """Return the first instant of a day."""
    return datetime.combine(day, time(), site_zone())


def end_of(day: date) -> datetime:
    """Return the last instant of a day."""
    return start_of(day + timedelta(days=1)) - timedelta(microseconds=1)
