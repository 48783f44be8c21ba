"""Which grids are in force on a day: from the start of `valid_from` until that of `valid_to`."""

from datetime import date
from typing import Any

from sqlalchemy import and_, or_, text
from sqlalchemy.orm import Session

from .models import Grid


def in_force(at: date | None) -> Any:
    """Return the condition that a grid is in force on a day, or now."""
    if at is None:
        return Grid.valid_to.is_(None)
    return and_(Grid.valid_from <= at, or_(Grid.valid_to.is_(None), Grid.valid_to > at))


def lock_set(session: Session, set_name: str) -> None:
    """Let one transaction at a time change the grids of a set, until it ends."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('grids/' || :name, 0))"),
        {"name": set_name},
    )
