"""One file of a recording: fragmented MP4, one fragment a group of pictures, each on disk at once.

Beside the file stands its journal, a line of JSON for each fragment with the running SHA-256, so
that after a crash the whole fragments are known and shown to be as they were written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from video.clipboxes import fragment, length_of, seek_table, with_length
from video.tap import Unit
from video.timeline import TICKS_PER_S


@dataclass(frozen=True, slots=True)
class ClipPart:
    """What one file holds; times are epoch milliseconds by this machine's clock.

    ``cut_bytes`` were removed behind the last whole group after a crash; ``is_doubtful`` says that
    what was left did not match the journal.
    """

    file: str
    codec: str
    width: int
    height: int
    reason: str = ""
    first_ms: int = 0
    last_ms: int = 0
    ticks: int = 0
    frames: int = 0
    size_bytes: int = 0
    sha256: str = ""
    device_first_ms: int | None = None
    cut_bytes: int = 0
    is_doubtful: bool = False


class ClipFile:
    """A file being written; used in one thread.

    Parameters
    ----------
    folder : Path
        Must exist.
    begun : ClipPart
        Name, codec and size; the rest is counted here.
    opening : bytes
        Initialisation segment: ``ftyp`` and ``moov``.

    """

    def __init__(self, folder: Path, begun: ClipPart, opening: bytes) -> None:
        self.part = begun
        self._digest = hashlib.sha256()
        self._sequence = 0
        self._origin: int | None = None
        self._entries: list[tuple[int, int]] = []
        self._file = (folder / begun.file).open("x+b", buffering=0)
        self._journal = journal_of(folder / begun.file).open("xb", buffering=0)
        self._opening = with_length(opening)
        self._append(self._opening)
        self._note()
        sync_folder(folder)

    def add(self, units: Sequence[Unit]) -> None:
        """Append one group of pictures and bring it to the disk.

        Parameters
        ----------
        units : sequence of Unit
            In decode order; the first is a key picture.

        Raises
        ------
        OSError
            The disk took not all of it; the file then ends with the group before.

        """
        pictures = [unit for unit in units if not unit.is_audio]
        if not pictures:
            return
        self._origin = pictures[0].dts if self._origin is None else self._origin
        self._sequence += 1
        entry = (pictures[0].dts - self._origin, self.part.size_bytes)
        before = self.part, self._digest.copy()
        try:
            self._append(fragment(units, self._origin, self._sequence))
            self.part = _grown(self.part, pictures, self._origin)
            self._note()
        except OSError:
            self._go_back(*before)
            raise
        self._entries.append(entry)

    def close(self) -> ClipPart:
        """Write length and seek table for players, and return what the file holds."""
        before = self.part, self._digest.copy()
        try:
            self._append(seek_table(self._entries))
            self._write_length()
        except OSError:  # without room for it the clip plays as well
            self._go_back(*before)
        self._file.close()
        self._journal.close()
        return self.part

    def _write_length(self) -> None:
        """Put the length into the head of the file; the journal knows of it first."""
        at, length = length_of(self._opening, self.part.ticks)
        self.part = replace(self.part, sha256=_digest_with(self._file, at, length))
        self._note()
        self._file.seek(at)
        self._file.write(length)
        os.fdatasync(self._file.fileno())

    def _append(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]
        os.fdatasync(self._file.fileno())
        self._digest.update(content)
        size = self.part.size_bytes + len(content)
        self.part = replace(self.part, size_bytes=size, sha256=self._digest.hexdigest())

    def _go_back(self, part: ClipPart, digest: hashlib._Hash) -> None:
        """Let the file end where it did before a piece that the disk did not take whole."""
        self.part, self._digest = part, digest
        self._file.truncate(part.size_bytes)
        self._file.seek(part.size_bytes)

    def _note(self) -> None:
        self._journal.write(json.dumps(asdict(self.part)).encode() + b"\n")
        os.fdatasync(self._journal.fileno())


def journal_of(path: Path) -> Path:
    """Return where the journal of a part stands."""
    return path.with_suffix(".journal")


def sync_folder(folder: Path) -> None:
    """Bring a folder's list of files to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def recovered(folder: Path) -> list[ClipPart]:
    """Return the parts of a recording that nobody closed, each cut behind its last whole group.

    Parts in which no group was finished are removed.
    """
    parts = []
    for path in sorted(folder.glob("*.mp4")):
        part = _recovered(path)
        if part is None or not part.frames:
            path.unlink()
            journal_of(path).unlink(missing_ok=True)
        else:
            parts.append(part)
    return parts


def _recovered(path: Path) -> ClipPart | None:
    size = path.stat().st_size
    noted = [part for part in _noted(journal_of(path)) if part.size_bytes <= size]
    if not noted:
        return None
    last = noted[-1]
    hashes = {part.sha256 for part in noted if part.size_bytes == last.size_bytes}
    with path.open("r+b", buffering=0) as file, journal_of(path).open("ab") as journal:
        file.truncate(last.size_bytes)
        found = _digest_with(file, 0, b"")
        at, length = length_of(_head_of(file), last.ticks)
        closed = replace(
            last,
            sha256=_digest_with(file, at, length),
            cut_bytes=last.cut_bytes + size - last.size_bytes,
            is_doubtful=last.is_doubtful or found not in hashes,
        )
        journal.write(b"\n" + json.dumps(asdict(closed)).encode() + b"\n")
        journal.flush()
        os.fsync(journal.fileno())
        file.seek(at)
        file.write(length)
        os.fsync(file.fileno())
    return closed


def _noted(journal: Path) -> Iterator[ClipPart]:
    """Yield the whole lines of a journal; the last one may be cut."""
    if not journal.exists():
        return
    for line in journal.read_bytes().split(b"\n"):
        try:
            noted: dict[str, Any] = json.loads(line)
            yield ClipPart(**noted)
        except (ValueError, TypeError):
            continue


def _digest_with(file: BinaryIO, at: int, piece: bytes) -> str:
    """Return the SHA-256 a file would have with some of its bytes replaced."""
    file.seek(0)
    digest = hashlib.sha256(file.read(at) + piece)
    file.seek(at + len(piece))
    while more := file.read(1 << 20):
        digest.update(more)
    return digest.hexdigest()


def _head_of(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(1 << 16)


def _grown(part: ClipPart, pictures: Sequence[Unit], origin: int) -> ClipPart:
    first, last = pictures[0], pictures[-1]
    return replace(
        part,
        first_ms=part.first_ms or first.received_ms,
        last_ms=last.received_ms + last.duration * 1000 // TICKS_PER_S,
        ticks=last.dts + last.duration - origin,
        frames=part.frames + len(pictures),
        device_first_ms=part.device_first_ms if part.frames else first.absolute_ms,
    )
