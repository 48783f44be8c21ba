"""Plays a stretch of a recorder's recording over RTSP: pictures with the instant each was taken.

ONVIF Streaming Specification, "Replay"; RFC 2326 section 12.29 for recorders without ONVIF.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from video.addresses import AddressPolicy
from video.bitstream import ParameterSets
from video.credentials import Credentials
from video.errors import ProtocolViolation, StreamFailed, TimedOut, Unsupported
from video.playback_urls import playback_url, way_of
from video.rtsp import Answer
from video.rtspclient import DEFAULT_TIMING, RtspClient, RtspTiming
from video.rtspclient_depacket import CodedPicture, Depacketiser
from video.rtspclient_rtp import parse_packet
from video.rtspclient_sdp import VideoTrack, parse_clock, write_instant

Manner = Literal["onvif", "range"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A recorder may spin up a disk first; a picture that takes longer will not come.
_FIRST_PICTURE_S = 15.0
_NEAR_END_MS = 2000
_END_SILENCE_S = 1.5


@dataclass(frozen=True, slots=True)
class ReplayTarget:
    """Where a recording is played from; the URL holds no user info.

    ``manner``: "onvif" sends as fast as we read and stamps each picture, "range" sends at the
    pace of the recording times Scale. ``clock_offset_s``: how far the recorder's clock runs
    ahead, ``clock_error_s``: half the width of what is not known of that (None: it does not say).
    ``from_at`` and ``to_at``: what the recording behind this URL can hold, true time.
    A URL of the manner "range" is the live one; makers' ways of playback are applied to it.
    """

    url: str
    policy: AddressPolicy = field(repr=False)
    credentials: Credentials = field(default_factory=Credentials, repr=False)
    manner: Manner = "onvif"
    clock_offset_s: float = 0.0
    clock_error_s: float | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Return whether an instant lies in this recording, as far as that is known."""
        return (self.from_at is None or self.from_at <= at) and (
            self.to_at is None or at < self.to_at
        )


@dataclass(frozen=True, slots=True)
class RecordedPicture:
    """One picture in decode order; ``at_ms`` is true time, epoch milliseconds.

    ``is_exact``: the recorder stamped this very picture. ``sets``: parameter sets of the session's
    description, None where it has none.
    """

    nals: tuple[bytes, ...]
    at_ms: int
    is_key: bool
    follows_loss: bool
    is_exact: bool
    track: VideoTrack

    @property
    def sets(self) -> ParameterSets | None:
        return self.track.parameter_sets


async def recorded_pictures(
    target: ReplayTarget,
    from_at: datetime,
    to_at: datetime,
    *,
    scale: float = 1.0,
    timing: RtspTiming = DEFAULT_TIMING,
) -> AsyncGenerator[RecordedPicture, None]:
    """Yield the pictures of a stretch, from the last key picture before it on.

    The recorder is read only as fast as this is iterated; closing the iterator ends the session.

    Parameters
    ----------
    target : ReplayTarget
        Checked against its policy anew.
    from_at, to_at : datetime
        Aware, true time.
    scale : float
        Pace asked of a recorder of the manner "range".
    timing : RtspTiming
        Bounds each wait.

    Yields
    ------
    RecordedPicture

    Raises
    ------
    DeviceError
        Any of the tree. No picture at all is no error.

    """
    stretch = _theirs(target, from_at, to_at)
    url = target.url if target.manner == "onvif" else playback_url(target.url, *stretch)
    address = await asyncio.to_thread(target.policy.check, url)
    async with RtspClient(address, target.credentials, timing) as client:
        require = {"Require": "onvif-replay"} if target.manner == "onvif" else {}
        track = await client.describe(require)
        _require_recording(target, track)
        await client.set_up(track, require)
        answer = await client.play(require | _order(target, stretch, scale))
        clock = _Clock(target, track, answer, from_at, scale)
        end_ms = _ms(to_at)
        pictures = _Pictures(client, track)
        async for picture in pictures.read():
            at_ms, is_exact = clock.place(picture)
            pictures.is_near_end = at_ms > end_ms - _NEAR_END_MS
            yield RecordedPicture(
                picture.nals, at_ms, picture.is_key, picture.follows_loss, is_exact, track
            )


