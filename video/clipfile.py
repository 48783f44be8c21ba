"""One file of a recording: fragmented MP4, one fragment a group of pictures, each on disk at once.

Beside the file stands its journal, a line of JSON for each fragment with the running SHA-256, so
that after a crash the whole fragments are known and shown to be as they were written. Box layouts:
ISO/IEC 14496-12.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from video.tap import Unit
from video.timeline import TICKS_PER_S

_KEY_FLAGS = 0x02000000  # depends on no other sample
_DELTA_FLAGS = 0x01010000  # depends on others, not a sync sample
_PICTURES, _SOUND = 1, 2
_SAMPLE = struct.Struct(">IIIi")
_TRUN_FIELDS = 0x01000F01  # version 1; data offset; duration, size, flags, signed offset


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
        self._file = (folder / begun.file).open("xb", buffering=0)
        self._journal = journal_of(folder / begun.file).open("xb", buffering=0)
        self._append(opening)
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
        """Write the table by which players seek, and return what the file holds."""
        before = self.part, self._digest.copy()
        try:
            self._append(_seek_table(self._entries))
            self._note()
        except OSError:  # without room for it the clip plays as well
            self._go_back(*before)
        self._file.close()
        self._journal.close()
        return self.part

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


def fragment(units: Sequence[Unit], origin: int, sequence: int) -> bytes:
    """Return ``moof`` and ``mdat`` of a group of pictures and the sound between.

    Parameters
    ----------
    units : sequence of Unit
        In decode order, the first a key picture.
    origin : int
        Decode time of the file's first picture, 90 kHz ticks.
    sequence : int
        Number of the fragment, from 1.

    """
    tracks = [
        _Run(number, chosen)
        for number, is_audio in ((_PICTURES, False), (_SOUND, True))
        if (chosen := [unit for unit in units if unit.is_audio == is_audio])
    ]
    header = _box(b"mfhd", struct.pack(">II", 0, sequence))
    offset = 8 + len(header) + sum(run.size_bytes for run in tracks) + 8
    boxes = []
    for run in tracks:
        boxes.append(run.box(origin, offset))
        offset += sum(map(len, run.samples))
    moof = _box(b"moof", header, *boxes)
    return moof + _box(b"mdat", *(sample for run in tracks for sample in run.samples))


class _Run:
    """The samples of one track in a fragment."""

    def __init__(self, number: int, units: Sequence[Unit]) -> None:
        self.samples = [unit.data for unit in units]
        self._number = number
        self._units = units

    @property
    def size_bytes(self) -> int:
        """Return the length of `box`: traf, tfhd, tfdt, trun with its table."""
        return 8 + 16 + 20 + 20 + _SAMPLE.size * len(self._units)

    def box(self, origin: int, offset: int) -> bytes:
        """Return ``traf``; `offset` leads from the beginning of ``moof`` to the first sample."""
        table = b"".join(
            _SAMPLE.pack(
                _duration(self._units, n), len(sample),
                _KEY_FLAGS if unit.is_key or unit.is_audio else _DELTA_FLAGS, unit.pts - unit.dts,
            )
            for n, (unit, sample) in enumerate(zip(self._units, self.samples, strict=True))
        )  # fmt: skip
        begun = max(0, self._units[0].dts - origin)
        return _box(
            b"traf",
            _box(b"tfhd", struct.pack(">II", 0x020000, self._number)),
            _box(b"tfdt", struct.pack(">IQ", 0x01000000, begun)),
            _box(b"trun", struct.pack(">III", _TRUN_FIELDS, len(self.samples), offset), table),
        )


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
    with path.open("r+b") as file:
        digest = _sha256(file, last.size_bytes)
        file.truncate(last.size_bytes)
        os.fsync(file.fileno())
    return replace(
        last,
        cut_bytes=size - last.size_bytes,
        is_doubtful=digest != last.sha256,
        sha256=digest,
    )


def _noted(journal: Path) -> Iterator[ClipPart]:
    """Yield the whole lines of a journal; the last one may be cut."""
    if not journal.exists():
        return
    for line in journal.read_bytes().split(b"\n"):
        try:
            noted: dict[str, Any] = json.loads(line)
            yield ClipPart(**noted)
        except (ValueError, TypeError):
            return


def _sha256(file: BinaryIO, size: int) -> str:
    digest, left = hashlib.sha256(), size
    while left > 0 and (piece := file.read(min(left, 1 << 20))):
        digest.update(piece)
        left -= len(piece)
    return digest.hexdigest()


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


def _duration(pictures: Sequence[Unit], n: int) -> int:
    return pictures[n + 1].dts - pictures[n].dts if n + 1 < len(pictures) else pictures[n].duration


def _seek_table(entries: list[tuple[int, int]]) -> bytes:
    rows = b"".join(struct.pack(">QQBBB", time, offset, 1, 1, 1) for time, offset in entries)
    head = struct.pack(">IIII", 0x01000000, _PICTURES, 0, len(entries))
    table = _box(b"tfra", head, rows)
    return _box(b"mfra", table, _box(b"mfro", struct.pack(">II", 0, 8 + len(table) + 16)))


def _box(kind: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I4s", len(body) + 8, kind) + body
