"""Packs access units into fragmented MP4 for Media Source Extensions, one fragment per picture.

Own packager, because FFmpeg's muxer hands out a fragment only when the next frame arrives and
splits large key frames (VIDEO.md section 3). Box layouts: ISO/IEC 14496-12; avcC, hvcC: 14496-15.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from video.bitstream import ParameterSets
from video.sequence import SequenceFacts, read_sequence
from video.timeline import TICKS_PER_S, SampleTime

_TRACK = 1
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_KEY_FLAGS = 0x02000000  # depends on no other sample
_DELTA_FLAGS = 0x01010000  # depends on others, not a sync sample
# moof > mfhd, traf > tfhd (default-base-is-moof), tfdt v1, trun v1 with one sample, mdat header.
_FRAGMENT = struct.Struct(">I4s I4sII I4s I4sII I4sIQ I4sIIiIIIi I4s")
_MOOF_BYTES = _FRAGMENT.size - 8
_TRUN_FIELDS = (
    0x01000F01  # version 1; data offset, duration, size, flags, signed composition offset
)


@dataclass(frozen=True, slots=True)
class InitSegment:
    """What a player needs before the first fragment."""

    payload: bytes
    mime: str
    width: int
    height: int
    sets: ParameterSets | None = None
    codec_string: str = ""
    record: bytes = b""
    reorder_depth: int = 0


def build_init(sets: ParameterSets) -> InitSegment:
    """Return the initialisation segment for a stream.

    Parameters
    ----------
    sets : ParameterSets
        From the session description or from the stream itself.

    Returns
    -------
    InitSegment
        ``width`` and ``height`` in pixels after cropping; ``mime`` with the exact codec string;
        ``reorder_depth`` in frames, by which B-frames delay the picture.

    Raises
    ------
    ProtocolViolation
        The sequence parameter set cannot be read.

    """
    facts = read_sequence(sets)
    record = _avc_record(sets, facts) if sets.codec == "h264" else _hevc_record(sets, facts)
    entry = _sample_entry(sets, facts, record)
    payload = _box(b"ftyp", b"iso5\0\0\x02\0iso5iso6mp41") + _movie(entry, facts)
    mime = f'video/mp4; codecs="{facts.codec_string}"'
    name = facts.codec_string
    return InitSegment(
        payload, mime, facts.width, facts.height, sets, name, record, facts.reorder_depth or 0
    )


def build_fragment(units: list[bytes], time: SampleTime, *, sequence: int, key: bool) -> bytes:
    """Return ``moof`` and ``mdat`` with one access unit.

    Parameters
    ----------
    units : list of bytes
        NAL units of one picture without start codes and parameter sets.
    time : SampleTime
        90 kHz ticks.
    sequence : int
        Fragment number, modulo 2**32.
    key : bool
        Whether decoding can begin here.

    Returns
    -------
    bytes

    """
    size = sum(map(len, units)) + 4 * len(units)
    head = _FRAGMENT.pack(
        _MOOF_BYTES, b"moof",
        16, b"mfhd", 0, sequence & 0xFFFFFFFF,
        _MOOF_BYTES - 24, b"traf",
        16, b"tfhd", 0x020000, _TRACK,
        20, b"tfdt", 0x01000000, time.decode,
        36, b"trun", _TRUN_FIELDS, 1, _FRAGMENT.size,
        time.duration, size, _KEY_FLAGS if key else _DELTA_FLAGS, time.offset,
        size + 8, b"mdat",
    )  # fmt: skip
    parts = [head]
    for unit in units:
        parts.append(len(unit).to_bytes(4, "big"))
        parts.append(unit)
    return b"".join(parts)


def sample_of(fragment: bytes) -> bytes:
    """Return the one sample of a fragment that `build_fragment` made."""
    return fragment[_FRAGMENT.size :]


def _box(kind: bytes, *contents: bytes) -> bytes:
    body = b"".join(contents)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def _full(kind: bytes, version: int, flags: int, *contents: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *contents)


def _movie(entry: bytes, facts: SequenceFacts) -> bytes:
    header = _full(
        b"mvhd", 0, 0,
        struct.pack(">4I", 0, 0, 1000, 0), struct.pack(">IHH8x", 0x10000, 0x0100, 0),
        _MATRIX, bytes(24), struct.pack(">I", _TRACK + 1),
    )  # fmt: skip
    extends = _box(b"mvex", _full(b"trex", 0, 0, struct.pack(">5I", _TRACK, 1, 0, 0, 0)))
    return _box(b"moov", header, _track(entry, facts), extends)


def _track(entry: bytes, facts: SequenceFacts) -> bytes:
    header = _full(
        b"tkhd", 0, 3,
        struct.pack(">5I", 0, 0, _TRACK, 0, 0), bytes(8), struct.pack(">4H", 0, 0, 0, 0),
        _MATRIX, struct.pack(">II", facts.width << 16, facts.height << 16),
    )  # fmt: skip
    media_header = _full(b"mdhd", 0, 0, struct.pack(">4IHH", 0, 0, TICKS_PER_S, 0, 0x55C4, 0))
    handler = _full(b"hdlr", 0, 0, bytes(4), b"vide", bytes(12), b"video\0")
    return _box(b"trak", header, _box(b"mdia", media_header, handler, _media(entry)))


def _media(entry: bytes) -> bytes:
    reference = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1), _full(b"url ", 0, 1)))
    table = _box(
        b"stbl",
        _full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        _full(b"stts", 0, 0, bytes(4)),
        _full(b"stsc", 0, 0, bytes(4)),
        _full(b"stsz", 0, 0, bytes(8)),
        _full(b"stco", 0, 0, bytes(4)),
    )
    return _box(b"minf", _full(b"vmhd", 0, 1, bytes(8)), reference, table)


def _sample_entry(sets: ParameterSets, facts: SequenceFacts, record: bytes) -> bytes:
    picture = struct.pack(
        ">6xH16xHHIIIH32sHh", 1, facts.width, facts.height, 0x480000, 0x480000, 0, 1, b"", 24, -1
    )
    if sets.codec == "h264":
        return _box(b"avc1", picture, _box(b"avcC", record))
    return _box(b"hvc1", picture, _box(b"hvcC", record))


def _avc_record(sets: ParameterSets, facts: SequenceFacts) -> bytes:
    record = (
        bytes([1, *sets.sps[1:4], 0xFF, 0xE1])
        + struct.pack(">H", len(sets.sps)) + sets.sps
        + bytes([len(sets.all_pps)])
        + b"".join(struct.pack(">H", len(unit)) + unit for unit in sets.all_pps)
    )  # fmt: skip
    if sets.sps[1] in {66, 77, 88}:
        return record
    depth = 0xF8 | (facts.bit_depth - 8)
    return record + bytes([0xFC | facts.chroma_format, depth, depth, 0])


def _hevc_record(sets: ParameterSets, facts: SequenceFacts) -> bytes:
    # The profile bytes stand in the SPS after its two-byte header and one byte of layer counts.
    profile = sets.sps[2:].replace(b"\0\0\3", b"\0\0")[1:13]
    depth = 0xF8 | (facts.bit_depth - 8)
    head = b"\1" + profile + bytes([0xF0, 0, 0xFC, 0xFC | facts.chroma_format, depth, depth])
    arrays = b"".join(
        bytes([0x80 | kind])
        + struct.pack(">H", len(units))
        + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)
        for kind, units in ((32, (sets.vps,)), (33, (sets.sps,)), (34, sets.all_pps))
    )
    # average frame rate unknown; one temporal layer, nested, four-byte lengths; three arrays
    return head + struct.pack(">HBB", 0, 0x0F, 3) + arrays
