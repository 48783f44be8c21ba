"""Jobs of the eyes-on clock: moved on each minute, old hours forgotten."""

from datetime import UTC, datetime

from procrastinate import RetryStrategy

from ..db import begin
from ..jobs import defer, registry


# Waits of 5, 25 and 125 s outlast a restart of the database.
@registry.task(name="eyeson.tick", retry=RetryStrategy(max_attempts=3, exponential_wait=5))
def tick_clocks() -> None:
    """Work out who reached which place, then bring all clocks to now."""
    from .reaching import reach
    from .ticking import tick

    done = True
    while done:
        with begin() as session:
            done = bool(reach(session))
    with begin() as session:
        tick(session, datetime.now(UTC))


@registry.periodic(cron="* * * * *")
@registry.task(name="eyeson.minute", queueing_lock="eyeson.minute", pass_context=False)
def each_minute(timestamp: int) -> None:
    """Ask for a tick; one that waits already is enough."""
    with begin() as session:
        defer(session, "eyeson.tick", key="eyeson.tick")


@registry.periodic(cron="47 3 * * *")
@registry.task(name="eyeson.forget", queueing_lock="eyeson.forget", pass_context=False)
def forget_hours(timestamp: int) -> None:
    """Remove hours older than they are kept."""
    from .hours import forget_old

    with begin() as session:
        forget_old(session)
