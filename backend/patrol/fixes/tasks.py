"""Jobs of fixes: days opened ahead and dropped when they are over."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from ...db import begin
from ...jobs import registry
from ...settings import load
from .partitions import day_no_of, drop_before, open_days

_DAYS_AHEAD = 2
_FORGET = text("DELETE FROM unit_positions WHERE at < :first")
_FORGET_REFUSED = text("DELETE FROM fix_refusals WHERE day < CAST(:first AS date)")


@registry.periodic(cron="17 * * * *")
@registry.task(name="patrol.keep_fixes", queueing_lock="patrol.fixes", pass_context=False)
def keep_fixes(timestamp: int) -> None:
    """Open the days to come; drop what is no longer kept, as whole days."""
    now = datetime.now(UTC)
    kept = load().patrol.fixes_kept_days
    today = day_no_of(now)
    with begin() as session:
        open_days(session, range(today, today + _DAYS_AHEAD + 1))
    with begin() as session:
        drop_before(session, today - kept)
        first = now - timedelta(days=kept)
        session.execute(_FORGET, {"first": first})
        session.execute(_FORGET_REFUSED, {"first": first})
