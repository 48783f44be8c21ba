"""Until when a unit or department must accept and arrive: seconds, by severity of the task."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..settings import Dispatch


@dataclass(frozen=True, slots=True)
class Clocks:
    """Seconds from the offer to the acceptance, and from there to the arrival."""

    accept_s: int
    arrive_s: int

    def accept_by(self, offered_at: datetime) -> datetime:
        return offered_at + timedelta(seconds=self.accept_s)

    def arrive_by(self, accepted_at: datetime) -> datetime:
        return accepted_at + timedelta(seconds=self.arrive_s)


def for_units(rules: Dispatch, severity: str) -> Clocks:
    """Return the clocks of a unit: red is answered in minutes, blue within the shift."""
    return {
        "red": Clocks(rules.accept_red_s, rules.arrive_red_s),
        "yellow": Clocks(rules.accept_yellow_s, rules.arrive_yellow_s),
        "blue": Clocks(rules.accept_blue_s, rules.arrive_blue_s),
    }[severity]


def for_departments(rules: Dispatch) -> Clocks:
    """Return the clocks of a department: an office needs longer than a unit in the street."""
    return Clocks(rules.callout_accept_s, rules.callout_arrive_s)
