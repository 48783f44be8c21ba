"""The clock of heads: home views and tours, every five seconds; tours of devices, by turns."""

from datetime import UTC, datetime

from ...jobs import registry


@registry.periodic(cron="* * * * * */5")
@registry.task(name="cameras.heads", queueing_lock="cameras.heads")
def turn_heads(timestamp: int) -> None:
    """Send heads home and on along their tours; `timestamp` is when it was due."""
    from .sweeping import sweep  # brings numba and the ONVIF client

    sweep(datetime.now(UTC))


@registry.periodic(cron="* * * * * */10")
@registry.task(name="cameras.heads_listened", queueing_lock="cameras.heads_listened")
def listen_to_heads(timestamp: int) -> None:
    """Hear of tours that somebody started at a device; `timestamp` is when it was due."""
    from .listening import listen

    listen(datetime.now(UTC))
