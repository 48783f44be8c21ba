"""Converts what a browser cannot play to small H.264: once per stream, for all its viewers.

Decoding and encoding happen in a child with limits, one for each stream. VIDEO.md section 3: 22 %
of a core per 1080p25 stream to 360p, so there are places for a few only (`video.places`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from video.bitstream import Codec
from video.contained import ChildLimits, ChildLost, Contained, Rest
from video.errors import ProtocolViolation
from video.fmp4 import InitSegment
from video.ingest import call_in
from video.packager import Fragment, Packager
from video.rtspsource import AccessUnit

logger = logging.getLogger(__name__)

LIMITS = ChildLimits(memory_bytes=1536 * 1024 * 1024)
_QUEUE_UNITS = 50
_MOST_PICTURES = 64

Emit = Callable[[InitSegment | None, Fragment | None], None]


@dataclass(frozen=True, slots=True)
class Converted:
    """One picture as H.264 in Annex B form, ``presented`` as its unit was."""

    payload: bytes
    presented: int
    is_key: bool


class Converter:
    """One stream's child; used in the event loop by one at a time.

    Parameters
    ----------
    codec : Codec
        Of the units; key units hold their parameter sets.
    limits : ChildLimits

    """

    def __init__(self, codec: Codec, limits: ChildLimits = LIMITS) -> None:
        self._codec = codec
        self._child = Contained("video.transcodechild", limits)
        self._begins = True

    @property
    def pid(self) -> int | None:
        """Return the child's number, None while there is none."""
        return self._child.pid

    async def convert(self, payload: bytes, presented: int) -> list[Converted]:
        """Return the pictures that this unit completes.

        Parameters
        ----------
        payload : bytes
            One access unit in Annex B form, the first one a key unit; empty asks for what is held.
        presented : int
            In 90 kHz ticks.

        Returns
        -------
        list of Converted

        Raises
        ------
        ProtocolViolation
            The unit does not decode; the next key unit mends it.
        ChildLost
            It cost the child its life, or the child answered nonsense.

        """
        question = {"codec": self._codec, "presented": presented, "begin": self._begins}
        try:
            told, body = await self._child.ask(question, payload)
            self._begins = False
            if "refused" in told:
                raise ProtocolViolation(f"the picture does not decode: {told['refused']!s:.60}")
            return _pictures_in(told, body)
        except ChildLost:
            self._begins = True
            raise

    def restart(self) -> None:
        """Forget what came before: the next unit is a key unit."""
        self._begins = True

    async def end(self) -> None:
        """End the child."""
        await self._child.end()


class Transcoder:
    """Converts what it is fed, as far as it keeps up; what it cannot goes up to the next key unit.

    A child that dies is begun anew at a key unit, after twice the pause each time. Made in the
    event loop.

    Parameters
    ----------
    emit : callable
        Called in the event loop with what ``Packager.pack`` returns.
    codec : Codec
        Of the units fed; key units must hold their parameter sets.
    limits : ChildLimits

    """

    def __init__(self, emit: Emit, codec: Codec = "h265", limits: ChildLimits = LIMITS) -> None:
        self._emit = emit
        self._converter = Converter(codec, limits)
        self._loop = asyncio.get_running_loop()
        self._units: deque[AccessUnit] = deque()
        self._fed = asyncio.Event()
        self._needs_key = True
        self._packager = Packager("h264")
        self._received: dict[int, int] = {}
        self._rest = Rest(calm_s=60.0)
        self._task = asyncio.create_task(self._run())

    @property
    def pid(self) -> int | None:
        """Return the child's number, None while there is none."""
        return self._converter.pid

    def feed(self, unit: AccessUnit) -> None:
        """Queue a unit; from any thread, never blocks."""
        call_in(self._loop, self._take, unit)

    def stop(self) -> asyncio.Task[None]:
        """End the conversion and its child; return the task of it, which may be awaited."""
        self._task.cancel()
        return self._task

    def _take(self, unit: AccessUnit) -> None:
        if self._needs_key and not unit.is_key:
            return
        self._needs_key = len(self._units) >= _QUEUE_UNITS
        if not self._needs_key:
            self._units.append(unit)
            self._fed.set()

    async def _run(self) -> None:
        try:
            while True:
                while not self._units:
                    self._fed.clear()
                    await self._fed.wait()
                await self._convert(self._units.popleft())
        finally:
            await self._converter.end()

    async def _convert(self, unit: AccessUnit) -> None:
        presented = unit.presented or 0
        self._received[presented] = unit.received_ms
        try:
            for picture in await self._converter.convert(unit.payload, presented):
                received_ms = self._received.pop(picture.presented, unit.received_ms)
                made = AccessUnit(picture.payload, picture.presented, picture.is_key, received_ms)
                self._emit(*self._packager.pack(made))
        except ProtocolViolation as damaged:
            logger.debug("picture skipped: %s", damaged)
            self._begin_at_a_key()
        except ChildLost as lost:
            await self._bury(lost)
        while len(self._received) > 2 * _QUEUE_UNITS:
            self._received.pop(next(iter(self._received)))

    async def _bury(self, lost: ChildLost) -> None:
        now_s = time.monotonic()
        self._rest.died(now_s)
        pause_s = self._rest.left_s(now_s)
        logger.warning(
            "a conversion ended by %s rests for %.1f s", lost.reason, pause_s,
            extra={"action": "stream.conversion_lost"},
        )  # fmt: skip
        await asyncio.sleep(pause_s)
        self._begin_at_a_key()

    def _begin_at_a_key(self) -> None:
        """Go on at the next key unit, of those that wait or those to come."""
        while self._units and not self._units[0].is_key:
            self._units.popleft()
        self._needs_key = not self._units


def _pictures_in(told: dict[str, Any], body: bytes) -> list[Converted]:
    """Return the child's answer as values; one that does not fit together counts as a death."""
    pictures, at = [], 0
    try:
        for presented, is_key, length in told["pictures"][:_MOST_PICTURES]:
            coded = body[at : at + int(length)]
            pictures.append(Converted(coded, int(presented), bool(is_key)))
            at += int(length)
    except (KeyError, TypeError, ValueError) as broken:
        raise ChildLost(type(broken).__name__) from None
    return pictures
