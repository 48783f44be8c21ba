"""What comes of an alarm: the narrowest rule in its hours, its quiet hours, its storm limit.

Pure: rows in, decision out. The same code answers live alarms and "what would this rule have done".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from zoneinfo import ZoneInfo

from ..divisions.codes import span
from .hours import Hours, any_hold
from .models import AlarmRule

Outcome = Literal["incident", "note", "nothing", "quiet", "storm"]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an alarm is judged by: its kind, its camera, and what that camera looks at."""

    kind: str
    camera_id: int
    division_code: int
    at: datetime
    grid_ids: frozenset[int] = frozenset()
    place_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it decides; `low` and `high` bound the divisions of the cameras it is about."""

    id: int
    low: int
    high: int
    kinds: frozenset[str]
    camera_ids: frozenset[int]
    grid_id: int | None
    place_kind: str | None
    windows: tuple[Hours, ...]
    quiet: tuple[Hours, ...]
    outcome: Literal["incident", "note", "nothing"]
    storm_count: int
    storm_window_s: int

    @classmethod
    def of(cls, row: AlarmRule) -> Self:
        """Return the rule of a row."""
        low, high = span(row.division_code)
        return cls(
            id=row.id or 0,
            low=low,
            high=high,
            kinds=frozenset(row.kinds),
            camera_ids=frozenset(row.camera_ids or ()),
            grid_id=row.grid_id,
            place_kind=row.place_kind,
            windows=tuple(Hours.of(one) for one in row.windows or ()),
            quiet=tuple(Hours.of(one) for one in row.quiet or ()),
            outcome=row.outcome,  # type: ignore[arg-type]  # the database allows these three
            storm_count=row.storm_count,
            storm_window_s=row.storm_window_s,
        )

    @property
    def width(self) -> tuple[int, int, int]:
        """Narrowest first: cameras, grid, kind of place, all; then the smaller division; the id."""
        if self.camera_ids:
            breadth = 0
        elif self.grid_id is not None:
            breadth = 1
        elif self.place_kind is not None:
            breadth = 2
        else:
            breadth = 3
        return breadth, self.high - self.low, self.id

    def is_about(self, seen: Seen, zone: ZoneInfo) -> bool:
        """Return whether the rule speaks of this alarm at this hour."""
        return (
            seen.kind in self.kinds
            and self.low <= seen.division_code <= self.high
            and (not self.camera_ids or seen.camera_id in self.camera_ids)
            and (self.grid_id is None or self.grid_id in seen.grid_ids)
            and (self.place_kind is None or self.place_kind in seen.place_kinds)
            and (not self.windows or any_hold(self.windows, seen.at, zone))
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The rule that holds, if any, and what it says before its storm limit is looked at."""

    rule: Rule | None
    outcome: Outcome


def decide(rules: Iterable[Rule], seen: Seen, zone: ZoneInfo) -> Decision:
    """Return what the narrowest rule says; where none speaks, an alarm is kept and no more."""
    speaking = [rule for rule in rules if rule.is_about(seen, zone)]
    if not speaking:
        return Decision(None, "nothing")
    rule = min(speaking, key=lambda one: one.width)
    if rule.outcome != "nothing" and any_hold(rule.quiet, seen.at, zone):
        return Decision(rule, "quiet")
    return Decision(rule, rule.outcome)


def held_back(told_at: Sequence[datetime], at: datetime, rule: Rule) -> bool:
    """Return whether a rule has told so much of late that this alarm is only counted."""
    recent = [t for t in told_at if 0 <= (at - t).total_seconds() < rule.storm_window_s]
    return len(recent) >= rule.storm_count
