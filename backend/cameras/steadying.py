"""Turns of a camera's state made steady: the first is told at once, flapping only now and then.

Pure; times are seconds of one monotonic clock. A window in which nothing more is told follows each
turn; the first word on a camera is none, for a stream may begin with a moment of silence. The
window doubles while turns keep coming and falls back after a calm as long as itself. What was seen
last within it is told at its end, and before when it has lasted for most of the first window: who
comes to rest is told of then, however long it flapped.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State", bound=Hashable)
Told = TypeVar("Told")

_REST = 0.8
"""Share of the first window: with the beat at which it is looked for, 5 s in all."""


@dataclass(slots=True)
class _Course(Generic[State, Told]):
    state: State
    turned_s: float
    window_s: float
    held: tuple[State, Told] | None = None
    held_since_s: float = 0.0


class Steadier(Generic[State, Told]):
    """What was told of each camera, and what is held back.

    Parameters
    ----------
    window_s, most_s : float
        The first window and the longest.

    """

    def __init__(self, window_s: float, most_s: float) -> None:
        self._window_s = window_s
        self._most_s = max(window_s, most_s)
        self._courses: dict[int, _Course[State, Told]] = {}

    def offer(self, camera_id: int, state: State, told: Told, now_s: float) -> Told | None:
        """Return what is to be told of a camera now; None while it is held back.

        The same state again turns nothing and is told at once, unless it only takes back what was
        held.
        """
        course = self._courses.get(camera_id)
        if course is None:
            self._courses[camera_id] = _Course(state, now_s, 0.0)
            return told
        if state == course.state:
            taken_back, course.held = course.held, None
            return None if taken_back else told
        if now_s - course.turned_s < course.window_s:
            if course.held is None or course.held[0] != state:
                course.held_since_s = now_s
            course.held = (state, told)
            return None
        self._turn(course, state, now_s)
        return told

    def settled(self, now_s: float) -> list[Told]:
        """Return what was held back of cameras whose window has ended, or that came to rest."""
        due: list[Told] = []
        for course in self._courses.values():
            if course.held is not None and self._is_due(course, now_s):
                state, told = course.held
                self._turn(course, state, now_s)
                due.append(told)
        return due

    def _is_due(self, course: _Course[State, Told], now_s: float) -> bool:
        since_s = now_s - course.turned_s
        has_rested = now_s - course.held_since_s >= _REST * self._window_s
        return since_s >= course.window_s or (has_rested and since_s >= self._window_s)

    def _turn(self, course: _Course[State, Told], state: State, now_s: float) -> None:
        calm_s = now_s - course.turned_s
        is_calm = calm_s >= 2 * course.window_s
        course.window_s = self._window_s if is_calm else min(2 * course.window_s, self._most_s)
        course.state, course.turned_s, course.held = state, now_s, None
