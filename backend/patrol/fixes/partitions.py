"""Days of fixes: a partition each, opened ahead and on demand within bounds, dropped when over.

A device with a wrong clock opens nothing: rows outside the days kept are refused before, and no
more than `PARTITIONS_MOST` days are ever in store.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from .batch import DAY_US

PARTITIONS_MOST = 1000
_EPOCH = date(1970, 1, 1)

_PRESENT = text(
    "SELECT right(c.relname, 8) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = 'fixes'::regclass"
)
_OPEN = text("SELECT fixes_partition(:day)")


def day_of(day_no: int) -> date:
    """Return the date of a day counted from 1970 (UTC)."""
    return _EPOCH + timedelta(days=day_no)


def day_no_of(at: datetime) -> int:
    """Return the number of the day (UTC) of an instant."""
    return int(at.timestamp() * 1_000_000) // DAY_US


def present(session: Session) -> set[int]:
    """Return the days that have a partition."""
    names = session.scalars(_PRESENT)
    return {
        (datetime.strptime(n, "%Y%m%d").replace(tzinfo=UTC).date() - _EPOCH).days for n in names
    }


def open_days(session: Session, days: Iterable[int]) -> set[int]:
    """Open partitions for `days` as far as there is room; return the days that now have one."""
    there = present(session)
    for day in sorted(set(days) - there)[: max(PARTITIONS_MOST - len(there), 0)]:
        session.execute(_OPEN, {"day": day_of(day)})
        there.add(day)
    return there


def drop_before(session: Session, first_kept: int) -> int:
    """Drop the partitions of days before `first_kept`; return how many."""
    over = sorted(day for day in present(session) if day < first_kept)
    if over:
        # Readers come first: what cannot be had at once is had by the next run.
        session.execute(text("SET LOCAL lock_timeout = '2s'"))
    for day in over:
        session.execute(text(f"DROP TABLE fixes_{day_of(day):%Y%m%d}"))
    return len(over)
