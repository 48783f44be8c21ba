"""Days as they are where this installation works, told as instants."""

from datetime import date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from ..settings import load


def zone() -> tzinfo:
    """Return the zone of this installation."""
    return ZoneInfo(load().site.timezone)


def today() -> date:
    """Return the day it is."""
    return datetime.now(zone()).date()


def start_of(day: date) -> datetime:
    """Return the first instant of a day."""
    return datetime.combine(day, time(), zone())


def end_of(day: date) -> datetime:
    """Return the last instant of a day."""
    return start_of(day + timedelta(days=1)) - timedelta(microseconds=1)
