"""The one job that waits for coverage: deferred with the fact that made it needed."""

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from ..jobs import defer
from .models import CoverageDirty


def is_waiting(session: Session) -> bool:
    """Return whether something changed that is not counted yet."""
    return bool(session.scalar(select(exists().where(CoverageDirty.id > 0))))


def ask(session: Session) -> None:
    """Have what changed computed anew, in the caller's transaction."""
    defer(session, "coverage.refresh", key="coverage")


def ask_for_all(session: Session) -> None:
    """Have everything computed anew, in the caller's transaction."""
    session.execute(insert(CoverageDirty).values(cause="all"))
    ask(session)
