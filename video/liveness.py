"""What is known of a stream, judged by pictures that really came, never by an open socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from math import inf

from video.errors import NoKeyPicture
from video.stream_state import IDLE, NO_PACKETS, HubSettings, HubStatus, State, instant


class Liveness:
    """The state of one hub; used in its event loop.

    Parameters
    ----------
    settings : HubSettings
        Its patience.
    on_change : callable
        Told of each change of state or reason.

    """

    def __init__(self, settings: HubSettings, on_change: Callable[[HubStatus], None]) -> None:
        self.status = HubStatus("connecting")
        self.has_picture = asyncio.Event()
        self._settings = settings
        self._on_change = on_change
        self._last_frame_s = 0.0
        self._last_keyless_s = -inf
        self._awaited_until_s = 0.0
        self._locked_until_s = 0.0

    @property
    def is_locked_out(self) -> bool:
        """Return whether the device rejected our login a short while ago: nobody tries again."""
        return time.monotonic() < self._locked_until_s

    @property
    def is_awaited(self) -> bool:
        """Return whether somebody still waits to know whether the stream lives."""
        return time.monotonic() < self._awaited_until_s

    @property
    def is_idle(self) -> bool:
        """Return whether the stream was let go because nobody wanted it."""
        return self.status.reason == IDLE

    def await_verdict(self, patience_s: float) -> None:
        """Keep the stream until it is known to be live or dead, at most so long."""
        self._awaited_until_s = time.monotonic() + patience_s

    def lock_out(self) -> None:
        """Spend no further login on this device for a while."""
        self._locked_until_s = time.monotonic() + self._settings.lockout_pause_s

    def begin(self) -> None:
        """Count silence from now: the stream is being opened."""
        self._last_frame_s = time.monotonic()

    def note_picture(self, received_ms: int) -> None:
        """Note a picture that came."""
        self._last_frame_s = time.monotonic()
        if self.status.state != "live":
            self.has_picture.set()
            self.change("live", None, instant(received_ms))
        self.status = HubStatus("live", instant(received_ms))

    def note_keyless(self) -> None:
        """Note a picture no player can begin with."""
        self._last_keyless_s = time.monotonic()

    def silence(self) -> tuple[State, str] | None:
        """Return what pictures that stopped coming lead to, whether or not anything failed."""
        silent_s = time.monotonic() - self._last_frame_s
        state, reason = self.status.state, self.status.reason or NO_PACKETS
        if state == "live" and silent_s > self._settings.stalled_after_s:
            return "stalled", reason
        patience_s = self._settings.dead_after_s
        if state == "stalled" and self._settings.lost_after_s is not None:
            patience_s = self._settings.lost_after_s
        if state not in {"connecting", "stalled"} or silent_s <= patience_s:
            return None
        keyless_s = time.monotonic() - self._last_keyless_s
        return "dead", NoKeyPicture.code if keyless_s < self._settings.stalled_after_s else reason

    def fail(self, reason: str) -> None:
        """Note a broken connection that is tried again; a stream told dead stays so."""
        if self.status.state != "dead":
            seen = self.status.last_frame_at is not None
            self.change("stalled" if seen else "connecting", reason)

    def change(self, state: State, reason: str | None, at: datetime | None = None) -> None:
        """Take on a state, and tell it where it is another one."""
        before = self.status
        self.status = HubStatus(state, at or before.last_frame_at, reason)
        if state in {"live", "dead"}:
            self._awaited_until_s = 0.0
        if (before.state, before.reason) != (state, reason):
            self._on_change(self.status)
