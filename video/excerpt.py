"""Cuts a stretch out of a recorder's recording, copied as it was recorded, into parts of a clip.

Times are the recorder's, put right by how far its clock is off. The recorder is read no faster
than the disk takes it; where it has no pictures a part ends, and a gap is listed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from video.clipfile import ClipFile, ClipPart
from video.errors import DeviceError, Unsupported
from video.fmp4 import InitSegment
from video.recorder import Gap, disk_fault
from video.replay_packer import LONGEST_STEP_MS, ReplayFragment, ReplayPacker
from video.replay_sound import SoundUnits
from video.replay_source import RecordedPicture, RecordedSound, ReplayTarget, recorded_pieces
from video.rtspclient import DEFAULT_TIMING, RtspTiming
from video.rtspclient_sdp import SoundTrack
from video.sound import playable
from video.tap import StreamInfo, Unit, info_of

GAP = "recording.gap"
# The key picture a stretch begins with lies so far before it at most.
_LONGEST_GROUP_MS = 15_000

Find = Callable[[datetime], Awaitable[ReplayTarget]]
# Told how many bytes are on the disk; answers why no more may come, None to go on.
MayGrow = Callable[[int], Awaitable[str | None]]


@dataclass(slots=True)
class Excerpt:
    """What was cut out so far; ``broken`` tells why it ended early, None while it did not.

    ``target`` is where it came from: the manner, and how far the recorder's clock runs ahead.
    """

    parts: list[ClipPart] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    target: ReplayTarget | None = None
    broken: str | None = None


async def _grows(_size_bytes: int) -> None:
    return None


async def cut(
    find: Find,
    folder: Path,
    from_at: datetime,
    to_at: datetime,
    *,
    timing: RtspTiming = DEFAULT_TIMING,
    may_grow: MayGrow = _grows,
) -> Excerpt:
    """Write a stretch of a recording into a folder; cancelled, what is whole there stays.

    Parameters
    ----------
    find : coroutine function
        Gives where the recording of an instant is played from, or of the next one after it.
    folder : Path
        Must exist and be empty.
    from_at, to_at : datetime
        Aware, true time; the first picture is the key picture at or before the beginning.
    timing : RtspTiming
        Patience with the recorder.
    may_grow : coroutine function
        Asked before each group of pictures; its answer ends the excerpt and becomes ``broken``.

    Returns
    -------
    Excerpt
        Without parts where nothing is recorded. A recorder that breaks off midway and a disk that
        takes no more are no errors: ``broken`` holds the code, and what was whole is kept.

    Raises
    ------
    DeviceError
        The recording cannot be had at all.

    """
    excerpt = Excerpt()
    writer = _Writer(folder, excerpt, _ms(from_at) - _LONGEST_GROUP_MS)
    try:
        at_ms: int | None = _ms(from_at)
        while at_ms is not None and at_ms < _ms(to_at) and excerpt.broken is None:
            target = excerpt.target = await find(_at(at_ms))
            pieces = recorded_pieces(target, _at(at_ms), to_at, timing=timing)
            async with aclosing(pieces):
                excerpt.broken = await _copy(pieces, writer, _ms(to_at), may_grow)
            at_ms = None if target.to_at is None else max(at_ms, _ms(target.to_at)) + 1
    except Unsupported:
        if excerpt.target is None:
            raise  # nothing is recorded at all; later on: nothing more
    except DeviceError as error:
        if not writer.has_pictures:
            raise
        excerpt.broken = error.code
    except OSError as error:
        excerpt.broken = disk_fault(error)
    finally:
        with suppress(OSError):  # the part ends with what was whole before
            await asyncio.to_thread(writer.close)
    return excerpt


async def _copy(
    pieces: AsyncIterator[RecordedPicture | RecordedSound],
    writer: _Writer,
    to_ms: int,
    may_grow: MayGrow,
) -> str | None:
    """Write what one session brings; return why it was ended early."""
    async for piece in pieces:
        if isinstance(piece, RecordedSound):
            writer.hear(piece)
            continue
        if piece.at_ms > to_ms:
            break
        if piece.is_key and (why := await may_grow(writer.size_bytes)):
            return why
        await writer.take(piece)
    await writer.end_session()
    return None


class _Writer:
    """Pictures and sound into files, a group of pictures at a time."""

    def __init__(self, folder: Path, excerpt: Excerpt, origin_ms: int) -> None:
        self._folder = folder
        self._excerpt = excerpt
        self._packer = ReplayPacker(origin_ms)
        self._sounds = SoundUnits(origin_ms)
        self._init: InitSegment | None = None
        self._sound: SoundTrack | None = None
        self._info: StreamInfo | None = None
        self._file: ClipFile | None = None
        self._group: list[Unit] = []
        self._last_ms: int | None = None

    @property
    def has_pictures(self) -> bool:
        return self._last_ms is not None

    @property
    def size_bytes(self) -> int:
        present = 0 if self._file is None else self._file.part.size_bytes
        return present + sum(part.size_bytes for part in self._excerpt.parts)

    async def take(self, picture: RecordedPicture) -> None:
        """Take the next picture; waits for the disk."""
        await self._take(self._packer.pack(picture), picture.track.sound)

    async def end_session(self) -> None:
        """Take what is still held; what follows may sound otherwise."""
        await self._take(self._packer.restart(), self._sound)
        self._sounds.restart()

    def hear(self, piece: RecordedSound) -> None:
        """Take a piece of sound; what lies beyond the pictures is left out."""
        if self._file is None or self._info is None or self._info.audio is None:
            return
        if self._last_ms is not None and abs(piece.at_ms - self._last_ms) <= LONGEST_STEP_MS:
            self._group += self._sounds.of(piece)

    async def _take(
        self, pieces: list[InitSegment | ReplayFragment], sound: SoundTrack | None
    ) -> None:
        for piece in pieces:
            if isinstance(piece, InitSegment):
                self._init = piece
                await asyncio.to_thread(self._begin_stream, sound)
            elif piece.is_key:
                if sound != self._sound:  # of another recording of the same device
                    await asyncio.to_thread(self._begin_stream, sound)
                await asyncio.to_thread(self._begin_group, piece)
            if isinstance(piece, ReplayFragment) and self._file is not None:
                self._group.append(_unit(piece))
                self._last_ms = piece.at_ms

    def _begin_stream(self, sound: SoundTrack | None) -> None:
        self.close()
        self._sound = sound
        audio = None if sound is None else playable(sound.form)
        self._info = None if self._init is None else info_of(self._init, audio)

    def _begin_group(self, piece: ReplayFragment) -> None:
        is_gap = self._last_ms is not None and piece.at_ms - self._last_ms > LONGEST_STEP_MS
        if is_gap and self._last_ms is not None:
            self.close()
            self._excerpt.gaps.append(Gap(self._last_ms, piece.at_ms, GAP))
        else:
            self._flush()
        if self._file is None and self._info is not None:
            info = self._info
            begun = ClipPart(
                file=f"clip-{len(self._excerpt.parts):03d}.mp4",
                codec=info.codec_string,
                width=info.width,
                height=info.height,
                reason=GAP if is_gap else "",
            )
            self._file = ClipFile(self._folder, begun, info.recording_init)

    def _flush(self) -> None:
        group, self._group = self._group, []
        if self._file is not None:
            self._file.add(group)

    def close(self) -> None:
        """End the present part."""
        if self._file is None:
            return
        try:
            self._flush()
        finally:
            part = self._file.close()
            self._file = None
            if part.frames:
                self._excerpt.parts.append(part)


def _unit(piece: ReplayFragment) -> Unit:
    time = piece.time
    return Unit(
        pts=time.decode + time.offset,
        dts=time.decode,
        duration=time.duration,
        is_key=piece.is_key,
        received_ms=piece.at_ms,
        absolute_ms=None,
        fragment=piece.payload,
    )


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _at(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
