"""H.264 and H.265 byte streams: NAL units, key pictures and parameter sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Codec = Literal["h264", "h265"]

H264_IDR, H264_SEI, H264_SPS, H264_PPS, H264_AUD = 5, 6, 7, 8, 9
H265_VPS, H265_SPS, H265_PPS, H265_AUD = 32, 33, 34, 35
_H265_SETS = (H265_VPS, H265_SPS, H265_PPS)
_H265_IRAP = range(16, 24)
_H264_FILLER, _H265_FILLER = 12, 38
_RECOVERY_POINT = 6
_SLICES: dict[Codec, range] = {"h264": range(1, 6), "h265": range(32)}
# Where delimiters, parameter sets and filler data are: not part of an mp4 sample.
_OUTSIDE: dict[Codec, frozenset[int]] = {
    "h264": frozenset({H264_SPS, H264_PPS, H264_AUD, _H264_FILLER}),
    "h265": frozenset({H265_VPS, H265_SPS, H265_PPS, H265_AUD, _H265_FILLER}),
}


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The parameter sets a decoder needs first; ``vps`` is empty for H.264.

    ``more`` holds further picture parameter sets, of other numbers than ``pps``.
    """

    codec: Codec
    sps: bytes
    pps: bytes
    vps: bytes = b""
    more: tuple[bytes, ...] = ()

    @property
    def all_pps(self) -> tuple[bytes, ...]:
        return (self.pps, *self.more)

    @property
    def annex_b(self) -> bytes:
        """Return the sets with start codes, as a decoder takes them ahead of a key frame."""
        units = (self.vps, self.sps, *self.all_pps)
        return b"".join(b"\0\0\0\1" + unit for unit in units if unit)


def split_nals(stream: bytes) -> list[bytes]:
    """Return the NAL units of an Annex B access unit, without start codes.

    Parameters
    ----------
    stream : bytes
        Three- or four-byte start codes; trailing zero bytes are dropped.

    Returns
    -------
    list of bytes
        Empty when there is no start code.

    """
    units = []
    start = stream.find(b"\0\0\1")
    while start >= 0:
        begin = start + 3
        start = stream.find(b"\0\0\1", begin)
        unit = stream[begin:start] if start >= 0 else stream[begin:]
        if unit.endswith(b"\0"):
            unit = unit.rstrip(b"\0")
        if unit:
            units.append(unit)
    return units


def nal_kind(unit: bytes, codec: Codec) -> int:
    """Return ``nal_unit_type`` of a non-empty NAL unit."""
    return unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F


def is_key(units: list[bytes], codec: Codec) -> bool:
    """Return whether decoding can begin at this access unit (IDR, or any H.265 IRAP)."""
    kinds = (nal_kind(unit, codec) for unit in units)
    if codec == "h264":
        return any(kind == H264_IDR for kind in kinds)
    return any(kind in _H265_IRAP for kind in kinds)


def is_recovery(units: list[bytes], codec: Codec) -> bool:
    """Return whether an H.264 decoder may begin here although a player may not.

    A recovery point (H.264 D.1.8): with periodic intra refresh no picture is an IDR.
    """
    return codec == "h264" and any(
        nal_kind(unit, codec) == H264_SEI and _holds_recovery_point(unit) for unit in units
    )


def _holds_recovery_point(sei: bytes) -> bool:
    at = 1
    while at + 2 < len(sei):
        kind, at = _sei_number(sei, at)
        size, at = _sei_number(sei, at)
        if kind == _RECOVERY_POINT:
            return True
        at += size
    return False


def _sei_number(sei: bytes, at: int) -> tuple[int, int]:
    """Read a number of H.264 7.3.2.3.1 (bytes of 255 and a last one) and where it ends."""
    value = 0
    while at < len(sei) and sei[at] == 255:
        value, at = value + 255, at + 1
    return value + (sei[at] if at < len(sei) else 0), at + 1


def find_parameter_sets(units: list[bytes], codec: Codec) -> ParameterSets | None:
    """Return the complete parameter sets among the units, or None when one is missing."""
    return ParameterSetStore(codec).take(units)


class ParameterSetStore:
    """Collects parameter sets as they come: together, singly, ahead of or beside key pictures.

    Parameters
    ----------
    codec : Codec

    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._kinds = (0, H264_SPS, H264_PPS) if codec == "h264" else _H265_SETS
        self._vps = self._sps = b""
        self._pps: dict[int, bytes] = {}
        self._sets: ParameterSets | None = None

    def take(self, units: list[bytes]) -> ParameterSets | None:
        """Note the sets among the units; return what is complete by now, or None."""
        vps, sps, pps = self._kinds
        is_new = False
        for unit in units:
            kind = nal_kind(unit, self._codec)
            if kind not in self._kinds or kind == 0:
                continue
            is_new = True
            if kind == vps:
                self._vps = unit
            elif kind == sps:
                if unit != self._sps:
                    self._pps.clear()
                self._sps = unit
            elif kind == pps:
                self._pps[_pps_number(unit, self._codec)] = unit
        if is_new:
            self._sets = self._complete()
        return self._sets

    def _complete(self) -> ParameterSets | None:
        if not (self._sps and self._pps and (self._vps or self._codec == "h264")):
            return None
        first, *more = (unit for _, unit in sorted(self._pps.items()))
        return ParameterSets(self._codec, self._sps, first, self._vps, tuple(more))


def _pps_number(pps: bytes, codec: Codec) -> int:
    """Return ``pic_parameter_set_id``, an Exp-Golomb code at the beginning; -1 when cut short."""
    body = pps[1:] if codec == "h264" else pps[2:]
    bits = "".join(f"{byte:08b}" for byte in body[:4])
    zeros = bits.find("1")
    if zeros < 0 or 2 * zeros + 1 > len(bits):
        return -1
    return int(bits[zeros : 2 * zeros + 1], 2) - 1


def picture_units(units: list[bytes], codec: Codec) -> list[bytes]:
    """Return the units that belong into an mp4 sample: no parameter sets, delimiters or filler.

    None at all where there is no slice among them: such a unit is not a picture.

    ``avc1`` and ``hvc1`` require the parameter sets in the sample description alone
    (ISO/IEC 14496-15, 5.3.2 and 8.3.2).
    """
    outside, slices = _OUTSIDE[codec], _SLICES[codec]
    kinds = [nal_kind(unit, codec) for unit in units]
    if not any(kind in slices for kind in kinds):
        return []
    return [unit for unit, kind in zip(units, kinds, strict=True) if kind not in outside]
