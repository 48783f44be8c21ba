"""The clock of the place where this installation works; a day there begins at its own midnight."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from .settings import load


def site_zone() -> ZoneInfo:
    """Return the site's time zone (`site.timezone`)."""
    return ZoneInfo(load().site.timezone)


def today() -> date:
    """Return the day it is on the site's clocks."""
    return datetime.now(UTC).astimezone(site_zone()).date()
