"""The clock of heads: home views and tours, every five seconds."""

from datetime import UTC, datetime

from ...jobs import registry


@registry.periodic(cron="* * * * * */5")
@registry.task(name="cameras.heads", queueing_lock="cameras.heads")
def turn_heads(timestamp: int) -> None:
    """Send heads home and on along their tours; `timestamp` is when it was due."""
    from .sweeping import sweep  # brings numba and the ONVIF client

    sweep(datetime.now(UTC))
