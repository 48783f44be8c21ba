"""A day shift two days ago in which something is asked of grid 1; the test drives the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

from backend import db

#: 08:00 in Shanghai, two days ago: the day shift begins.
EIGHT = (datetime.now(UTC) - timedelta(days=2)).replace(hour=0, minute=0, second=0, microsecond=0)
SOUTH = (110.01, 34.51)  # the middle of grid 1
ONCE = {"begins": "08:00", "ends": "16:00", "times": 1}


def at(hours: float) -> datetime:
    return EIGHT + timedelta(hours=hours)


def settle(now: datetime) -> Any:
    """Judge and settle in a transaction of its own."""
    from backend.patrol.requirements.overdue import settle_all

    with db.begin() as session:
        return settle_all(session, now)


def states(land: Any) -> list[tuple[Any, ...]]:
    return land.run(
        "SELECT state, times FROM requirement_states WHERE window_start = %s ORDER BY grid_id",
        EIGHT,
    )


def alerts(land: Any) -> list[tuple[Any, ...]]:
    return land.run("SELECT kind, severity, rule, clear_reason FROM alerts ORDER BY raised_at, id")
