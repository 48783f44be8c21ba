"""Jobs of evidence: copies for publication, and each ten minutes what is kept too long."""

from datetime import UTC, datetime

from procrastinate import RetryStrategy

from ..jobs import registry


# Waits of 5, 25 and 125 s outlast a restart of the database.
@registry.task(name="evidence.publish", retry=RetryStrategy(max_attempts=3, exponential_wait=5))
def publish(evidence_id: int) -> None:
    """Make a copy for publication and seal it."""
    from .publishing import publish as make

    make(evidence_id)


@registry.periodic(cron="*/10 * * * *")
@registry.task(name="evidence.retain", queueing_lock="evidence.retain", pass_context=False)
def retain(timestamp: int) -> None:
    """Remove what is older than it is kept, and the oldest when the store is full."""
    from .retention import sweep

    sweep(datetime.now(UTC))
