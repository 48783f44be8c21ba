"""The way of a recording's pictures to one viewer: each when it is due, counted, told."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from video.fmp4 import InitSegment
from video.protocol import Kind, Receive, Rung, SendBytes, SendText, ViewingTally, binary
from video.replay_packer import ReplayFragment, ReplayPacker
from video.replay_sound import ViewerSound
from video.replay_source import RecordedSound
from video.replay_viewer import Looked, Playhead, State, init_text, state_text

_AHEAD_MS = 2000
_MARGIN_MS = 600_000
# A recorder has few places for players; one that is not read gives its place back.
_IDLE_S = 20.0
# Above it a browser cannot decode every picture; key pictures alone still show what happened.
_ALL_PICTURES_UP_TO = 4.0


@dataclass(frozen=True, slots=True)
class ViewerWay:
    """The way to one viewer: what it plays, and the functions of its transport."""

    send_text: SendText
    send_bytes: SendBytes
    receive: Receive
    codecs: frozenset[str]


class Sending:
    """One viewer's queue, as long as it plays.

    Parameters
    ----------
    way : ViewerWay
    tally : ViewingTally
        Counted into; ``seen`` tells which stretches were sent.
    from_ms : int
        Epoch milliseconds of the first instant that may be seen.
    speed : float

    """

    def __init__(self, way: ViewerWay, tally: ViewingTally, from_ms: int, speed: float) -> None:
        self.head = Playhead(from_ms, speed)
        self.packer = ReplayPacker(from_ms - _MARGIN_MS)
        self.sound = ViewerSound(from_ms - _MARGIN_MS)
        self.rung: Rung = "native"
        self.sent_ms: int | None = None
        self._way, self._tally = way, tally
        self._passed_ms = from_ms
        self._generation = 0
        self._steps = 0
        self._looked = Looked()
        self._moved = asyncio.Event()

    @property
    def codecs(self) -> frozenset[str]:
        """Return what the viewer plays."""
        return self._way.codecs

    @property
    def is_thinned(self) -> bool:
        """Return whether key pictures alone are sent."""
        return self.head.speed > _ALL_PICTURES_UP_TO

    def begin(self, at_ms: int) -> None:
        """Count what is sent from an instant on anew."""
        self.sent_ms, self._passed_ms = None, at_ms

    def step(self, pictures: int) -> None:
        """Send so many pictures at once, whether or not they are due."""
        self._steps += pictures

    def wake(self) -> None:
        """Look at the clock again: the playing was moved."""
        self._moved.set()

    async def tell(self, state: State, **facts: float | bool | None) -> None:
        """Tell the viewer how the replay stands."""
        await self._way.send_text(state_text(state, **facts))

    async def send_text(self, text: str) -> None:
        """Tell the viewer something else."""
        await self._way.send_text(text)

    async def send_all(self, ready: list[InitSegment | ReplayFragment]) -> bool:
        """Send what is ready, each when it is due; return False when nobody reads."""
        for item in ready:
            if isinstance(item, InitSegment):
                self._generation += 1
                text = init_text(item, self._generation, self.packer.origin_ms, self.rung)
                await self._way.send_text(text)
                await self._send(binary(Kind.INIT, item.payload))
                continue
            if item.at_ms - self._passed_ms > self.packer.longest_step_ms:
                await self.tell("gap", at=self._passed_ms, until=item.at_ms)
            self._passed_ms = max(self._passed_ms, item.at_ms)
            if not await self.until_due(item.at_ms, patience_s=_IDLE_S):
                return False
            kind = Kind.KEY_FRAGMENT if item.is_key else Kind.FRAGMENT
            await self._send(binary(kind, item.payload, item.at_ms))
            self.sent_ms = item.at_ms
            self._looked.add(item.at_ms)
            self._tally.seen["looked_at"] = self._looked.told()
        return True

    async def send_sound(self, piece: RecordedSound) -> None:
        """Send a piece of sound, if it is heard; it comes as early as the picture beside it."""
        for message in self.sound.messages(piece):
            await self._send(message)

    async def until_due(self, at_ms: int, *, patience_s: float | None) -> bool:
        """Wait until a picture may be sent; return False when the patience is over."""
        end_s = None if patience_s is None else time.monotonic() + patience_s
        while True:
            if self._steps > 0:
                self._steps -= 1
                return True
            speed = max(1.0, self.head.speed)
            wait_s = (at_ms - self.head.now_ms - _AHEAD_MS * speed) / 1000 / self.head.speed
            if wait_s <= 0:
                return True
            left_s = 3600.0 if end_s is None else end_s - time.monotonic()
            if left_s <= 0:
                return False
            self._moved.clear()
            # Not `wait_for`: before Python 3.12 it loses a cancellation that meets the event.
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait_s, left_s)):
                    await self._moved.wait()

    async def _send(self, message: bytes) -> None:
        await self._way.send_bytes(message)
        self._tally.bytes_sent += len(message)
        self._tally.messages_sent += 1
