"""Jobs of reports: the writing of one that was ordered."""

from ...jobs import registry
from . import writing


@registry.task(name="coverage.write_report")
def write_report(report_id: int) -> None:
    """Write an ordered report; each of its steps is a transaction of its own."""
    writing.write(report_id)
