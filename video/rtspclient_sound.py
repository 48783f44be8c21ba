"""Takes sound out of RTP packets: AAC (RFC 3640), G.711 (RFC 3551).

Sound that cannot be read is left out: it is never a reason to end the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from video.rtspclient_rtp import ReplayMark, RtpPacket
from video.rtspclient_sdp import SoundTrack

_AAC_SAMPLES = 1024
_LARGEST_FRAME = 64 * 1024


@dataclass(frozen=True, slots=True)
class CodedSound:
    """One AAC frame, or a packet of G.711; RTP time in ticks without wrap-round."""

    payload: bytes
    ticks: int
    mark: ReplayMark | None


class SoundDepacketiser:
    """One track's packets in, its sound out.

    Parameters
    ----------
    track : SoundTrack

    """

    def __init__(self, track: SoundTrack) -> None:
        self._track = track
        self._timestamp: int | None = None
        self._ticks = 0
        self._begun: tuple[int, bytes] | None = None

    def feed(self, packet: RtpPacket) -> list[CodedSound]:
        """Return what this packet completes; nothing where it cannot be read."""
        if self._timestamp is None:
            self._ticks = packet.timestamp
        else:
            step = (packet.timestamp - self._timestamp) & 0xFFFFFFFF
            self._ticks += step - (1 << 32 if step & 0x80000000 else 0)
        self._timestamp = packet.timestamp
        if self._track.form.coding != "aac":
            return [CodedSound(packet.payload, self._ticks, packet.mark)] if packet.payload else []
        return [
            CodedSound(frame, self._ticks + n * _AAC_SAMPLES, packet.mark if n == 0 else None)
            for n, frame in enumerate(self._frames(packet.payload))
        ]

    def _frames(self, payload: bytes) -> Iterator[bytes]:
        bits = self._track.size_bits + self._track.index_bits
        if not 8 <= bits <= 32 or not 0 < self._track.size_bits <= 16:
            return
        count = int.from_bytes(payload[:2], "big") // bits
        at = 2 + (count * bits + 7) // 8
        if at > len(payload):
            return
        heads = int.from_bytes(payload[2:at], "big") >> (-count * bits) % 8
        largest = (1 << self._track.size_bits) - 1
        sizes = [
            heads >> (bits * n + self._track.index_bits) & largest for n in reversed(range(count))
        ]
        if count == 1 and sizes[0] > len(payload) - at:
            yield from self._pieced(sizes[0], payload[at:])
            return
        self._begun = None
        for size in sizes:
            if not 0 < size <= len(payload) - at:
                return
            yield payload[at : at + size]
            at += size

    def _pieced(self, size: int, piece: bytes) -> Iterator[bytes]:
        """Collect a frame larger than a packet: each packet states the size of the whole."""
        before = self._begun[1] if self._begun is not None and self._begun[0] == size else b""
        frame = before + piece
        self._begun = (size, frame) if piece and len(frame) < min(size, _LARGEST_FRAME) else None
        if len(frame) == size:
            yield frame
