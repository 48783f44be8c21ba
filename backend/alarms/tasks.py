"""Jobs of alarms: reported as incidents, silence noticed, the old forgotten."""

from datetime import UTC, datetime

from procrastinate import RetryStrategy

from ..db import begin
from ..jobs import registry


# Waits of 5, 25 and 125 s outlast a restart of the database; the report itself comes but once.
@registry.task(name="alarms.report", retry=RetryStrategy(max_attempts=3, exponential_wait=5))
def report_alarm(alarm_id: int) -> None:
    """Report an alarm as an incident, as its rule says."""
    from .reporting import report_by_rule

    with begin() as session:
        report_by_rule(session, alarm_id)


@registry.periodic(cron="* * * * * */10")
@registry.task(name="alarms.sweep", queueing_lock="alarms.sweep", pass_context=False)
def sweep_alarms(timestamp: int) -> None:
    """Notice cameras that went silent or came back."""
    from .sweeping import sweep

    with begin() as session:
        sweep(session, datetime.now(UTC))


@registry.periodic(cron="19 4 * * *")
@registry.task(name="alarms.forget", queueing_lock="alarms.forget", pass_context=False)
def forget_alarms(timestamp: int) -> None:
    """Remove alarms older than they are kept."""
    from .sweeping import forget_old

    with begin() as session:
        forget_old(session)
