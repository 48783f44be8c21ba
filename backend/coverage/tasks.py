"""Jobs of coverage: figures kept up to date, and each day kept."""

import logging

from procrastinate import RetryStrategy

from ..db import begin
from ..jobs import registry
from . import history
from .waiting import ask, is_waiting

log = logging.getLogger(__name__)


# Waits of 5, 25, 125 and 625 s outlast a restart of the database.
@registry.task(name="coverage.refresh", retry=RetryStrategy(max_attempts=4, exponential_wait=5))
def refresh_coverage() -> None:
    """Count anew what has changed; what waits for it merges into one job."""
    from .refresh import refresh  # brings numba

    with begin() as session:
        done = refresh(session)
    log.info(
        "coverage: %d subjects, %d of them now alone, %s",
        done.both + done.now,
        done.now,
        done.method,
        extra={"action": "coverage.refreshed"},
    )


@registry.periodic(cron="* * * * *")
@registry.task(name="coverage.sweep", queueing_lock="coverage.sweep", pass_context=False)
def sweep(timestamp: int) -> None:
    """Have counted what changed past the product: by a restored dump, a migration, SQL by hand."""
    with begin() as session:
        if is_waiting(session):
            ask(session)


@registry.periodic(cron="1 0 * * *")
@registry.task(name="coverage.keep_day", queueing_lock="coverage.day", pass_context=False)
def keep_day(timestamp: int) -> None:
    """Keep the figures of a day on which nothing changed."""
    with begin() as session:
        history.keep_today(session)
