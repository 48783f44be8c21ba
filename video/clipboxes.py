"""The boxes of a recording: fragments of a group of pictures, the length, the seek table.

Box layouts: ISO/IEC 14496-12. Times are 90 kHz ticks.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from video.tap import Unit
from video.timeline import TICKS_PER_S

_KEY_FLAGS = 0x02000000  # depends on no other sample
_DELTA_FLAGS = 0x01010000  # depends on others, not a sync sample
_PICTURES, _SOUND = 1, 2
_SAMPLE = struct.Struct(">IIIi")
_TRUN_FIELDS = 0x01000F01  # version 1; data offset; duration, size, flags, signed offset


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


def with_length(opening: bytes) -> bytes:
    """Return an initialisation segment with room for the length.

    Without ``mehd`` a browser learns how long a fragmented file is only by playing it.
    """
    moov, mvex = opening.find(b"moov"), opening.find(b"mvex")
    if moov < 0 or mvex < 0:
        return opening
    box = _box(b"mehd", struct.pack(">IQ", 0x01000000, 0))
    whole = bytearray(opening[: mvex + 4] + box + opening[mvex + 4 :])
    for at in (moov, mvex):
        size = int.from_bytes(whole[at - 4 : at], "big") + len(box)
        whole[at - 4 : at] = size.to_bytes(4, "big")
    return bytes(whole)


def length_of(head: bytes, ticks: int) -> tuple[int, bytes]:
    """Return where the length stands in the head of a file, and its bytes; none where no room."""
    mehd, mvhd = head.find(b"mehd"), head.find(b"mvhd")
    if mehd < 0 or mvhd < 0:
        return 0, b""
    timescale = int.from_bytes(head[mvhd + 16 : mvhd + 20], "big")
    return mehd + 8, struct.pack(">Q", ticks * timescale // TICKS_PER_S)


def seek_table(entries: list[tuple[int, int]]) -> bytes:
    rows = b"".join(struct.pack(">QQBBB", time, offset, 1, 1, 1) for time, offset in entries)
    head = struct.pack(">IIII", 0x01000000, _PICTURES, 0, len(entries))
    table = _box(b"tfra", head, rows)
    return _box(b"mfra", table, _box(b"mfro", struct.pack(">II", 0, 8 + len(table) + 16)))


def _duration(pictures: Sequence[Unit], n: int) -> int:
    if n + 1 == len(pictures):
        return pictures[n].duration
    # Sound can be set back; a clip is not given up for that.
    return max(0, pictures[n + 1].dts - pictures[n].dts)


def _box(kind: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I4s", len(body) + 8, kind) + body
