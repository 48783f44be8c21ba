"""Plays a stretch of a recorder's recording over RTSP: each picture with when it was taken, sound.

ONVIF Streaming Specification, "Replay"; RFC 2326 section 12.29 for recorders without ONVIF.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from video.addresses import AddressPolicy
from video.bitstream import ParameterSets
from video.credentials import Credentials
from video.errors import ProtocolViolation, Unsupported
from video.playback_urls import playback_url, way_of
from video.replay_session import Clock, Session
from video.rtsp import Answer
from video.rtspclient import DEFAULT_TIMING, RtspClient, RtspTiming
from video.rtspclient_depacket import CodedPicture
from video.rtspclient_sdp import SoundTrack, VideoTrack, parse_clock, write_instant
from video.sound import SoundFormat, playable

Manner = Literal["onvif", "range"]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEAR_END_MS = 2000


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


@dataclass(frozen=True, slots=True)
class RecordedSound:
    """A piece of the sound beside the pictures; ``at_ms`` is true time, epoch milliseconds."""

    payload: bytes
    at_ms: int
    form: SoundFormat


async def recorded_pictures(
    target: ReplayTarget,
    from_at: datetime,
    to_at: datetime,
    *,
    scale: float = 1.0,
    timing: RtspTiming = DEFAULT_TIMING,
) -> AsyncGenerator[RecordedPicture, None]:
    """Yield the pictures of a stretch alone; the rest is as in `recorded_pieces`."""
    stretch = (from_at, to_at)
    pieces = _played(target, stretch, scale, timing, has_sound=False)
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, RecordedPicture):
                yield piece


async def recorded_pieces(
    target: ReplayTarget,
    from_at: datetime,
    to_at: datetime,
    *,
    scale: float = 1.0,
    timing: RtspTiming = DEFAULT_TIMING,
) -> AsyncGenerator[RecordedPicture | RecordedSound, None]:
    """Yield pictures and sound of a stretch, from the last key picture before it on.

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
    RecordedPicture or RecordedSound
        As they come; ``track.sound`` of a picture says what sound there is.

    Raises
    ------
    DeviceError
        Any of the tree. No picture at all is no error.

    """
    pieces = _played(target, (from_at, to_at), scale, timing, has_sound=True)
    async with aclosing(pieces):
        async for piece in pieces:
            yield piece


async def _played(
    target: ReplayTarget,
    wanted: tuple[datetime, datetime],
    scale: float,
    timing: RtspTiming,
    *,
    has_sound: bool,
) -> AsyncGenerator[RecordedPicture | RecordedSound, None]:
    stretch = _theirs(target, *wanted)
    url = target.url if target.manner == "onvif" else playback_url(target.url, *stretch)
    address = await asyncio.to_thread(target.policy.check, target.credentials.filled(url))
    async with RtspClient(address, target.credentials, timing) as client:
        require = {"Require": "onvif-replay"} if target.manner == "onvif" else {}
        track = await client.describe(require)
        _require_recording(target, track)
        await client.set_up(track, require)
        sound = await _set_up_sound(client, track.sound if has_sound else None, require)
        pace = scale if target.manner == "range" else 1.0
        answer = await client.play(require | _order(target, stretch, scale))
        clock = _clock_of(target, answer, wanted[0], track.clock_hz / pace)
        heard: Clock | None = None
        session = Session(client, track, sound)
        async for piece in session.read():
            if isinstance(piece, CodedPicture):
                at_ms, is_exact = clock.place(piece.ticks, piece.mark)
                session.is_near_end = at_ms > _ms(wanted[1]) - _NEAR_END_MS
                yield RecordedPicture(
                    piece.nals, at_ms, piece.is_key, piece.follows_loss, is_exact, track
                )
            elif sound is not None and clock.latest_ms is not None:
                # Sound without stamps lies beside the picture it first came with.
                ahead_ms = round(target.clock_offset_s * 1000)
                heard = heard or Clock(clock.latest_ms, sound.clock_hz / pace, ahead_ms)
                with suppress(ProtocolViolation):
                    heard.place(piece.ticks, piece.mark)
                if heard.latest_ms is not None:
                    yield RecordedSound(piece.payload, heard.latest_ms, sound.form)


async def _set_up_sound(
    client: RtspClient, sound: SoundTrack | None, require: Mapping[str, str]
) -> SoundTrack | None:
    """Return the sound that will come, None where there is none or none that is played."""
    if sound is None or playable(sound.form) is None:
        return None
    return sound if await client.set_up_sound(sound, require) else None


def _clock_of(target: ReplayTarget, answer: Answer, from_at: datetime, ticks_per_s: float) -> Clock:
    """Return the clock of pictures: without stamps they begin where PLAY said it would."""
    ahead = timedelta(seconds=target.clock_offset_s)
    said = parse_clock(answer.headers.get("range", ""))
    begin_ms = _ms((said[0] if said else from_at + ahead) - ahead)
    return Clock(begin_ms, ticks_per_s, round(target.clock_offset_s * 1000))


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


def _ms(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)
