"""RTP packets as RTSP carries them on its own connection: header, ONVIF's replay extension.

RFC 3550 section 5.1; ONVIF Streaming Specification, "RTP header extension" of replay.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from video.errors import ProtocolViolation

REPLAY_EXTENSION = 0xABAC
# Seconds from 1900 (NTP) to 1970 (Unix).
_NTP_EPOCH_S = 2_208_988_800
_NS_PER_S = 1_000_000_000
_HEAD = struct.Struct(">BBHII")


@dataclass(frozen=True, slots=True)
class ReplayMark:
    """What a recorder says of a picture in the 0xABAC extension.

    ``at_ns`` is the recorder's own clock, nanoseconds since 1970. ``is_discontinuous``: the
    recording was interrupted before this picture. ``play`` is the low byte of the CSeq of the
    PLAY this packet answers.
    """

    at_ns: int
    is_clean_point: bool
    is_end: bool
    is_discontinuous: bool
    play: int


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet: its payload without padding, and what the depacketiser needs of its head."""

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    has_marker: bool
    payload: bytes
    mark: ReplayMark | None = None


def parse_packet(packet: bytes) -> RtpPacket:
    """Return the parts of an RTP packet.

    Parameters
    ----------
    packet : bytes
        Whole packet without the four bytes of RTSP framing.

    Returns
    -------
    RtpPacket

    Raises
    ------
    ProtocolViolation
        Shorter than its own head says, or another version than 2.

    """
    if len(packet) < _HEAD.size or packet[0] >> 6 != 2:
        raise ProtocolViolation("a packet is not RTP")
    first, second, sequence, timestamp, ssrc = _HEAD.unpack_from(packet)
    at = _HEAD.size + 4 * (first & 0x0F)
    mark = None
    if first & 0x10:
        mark, at = _read_extension(packet, at)
    end = len(packet) - (packet[-1] if first & 0x20 else 0)
    if at > end:
        raise ProtocolViolation("an RTP packet is shorter than it says")
    return RtpPacket(
        second & 0x7F, sequence, timestamp, ssrc, bool(second & 0x80), packet[at:end], mark
    )


def _read_extension(packet: bytes, at: int) -> tuple[ReplayMark | None, int]:
    """Return the replay mark, if the extension is one, and where the payload begins."""
    if at + 4 > len(packet):
        raise ProtocolViolation("an RTP packet is shorter than it says")
    profile, words = struct.unpack_from(">HH", packet, at)
    begin, end = at + 4, at + 4 + 4 * words
    if end > len(packet):
        raise ProtocolViolation("an RTP packet is shorter than it says")
    if profile != REPLAY_EXTENSION or words < 3:
        return None, end
    seconds, fraction, flags, play = struct.unpack_from(">IIBB", packet, begin)
    at_ns = (seconds - _NTP_EPOCH_S) * _NS_PER_S + (fraction * _NS_PER_S >> 32)
    mark = ReplayMark(at_ns, bool(flags & 0x80), bool(flags & 0x40), bool(flags & 0x20), play)
    return mark, end
