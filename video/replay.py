"""Serves one viewer a recording: paced, sought, paused, over the messages of the live relay.

The recorder sends as fast as it is read; what is read runs a few seconds ahead of the playing. A
seek opens the recording anew: a few round trips, and no maker's idea of seeking in between.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from video.errors import (
    CodecUnplayable,
    CredentialsRejected,
    DeviceError,
    ProtocolViolation,
    Unsupported,
)
from video.fmp4 import InitSegment
from video.protocol import Kind, Receive, SendBytes, SendText, ViewingTally, binary
from video.replay_packer import LONGEST_STEP_MS, ReplayFragment, ReplayPacker
from video.replay_source import RecordedPicture, ReplayTarget, recorded_pictures
from video.replay_viewer import Command, Looked, Playhead, init_text, parse_command, state_text
from video.rtspclient import DEFAULT_TIMING, RtspTiming

logger = logging.getLogger(__name__)

Find = Callable[[datetime], Awaitable[ReplayTarget]]
_AHEAD_MS = 2000
_MARGIN_MS = 600_000
# A recorder has few places for players; one that is not read gives its place back.
_IDLE_S = 20.0
_CALM_S = 0.2
_FIRST_WORD_S = 0.15
_TRIES = 3
# Above it a browser cannot decode every picture; key pictures alone still show what happened.
_ALL_PICTURES_UP_TO = 4.0
_LONGEST_GROUP_MS = 12_000


@dataclass(frozen=True, slots=True)
class ReplayOrder:
    """What may be seen, aware true time, and the speed to begin with."""

    from_at: datetime
    to_at: datetime
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class ViewerWay:
    """The way to one viewer: what it plays, and the functions of its transport."""

    send_text: SendText
    send_bytes: SendBytes
    receive: Receive
    codecs: frozenset[str]


async def serve_replay(
    find: Find,
    order: ReplayOrder,
    way: ViewerWay,
    *,
    tally: ViewingTally | None = None,
    timing: RtspTiming = DEFAULT_TIMING,
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

    Returns
    -------
    ViewingTally

    Raises
    ------
    DeviceError
        The recording cannot be played.

    """
    tally = tally or ViewingTally()
    replay = _Replay(find, order, way, tally, timing)
    tasks = [asyncio.create_task(replay.feed()), asyncio.create_task(replay.listen())]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tally


