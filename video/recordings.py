"""What a recorder holds of a camera, and where it plays it: ONVIF Profile G, else plain RTSP.

ONVIF Recording Search and Replay Control specifications. Gaps come from the recorder's history of
its tracks (topic RecordingHistory/Track/State), where it keeps one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from onveef import envelopes, parsers

from video.addresses import AddressPolicy, CheckedAddress
from video.credentials import Credentials
from video.deviceclock import DeviceClock, clock_of
from video.errors import CodecUnplayable, ProtocolViolation, StreamFailed, TimedOut, Unsupported
from video.onvif_session import OnvifSession
from video.playback_urls import playback_url
from video.recordings_search import Recording, Span, covered, find_all, merged
from video.replay_source import ReplayTarget
from video.rtspclient import DEFAULT_TIMING, RtspClient, RtspTiming

Origin = Literal["search", "range", "none"]
_SERVICES = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Recorder:
    """Which camera of which recorder.

    ``address`` is the device service; an rtsp address means a recorder without ONVIF.
    ``stream_url`` is the camera's live stream, for recorders that play by it. ``source_token`` is
    the camera's video source on a recorder of many.
    """

    address: str
    stream_url: str
    policy: AddressPolicy = field(repr=False)
    credentials: Credentials = field(default_factory=Credentials, repr=False)
    source_token: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What is recorded of a stretch of true time, in order.

    ``origin``: "search" from ONVIF, "range" from the stream's description, "none" when the device
    plays no recordings. ``knows_gaps``: interruptions would show.
    """

    spans: tuple[Span, ...]
    origin: Origin
    knows_gaps: bool
    clock: DeviceClock


async def find_recordings(
    recorder: Recorder,
    from_at: datetime,
    to_at: datetime,
    *,
    total_s: float = 20.0,
    timing: RtspTiming = DEFAULT_TIMING,
) -> Findings:
    """Return what is recorded of a camera between two instants.

    Parameters
    ----------
    recorder : Recorder
        Its addresses are checked first.
    from_at, to_at : datetime
        Aware, true time.
    total_s : float
        Deadline of the whole search.
    timing : RtspTiming
        For a recorder without ONVIF.

    Returns
    -------
    Findings

    Raises
    ------
    DeviceError
        Any of the tree; a device that merely keeps no recordings is no error.

    """
    try:
        async with asyncio.timeout(total_s):
            async with _session(recorder) as (session, clock):
                if session is not None and session.has("search"):
                    return await _searched(session, clock, recorder, from_at, to_at)
            return await _described(recorder, clock, from_at, to_at, timing)
    except TimeoutError:
        raise TimedOut(f"the search for recordings took over {total_s:g} s") from None


async def find_replay(recorder: Recorder, at: datetime, *, total_s: float = 20.0) -> ReplayTarget:
    """Return where the recording of an instant is played from, or of the next one after it.

    Raises
    ------
    Unsupported
        The recorder has no recording of this camera, or does not play any.
    DeviceError
        Any other of the tree.

    """
    try:
        async with asyncio.timeout(total_s), _session(recorder) as (session, clock):
            place = _Place(recorder.stream_url)
            by_onvif = session is not None and session.has("search") and session.has("replay")
            if session is not None and by_onvif:
                place = await _place(session, clock, recorder, at)
    except TimeoutError:
        raise TimedOut(f"the search for recordings took over {total_s:g} s") from None
    return ReplayTarget(
        url=place.url,
        policy=recorder.policy,
        credentials=recorder.credentials,
        manner="onvif" if by_onvif else "range",
        clock_offset_s=clock.offset_s,
        clock_error_s=clock.error_s,
        from_at=place.from_at,
        to_at=place.to_at,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a recording is played, and what of true time it can hold."""

    url: str
    from_at: datetime | None = None
    to_at: datetime | None = None


@asynccontextmanager
async def _session(recorder: Recorder) -> AsyncIterator[tuple[OnvifSession | None, DeviceClock]]:
    """Give the open ONVIF session and the device's clock; None for a recorder without ONVIF."""
    checked = await asyncio.to_thread(recorder.policy.check, recorder.address)
    if checked.scheme not in _SERVICES:
        yield None, DeviceClock()
        return
    path = "/onvif/device_service" if checked.path == "/" else checked.path
    service = CheckedAddress(checked.scheme, checked.host, checked.pinned_ip, checked.port, path)
    async with OnvifSession(service, recorder.credentials, recorder.policy) as session:
        await session.open()
        yield session, await clock_of(session)


async def _searched(
    session: OnvifSession,
    clock: DeviceClock,
    recorder: Recorder,
    from_at: datetime,
    to_at: datetime,
) -> Findings:
    ahead = timedelta(seconds=clock.offset_s)
    recordings = _of_camera(await find_all(session), recorder.source_token)
    spans, knows_gaps = [], True
    for recording in recordings:
        stretch = recording.within(from_at + ahead, to_at + ahead)
        if stretch is None:
            continue
        found = await covered(session, recording, stretch)
        knows_gaps &= found is not None
        spans += [stretch] if found is None else found
    shifted = [Span(span.from_at - ahead, span.to_at - ahead) for span in merged(spans)]
    return Findings(tuple(shifted), "search", knows_gaps, clock)


async def _place(
    session: OnvifSession, clock: DeviceClock, recorder: Recorder, at: datetime
) -> _Place:
    ahead = timedelta(seconds=clock.offset_s)
    theirs = at + ahead
    recordings = _of_camera(await find_all(session), recorder.source_token)
    later = [one for one in recordings if one.to_at is None or one.to_at > theirs]
    if not later:
        raise Unsupported("nothing of this camera is recorded from that instant on")
    chosen = min(later, key=lambda one: max(one.from_at, theirs))
    xml = await session.call(
        "GetReplayUri",
        envelopes.replay_get_replay_uri(recording_token=chosen.token),
        service="replay",
    )
    uri = parsers.parse_stream_uri(xml)
    if not uri:
        raise ProtocolViolation("GetReplayUri: the answer is empty")
    url = recorder.credentials.blanked(recorder.policy.check_own(uri, session.device).url)
    return _Place(url, chosen.from_at - ahead, chosen.to_at and chosen.to_at - ahead)


def _of_camera(recordings: list[Recording], source_token: str | None) -> list[Recording]:
    """Return the recordings of one camera; none where it cannot be told which they are.

    Another camera's recording shown under this one's name would be worse than none.
    """
    if len({recording.source_id for recording in recordings}) <= 1:
        return recordings
    return [one for one in recordings if source_token and source_token in one.names]


async def _described(
    recorder: Recorder,
    clock: DeviceClock,
    from_at: datetime,
    to_at: datetime,
    timing: RtspTiming,
) -> Findings:
    """Ask the stream itself which range it can play (`a=range:clock=`)."""
    ahead = timedelta(seconds=clock.offset_s)
    url = playback_url(recorder.stream_url, from_at + ahead, to_at + ahead)
    nothing = Findings((), "none", False, clock)
    try:
        filled = recorder.credentials.filled(url)
        address = await asyncio.to_thread(recorder.policy.check, filled)
        async with RtspClient(address, recorder.credentials, timing) as client:
            covers = (await client.describe()).covers
    except (StreamFailed, CodecUnplayable, Unsupported):
        return nothing
    if covers is None:
        return nothing
    start = max(covers[0] - ahead, from_at)
    end = min(covers[1] - ahead if covers[1] else to_at, to_at)
    return Findings((Span(start, end),) if start < end else (), "range", False, clock)
