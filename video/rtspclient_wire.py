"""The bytes of an RTSP connection: answers, interleaved media, and what a device asks of us.

RFC 2326 section 10.12. Every message is bounded in size; who waits for one bounds the time.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from video.addresses import CheckedAddress
from video.errors import ProtocolViolation, TimedOut, Unreachable
from video.rtsp import Answer, content_length, parse_head

_LARGEST_HEAD = 16 * 1024
_LARGEST_BODY = 64 * 1024
_GOODBYE_S = 0.5
_INTERLEAVED = ord("$")
_BYE = 203


class Media(NamedTuple):
    """One RTP packet, of the picture or of the sound."""

    packet: bytes
    is_sound: bool = False


class RtspWire:
    """One connection; ``has_ended`` once nothing more will come, ``is_broken`` if without a word.

    Parameters
    ----------
    reader, writer : StreamReader, StreamWriter
        Of an open connection; ``connect`` makes one.

    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.has_ended = False
        self.is_broken = False
        self.sound_channel: int | None = None
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, address: CheckedAddress, within_s: float) -> RtspWire:
        """Return a connection to the pinned address.

        Raises
        ------
        TimedOut, Unreachable
            As their names say.

        """
        context = None
        if address.scheme == "rtsps":
            # Cameras carry self-signed certificates; the pinned address is their identity.
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            async with asyncio.timeout(within_s):
                return cls(
                    *await asyncio.open_connection(
                        address.pinned_ip, address.port, limit=_LARGEST_BODY, ssl=context
                    )
                )
        except TimeoutError:
            raise TimedOut(f"no connection to {address.authority}") from None
        except OSError as error:
            reason = error.strerror or "closed"
            raise Unreachable(f"{address.authority}: {reason}") from None

    def send(self, lines: list[str]) -> None:
        """Queue a message of these lines."""
        self._writer.write("\r\n".join([*lines, "", ""]).encode())

    async def drain(self) -> None:
        """Wait until what is queued has left; a broken connection is found when reading."""
        with suppress(ConnectionError):
            await self._writer.drain()

    async def close(self) -> None:
        """Let queued words leave for half a second at most, then close."""
        with suppress(Exception):
            async with asyncio.timeout(_GOODBYE_S):
                await self._writer.drain()
        self._writer.close()
        with suppress(Exception):
            async with asyncio.timeout(_GOODBYE_S):
                await self._writer.wait_closed()

    async def next(self) -> Answer | Media | None:
        """Return an RTP packet or an answer; None for what is read and put aside, or at the end.

        Raises
        ------
        ProtocolViolation
            What came is not RTSP, or larger than any device needs.

        """
        try:
            first = await self._reader.readexactly(1)
            if first[0] == _INTERLEAVED:
                head = await self._reader.readexactly(3)
                packet = await self._reader.readexactly(int.from_bytes(head[1:], "big"))
                return self._media(head[0], packet)
            if first in b"\r\n":
                return None
            return await self._message(first)
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            self.is_broken = not self.has_ended
            self.has_ended = True
            return None
        except asyncio.LimitOverrunError:
            raise ProtocolViolation("the head of an answer is endless") from None

    def _media(self, channel: int, packet: bytes) -> Media | None:
        if channel in (0, self.sound_channel):
            return Media(packet, is_sound=channel != 0)
        # RTCP: of its packets only BYE matters here.
        if channel == 1 and _BYE in _rtcp_kinds(packet):
            self.has_ended = True
        return None

    async def _message(self, first: bytes) -> Answer | None:
        head = first + await self._reader.readuntil(b"\r\n\r\n")
        if len(head) > _LARGEST_HEAD:
            raise ProtocolViolation("the head of an answer is too long")
        text = head.decode("utf-8", "replace").removesuffix("\r\n\r\n")
        is_request = text.split("\r\n", 1)[0].endswith("RTSP/1.0")
        if is_request:
            # The device asks something; the reply below is all it needs to go on.
            text = "RTSP/1.0 200 " + text
        status, headers = parse_head(text)
        body = await self._reader.readexactly(content_length(headers, _LARGEST_BODY))
        if is_request:
            self._reply(text.removeprefix("RTSP/1.0 200 "), headers)
            return None
        return Answer(status, headers, body.decode("utf-8", "replace"))

    def _reply(self, request: str, headers: Mapping[str, str]) -> None:
        self.send(["RTSP/1.0 200 OK", f"CSeq: {headers.get('cseq', '0')}"])
        # ANNOUNCE tells the end of a recording (RFC 2326bis 2101), the others the end of all.
        if request.split(" ", 1)[0] in {"ANNOUNCE", "TEARDOWN", "REDIRECT"}:
            self.has_ended = True


def _rtcp_kinds(packet: bytes) -> list[int]:
    """Return the types of the packets in a compound RTCP packet (RFC 3550, 6.1)."""
    kinds, at = [], 0
    while at + 4 <= len(packet):
        kinds.append(packet[at + 1])
        at += 4 * (int.from_bytes(packet[at + 2 : at + 4], "big") + 1)
    return kinds
