"""Plays stretches of a recording to one viewer: converted where it must be, its sound beside it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from datetime import UTC, datetime

from video.errors import CodecUnplayable
from video.places import TranscodePool
from video.protocol import queue_text
from video.replay_conversion import ReplayConversion
from video.replay_packer import LONGEST_STEP_MS
from video.replay_sending import Sending
from video.replay_source import (
    RecordedPicture,
    RecordedSound,
    ReplayTarget,
    recorded_pictures,
    recorded_pieces,
)
from video.rtspclient import RtspTiming

Find = Callable[[datetime], Awaitable[ReplayTarget]]
_LONGEST_GROUP_MS = 12_000


class Playing:
    """What one viewer is shown of a recording, stretch after stretch.

    Parameters
    ----------
    find : coroutine function
        Gives where the recording of an instant is played from.
    sending : Sending
    timing : RtspTiming
        Patience with the recorder.
    pool : TranscodePool, optional
        Places for converting what the viewer cannot play.

    """

    def __init__(
        self, find: Find, sending: Sending, timing: RtspTiming, pool: TranscodePool | None
    ) -> None:
        self.target: ReplayTarget | None = None
        self._find, self._sending, self._timing, self._pool = find, sending, timing, pool
        self._conversion: ReplayConversion | None = None

    async def close(self) -> None:
        """Give back what the viewer held."""
        if self._conversion is not None:
            await self._conversion.end()

    async def play(self, at_ms: int, to_ms: int) -> bool:
        """Send what is recorded from an instant on; return whether it was let go unread.

        Raises
        ------
        DeviceError
            Any of the tree.

        """
        sending = self._sending
        await sending.tell("opening", at=at_ms)
        at = _at(at_ms)
        if self.target is None or not self.target.holds(at):
            self.target = await self._find(at)
        self._restart()
        pieces = self._pieces(self.target, at, _at(to_ms))
        is_first = True
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, RecordedSound):
                    await sending.send_sound(piece)
                    continue
                if piece.at_ms > to_ms:
                    break
                if is_first:
                    await self._begin(self.target, piece, at_ms)
                    is_first = False
                if sending.is_thinned and not piece.is_key:
                    continue
                if not await self._send(await self._playable(piece)):
                    return True
        held = [] if self._conversion is None else await self._conversion.drain()
        return not (await self._send(held) and await sending.send_all(sending.packer.restart()))

    def _pieces(
        self, target: ReplayTarget, at: datetime, to_at: datetime
    ) -> AsyncGenerator[RecordedPicture | RecordedSound, None]:
        scale = self._sending.head.speed if target.manner == "range" else 1.0
        # Of what is shown in key pictures alone nothing can be understood.
        played = recorded_pictures if self._sending.is_thinned else recorded_pieces
        return played(target, at, to_at, scale=scale, timing=self._timing)

    async def _send(self, pictures: list[RecordedPicture]) -> bool:
        for picture in pictures:
            if not await self._sending.send_all(self._sending.packer.pack(picture)):
                return False
        return True

    def _restart(self) -> None:
        # Left-out pictures are no gap: what stands for them lasts until the next key picture.
        longest_ms = _LONGEST_GROUP_MS if self._sending.is_thinned else LONGEST_STEP_MS
        self._sending.packer.restart()
        self._sending.sound.restart()
        self._sending.packer.longest_step_ms = longest_ms
        if self._conversion is not None:
            self._conversion.restart(longest_ms)

    async def _begin(self, target: ReplayTarget, picture: RecordedPicture, asked_ms: int) -> None:
        if picture.track.codec == "h265" and "hvc1" not in self._sending.codecs:
            await self._take_place()
        await self._sending.tell(
            "playing",
            at=asked_ms,
            is_exact=picture.is_exact,
            clock_offset_s=round(target.clock_offset_s, 3),
            clock_error_s=target.clock_error_s,
        )
        told = self._sending.sound.tell(picture.track.sound)
        if told is not None:
            await self._sending.send_text(told)
        self._sending.head.run()

    async def _take_place(self) -> None:
        """Have the recording converted, as soon as there is a place."""
        if self._pool is None:
            raise CodecUnplayable("the recording is H.265 and this browser plays none")

        async def tell(place: int, of: int) -> None:
            await self._sending.send_text(queue_text(place, of))

        if self._conversion is None:
            self._conversion = ReplayConversion(self._pool, tell)
            self._sending.rung = "transcode"
        await self._conversion.wait()

    async def _playable(self, picture: RecordedPicture) -> list[RecordedPicture]:
        if self._conversion is None or picture.track.codec != "h265":
            return [picture]
        return await self._conversion.convert(picture)


def _at(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
