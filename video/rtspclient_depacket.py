"""Puts coded pictures together again from RTP packets: H.264 (RFC 6184), H.265 (RFC 7798)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from video.bitstream import Codec, is_key, nal_kind
from video.errors import ProtocolViolation
from video.rtspclient_rtp import ReplayMark, RtpPacket

LARGEST_PICTURE = 8 * 1024 * 1024
_STAP_A, _FU_A = 24, 28
_H265_AP, _H265_FU = 48, 49
_H264_PICTURES = range(1, 6)
_H265_PICTURES = range(32)


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """One access unit: NAL units without start codes, RTP time in ticks without wrap-round.

    ``follows_loss``: packets before it were missing, so that decoding may not go on here.
    """

    nals: tuple[bytes, ...]
    ticks: int
    is_key: bool
    follows_loss: bool
    mark: ReplayMark | None


class Depacketiser:
    """One stream's packets in, its pictures out, in decode order.

    A picture ends where the RTP time changes, not at the marker: devices set it on every slice or
    never. A run of parameter sets with a time of its own belongs to the next picture.

    Parameters
    ----------
    codec : Codec

    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._nals: list[bytes] = []
        self._size = 0
        self._fragment: list[bytes] | None = None
        self._timestamp: int | None = None
        self._ticks = 0
        self._sequence: int | None = None
        self._has_loss = False
        self._mark: ReplayMark | None = None

    def feed(self, packet: RtpPacket) -> list[CodedPicture]:
        """Return the pictures this packet completes, none or one.

        Raises
        ------
        ProtocolViolation
            A picture beyond 8 MiB, or a payload that is neither.

        """
        done = [] if packet.timestamp == self._timestamp else self._finish()
        self._follow(packet)
        if packet.mark is not None and self._mark is None:
            self._mark = packet.mark
        for nal in self._units(packet.payload):
            self._nals.append(nal)
        self._size += len(packet.payload)
        if self._size > LARGEST_PICTURE:
            raise ProtocolViolation("a picture is larger than 8 MiB")
        return done

    def flush(self) -> list[CodedPicture]:
        """Return what is left at the end of the stream."""
        return self._finish()

    def _follow(self, packet: RtpPacket) -> None:
        """Keep sequence number and time; unwrap the latter from 32 bits."""
        if self._sequence is not None and packet.sequence != (self._sequence + 1) & 0xFFFF:
            self._lose()
        self._sequence = packet.sequence
        if self._timestamp is None:
            self._ticks = packet.timestamp
        else:
            step = (packet.timestamp - self._timestamp) & 0xFFFFFFFF
            self._ticks += step - (1 << 32 if step & 0x80000000 else 0)
        self._timestamp = packet.timestamp

    def _lose(self) -> None:
        self._has_loss = True
        self._fragment = None

    def _finish(self) -> list[CodedPicture]:
        if self._fragment is not None:
            self._lose()
        kinds = _H264_PICTURES if self._codec == "h264" else _H265_PICTURES
        if not any(nal_kind(nal, self._codec) in kinds for nal in self._nals):
            return []
        nals = tuple(self._nals)
        picture = CodedPicture(
            nals, self._ticks, is_key([*nals], self._codec), self._has_loss, self._mark
        )
        self._nals, self._size, self._mark, self._has_loss = [], 0, None, False
        return [picture]

    def _units(self, payload: bytes) -> Iterator[bytes]:
        if len(payload) < 2:
            return
        kind = nal_kind(payload, self._codec)
        if self._codec == "h264":
            if kind == _STAP_A:
                yield from _aggregated(payload[1:])
            elif kind == _FU_A:
                yield from self._fragmented(payload[:1], payload[1], payload[2:])
            elif kind < _STAP_A:
                yield payload
            else:
                raise ProtocolViolation(f"H.264 payload of type {kind} is not handled")
        elif kind == _H265_AP:
            yield from _aggregated(payload[2:])
        elif kind == _H265_FU and len(payload) > 3:
            yield from self._fragmented(payload[:2], payload[2], payload[3:])
        elif kind < _H265_AP:
            yield payload
        else:
            raise ProtocolViolation(f"H.265 payload of type {kind} is not handled")

    def _fragmented(self, head: bytes, edge: int, piece: bytes) -> Iterator[bytes]:
        """Collect the pieces of one NAL unit; yield it at its last piece."""
        if edge & 0x80:
            if self._fragment is not None:
                self._lose()
            self._fragment = [_restored_head(head, edge, self._codec), piece]
        elif self._fragment is not None:
            self._fragment.append(piece)
        else:
            self._has_loss = True
            return
        if edge & 0x40:
            yield b"".join(self._fragment)
            self._fragment = None


def _restored_head(head: bytes, edge: int, codec: Codec) -> bytes:
    if codec == "h264":
        return bytes([(head[0] & 0xE0) | (edge & 0x1F)])
    return bytes([(head[0] & 0x81) | (edge & 0x3F) << 1, head[1]])


def _aggregated(payload: bytes) -> Iterator[bytes]:
    at = 0
    while at + 2 <= len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        unit = payload[at + 2 : at + 2 + size]
        if len(unit) < size:
            raise ProtocolViolation("an aggregated RTP packet is cut short")
        if unit:
            yield unit
        at += 2 + size
