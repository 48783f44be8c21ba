"""Jobs of exports: the writing of a large one; each half hour, what was kept long enough goes."""

from datetime import UTC, datetime

from ...jobs import registry


@registry.task(name="exchange.write_export")
def write_export(export_id: int) -> None:
    """Write an ordered export."""
    from .making import write

    write(export_id)


@registry.periodic(cron="*/30 * * * *")
@registry.task(name="exchange.sweep_exports", queueing_lock="exchange.sweep_exports")
def sweep_exports(timestamp: int) -> None:
    """Remove files that were kept long enough."""
    from .storing import sweep

    sweep(datetime.now(UTC))
