"""Jobs of dispatch: clocks every ten seconds, what is kept too long every night."""

from datetime import UTC, datetime

from ..db import begin
from ..jobs import registry
from . import keys, timeouts
from .photographs import keeping


@registry.periodic(cron="* * * * * */10")
@registry.task(name="dispatch.clocks", queueing_lock="dispatch.clocks")
def run_clocks(timestamp: int) -> None:
    """Let clocks run out; `timestamp` is when it was due, the clock is that of now."""
    timeouts.sweep(datetime.now(UTC))


@registry.periodic(cron="41 3 * * *")
@registry.task(name="dispatch.forget")
def forget(timestamp: int) -> None:
    """Remove pictures and idempotency keys older than they are kept."""
    with begin() as session:
        now = datetime.fromtimestamp(timestamp, UTC)
        keeping.forget_old(session, now)
        keys.forget_old(session, now)
