"""Jobs of requirements: judged every minute, and after fixes were derived."""

import logging
from datetime import UTC, datetime, timedelta

from procrastinate import RetryStrategy

from ...db import begin
from ...jobs import registry
from ...settings import load

log = logging.getLogger(__name__)


@registry.task(name="patrol.overdue", retry=RetryStrategy(max_attempts=4, exponential_wait=5))
def judge_requirements() -> None:
    """Judge the windows under way and ended lately, and settle the alerts."""
    from .overdue import settle_all  # brings numba, by the speed limits

    with begin() as session:
        told = settle_all(session, datetime.now(UTC))
    log.info("patrols: %s", told, extra={"action": "patrol.judged"})


@registry.periodic(cron="* * * * *")
@registry.task(name="patrol.watch", queueing_lock="patrol.watch", pass_context=False)
def watch(timestamp: int) -> None:
    """Judge by the clock alone: what nobody visits becomes due and broken without any fix."""
    judge_requirements()


@registry.task(name="patrol.judge_old", queueing_lock="patrol.judge_old")
def judge_old(days: int) -> None:
    """Judge older windows anew, after late fixes; alerts are not raised of them."""
    from .sweeping import judge_all

    now = datetime.now(UTC)
    with begin() as session:
        judge_all(
            session, now, since=now - timedelta(days=min(days, load().patrol.fixes_kept_days))
        )
