"""From looks to states: how often a fault must be seen, what ends it, when to look again."""

from dataclasses import dataclass, field

import pytest

from backend.cameras.health.streaks import Seen, Standing, advance, next_look_s

EVERY_S = 900.0


def seen(fault: str | None = None, **reasons: str | None) -> Seen:
    """A look that found `fault`, or proved the view to be the right one."""
    questions = ("black", "frozen", "covered", "moved", "blurred")
    verdicts = {q: {"answer": "yes" if q == fault else "no", "reason": None} for q in questions}
    for question, reason in reasons.items():
        answer = "yes" if question == fault else "cannot_tell"
        verdicts[question] = {"answer": answer, "reason": reason}
    return Seen(fault, verdicts)


@dataclass
class Camera:
    """A camera looked at again and again."""

    standing: Standing = field(default_factory=lambda: Standing("in_order"))

    def look(self, *looks: Seen) -> str:
        for one in looks:
            self.standing = advance(self.standing, one)
        return self.standing.state


@pytest.mark.parametrize(
    ("fault", "needed"), [("moved", 2), ("covered", 2), ("black", 2), ("blurred", 3), ("frozen", 1)]
)
def test_a_fault_must_be_seen_so_often_in_a_row(fault: str, needed: int) -> None:
    camera = Camera()
    assert camera.look(*[seen(fault)] * (needed - 1)) == "in_order"
    assert camera.look(seen(fault)) == fault


def test_a_look_that_proves_order_ends_a_suspicion() -> None:
    camera = Camera()
    assert camera.look(seen("moved"), seen(), seen("moved")) == "in_order"


def test_a_view_with_nothing_in_common_needs_four_looks_far_apart() -> None:
    camera, strange = Camera(), seen("moved", moved="nothing_in_common")
    assert camera.look(strange, strange, strange) == "in_order"
    assert next_look_s(camera.standing, strange, EVERY_S) == 180
    assert camera.look(strange) == "moved"


def test_a_moved_or_covered_view_is_ended_by_a_person_alone() -> None:
    assert Camera(Standing("moved")).look(seen(), seen()) == "moved"
    assert Camera(Standing("covered")).look(seen(), seen()) == "covered"


@pytest.mark.parametrize("state", ["black", "frozen", "blurred", "unknown"])
def test_what_ends_by_itself_is_ended_by_one_good_look(state) -> None:
    assert Camera(Standing(state)).look(seen()) == "in_order"


def test_a_look_that_cannot_tell_turns_nothing() -> None:
    dark = seen(moved="too_few_features")
    assert Camera(Standing("in_order")).look(dark) == "in_order"
    assert Camera(Standing("unknown")).look(dark) == "unknown"
    assert Camera(Standing("frozen")).look(dark) == "frozen"


def test_a_head_that_turns_is_in_order_without_a_known_view() -> None:
    turning = seen(moved="turns", covered="turns", blurred="turns")
    assert Camera(Standing("unknown")).look(turning) == "in_order"


def test_a_suspicion_is_looked_into_at_once_and_order_waits_for_the_plan() -> None:
    camera = Camera()
    camera.look(seen("moved"))
    assert next_look_s(camera.standing, seen("moved"), EVERY_S) == 20
    assert next_look_s(Standing("in_order"), seen(), EVERY_S) is None
    # A period shorter than the wait is not lengthened by it.
    assert next_look_s(camera.standing, seen("moved"), 10) == 10
