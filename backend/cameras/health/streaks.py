"""From looks to states: how often a fault must be seen in a row, and when to look again.

Pure. A look that cannot tell is no evidence either way: it ends a suspicion and turns nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from .models import ViewState

WITHDRAWS: Mapping[str, str] = {
    "moved": "moved",
    "covered": "blind",
    "black": "blind",
    "frozen": "blind",
}
"""View fault that a state sets; a blurred camera still sees, so its viewshed stays."""

STAYS = frozenset({"moved", "covered"})
"""States that only a person ends: somebody has to go and see, or to take the new view for good."""

_NEEDED = {"black": 2, "frozen": 1, "covered": 2, "blurred": 3, "moved": 2}
_NEEDED_UNMEASURED = 4
_SOON_S = 20.0
_LATER_S = 180.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What is held of a camera: its state, and what the last looks speak for."""

    state: ViewState
    suspected: str | None = None
    suspicions: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look showed."""

    fault: str | None
    verdicts: Mapping[str, Any]
    still_looks: int = 0

    def answer(self, question: str) -> str:
        """Return yes, no or cannot_tell."""
        return str(self.verdicts[question]["answer"])

    def reason(self, question: str) -> str | None:
        """Return why there is no answer, or what is odd about it."""
        reason = self.verdicts[question]["reason"]
        return None if reason is None else str(reason)

    @property
    def proves_order(self) -> bool:
        """Return whether the picture lives and is known to be the one it should be."""
        lives = self.answer("black") == "no" and self.answer("frozen") == "no"
        is_same = self.answer("moved") == "no" or self.reason("moved") == "turns"
        return self.fault is None and lives and is_same and self.answer("covered") != "yes"


def advance(before: Standing, seen: Seen) -> Standing:
    """Return the standing after a look."""
    if seen.fault is None:
        ends = seen.proves_order and before.state not in STAYS
        return Standing("in_order" if ends else before.state)
    if seen.fault == before.state:
        return Standing(before.state)
    again = before.suspected == seen.fault
    suspicions = before.suspicions + 1 if again else 1
    if suspicions >= needed(seen):
        return Standing(seen.fault)  # type: ignore[arg-type]
    return Standing(before.state, seen.fault, suspicions)


def held_back(after: Standing, before: Standing, seen: Seen) -> Standing:
    """Return the standing with the turn put off: the look is suspected and not yet believed."""
    return replace(before, suspected=seen.fault, suspicions=max(after.suspicions, 1))


def needed(seen: Seen) -> int:
    """Return in how many looks in a row a fault must be seen.

    A picture that shares nothing with its reference may be a cloudburst; a measured turn is not.
    """
    if seen.fault == "moved" and seen.reason("moved") is not None:
        return _NEEDED_UNMEASURED
    return _NEEDED[str(seen.fault)]


def next_look_s(after: Standing, seen: Seen, every_s: float) -> float | None:
    """Return after how many seconds to look again ahead of the plan, None to keep to it.

    What rain or a lorry can cause is looked at again when they may have passed.
    """
    if after.suspected is not None:
        slow = after.suspected == "covered" or seen.reason("moved") == "nothing_in_common"
        return min(_LATER_S if slow else _SOON_S, every_s)
    is_new = after.state == "unknown" and seen.reason("frozen") == "first_look"
    may_be_frozen = seen.still_looks > 0 and seen.answer("frozen") == "cannot_tell"
    return min(_SOON_S, every_s) if is_new or may_be_frozen else None
