"""Sequence parameter sets of H.264 and H.265: picture size, reordering and codec string."""

from __future__ import annotations

from dataclasses import dataclass

from video.bitstream import ParameterSets
from video.errors import ProtocolViolation

# Profiles whose SPS carries chroma format and bit depth (H.264 7.3.2.1.1).
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


@dataclass(frozen=True, slots=True)
class SequenceFacts:
    """What a sequence parameter set says: size in pixels, reorder depth in frames, RFC 6381 name.

    ``reorder_depth`` is None where the stream does not say.
    """

    width: int
    height: int
    reorder_depth: int | None
    codec_string: str
    chroma_format: int = 1
    bit_depth: int = 8


def read_sequence(sets: ParameterSets) -> SequenceFacts:
    """Return size, reorder depth and codec string from the sequence parameter set.

    Raises
    ------
    ProtocolViolation
        The set is cut short or states an impossible size.

    """
    try:
        facts = _read_h264(sets.sps) if sets.codec == "h264" else _read_h265(sets.sps)
    except IndexError:
        raise ProtocolViolation("the sequence parameter set is cut short") from None
    if not (16 <= facts.width <= 16384 and 16 <= facts.height <= 16384):
        raise ProtocolViolation(f"impossible picture size {facts.width}x{facts.height}")
    return facts


class _Bits:
    """Reads a raw byte sequence payload bit by bit; IndexError at its end."""

    def __init__(self, payload: bytes) -> None:
        self._bytes = payload.replace(b"\0\0\3", b"\0\0")
        self._at = 0

    def bits(self, count: int) -> int:
        value = 0
        for _ in range(count):
            byte = self._bytes[self._at >> 3]
            value = value << 1 | byte >> (7 - (self._at & 7)) & 1
            self._at += 1
        return value

    def ue(self) -> int:
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 32:
                raise IndexError
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        value = self.ue()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def _read_h264(sps: bytes) -> SequenceFacts:
    name = f"avc1.{sps[1]:02x}{sps[2]:02x}{sps[3]:02x}"
    bits = _Bits(sps[4:])
    bits.ue()
    chroma, depth = 1, 8
    if sps[1] in _HIGH_PROFILES:
        chroma, depth = _read_h264_high(bits)
    bits.ue()
    order = bits.ue()
    _skip_h264_order(bits, order)
    bits.ue()
    bits.bits(1)
    width = (bits.ue() + 1) * 16
    map_units = bits.ue() + 1
    frames_only = bits.bits(1)
    height = (2 - frames_only) * map_units * 16
    if not frames_only:
        bits.bits(1)
    bits.bits(1)
    if bits.bits(1):
        left, right, top, bottom = (bits.ue() for _ in range(4))
        step_x = 2 if chroma in {1, 2} else 1
        step_y = (2 if chroma == 1 else 1) * (2 - frames_only)
        width -= (left + right) * step_x
        height -= (top + bottom) * step_y
    reorder = 0 if order == 2 else _h264_reorder(bits)
    return SequenceFacts(width, height, reorder, name, chroma, depth)


def _read_h264_high(bits: _Bits) -> tuple[int, int]:
    chroma = bits.ue()
    if chroma == 3:
        bits.bits(1)
    depth = 8 + bits.ue()
    bits.ue()
    bits.bits(1)
    if bits.bits(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.bits(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma, depth


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_h264_order(bits: _Bits, order: int) -> None:
    if order == 0:
        bits.ue()
    elif order == 1:
        bits.bits(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()


def _h264_reorder(bits: _Bits) -> int | None:
    """Read ``max_num_reorder_frames`` at the end of the video usability information."""
    try:
        if not bits.bits(1):
            return None
        _skip_vui_head(bits)
        has_nal = bits.bits(1)
        if has_nal:
            _skip_hrd(bits)
        has_vcl = bits.bits(1)
        if has_vcl:
            _skip_hrd(bits)
        if has_nal or has_vcl:
            bits.bits(1)
        bits.bits(1)
        if not bits.bits(1):
            return None
        bits.bits(1)
        for _ in range(4):
            bits.ue()
        return min(bits.ue(), 16)
    except IndexError:
        return None  # some encoders cut the usability information short; the picture is fine


def _skip_vui_head(bits: _Bits) -> None:
    if bits.bits(1) and bits.bits(8) == 255:
        bits.bits(32)
    if bits.bits(1):
        bits.bits(1)
    if bits.bits(1):
        bits.bits(4)
        if bits.bits(1):
            bits.bits(24)
    if bits.bits(1):
        bits.ue()
        bits.ue()
    if bits.bits(1):
        bits.bits(65)


def _skip_hrd(bits: _Bits) -> None:
    count = bits.ue() + 1
    bits.bits(8)
    for _ in range(min(count, 32)):
        bits.ue()
        bits.ue()
        bits.bits(1)
    bits.bits(20)


def _read_h265(sps: bytes) -> SequenceFacts:
    bits = _Bits(sps[2:])
    bits.bits(4)
    sub_layers = bits.bits(3)
    bits.bits(1)
    name = _read_h265_level(bits, sub_layers)
    bits.ue()
    chroma = bits.ue()
    if chroma == 3:
        bits.bits(1)
    width, height = bits.ue(), bits.ue()
    if bits.bits(1):
        left, right, top, bottom = (bits.ue() for _ in range(4))
        width -= (left + right) * (2 if chroma in {1, 2} else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1)
    depth = 8 + bits.ue()
    bits.ue()
    bits.ue()
    all_layers = bits.bits(1)
    reorder = 0
    for _ in range(sub_layers + 1 if all_layers else 1):
        bits.ue()
        reorder = bits.ue()
        bits.ue()
    return SequenceFacts(width, height, min(reorder, 16), name, chroma, depth)


def _read_h265_level(bits: _Bits, sub_layers: int) -> str:
    """Return the name of ISO/IEC 14496-15 annex E, ``hvc1.1.6.L120.90`` for instance."""
    space, tier, profile = bits.bits(2), bits.bits(1), bits.bits(5)
    compatibility = int(f"{bits.bits(32):032b}"[::-1], 2)
    constraints = [bits.bits(8) for _ in range(6)]
    level = bits.bits(8)
    while constraints and not constraints[-1]:
        constraints.pop()
    _skip_sub_layers(bits, sub_layers)
    parts = [f"{' ABC'[space].strip()}{profile}", f"{compatibility:X}", f"{'LH'[tier]}{level}"]
    return ".".join(["hvc1", *parts, *(f"{value:X}" for value in constraints)])


def _skip_sub_layers(bits: _Bits, sub_layers: int) -> None:
    present = [(bits.bits(1), bits.bits(1)) for _ in range(sub_layers)]
    if sub_layers:
        bits.bits(2 * (8 - sub_layers))
    for has_profile, has_level in present:
        bits.bits(88 if has_profile else 0)
        bits.bits(8 if has_level else 0)
