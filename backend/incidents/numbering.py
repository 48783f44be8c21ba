"""Numbers of incidents: initials of the county, day, the day's serial, as in YX20261121-0007.

Tasks count for themselves, under a mark of their own: YX20261121-P0007.
"""

from datetime import datetime, timedelta, timezone
from functools import lru_cache

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ..divisions.locating import named
from .models import DailySerial, IncidentSerial

CENTRE_TIME = timezone(timedelta(hours=8), "UTC+8")
"""China has one time zone and no summer time; the day of a number is the centre's day."""

_COUNTY_SIZE = 10**6
_NOWHERE = "GL"


def next_number(
    session: Session,
    now: datetime,
    division_code: int,
    *,
    serials: type[DailySerial] = IncidentSerial,
    mark: str = "",
) -> str:
    """Return the next number of the day; reporters of one moment take turns, none is skipped."""
    day = now.astimezone(CENTRE_TIME).date()
    count = insert(serials).values(day=day, last=1)
    count = count.on_conflict_do_update(index_elements=["day"], set_={"last": serials.last + 1})
    serial = session.execute(count.returning(serials.last)).scalar_one()
    county = named(session, division_code // _COUNTY_SIZE * _COUNTY_SIZE)
    prefix = _initials(county.name) if county else _NOWHERE
    return f"{prefix}{day:%Y%m%d}-{mark}{serial:04d}"


@lru_cache(maxsize=256)
def _initials(county: str) -> str:
    """Return the first letters of a county's name without its last word (县, 市, 区)."""
    from pypinyin import Style, lazy_pinyin  # half a second of dictionaries, at first use

    letters = lazy_pinyin(county[:-1] or county, style=Style.FIRST_LETTER)
    return "".join(letters)[:4].upper() or _NOWHERE
