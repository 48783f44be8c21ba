"""Coded pictures as NAL units: what an encoder or a clip yields and what RTP carries."""

import base64
from dataclasses import dataclass
from typing import Literal

Codec = Literal["h264", "h265"]

#: NAL unit types that carry parameter sets: H.264 SPS, PPS; H.265 VPS, SPS, PPS.
PARAMETER_SET_TYPES: dict[Codec, tuple[int, ...]] = {"h264": (7, 8), "h265": (32, 33, 34)}


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture: its NAL units without start codes, and whether decoding may begin here.

    It is presented *shown* pictures after its place in decoding order (B-frames).
    """

    nals: tuple[bytes, ...]
    is_key: bool
    shown: int = 0


def split_annex_b(stream: bytes) -> tuple[bytes, ...]:
    """The NAL units of an Annex B byte stream.

    Start codes cannot occur inside a unit (emulation prevention), and a unit never ends in a
    zero byte, so that splitting and stripping is exact (H.264 and H.265, Annex B).
    """
    return tuple(
        stripped for part in stream.split(b"\x00\x00\x01") if (stripped := part.rstrip(b"\x00"))
    )


def nal_type(nal: bytes, codec: Codec) -> int:
    """The type of a NAL unit from its header."""
    return nal[0] & 0x1F if codec == "h264" else (nal[0] >> 1) & 0x3F


def parameter_sets(nals: tuple[bytes, ...], codec: Codec) -> tuple[bytes, ...]:
    """The parameter sets among *nals*, one of each type, in the order of their types."""
    wanted = PARAMETER_SET_TYPES[codec]
    found = {nal_type(nal, codec): nal for nal in reversed(nals)}
    return tuple(found[kind] for kind in wanted if kind in found)


def format_parameters(sets: tuple[bytes, ...], codec: Codec) -> str:
    """The `a=fmtp` parameters that describe *sets*: RFC 6184 section 8.1, RFC 7798 section 7.1."""
    coded = [base64.b64encode(nal).decode() for nal in sets]
    if codec == "h265" and not coded:
        return "tx-mode=SRST"
    if codec == "h265":
        return f"sprop-vps={coded[0]}; sprop-sps={coded[1]}; sprop-pps={coded[2]}"
    if not sets:
        return "packetization-mode=1"
    level = sets[0][1:4].hex().upper()
    return f"packetization-mode=1;profile-level-id={level};sprop-parameter-sets={','.join(coded)}"
