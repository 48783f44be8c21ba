"""Cuts a stretch out of a recorder's recording, copied as it was recorded, into parts of a clip.

Times are the recorder's, put right by how far its clock is off. The recorder is read no faster
than the disk takes it; where it has no pictures a part ends, and a gap is listed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from video.clipfile import ClipFile, ClipPart
from video.errors import DeviceError, Unsupported
from video.fmp4 import InitSegment
from video.recorder import Gap, disk_fault
from video.replay_packer import LONGEST_STEP_MS, ReplayFragment, ReplayPacker
from video.replay_source import ReplayTarget, recorded_pictures
from video.rtspclient import DEFAULT_TIMING, RtspTiming
from video.tap import StreamInfo, Unit, info_of

GAP = "recording.gap"
# The key picture a stretch begins with lies so far before it at most.
_LONGEST_GROUP_MS = 15_000

Find = Callable[[datetime], Awaitable[ReplayTarget]]


@dataclass(slots=True)
class Excerpt:
    """What was cut out so far; ``broken`` tells why it ended early, None while it did not.

    ``target`` is where it came from: the manner, and how far the recorder's clock runs ahead.
    """

    parts: list[ClipPart] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    target: ReplayTarget | None = None
    broken: str | None = None


async def cut(
    find: Find,
    folder: Path,
    from_at: datetime,
    to_at: datetime,
    *,
    timing: RtspTiming = DEFAULT_TIMING,
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
    writer = _Writer(folder, excerpt)
    packer = ReplayPacker(_ms(from_at) - _LONGEST_GROUP_MS)
    try:
        at_ms: int | None = _ms(from_at)
        while at_ms is not None and at_ms < _ms(to_at):
            target = excerpt.target = await find(_at(at_ms))
            pictures = recorded_pictures(target, _at(at_ms), to_at, timing=timing)
            async with aclosing(pictures):
                async for picture in pictures:
                    if picture.at_ms > _ms(to_at):
                        break
                    await writer.take(packer.pack(picture))
            await writer.take(packer.restart())
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


class _Writer:
    """Packed pictures into files, a group of pictures at a time."""

    def __init__(self, folder: Path, excerpt: Excerpt) -> None:
        self._folder = folder
        self._excerpt = excerpt
        self._info: StreamInfo | None = None
        self._file: ClipFile | None = None
        self._group: list[Unit] = []
        self._last_ms: int | None = None

    @property
    def has_pictures(self) -> bool:
        return self._last_ms is not None

    async def take(self, pieces: list[InitSegment | ReplayFragment]) -> None:
        """Take what the packer made; waits for the disk."""
        for piece in pieces:
            if isinstance(piece, InitSegment):
                await asyncio.to_thread(self.close)
                self._info = info_of(piece, None)
            elif piece.is_key:
                await asyncio.to_thread(self._begin_group, piece)
            if isinstance(piece, ReplayFragment) and self._file is not None:
                self._group.append(_unit(piece))
                self._last_ms = piece.at_ms

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