def _require_recording(target: ReplayTarget, track: VideoTrack) -> None:
    """Refuse a plain stream that describes no recording: it would play the present for the past."""
    if target.manner == "range" and way_of(target.url) is None and track.covers is None:
        raise Unsupported("the stream describes no recording")


def _theirs(target: ReplayTarget, from_at: datetime, to_at: datetime) -> tuple[datetime, datetime]:
    """Return a stretch in the recorder's own time."""
    ahead = timedelta(seconds=target.clock_offset_s)
    # The end a little later: the picture of the last instant belongs to the stretch.
    return from_at + ahead, to_at + ahead + timedelta(milliseconds=100)


def _order(
    target: ReplayTarget, stretch: tuple[datetime, datetime], scale: float
) -> dict[str, str]:
    start, end = stretch
    order = {"Range": f"clock={write_instant(start)}-{write_instant(end)}"}
    if target.manner == "onvif":
        return order | {"Rate-Control": "no"}
    way = way_of(target.url)
    if way is not None and way.states_range:
        order = {"Range": "npt=0.000-"}
    return order | ({"Scale": f"{scale:g}"} if scale != 1.0 else {})


class _Pictures:
    """The pictures of one session; near the end of what was asked for, silence is the end."""

    def __init__(self, client: RtspClient, track: VideoTrack) -> None:
        self.is_near_end = False
        self._client = client
        self._track = track
        self._depacketiser = Depacketiser(track.codec)

    async def read(self) -> AsyncGenerator[CodedPicture, None]:
        """Yield pictures until the recorder ends or falls silent."""
        signed_s = began_s = time.monotonic()
        has_picture = False
        while (packet := await self._next()) is not None:
            now_s = time.monotonic()
            if now_s - signed_s > self._client.session_life_s / 2:
                self._client.keep_alive()
                signed_s = now_s
            part = parse_packet(packet)
            if part.payload_type != self._track.payload_type:
                continue
            for picture in self._depacketiser.feed(part):
                has_picture = True
                yield picture
            if not has_picture and now_s - began_s > _FIRST_PICTURE_S:
                raise TimedOut("packets of the recording come, but no picture")
        for picture in self._depacketiser.flush():
            yield picture

    async def _next(self) -> bytes | None:
        """Return the next packet; some recorders stop at the end without a word (GStreamer)."""
        try:
            return await self._client.packet(_END_SILENCE_S if self.is_near_end else None)
        except (TimedOut, StreamFailed):
            if self.is_near_end:
                return None
            raise


class _Clock:
    """Tells a picture's instant: by its own stamp, else by RTP time from where PLAY began."""

    def __init__(
        self,
        target: ReplayTarget,
        track: VideoTrack,
        answer: Answer,
        from_at: datetime,
        scale: float,
    ) -> None:
        ahead = timedelta(seconds=target.clock_offset_s)
        said = parse_clock(answer.headers.get("range", ""))
        self._begin_ms = _ms((said[0] if said else from_at + ahead) - ahead)
        self._offset_ms = round(target.clock_offset_s * 1000)
        self._ms_per_tick = 1000 * (scale if target.manner == "range" else 1) / track.clock_hz
        self._first_ticks: int | None = None

    def place(self, picture: CodedPicture) -> tuple[int, bool]:
        """Return epoch milliseconds of true time, and whether the recorder stated them."""
        if picture.mark is not None:
            at_ms = picture.mark.at_ns // 1_000_000 - self._offset_ms
            if not 0 < at_ms < 1 << 42:
                raise ProtocolViolation("a picture's time stamp lies in no time")
            return at_ms, True
        if self._first_ticks is None:
            self._first_ticks = picture.ticks
        elapsed = (picture.ticks - self._first_ticks) * self._ms_per_tick
        return self._begin_ms + round(elapsed), False


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
