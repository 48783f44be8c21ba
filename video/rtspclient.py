"""An RTSP client on asyncio (RFC 2326): media interleaved on the one connection, digest login.

FFmpeg can send neither `Range: clock=` nor what ONVIF's replay asks for (VIDEO.md section 10).
What a device says is bounded in size and every wait in time; it cannot send us anywhere else.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from video.addresses import CheckedAddress
from video.credentials import Credentials
from video.errors import (
    CredentialsRejected,
    ProtocolViolation,
    StreamFailed,
    TimedOut,
    Unreachable,
    Unsupported,
)
from video.rtsp import Answer, authorization, problem_of
from video.rtspclient_sdp import SoundTrack, VideoTrack, parse_description
from video.rtspclient_wire import Media, RtspWire

_MOST_EARLY_BYTES = 4 * 1024 * 1024
_INTERLEAVED = re.compile(r"interleaved\s*=\s*(\d{1,3})\b")
_NOT_OFFERED = frozenset({457, 551})  # Invalid Range, Option not supported


@dataclass(frozen=True, slots=True)
class RtspTiming:
    """Patience in seconds: for each request and its whole answer, and for the next packet."""

    request_s: float = 5.0
    silence_s: float = 10.0


DEFAULT_TIMING = RtspTiming()


class RtspClient:
    """One connection to one stream; an asynchronous context manager that says goodbye.

    Parameters
    ----------
    address : CheckedAddress
        Only its pinned IP address is connected to.
    credentials : Credentials
        At most one failed login is spent on them.
    timing : RtspTiming

    """

    def __init__(
        self,
        address: CheckedAddress,
        credentials: Credentials,
        timing: RtspTiming = DEFAULT_TIMING,
    ) -> None:
        self.session_life_s = 60.0
        self.silence_s = timing.silence_s
        self._address = address
        self._credentials = credentials
        self._timing = timing
        self._wire: RtspWire
        self._sequence = 0
        self._session = ""
        self._challenge: Mapping[str, str] | None = None
        self._uses = 0
        self._early: deque[Media] = deque()
        self._early_bytes = 0
        self._base = address.url

    async def __aenter__(self) -> Self:
        self._wire = await RtspWire.connect(self._address, self._timing.request_s)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session:
            self._write("TEARDOWN", self._base, {})
        await self._wire.close()

    async def describe(self, headers: Mapping[str, str] | None = None) -> VideoTrack:
        """Return the stream's video track.

        Raises
        ------
        DeviceError
            As ``ask``, or CodecUnplayable.

        """
        answer = await self.ask(
            "DESCRIBE", self._address.url, {"Accept": "application/sdp"} | dict(headers or {})
        )
        base = answer.headers.get("content-base") or answer.headers.get("content-location") or ""
        self._base = self._own(base) if base else self._address.url
        return parse_description(answer.body)

    async def set_up(self, track: VideoTrack, headers: Mapping[str, str] | None = None) -> None:
        """Ask for the track on channels 0 and 1 of this connection."""
        wish = {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"} | dict(headers or {})
        answer = await self.ask("SETUP", self._own(track.control), wish)
        session, _, rest = answer.headers.get("session", "").partition(";")
        if not session or len(session) > 200:
            raise ProtocolViolation("the device opened no session")
        self._session = session.strip()
        _, _, life = rest.partition("timeout=")
        if re.fullmatch("[0-9]{1,9}", life.strip()):
            self.session_life_s = min(max(float(life.strip()), 5.0), 600.0)

    async def set_up_sound(
        self, track: SoundTrack, headers: Mapping[str, str] | None = None
    ) -> bool:
        """Ask for the sound on channels 2 and 3; return whether it comes, it need not."""
        wish = {"Transport": "RTP/AVP/TCP;unicast;interleaved=2-3"} | dict(headers or {})
        try:
            answer = await self.ask("SETUP", self._own(track.control), wish)
        except (StreamFailed, Unsupported):
            return False
        given = _INTERLEAVED.search(answer.headers.get("transport", ""))
        channel = int(given[1]) if given else 2
        if not 2 <= channel <= 255:  # the picture's own
            return False
        self._wire.sound_channel = channel
        return True

    async def play(self, headers: Mapping[str, str]) -> Answer:
        """Start; return the device's answer, whose Range says where it begins."""
        return await self.ask("PLAY", self._base, headers)

    def keep_alive(self) -> None:
        """Send a sign of life; its answer is read along with the media."""
        self._write("GET_PARAMETER", self._base, {})

    async def packet(self, within_s: float | None = None) -> Media | None:
        """Return the next RTP packet, None at the end of the stream.

        Parameters
        ----------
        within_s : float, optional
            Instead of the ``silence_s`` of the timing.

        Raises
        ------
        TimedOut
            Nothing came for ``silence_s``.
        ProtocolViolation
            What came is not RTSP.
        StreamFailed
            The device hung up without ending the stream.

        """
        if self._early:
            media = self._early.popleft()
            self._early_bytes -= len(media.packet)
            return media
        try:
            async with asyncio.timeout(within_s or self._timing.silence_s):
                while not self._wire.has_ended:
                    message = await self._wire.next()
                    if isinstance(message, Media):
                        return message
        except TimeoutError:
            raise TimedOut("no picture of the recording in time") from None
        if self._wire.is_broken:
            raise StreamFailed("the device hung up")
        return None

    async def ask(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        """Return the device's answer to one request; log in when it asks for that.

        Raises
        ------
        CredentialsRejected
            Refused after one login, or a login is asked for and none is known.
        AddressRefused
            The device wants to send us elsewhere.
        Unsupported
            The device knows no replay, or has nothing of the range asked for.
        TimedOut, Unreachable, ProtocolViolation, StreamFailed
            As their names say; StreamFailed for every other status than success.

        """
        try:
            async with asyncio.timeout(self._timing.request_s):
                answer = await self._exchange(method, url, headers)
        except TimeoutError:
            raise TimedOut(f"{method}: no answer from {self._address.authority}") from None
        if answer.status in _NOT_OFFERED:
            raise Unsupported(f"{method}: {self._address.authority} answered {answer.status}")
        problem = problem_of(answer.status)
        if problem is not None:
            raise problem(f"{method}: {self._address.authority} answered {answer.status}")
        return answer

    async def _exchange(self, method: str, url: str, headers: Mapping[str, str]) -> Answer:
        had_login = self._challenge is not None
        self._write(method, url, headers)
        answer = await self._answer()
        if answer.status != 401 or not self._credentials.given:
            return answer
        # With a login refused only a nonce that grew old is worth a second try: others lock out.
        if had_login and "stale=true" not in answer.headers.get("www-authenticate", "").lower():
            raise CredentialsRejected(method)
        self._challenge, self._uses = answer.headers, 0
        self._write(method, url, headers)
        return await self._answer()

    def _write(self, method: str, url: str, headers: Mapping[str, str]) -> None:
        self._sequence += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._sequence}", "User-Agent: gridlink"]
        if self._session:
            lines.append(f"Session: {self._session}")
        if self._challenge is not None:
            self._uses += 1
            login = authorization(
                dict(self._challenge), self._credentials, method, url, count=self._uses
            )
            lines.append(f"Authorization: {login}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._wire.send(lines)

    async def _answer(self) -> Answer:
        """Return the answer to the latest request; keep what media comes before it."""
        await self._wire.drain()
        while True:
            message = await self._wire.next()
            if self._wire.has_ended:
                raise Unreachable(f"{self._address.authority} hung up")
            if isinstance(message, Media):
                self._early.append(message)
                self._early_bytes += len(message.packet)
                if self._early_bytes > _MOST_EARLY_BYTES:
                    raise ProtocolViolation("media without end before the answer")
            elif message is not None and message.headers.get("cseq") == str(self._sequence):
                return message

    def _own(self, url: str) -> str:
        """Return a URL the device named, with our pinned address in the place of its host."""
        if any(ord(character) <= 0x20 for character in url):
            raise ProtocolViolation("blank or control character in an address of the device")
        parts = urlsplit(url)
        if not parts.scheme:
            if url in {"", "*"}:
                return self._base
            return f"{self._base.rstrip('/')}/{url.lstrip('/')}"
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._address.scheme}://{self._address.authority}{parts.path}{query}"
