"""What a viewer of a recording says and is told, and where its playing stands.

Client to server, text: ``seek {at}``, ``clock {at}``, ``speed {speed}``, ``pause``, ``play``,
``step {frames}``, ``sound {on}``; ``at`` in epoch milliseconds of true time. Server to client
beside the messages of ``video.protocol``: ``init`` with ``origin_ms``, and ``replay`` with its
state. The eight bytes of a media message are here when the picture was taken.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from video.errors import ProtocolViolation
from video.fmp4 import InitSegment
from video.protocol import Rung

Verb = Literal["seek", "clock", "speed", "pause", "play", "step", "sound"]
State = Literal["opening", "playing", "gap", "ended", "none"]
SLOWEST, FASTEST = 0.5, 8.0
_LONGEST_MESSAGE = 512
_MOST_STEPS = 250
_ARGUMENTS: dict[str, tuple[Verb, str]] = {
    "seek": ("seek", "at"),
    "clock": ("clock", "at"),
    "speed": ("speed", "speed"),
    "step": ("step", "frames"),
}


@dataclass(frozen=True, slots=True)
class Command:
    """One message of a viewer; ``value`` is 0 where the verb takes none."""

    verb: Verb
    value: float = 0.0


def parse_command(text: str) -> Command | None:
    """Return a viewer's command, None for messages that are none (statistics, say).

    Raises
    ------
    ProtocolViolation
        Not JSON, too long, or a command without its number.

    """
    if len(text) > _LONGEST_MESSAGE:
        raise ProtocolViolation("the message is too long")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise ProtocolViolation("the message is not JSON") from None
    verb = message.get("type") if isinstance(message, dict) else None
    if verb in ("pause", "play"):
        return Command(verb)
    if verb == "sound":
        return Command("sound", float(message.get("on") is True))
    if not isinstance(verb, str) or verb not in _ARGUMENTS:
        return None
    known, argument = _ARGUMENTS[verb]
    value = message.get(argument)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ProtocolViolation(f"{known} needs a number")
    if known == "speed":
        value = min(max(value, SLOWEST), FASTEST)
    if known == "step":
        value = min(max(value, 1), _MOST_STEPS)
    return Command(known, float(value))


def init_text(init: InitSegment, generation: int, origin_ms: int, rung: Rung = "native") -> str:
    """Return the announcement of an initialisation segment and of its time line."""
    return json.dumps(
        {
            "type": "init",
            "mime": init.mime,
            "width": init.width,
            "height": init.height,
            "generation": generation,
            "rung": rung,
            "origin_ms": origin_ms,
        }
    )


def state_text(state: State, **facts: float | bool | None) -> str:
    """Return how the replay stands; times among the facts are epoch milliseconds."""
    return json.dumps({"type": "replay", "state": state, **facts})


class Playhead:
    """The instant being played: it moves with the clock of this process unless it stands.

    Parameters
    ----------
    at_ms : float
        Epoch milliseconds where it stands at first.
    speed : float
    monotonic_s : callable
        Seconds that only go forward.

    """

    def __init__(
        self, at_ms: float, speed: float, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.speed = speed
        self.is_paused = False
        self._monotonic_s = monotonic_s
        self._at_ms = at_ms
        self._since_s: float | None = None

    @property
    def now_ms(self) -> float:
        """Return the instant of the picture due now."""
        if self._since_s is None:
            return self._at_ms
        return self._at_ms + (self._monotonic_s() - self._since_s) * self.speed * 1000

    def hold(self, at_ms: float) -> None:
        """Stand at an instant until ``run``: nothing is there to be shown yet."""
        self._at_ms, self._since_s = at_ms, None

    def run(self) -> None:
        """Move, unless paused."""
        if self._since_s is None and not self.is_paused:
            self._since_s = self._monotonic_s()

    def move(self, at_ms: float) -> None:
        """Go on from another instant, moving or standing as before."""
        self._at_ms = at_ms
        if self._since_s is not None:
            self._since_s = self._monotonic_s()

    def pause(self) -> None:
        """Stand until ``play``."""
        self.is_paused = True
        self.hold(self.now_ms)

    def play(self) -> None:
        """Move again."""
        self.is_paused = False
        self.run()

    def pace(self, speed: float) -> None:
        """Move at another speed from here on."""
        self.move(self.now_ms)
        self.speed = speed


class Looked:
    """Which stretches of a recording were sent to a viewer, for the register."""

    def __init__(self, joined_ms: int = 3000, most: int = 100) -> None:
        self._joined_ms = joined_ms
        self._most = most
        self._spans: list[list[int]] = []

    def add(self, at_ms: int) -> None:
        """Note one picture."""
        for span in reversed(self._spans):
            if span[0] - self._joined_ms <= at_ms <= span[1] + self._joined_ms:
                span[0], span[1] = min(span[0], at_ms), max(span[1], at_ms)
                return
        self._spans.append([at_ms, at_ms])
        if len(self._spans) > self._most:
            # Sought to and fro beyond reason: the whole between the first two counts as seen.
            first, second = sorted(self._spans)[:2]
            self._spans.remove(first)
            second[0] = first[0]

    def told(self) -> list[list[str]]:
        """Return the stretches in order, as ISO 8601 in UTC."""
        return [[_iso(start), _iso(end)] for start, end in sorted(self._spans)]


def _iso(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