class _Replay:
    def __init__(
        self,
        find: Find,
        order: ReplayOrder,
        way: ViewerWay,
        tally: ViewingTally,
        timing: RtspTiming,
    ) -> None:
        self._find, self._way, self._tally, self._timing = find, way, tally, timing
        self._from_ms, self._to_ms = _ms(order.from_at), _ms(order.to_at)
        self._asked_ms = self._from_ms
        self._sent_ms: int | None = None
        self._passed_ms = self._from_ms
        self._head = Playhead(self._from_ms, order.speed)
        self._packer = ReplayPacker(self._from_ms - _MARGIN_MS)
        self._target: ReplayTarget | None = None
        self._generation = 0
        self._steps = 0
        self._looked = Looked()
        self._again = asyncio.Event()
        self._moved = asyncio.Event()

    async def listen(self) -> None:
        """Obey the viewer until it goes; a malformed message is not worth a black tile."""
        while (text := await self._way.receive()) is not None:
            with suppress(ProtocolViolation):
                command = parse_command(text) if isinstance(text, str) else None
                if command is not None:
                    self._obey(command)

    async def feed(self) -> None:
        """Play from where the viewer wants to be, for ever."""
        # A console says at once where its clock stands: spare the recorder a false start.
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_WORD_S):
                await self._again.wait()
        failures = 0
        while True:
            self._again.clear()
            self._sent_ms = None
            self._passed_ms = self._asked_ms
            began_s = time.monotonic()
            playing = asyncio.create_task(self._play_from(self._asked_ms))
            again = asyncio.create_task(self._again.wait())
            try:
                await asyncio.wait({playing, again}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                is_sought = not playing.done()
                for task in (playing, again):
                    task.cancel()
                await asyncio.gather(playing, again, return_exceptions=True)
            if not is_sought:
                failures = failures if self._sent_ms is None else 0
                failures = await self._go_on(playing, failures)
            # Seeks that come in a burst (a dragged slider) reach the recorder as one.
            await asyncio.sleep(max(0.0, _CALM_S - (time.monotonic() - began_s)))

    async def _go_on(self, playing: asyncio.Task[bool], failures: int) -> int:
        """Settle where to play on after a stretch ended or broke; return the failures in a row."""
        error = None if playing.cancelled() else playing.exception()
        if isinstance(error, Unsupported):
            await self._way.send_text(state_text("none", at=self._asked_ms))
            await self._again.wait()
            return 0
        if isinstance(error, DeviceError):
            self._target = None
            if self._sent_ms is not None and self._sent_ms > self._to_ms - LONGEST_STEP_MS:
                return await self._end()  # some hang up at the end instead of saying so
            is_final = isinstance(error, CredentialsRejected | CodecUnplayable)
            if is_final or failures + 1 >= _TRIES:
                raise error
            self._resume_at((self._sent_ms or self._asked_ms) + 1)
            await asyncio.sleep(_CALM_S * 2 ** (failures + 1))
            return failures + 1
        if error is not None:
            raise error
        target = self._target
        if playing.result():  # let go because nobody read: on when the playing has come so far
            await self._until_due((self._sent_ms or self._asked_ms) + 1, patience_s=None)
            self._resume_at((self._sent_ms or self._asked_ms) + 1)
        elif target is not None and target.to_at is not None and _ms(target.to_at) < self._to_ms:
            self._resume_at(_ms(target.to_at) + 1)
        else:
            return await self._end()
        return failures

    async def _end(self) -> int:
        await self._way.send_text(state_text("ended", at=self._sent_ms or self._asked_ms))
        await self._again.wait()
        return 0

    def _resume_at(self, at_ms: int) -> None:
        if not self._again.is_set():
            self._asked_ms = at_ms

    async def _play_from(self, at_ms: int) -> bool:
        """Send what is recorded from an instant on; return whether it was let go unread."""
        await self._way.send_text(state_text("opening", at=at_ms))
        at = _at(at_ms)
        if self._target is None or not self._target.holds(at):
            self._target = await self._find(at)
        target = self._target
        scale = self._head.speed if target.manner == "range" else 1.0
        self._packer.restart()
        # Left-out pictures are no gap: what stands for them lasts until the next key picture.
        self._packer.longest_step_ms = _LONGEST_GROUP_MS if self._is_thinned else LONGEST_STEP_MS
        pictures = recorded_pictures(target, at, _at(self._to_ms), scale=scale, timing=self._timing)
        is_first = True
        async with aclosing(pictures):
            async for picture in pictures:
                if picture.at_ms > self._to_ms:
                    break
                if is_first:
                    await self._begin(target, picture)
                    is_first = False
                if self._is_thinned and not picture.is_key:
                    continue
                if not await self._send_all(self._packer.pack(picture)):
                    return True
        return not await self._send_all(self._packer.restart())

    async def _begin(self, target: ReplayTarget, picture: RecordedPicture) -> None:
        if picture.track.codec == "h265" and "hvc1" not in self._way.codecs:
            raise CodecUnplayable("the recording is H.265 and this browser plays none")
        await self._way.send_text(
            state_text(
                "playing",
                at=self._asked_ms,
                is_exact=picture.is_exact,
                clock_offset_s=round(target.clock_offset_s, 3),
                clock_error_s=target.clock_error_s,
            )
        )
        self._head.run()

    async def _send_all(self, ready: list[InitSegment | ReplayFragment]) -> bool:
        """Send what is ready, each when it is due; return False when nobody reads."""
        for item in ready:
            if isinstance(item, InitSegment):
                self._generation += 1
                text = init_text(item, self._generation, self._packer.origin_ms)
                await self._way.send_text(text)
                await self._send(binary(Kind.INIT, item.payload))
                continue
            if item.at_ms - self._passed_ms > self._packer.longest_step_ms:
                gap = state_text("gap", at=self._passed_ms, until=item.at_ms)
                await self._way.send_text(gap)
            self._passed_ms = max(self._passed_ms, item.at_ms)
            if not await self._until_due(item.at_ms, patience_s=_IDLE_S):
                return False
            kind = Kind.KEY_FRAGMENT if item.is_key else Kind.FRAGMENT
            await self._send(binary(kind, item.payload, item.at_ms))
            self._sent_ms = item.at_ms
            self._looked.add(item.at_ms)
            self._tally.seen["looked_at"] = self._looked.told()
        return True

    async def _send(self, message: bytes) -> None:
        await self._way.send_bytes(message)
        self._tally.bytes_sent += len(message)
        self._tally.messages_sent += 1

    async def _until_due(self, at_ms: int, *, patience_s: float | None) -> bool:
        """Wait until a picture may be sent; return False when the patience is over."""
        end_s = None if patience_s is None else time.monotonic() + patience_s
        while True:
            if self._steps > 0:
                self._steps -= 1
                return True
            speed = max(1.0, self._head.speed)
            wait_s = (at_ms - self._head.now_ms - _AHEAD_MS * speed) / 1000 / self._head.speed
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

    @property
    def _is_thinned(self) -> bool:
        return self._head.speed > _ALL_PICTURES_UP_TO

    def _obey(self, command: Command) -> None:
        match command.verb:
            case "seek":
                self._asked_ms = int(min(max(command.value, self._from_ms), self._to_ms))
                self._head.hold(self._asked_ms)
                self._again.set()
            case "clock":
                self._head.move(min(max(command.value, self._from_ms), self._to_ms))
            case "speed":
                self._change_speed(command.value)
            case "pause":
                self._head.pause()
            case "play":
                self._head.play()
            case "step":
                self._steps += int(command.value)
        self._moved.set()

    def _change_speed(self, speed: float) -> None:
        was_thinned = self._is_thinned
        self._head.pace(speed)
        # A plain recorder sends at the pace it was asked for; and which pictures are sent changes.
        is_plain = self._target is not None and self._target.manner == "range"
        if is_plain or was_thinned != self._is_thinned:
            self._asked_ms = int(min(max(self._head.now_ms, self._from_ms), self._to_ms))
            self._again.set()


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _at(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
