"""Jobs of duty: plans turned into shifts ahead of time, forgotten duty ended."""

from datetime import UTC, datetime

from ...db import begin
from ...jobs import registry
from . import duty, plans


@registry.periodic(cron="*/10 * * * *")
@registry.task(name="patrol.keep_duty", queueing_lock="patrol.duty", pass_context=False)
def keep_duty(timestamp: int) -> None:
    """Plan the days ahead, and end what nobody ended."""
    now = datetime.now(UTC)
    with begin() as session:
        plans.plan_ahead(session, now)
        duty.close_forgotten(session, now)
