"""Recordings a browser cannot play, converted picture by picture under the budget of live ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from video.bitstream import split_nals
from video.contained import ChildLost
from video.errors import StreamFailed
from video.places import Place, TranscodePool
from video.replay_packer import LONGEST_STEP_MS
from video.replay_source import RecordedPicture
from video.timeline import TICKS_PER_S
from video.transcode import Converted, Converter

_TICKS_PER_MS = TICKS_PER_S // 1000
_START_CODE = b"\0\0\0\1"

TellLine = Callable[[int, int], Awaitable[None]]


class ReplayConversion:
    """One viewer's conversion to H.264; its place is kept until the viewer goes.

    Parameters
    ----------
    pool : TranscodePool
        Shared with the live streams of the process.
    tell_line : coroutine function
        Told place and length of the line while there is no place.

    """

    def __init__(self, pool: TranscodePool, tell_line: TellLine) -> None:
        self._tell_line = tell_line
        self.longest_step_ms = LONGEST_STEP_MS
        self._turn = asyncio.Event()
        self._moved = asyncio.Event()
        self._line: tuple[int, int] | None = None
        self._place: Place = pool.ask(self._turn.set, self._move)
        self._converter: Converter | None = None
        self._last: RecordedPicture | None = None

    async def wait(self) -> None:
        """Return when there is a place."""
        while not self._turn.is_set():
            if self._line is not None:
                await self._tell_line(*self._line)
            self._moved.clear()
            turn, moved = (asyncio.ensure_future(e.wait()) for e in (self._turn, self._moved))
            try:
                await asyncio.wait({turn, moved}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                turn.cancel()
                moved.cancel()

    async def convert(self, picture: RecordedPicture) -> list[RecordedPicture]:
        """Return the converted pictures that this one completes, in the order they are shown.

        Raises
        ------
        ProtocolViolation
            The picture does not decode.
        StreamFailed
            It ended the decoder.

        """
        ready: list[RecordedPicture] = []
        if self._last is None or picture.follows_loss or self._is_jump(picture.at_ms):
            ready = await self.drain()
            if not picture.is_key:
                return ready
        if self._converter is None:
            self._converter = Converter(picture.track.codec)
        self._last = picture
        sets = picture.sets.annex_b if picture.is_key and picture.sets else b""
        payload = sets + b"".join(_START_CODE + unit for unit in picture.nals)
        return ready + await self._ask(payload, picture.at_ms)

    async def drain(self) -> list[RecordedPicture]:
        """Return what is still held; the next picture is a key picture."""
        held = [] if self._last is None else await self._ask(b"", 0)
        if self._converter is not None:
            self._converter.restart()
        self._last = None
        return held

    def restart(self, longest_step_ms: int) -> None:
        """Forget what came before; a longer step than this one is a gap."""
        self.longest_step_ms = longest_step_ms
        self._last = None
        if self._converter is not None:
            self._converter.restart()

    async def end(self) -> None:
        """Give the place back and end the child."""
        self._place.give_back()
        if self._converter is not None:
            await self._converter.end()

    def _move(self, place: int, of: int) -> None:
        self._line = place, of
        self._moved.set()

    def _is_jump(self, at_ms: int) -> bool:
        return self._last is not None and abs(at_ms - self._last.at_ms) > self.longest_step_ms

    async def _ask(self, payload: bytes, at_ms: int) -> list[RecordedPicture]:
        if self._converter is None or self._last is None:
            return []
        try:
            made = await self._converter.convert(payload, at_ms * _TICKS_PER_MS)
        except ChildLost as lost:
            raise StreamFailed(f"the recording ended its decoder: {lost.reason}") from None
        return [_recorded(one, self._last) for one in made]


def _recorded(made: Converted, like: RecordedPicture) -> RecordedPicture:
    return RecordedPicture(
        nals=tuple(split_nals(made.payload)),
        at_ms=made.presented // _TICKS_PER_MS,
        is_key=made.is_key,
        follows_loss=False,
        is_exact=like.is_exact,
        track=replace(like.track, codec="h264", parameter_sets=None),
    )
