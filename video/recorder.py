"""Records the units of a ring into the parts of a clip, in a thread of its own.

The event loop hands over and never waits for the disk. A new part begins with each section; what
lies between two sections is a gap, listed with its reason. What a process that was killed has
left goes on in the same way.
"""

from __future__ import annotations

import errno
import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from video.clipfile import ClipFile, ClipPart, journal_of
from video.ring import Section
from video.tap import Unit

logger = logging.getLogger(__name__)

_MOST_WAITING_BYTES = 64 * 1024 * 1024
DISK_FULL, DISK_FAILED = "disk_full", "disk_failed"
BEHIND = "evidence.disk_slow"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Gap:
    """From the last picture before to the first one after, epoch milliseconds; why."""

    from_ms: int
    to_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Left:
    """What a process that was killed left of a clip: its parts, the gaps between, and the reason
    of the gap that follows.
    """

    parts: Sequence[ClipPart] = ()
    gaps: Sequence[Gap] = ()
    reason: str = ""


class Recorder:
    """Writes one clip into a folder.

    Parameters
    ----------
    folder : Path
        Must exist; it holds no more than what was left.
    left : Left
        What an earlier recorder wrote there: the clip goes on behind it.

    """

    def __init__(self, folder: Path, left: Left | None = None) -> None:
        left = left or Left()
        self.fault: str | None = None
        self._folder = folder
        self._waiting: deque[tuple[Section, Unit] | None] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._parts: list[ClipPart] = list(left.parts)
        self._gaps: list[Gap] = list(left.gaps)
        self._next_no = 1 + max((_number(part) for part in left.parts), default=-1)
        self._waits_after = left.reason if left.parts else None
        self._file: ClipFile | None = None
        self._section: Section | None = None
        self._group: list[Unit] = []
        self._last_ms = left.parts[-1].last_ms if left.parts else 0
        self._is_behind = False
        self._resumed: tuple[Section, Section] | None = None
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def take(self, section: Section, unit: Unit) -> None:
        """Hand over the next unit; called in the event loop, returns at once."""
        size = len(unit.fragment) + len(unit.sound)
        with self._changed:
            if self._waiting_bytes + size > _MOST_WAITING_BYTES:
                self._is_behind = True  # dropped until a key picture comes when there is room
                return
            if self._is_behind:
                if not unit.is_key:
                    return
                self._is_behind = False
                self._resumed = (section, Section(section.info, BEHIND))
            self._waiting.append((self._named(section), unit))
            self._waiting_bytes += size
            self._changed.notify()

    def finish(self) -> tuple[list[ClipPart], list[Gap]]:
        """Write what waits, close the last part, and return parts and gaps; blocks."""
        with self._changed:
            self._waiting.append(None)
            self._changed.notify()
        self._thread.join()
        return self._parts, self._gaps

    @property
    def last_ms(self) -> int:
        """Return when the last picture handed over had been received; 0 before the first."""
        return self._last_ms

    @property
    def has_gone_on(self) -> bool:
        """Return whether a picture came since what was left; True where nothing was."""
        return self._waits_after is None

    @property
    def size_bytes(self) -> int:
        """Return how much is on the disk so far."""
        present = self._file
        done = sum(part.size_bytes for part in self._parts)
        return done + (0 if present is None else present.part.size_bytes)

    def _named(self, section: Section) -> Section:
        """Return the section as it is written: another one since units had to be dropped."""
        if self._resumed is not None and self._resumed[0] is section:
            return self._resumed[1]
        return section

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            if self.fault is None:
                self._guarded(*taken)
        self._end_part()

    def _next(self) -> tuple[Section, Unit] | None:
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            taken = self._waiting.popleft()
            if taken is not None:
                self._waiting_bytes -= len(taken[1].fragment) + len(taken[1].sound)
            return taken

    def _guarded(self, section: Section, unit: Unit) -> None:
        try:
            self._write(section, unit)
        except OSError as error:
            self.fault = disk_fault(error)
            logger.error("a recording ends: %s", error, extra={"action": "evidence.disk"})
            self._group.clear()

    def _write(self, section: Section, unit: Unit) -> None:
        if section is not self._section:
            self._begin(section, unit)
        elif unit.is_key and not unit.is_audio:
            self._flush()
        self._group.append(unit)
        self._last_ms = unit.received_ms

    def _begin(self, section: Section, unit: Unit) -> None:
        self._end_part()
        if self.fault is not None:
            return
        reason = section.reason if self._waits_after is None else self._waits_after
        if self._section is not None or self._waits_after is not None:
            self._gaps.append(Gap(self._last_ms, unit.received_ms, reason))
        self._section, self._waits_after = section, None
        info = section.info
        begun = ClipPart(
            file=f"clip-{self._next_no:03d}.mp4",
            codec=info.codec_string,
            width=info.width,
            height=info.height,
            reason=reason,
        )
        self._next_no += 1
        self._file = ClipFile(self._folder, begun, info.recording_init)

    def _flush(self) -> None:
        group, self._group = self._group, []
        if self._file is not None:
            self._file.add(group)

    def _end_part(self) -> None:
        """Close the present part; a disk that is full keeps what was whole before."""
        if self._file is None:
            return
        try:
            self._flush()
        except OSError as error:
            self.fault = self.fault or disk_fault(error)
        part = self._file.close()
        self._file = None
        if part.frames:
            self._parts.append(part)
        else:
            (self._folder / part.file).unlink()
            journal_of(self._folder / part.file).unlink()


def disk_fault(error: OSError) -> str:
    """Return whether the disk is full or failing."""
    return DISK_FULL if error.errno in _FULL else DISK_FAILED


def _number(part: ClipPart) -> int:
    return int(part.file.removeprefix("clip-").removesuffix(".mp4"))
