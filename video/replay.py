"""Serves one viewer a recording: paced, sought, paused, over the messages of the live relay.

The recorder sends as fast as it is read; what is read runs a few seconds ahead of the playing. A
seek opens the recording anew: a few round trips, and no maker's idea of seeking in between.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from video.errors import (
    CodecUnplayable,
    CredentialsRejected,
    DeviceError,
    ProtocolViolation,
    Unsupported,
)
from video.places import TranscodePool
from video.protocol import Receive, ViewingTally
from video.replay_packer import LONGEST_STEP_MS
from video.replay_playing import Find, Playing
from video.replay_sending import Sending, ViewerWay
from video.replay_viewer import Command, parse_command
from video.rtspclient import DEFAULT_TIMING, RtspTiming

logger = logging.getLogger(__name__)

_CALM_S = 0.2
_FIRST_WORD_S = 0.15
_TRIES = 3


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """What may be seen, aware true time, and the speed to begin with."""

    from_at: datetime
    to_at: datetime
    speed: float = 1.0


async def serve_replay(
    find: Find,
    order: ReplayOrder,
    way: ViewerWay,
    *,
    tally: ViewingTally | None = None,
    timing: RtspTiming = DEFAULT_TIMING,
    pool: TranscodePool | None = None,
) -> ViewingTally:
    """Send a recording to one viewer until it goes; cancel to end it from outside.

    Parameters
    ----------
    find : coroutine function
        Gives where the recording of an instant is played from.
    order : ReplayOrder
        Nothing outside it is sent but the key picture it begins with.
    way : ViewerWay
        The transport.
    tally : ViewingTally, optional
        Counted into while serving; ``seen`` tells which stretches were sent.
    timing : RtspTiming
        Patience with the recorder.
    pool : TranscodePool, optional
        Places for converting what the viewer cannot play; without one it is told so.

    Returns
    -------
    ViewingTally

    Raises
    ------
    DeviceError
        The recording cannot be played.

    """
    tally = tally or ViewingTally()
    sending = Sending(way, tally, _ms(order.from_at), order.speed)
    replay = _Replay(order, sending, Playing(find, sending, timing, pool))
    tasks = [asyncio.create_task(replay.feed()), asyncio.create_task(replay.listen(way.receive))]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await replay.close()
    return tally


class _Replay:
    def __init__(self, order: ReplayOrder, sending: Sending, playing: Playing) -> None:
        self._sending, self._playing = sending, playing
        self._from_ms, self._to_ms = _ms(order.from_at), _ms(order.to_at)
        self._asked_ms = self._from_ms
        self._again = asyncio.Event()

    async def listen(self, receive: Receive) -> None:
        """Obey the viewer until it goes; a malformed message is not worth a black tile."""
        while (text := await receive()) is not None:
            with suppress(ProtocolViolation):
                command = parse_command(text) if isinstance(text, str) else None
                if command is not None:
                    self._obey(command)

    async def close(self) -> None:
        """Give back what the viewer held."""
        await self._playing.close()

    async def feed(self) -> None:
        """Play from where the viewer wants to be, for ever."""
        # A console says at once where its clock stands: spare the recorder a false start.
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_WORD_S):
                await self._again.wait()
        failures = 0
        while True:
            self._again.clear()
            self._sending.begin(self._asked_ms)
            began_s = time.monotonic()
            playing = asyncio.create_task(self._playing.play(self._asked_ms, self._to_ms))
            again = asyncio.create_task(self._again.wait())
            try:
                await asyncio.wait({playing, again}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                is_sought = not playing.done()
                for task in (playing, again):
                    task.cancel()
                await asyncio.gather(playing, again, return_exceptions=True)
            if not is_sought:
                failures = failures if self._sending.sent_ms is None else 0
                failures = await self._go_on(playing, failures)
            # Seeks that come in a burst (a dragged slider) reach the recorder as one.
            await asyncio.sleep(max(0.0, _CALM_S - (time.monotonic() - began_s)))

    async def _go_on(self, playing: asyncio.Task[bool], failures: int) -> int:
        """Settle where to play on after a stretch ended or broke; return the failures in a row."""
        error = None if playing.cancelled() else playing.exception()
        if isinstance(error, Unsupported):
            await self._sending.tell("none", at=self._asked_ms)
            await self._again.wait()
            return 0
        if isinstance(error, DeviceError):
            self._playing.target = None
            if (
                self._sending.sent_ms is not None
                and self._sending.sent_ms > self._to_ms - LONGEST_STEP_MS
            ):
                return await self._end()  # some hang up at the end instead of saying so
            is_final = isinstance(error, CredentialsRejected | CodecUnplayable)
            if is_final or failures + 1 >= _TRIES:
                raise error
            self._resume_at((self._sending.sent_ms or self._asked_ms) + 1)
            await asyncio.sleep(_CALM_S * 2 ** (failures + 1))
            return failures + 1
        if error is not None:
            raise error
        target = self._playing.target
        if playing.result():  # let go because nobody read: on when the playing has come so far
            await self._sending.until_due(
                (self._sending.sent_ms or self._asked_ms) + 1, patience_s=None
            )
            self._resume_at((self._sending.sent_ms or self._asked_ms) + 1)
        elif target is not None and target.to_at is not None and _ms(target.to_at) < self._to_ms:
            self._resume_at(_ms(target.to_at) + 1)
        else:
            return await self._end()
        return failures

    async def _end(self) -> int:
        await self._sending.tell("ended", at=self._sending.sent_ms or self._asked_ms)
        await self._again.wait()
        return 0

    def _resume_at(self, at_ms: int) -> None:
        if not self._again.is_set():
            self._asked_ms = at_ms

    def _obey(self, command: Command) -> None:
        match command.verb:
            case "seek":
                self._asked_ms = int(min(max(command.value, self._from_ms), self._to_ms))
                self._sending.head.hold(self._asked_ms)
                self._again.set()
            case "clock":
                self._sending.head.move(min(max(command.value, self._from_ms), self._to_ms))
            case "speed":
                self._change_speed(command.value)
            case "pause":
                self._sending.head.pause()
            case "play":
                self._sending.head.play()
            case "step":
                self._sending.step(int(command.value))
            case "sound":
                self._sending.sound.want(on=bool(command.value))
        self._sending.wake()

    def _change_speed(self, speed: float) -> None:
        was_thinned = self._sending.is_thinned
        self._sending.head.pace(speed)
        # A plain recorder sends at the pace it was asked for; and which pictures are sent changes.
        target = self._playing.target
        is_plain = target is not None and target.manner == "range"
        if is_plain or was_thinned != self._sending.is_thinned:
            self._asked_ms = int(min(max(self._sending.head.now_ms, self._from_ms), self._to_ms))
            self._again.set()


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
