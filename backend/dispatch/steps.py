"""What units and departments on a task have in common: an act, its step, the instant of a state."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ..access import Principal
from .models import Assignment, AssignmentTransition, Callout, CalloutTransition
from .refusals import ActNotAllowed, StaleVersion, StepRefused, TextMissing

Rule = TypeVar("Rule", AssignmentTransition, CalloutTransition)

OPEN_ASSIGNMENT = ("offered", "accepted", "under_way", "arrived")
OPEN_CALLOUT = ("called", "accepted", "arrived")
INSTANT_OF = {
    "accepted": "accepted_at",
    "under_way": "under_way_at",
    "arrived": "arrived_at",
    "done": "done_at",
    "refused": "refused_at",
    "timed_out": "timed_out_at",
    "withdrawn": "withdrawn_at",
}
"""State -> the column that keeps when it was entered."""


@dataclass(frozen=True, slots=True)
class Step:
    """An act as somebody took it, perhaps long before it came through.

    `version` None means "whatever it is now": a handheld's queue does not know what happened
    meanwhile, and the table of transitions guards it all the same.
    """

    act: str
    version: int | None = None
    text: str = ""
    at: datetime | None = None


def allowed(subject: Assignment | Callout, rule: Rule | None, step: Step, by: Principal) -> Rule:
    """Return the step of the table, unless version, table or role refuse the act."""
    if step.version is not None and subject.version != step.version:
        raise StaleVersion(version=subject.version)
    if rule is None:
        raise StepRefused(state=subject.state, act=step.act)
    if by.role not in rule.roles:
        raise ActNotAllowed(act=step.act)
    if rule.needs_text and not step.text.strip():
        raise TextMissing(field="text", act=step.act)
    return rule


def enter_state(subject: Assignment | Callout, state: str, moment: datetime) -> None:
    """Put a unit or department into a state, with its instant."""
    subject.state = state
    subject.version += 1
    setattr(subject, INSTANT_OF[state], moment)


def last_instant(subject: Assignment | Callout) -> datetime:
    """Return when a unit or department last went from one state to another."""
    begun = subject.offered_at if isinstance(subject, Assignment) else subject.called_at
    names = (name for name in INSTANT_OF.values() if hasattr(subject, name))
    reached: list[datetime | None] = [getattr(subject, name) for name in names]
    return max(instant for instant in (begun, *reached) if instant is not None)


def at_latest(stated: datetime | None, now: datetime, *, after: datetime) -> datetime:
    """Return the instant of an act: as stated, but neither before the last one nor ahead of us."""
    if stated is None:
        return now
    return max(min(stated, now), after)
