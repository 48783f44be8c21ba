"""Jobs of patrols: days derived where fixes arrived, ended duty taken up, old figures dropped."""

import logging
import math
from datetime import UTC, datetime, timedelta

from procrastinate import RetryStrategy
from sqlalchemy import text
from sqlalchemy.orm import Session

from ...db import begin
from ...jobs import defer, registry
from ...settings import load

log = logging.getLogger(__name__)

# Duty that has ended since a day was derived: silence until its end counts from now on.
_MARK_ENDED = text(
    "INSERT INTO patrol_dirty (unit_id, day)"
    " SELECT DISTINCT s.unit_id, d::date FROM shifts s CROSS JOIN LATERAL generate_series("
    "  date_trunc('day', s.starts_at AT TIME ZONE 'UTC'), s.ends_at AT TIME ZONE 'UTC',"
    "  interval '1 day') d"
    " LEFT JOIN patrol_derived p ON p.unit_id = s.unit_id AND p.day = d::date"
    " WHERE s.ends_at <= :now AND s.ends_at > :since"
    " AND (p.duty_until IS NULL OR p.duty_until < s.ends_at)"
    " ON CONFLICT DO NOTHING RETURNING 1"
)
TAKEN_UP_DAYS = 7
"""How long ago duty may have ended: a worker that was away over a holiday takes all of it up."""
_IS_WAITING = text("SELECT EXISTS (SELECT FROM patrol_dirty)")
_OLD = (
    "DELETE FROM visits WHERE day < :day",
    "DELETE FROM patrol_traces WHERE hour < :day",
    "DELETE FROM patrol_grounds WHERE hour < :day",
    "DELETE FROM patrol_figures WHERE hour < :day",
    "DELETE FROM patrol_derived WHERE day < :day",
    "DELETE FROM requirement_states WHERE window_end < :day",
    "DELETE FROM checkpoint_visits WHERE at < :day",
    "DELETE FROM alerts WHERE cleared_at < :day",
)


# Waits of 5, 25, 125 and 625 s outlast a restart of the database.
@registry.task(name="patrol.derive", retry=RetryStrategy(max_attempts=4, exponential_wait=5))
def derive_patrols() -> None:
    """Derive what is marked, batch by batch, each in a transaction of its own.

    A second job does not wait for the first one's turn: it would hold up other jobs. The first
    looks once more after its last turn, when the marks of whoever went away can be seen.
    """
    from .derive import derive, is_free  # brings numba

    marks, days, fixes = 0, 0, 0
    while True:
        with begin() as session:
            if not is_free(session):
                return
            done = derive(session, datetime.now(UTC))
            _have_judged(session, done.touched)
        marks, days, fixes = marks + done.marks, days + done.days, fixes + done.fixes
        if not done.marks and not _is_marked():
            break
    told = {"action": "patrol.derived", "marks": marks, "days": days, "fixes": fixes}
    log.info("patrols: %d days of %d marked, %d fixes", days, marks, fixes, extra=told)


def _is_marked() -> bool:
    with begin() as session:
        return bool(session.scalar(_IS_WAITING))


def _have_judged(session: Session, touched: frozenset[tuple[int, int]]) -> None:
    """Have the windows judged anew that the figures of some grids and hours bear on."""
    if not touched:
        return
    defer(session, "patrol.overdue", key="patrol.overdue")
    age_s = datetime.now(UTC).timestamp() - min(hour_s for _, hour_s in touched)
    if age_s > load().patrol.alert_hours * 3600:
        days = math.ceil(age_s / 86_400) + 1
        defer(session, "patrol.judge_old", key=f"patrol.judge_old.{days}", days=days)


@registry.periodic(cron="* * * * *")
@registry.task(name="patrol.sweep", queueing_lock="patrol.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Take up duty that has ended, and marks that nobody deferred a job for."""
    now = datetime.now(UTC)
    with begin() as session:
        session.execute(_MARK_ENDED, {"now": now, "since": now - timedelta(days=TAKEN_UP_DAYS)})
        if session.scalar(_IS_WAITING):
            defer(session, "patrol.derive", key="patrol.derive")


@registry.periodic(cron="17 18 * * *")
@registry.task(name="patrol.drop_old", queueing_lock="patrol.old", pass_context=False)
def drop_old(timestamp: int) -> None:
    """Drop what is older than it is to be kept."""
    day = datetime.now(UTC).date() - timedelta(days=load().patrol.figures_kept_days)
    with begin() as session:
        for statement in _OLD:
            session.execute(text(statement), {"day": day})
