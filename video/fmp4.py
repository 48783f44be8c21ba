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
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
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
    record = record_of(sets, facts)
    payload = FILE_TYPE + movie_box([(_TRACK, picture_track(sets, facts))])
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
    parts: list[bytes] = []
    for unit in units:
        parts.append(len(unit).to_bytes(4, "big"))
        parts.append(unit)
    return one_sample_fragment(parts, time, sequence=sequence, track=_TRACK, key=key)


def one_sample_fragment(
    parts: list[bytes], time: SampleTime, *, sequence: int, track: int, key: bool
) -> bytes:
    """Return ``moof`` and ``mdat`` with one sample of a track, its parts joined."""
    size = sum(map(len, parts))
    head = _FRAGMENT.pack(
        _MOOF_BYTES, b"moof",
        16, b"mfhd", 0, sequence & 0xFFFFFFFF,
        _MOOF_BYTES - 24, b"traf",
        16, b"tfhd", 0x020000, track,
        20, b"tfdt", 0x01000000, time.decode,
        36, b"trun", _TRUN_FIELDS, 1, _FRAGMENT.size,
        time.duration, size, _KEY_FLAGS if key else _DELTA_FLAGS, time.offset,
        size + 8, b"mdat",
    )  # fmt: skip
    return b"".join([head, *parts])


def sample_of(fragment: bytes) -> bytes:
    """Return the one sample of a fragment that `build_fragment` made."""
    return fragment[_FRAGMENT.size :]


def box(kind: bytes, *contents: bytes) -> bytes:
    """Return a box with its size and kind before its contents."""
    body = b"".join(contents)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def full_box(kind: bytes, version: int, flags: int, *contents: bytes) -> bytes:
    """Return a box that begins with version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags), *contents)


FILE_TYPE = box(b"ftyp", b"iso5\0\0\x02\0iso5iso6mp41")


def movie_box(tracks: list[tuple[int, bytes]]) -> bytes:
    """Return ``moov`` with the given tracks, by number, whose samples follow in fragments."""
    header = full_box(
        b"mvhd", 0, 0,
        struct.pack(">4I", 0, 0, 1000, 0), struct.pack(">IHH8x", 0x10000, 0x0100, 0),
        MATRIX, bytes(24), struct.pack(">I", max(number for number, _ in tracks) + 1),
    )  # fmt: skip
    extends = [
        full_box(b"trex", 0, 0, struct.pack(">5I", number, 1, 0, 0, 0)) for number, _ in tracks
    ]
    return box(b"moov", header, *(track for _, track in tracks), box(b"mvex", *extends))


def picture_track(sets: ParameterSets, facts: SequenceFacts) -> bytes:
    """Return ``trak`` of the picture, track 1."""
    header = full_box(
        b"tkhd", 0, 3,
        struct.pack(">5I", 0, 0, _TRACK, 0, 0), bytes(8), struct.pack(">4H", 0, 0, 0, 0),
        MATRIX, struct.pack(">II", facts.width << 16, facts.height << 16),
    )  # fmt: skip
    entry = _sample_entry(sets, facts, record_of(sets, facts))
    return box(b"trak", header, media_box(b"vide", full_box(b"vmhd", 0, 1, bytes(8)), entry))


def media_box(handler: bytes, head: bytes, entry: bytes) -> bytes:
    """Return ``mdia`` of a track in 90 kHz with one sample entry and no samples of its own."""
    media_header = full_box(b"mdhd", 0, 0, struct.pack(">4IHH", 0, 0, TICKS_PER_S, 0, 0x55C4, 0))
    kind = full_box(b"hdlr", 0, 0, bytes(4), handler, bytes(12), b"camera\0")
    reference = box(b"dinf", full_box(b"dref", 0, 0, struct.pack(">I", 1), full_box(b"url ", 0, 1)))
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full_box(b"stts", 0, 0, bytes(4)),
        full_box(b"stsc", 0, 0, bytes(4)),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    return box(b"mdia", media_header, kind, box(b"minf", head, reference, table))


def record_of(sets: ParameterSets, facts: SequenceFacts) -> bytes:
    """Return the decoder configuration record (avcC or hvcC)."""
    return _avc_record(sets, facts) if sets.codec == "h264" else _hevc_record(sets, facts)


def _sample_entry(sets: ParameterSets, facts: SequenceFacts, record: bytes) -> bytes:
    picture = struct.pack(
        ">6xH16xHHIIIH32sHh", 1, facts.width, facts.height, 0x480000, 0x480000, 0, 1, b"", 24, -1
    )
    if sets.codec == "h264":
        return box(b"avc1", picture, box(b"avcC", record))
    return box(b"hvc1", picture, box(b"hvcC", record))


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
