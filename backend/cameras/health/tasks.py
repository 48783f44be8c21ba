"""Jobs of health: old turns forgotten."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete

from ...db import begin
from ...jobs import registry
from ...settings import load
from .models import CameraTurn


@registry.periodic(cron="41 3 * * *")
@registry.task(name="health.forget_turns")
def forget_turns(timestamp: int) -> None:
    """Remove turns older than they are kept; once a night, `timestamp` is when it was due."""
    oldest = datetime.now(UTC) - timedelta(days=load().health.turns_kept_days)
    with begin() as session:
        session.execute(delete(CameraTurn).where(CameraTurn.at < oldest))
