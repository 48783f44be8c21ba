"""RTP packets interleaved in RTSP: H.264 (RFC 6184), H.265 (RFC 7798), sender reports (RFC 3550).

All functions return bytes ready for the RTSP connection: each packet behind the four bytes
`$ channel length` of RFC 2326 section 10.12.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from video.simulator.access_units import Codec

CLOCK_HZ = 90_000
PAYLOAD_TYPE = 96
#: Payload bytes per packet, as cameras choose it for an Ethernet frame.
PAYLOAD_MAX = 1400
#: Seconds from 1900 (NTP) to 1970 (Unix).
NTP_EPOCH_S = 2_208_988_800

_FU_A = 28
_FU_H265 = 49
_FRAME = struct.Struct(">BBHBBHII")
_MARKER = 0x80


@dataclass(frozen=True, slots=True)
class PacketRun:
    """Packets of one access unit on one channel: their bytes and how many they are."""

    payload: bytes
    packets: int


def payloads(nal: bytes, codec: Codec) -> Iterator[bytes]:
    """Payloads that carry one NAL unit: itself, or its fragments when it is too long."""
    if len(nal) <= PAYLOAD_MAX:
        yield nal
        return
    if codec == "h264":
        kind = nal[0] & 0x1F
        prefix = bytes([(nal[0] & 0xE0) | _FU_A])
        body = nal[1:]
    else:
        kind = (nal[0] >> 1) & 0x3F
        prefix = bytes([(nal[0] & 0x81) | (_FU_H265 << 1), nal[1]])
        body = nal[2:]
    room = PAYLOAD_MAX - len(prefix) - 1
    last = (len(body) - 1) // room * room
    for at in range(0, len(body), room):
        edge = (0x80 if at == 0 else 0) | (0x40 if at == last else 0)
        yield prefix + bytes([edge | kind]) + body[at : at + room]


def packetise(
    nals: Sequence[bytes], codec: Codec, *, sequence: int, timestamp: int, ssrc: int
) -> list[bytes]:
    """The RTP packets of one access unit, framed for channel 0.

    Parameters
    ----------
    nals : sequence of bytes
        NAL units in decoding order, without start codes.
    codec : Codec
        Decides the form of the fragments.
    sequence, timestamp, ssrc : int
        Sequence number of the first packet (modulo 2**16), 90 kHz time (modulo 2**32), source.

    Returns
    -------
    list of bytes
        Consecutive sequence numbers; the last packet carries the marker bit.

    """
    bodies = [body for nal in nals for body in payloads(nal, codec)]
    packets = []
    for index, body in enumerate(bodies):
        marker = _MARKER if index == len(bodies) - 1 else 0
        head = _FRAME.pack(
            0x24, 0, 12 + len(body), 0x80, marker | PAYLOAD_TYPE,
            (sequence + index) & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc,
        )  # fmt: skip
        packets.append(head + body)
    return packets


def on_channel(packets: Sequence[bytes], channel: int) -> bytes:
    """The framed packets in one piece, moved to another interleaved channel where needed."""
    if channel == 0:
        return b"".join(packets)
    mark = bytes([0x24, channel])
    return b"".join(mark + packet[2:] for packet in packets)


@dataclass(frozen=True, slots=True)
class SenderReport:
    """RTCP sender report: which RTP time was which instant.

    *at_s* is epoch seconds of the sender's clock, *timestamp* the same instant in RTP time.
    """

    ssrc: int
    at_s: float
    timestamp: int
    packets: int
    octets: int

    def framed(self, channel: int) -> bytes:
        """SR and the CNAME that RFC 3550 section 6.1 asks for, framed for *channel*."""
        seconds = int(self.at_s)
        fraction = int((self.at_s - seconds) * (1 << 32))
        report = struct.pack(
            ">BBHIIIIII", 0x80, 200, 6, self.ssrc, (seconds + NTP_EPOCH_S) & 0xFFFFFFFF, fraction,
            self.timestamp & 0xFFFFFFFF, self.packets & 0xFFFFFFFF, self.octets & 0xFFFFFFFF,
        )  # fmt: skip
        name = b"camera"
        item = b"\x01" + bytes([len(name)]) + name
        item += b"\x00" * (4 - len(item) % 4)
        source = struct.pack(">BBHI", 0x81, 202, len(item) // 4 + 1, self.ssrc) + item
        body = report + source
        return struct.pack(">BBH", 0x24, channel, len(body)) + body
