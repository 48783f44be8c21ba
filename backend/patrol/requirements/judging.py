"""How a window of a requirement stands, from visits and shares alone; the clock is passed in.

Not met is said only when nothing could still have met it: where a unit may have been there
unseen, the answer is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from .windows import Window

State = Literal["met", "not_met", "unknown", "due", "open"]

#: Of parts that differ the first of these is the state of the whole.
_WORST = ("not_met", "due", "unknown", "open", "met")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a requirement asks for; None is not asked."""

    times: int | None = None
    longest_interval_s: int | None = None
    least_share: float | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """Somebody in the grid from `entered_at` to `left_at`; not `is_sure`: may have been."""

    entered_at: datetime
    left_at: datetime
    is_sure: bool = True
    is_continued: bool = False
    """It goes on from the row before: no visit of its own."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is known of one window: stays by time of entry, and shares of the ground."""

    stays: Sequence[Stay] = ()
    visited_share: float | None = None
    possible_share: float | None = None
    """Gone over for sure, likely or perhaps; never less than `visited_share`."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a window; `rule` names the part that decides, `why` its figures."""

    state: State
    times: int
    last_visit_at: datetime | None
    rule: str
    deadline_at: datetime | None = None
    """When it is broken unless somebody comes; None when nothing is pending."""
    why: dict[str, Any] = field(default_factory=dict)


def judge(
    asked: Asked, window: Window, shown: Shown, *, now: datetime, due_share: float
) -> Standing:
    """Return how a window stands at `now`.

    `due_share` is the part of the time allowed, at its end, in which it is due.
    """
    until = min(now, window.end)
    sure = [each for each in shown.stays if each.is_sure]
    maybe = [each for each in shown.stays if not each.is_sure and each.entered_at < until]
    came = [s for s in sure if not s.is_continued and window.start <= s.entered_at < until]
    # Who was there already when the window began has visited it.
    held = [s for s in sure if s.entered_at < window.start < s.left_at]
    if not held:
        held = [s for s in sure if s.is_continued and s.entered_at == window.start]
    times = len(came) + min(len(held), 1)
    last = max((min(s.left_at, until) for s in sure if s.entered_at < until), default=None)
    span = _Span(window, now, due_share)
    parts = []
    if asked.times is not None:
        parts.append(_times(asked.times, times, bool(maybe), span))
    if asked.longest_interval_s is not None:
        parts.append(_interval(asked.longest_interval_s, sure, maybe, span))
    if asked.least_share is not None:
        parts.append(_share(asked.least_share, shown, span))
    parts.sort(key=lambda part: _WORST.index(part.state))
    worst = parts[0]
    deadlines = [part.deadline_at for part in parts if part.deadline_at is not None]
    why = {name: value for part in reversed(parts) for name, value in part.why.items()}
    deadline_at = worst.deadline_at or min(deadlines, default=None)
    return Standing(worst.state, times, last, worst.rule, deadline_at, why | {"rule": worst.rule})


@dataclass(frozen=True, slots=True)
class _Span:
    window: Window
    now: datetime
    due_share: float

    @property
    def is_over(self) -> bool:
        return self.now >= self.window.end

    def pending(self, began: datetime, deadline: datetime) -> State:
        """Return due when little is left of the time allowed, else open."""
        allowed_s = (deadline - began).total_seconds()
        left_s = (deadline - self.now).total_seconds()
        return "due" if left_s <= allowed_s * self.due_share else "open"


@dataclass(frozen=True, slots=True)
class _Part:
    state: State
    rule: str
    why: dict[str, Any]
    deadline_at: datetime | None = None


def _times(asked: int, times: int, may_be_more: bool, span: _Span) -> _Part:
    why: dict[str, Any] = {"times": times, "times_asked": asked}
    if times >= asked:
        return _Part("met", "times", why)
    if not span.is_over:
        end = span.window.end
        return _Part(span.pending(span.window.start, end), "times", why, end)
    return _Part("unknown" if may_be_more else "not_met", "times", why)


def _interval(asked_s: int, sure: list[Stay], maybe: list[Stay], span: _Span) -> _Part:
    """Intervals without anybody: from the window's start, between stays, to its end."""
    window = span.window
    until = min(span.now, window.end)
    state: State = "met"
    since, longest_s = window.start, 0.0
    present = sorted((s.entered_at, s.left_at) for s in sure if s.left_at >= window.start)
    for stay in [*present, None]:
        came_at = until if stay is None else min(stay[0], until)
        interval_s = (came_at - since).total_seconds()
        longest_s = max(longest_s, interval_s)
        if interval_s > asked_s and state != "not_met":
            state = "unknown" if _may_be_held(since, came_at, maybe, asked_s) else "not_met"
        if stay is not None:
            since = max(since, min(stay[1], until))
    why = {"longest_s": round(longest_s), "longest_asked_s": asked_s}
    if state != "met" or span.is_over:
        return _Part(state, "interval", why)
    deadline = since + timedelta(seconds=asked_s)
    if deadline >= window.end:  # nobody need come any more
        return _Part("open", "interval", why)
    return _Part(span.pending(since, deadline), "interval", why, deadline)


def _may_be_held(since: datetime, until: datetime, maybe: list[Stay], asked_s: int) -> bool:
    """Return whether the stays that may have been could cut an interval into short enough ones."""
    reached = since
    for stay in sorted(maybe, key=lambda s: s.entered_at):
        if (stay.entered_at - reached).total_seconds() > asked_s:
            return False
        reached = max(reached, stay.left_at)
    return bool(maybe) and (until - reached).total_seconds() <= asked_s


def _share(asked: float, shown: Shown, span: _Span) -> _Part:
    visited = shown.visited_share or 0.0
    why = {"visited_share": round(visited, 4), "least_share": asked}
    if visited >= asked:
        return _Part("met", "share", why)
    if not span.is_over:
        end = span.window.end
        return _Part(span.pending(span.window.start, end), "share", why, end)
    could = shown.possible_share is not None and shown.possible_share >= asked
    return _Part("unknown" if could else "not_met", "share", why)
