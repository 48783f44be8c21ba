"""What a simulated device has to tell: its properties, what happened, and who listens.

Tests switch it from any thread: ``device.events.emit(...)``, ``reboot()``, ``fault = "malformed"``.
"""

import asyncio
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

EventFault = Literal["malformed", "doctype", "hang", "foreign", "no_time"]
"""Wrong in PullMessages: cut XML, a DTD, no answer; a pull point elsewhere; no times granted."""

QUEUE_LENGTH = 200
_MOTION = "tns1:RuleEngine/CellMotionDetector/Motion"


@dataclass(frozen=True, slots=True)
class Happening:
    """One notification: topic, the property that tells the state (or none), and its source."""

    topic: str
    source: tuple[tuple[str, str], ...]
    data: tuple[tuple[str, str], ...]
    operation: str
    at: datetime


@dataclass(slots=True)
class Listener:
    """One pull point: what waits for it, and until when it lives (monotonic seconds)."""

    expires_s: float
    waiting: deque[Happening] = field(default_factory=lambda: deque(maxlen=QUEUE_LENGTH))
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class DeviceEvents:
    """The events of one device.

    Parameters
    ----------
    now_s : callable
        The device's own clock, epoch seconds.

    """

    def __init__(self, now_s: Callable[[], float]) -> None:
        self.fault: EventFault | None = None
        self.longest_s = 3600.0
        self.created = 0
        self.ended = 0
        self.polls = 0
        self._now_s = now_s
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._listeners: dict[str, Listener] = {}
        self._states: dict[tuple[str, tuple[tuple[str, str], ...]], Happening] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def listening(self) -> int:
        """How many subscriptions live."""
        with self._lock:
            self._forget_expired()
            return len(self._listeners)

    def motion(self, is_on: bool) -> None:
        """Tell that something moves, or no more."""
        self.emit(_MOTION, source={"Rule": "MyMotionDetectorRule"}, data={"IsMotion": str(is_on)})

    def emit(
        self, topic: str, *, source: dict[str, str], data: dict[str, str],
        operation: str = "Changed", is_property: bool = True,
    ) -> None:  # fmt: skip
        """Tell every listener; a property is kept and told to later ones as Initialized."""
        told = Happening(
            topic,
            tuple(source.items()),
            tuple((name, value.lower()) for name, value in data.items()),
            operation,
            datetime.fromtimestamp(self._now_s(), UTC),
        )
        with self._lock:
            if is_property:
                self._states[topic, told.source] = told
            for listener in self._listeners.values():
                listener.waiting.append(told)
            self._wake_all()

    def reboot(self) -> None:
        """Forget every subscription, as a device does that starts anew."""
        with self._lock:
            self._wake_all()
            self._listeners.clear()

    def subscribe(self, span_s: float) -> tuple[str, float]:
        """Return the name of a new listener and the span granted; it is told all properties."""
        self._loop = asyncio.get_running_loop()
        granted_s = min(span_s, self.longest_s)
        with self._lock:
            self.created += 1
            name = f"sub-{next(self._numbers)}"
            self._listeners[name] = Listener(time.monotonic() + granted_s)
        self.synchronize(name)
        return name, granted_s

    def find(self, name: str) -> Listener | None:
        """Return a listener that has not expired."""
        with self._lock:
            self._forget_expired()
            return self._listeners.get(name)

    def synchronize(self, name: str) -> None:
        """Tell a listener how everything stands."""
        with self._lock:
            listener = self._listeners.get(name)
            if listener is not None:
                for kept in self._states.values():
                    listener.waiting.append(
                        Happening(kept.topic, kept.source, kept.data, "Initialized", kept.at)
                    )
                listener.wake.set()

    def end(self, name: str) -> bool:
        """Forget a listener; return whether there was one."""
        with self._lock:
            self.ended += 1
            return self._listeners.pop(name, None) is not None

    async def take(self, name: str, wait_s: float, most: int) -> list[Happening] | None:
        """Return what waits for a listener, after a wait when nothing does; None: it is gone."""
        self.polls += 1
        until = time.monotonic() + wait_s
        while (listener := self.find(name)) is not None:
            with self._lock:
                taken = [
                    listener.waiting.popleft() for _ in range(min(most, len(listener.waiting)))
                ]
                listener.wake.clear()
            left_s = min(until, listener.expires_s) - time.monotonic()
            if taken or left_s <= 0:
                return taken
            try:
                await asyncio.wait_for(listener.wake.wait(), left_s)
            except TimeoutError:
                continue
        return None

    def _wake_all(self) -> None:
        if self._loop is not None and not self._loop.is_closed():
            for listener in self._listeners.values():
                self._loop.call_soon_threadsafe(listener.wake.set)

    def _forget_expired(self) -> None:
        now = time.monotonic()
        for name in [n for n, one in self._listeners.items() if one.expires_s < now]:
            self._listeners.pop(name).wake.set()
