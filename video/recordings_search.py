"""The search service of ONVIF Profile G, read with bounds on rounds, results and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from onveef import envelopes, parsers

from video.errors import DeviceError, ProtocolViolation, Unsupported
from video.instants import plausible
from video.onvif_session import OnvifSession

_MOST_ROUNDS = 40
_MOST_RECORDINGS = 500
_MOST_CHANGES = 5000
_END_S = 1.0
_TOPIC = "tns1:RecordingHistory/Track/State"
_DIALECT = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, aware, from before to."""

    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording of a recorder, in the recorder's own time; ``to_at`` None: it goes on.

    ``names`` are all words by which it says what its source is.
    """

    token: str
    source_id: str
    names: frozenset[str]
    from_at: datetime
    to_at: datetime | None

    def within(self, from_at: datetime, to_at: datetime) -> Span | None:
        """Return the part of a stretch this recording can hold, None when it holds none."""
        start, end = max(self.from_at, from_at), min(self.to_at or to_at, to_at)
        return Span(start, end) if start < end else None


async def find_all(session: OnvifSession) -> list[Recording]:
    """Return the recordings with a video track.

    Raises
    ------
    DeviceError
        Any of the tree; an answer that names no recording is none.

    """
    body = envelopes.search_find_recordings(max_matches=_MOST_RECORDINGS, keep_alive="PT10S")
    found = []
    async for element in _results(session, "FindRecordings", body, "RecordingInformation"):
        recording = _recording(element)
        if recording is not None:
            found.append(recording)
    return found


async def covered(session: OnvifSession, recording: Recording, stretch: Span) -> list[Span] | None:
    """Return where a recording has pictures within a stretch; None when it keeps no history.

    Both in the recorder's own time.
    """
    body = (
        "<tse:FindEvents>"
        f"<tse:StartPoint>{_xml(stretch.from_at)}</tse:StartPoint>"
        f"<tse:EndPoint>{_xml(stretch.to_at)}</tse:EndPoint>"
        f"<tse:Scope><tt:IncludedRecordings>{escape(recording.token)}</tt:IncludedRecordings>"
        f'</tse:Scope><tse:SearchFilter><wsnt:TopicExpression Dialect="{_DIALECT}">{_TOPIC}'
        "</wsnt:TopicExpression></tse:SearchFilter>"
        "<tse:IncludeStartState>true</tse:IncludeStartState>"
        "<tse:KeepAliveTime>PT10S</tse:KeepAliveTime></tse:FindEvents>"
    )
    changes: dict[str, list[tuple[datetime, bool]]] = {}
    try:
        async for element in _results(session, "FindEvents", body, "Result"):
            change = _change(element, recording.token)
            if change is not None:
                changes.setdefault(change[0], []).append(change[1:])
    except (Unsupported, ProtocolViolation):
        return None
    if not changes:
        return None
    return merged([span for track in changes.values() for span in _spans(track, stretch)])


def merged(spans: list[Span]) -> list[Span]:
    """Return spans in order, those that touch within a second joined."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda one: one.from_at):
        if joined and span.from_at <= joined[-1].to_at + timedelta(seconds=1):
            joined[-1] = Span(joined[-1].from_at, max(joined[-1].to_at, span.to_at))
        else:
            joined.append(span)
    return joined


async def _results(
    session: OnvifSession, find: str, body: str, item: str
) -> AsyncIterator[Element]:
    """Yield the elements a search finds, and end the search."""
    token = _text(await _call(session, find, body), "SearchToken")
    if not token:
        raise ProtocolViolation(f"{find}: no token in the answer")
    is_events = find == "FindEvents"
    fetch = "GetEventSearchResults" if is_events else "GetRecordingSearchResults"
    write = (
        envelopes.search_get_event_search_results
        if is_events
        else envelopes.search_get_recording_search_results
    )
    count, most = 0, _MOST_CHANGES if is_events else _MOST_RECORDINGS
    try:
        for _ in range(_MOST_ROUNDS):
            root = await _call(session, fetch, write(search_token=token, wait_time="PT2S"))
            for element in parsers.find_all_local(root, item):
                count += 1
                yield element
            if _text(root, "SearchState") in {"Completed", "Unknown", ""} or count >= most:
                return
    finally:
        # Courtesy alone: it must not lengthen a search whose time is over.
        with suppress(DeviceError, TimeoutError):
            async with asyncio.timeout(_END_S):
                await _call(session, "EndSearch", envelopes.search_end_search(search_token=token))


async def _call(session: OnvifSession, operation: str, body: str) -> Element:
    root = parsers.parse_xml(await session.call(operation, body, service="search"))
    if root is None:
        raise ProtocolViolation(f"{operation}: the answer is not XML")
    return root


def _recording(element: Element) -> Recording | None:
    source = parsers.find_local(element, "Source")
    names = {
        _text(source, name) for name in ("SourceId", "Name", "Address") if source is not None
    } - {""}
    starts, ends = [], []
    for track in parsers.find_all_local(element, "Track"):
        if _text(track, "TrackType").lower() in {"video", "extended", ""}:
            starts.append(_instant(_text(track, "DataFrom")))
            ends.append(_instant(_text(track, "DataTo")))
    start = min((at for at in starts if at), default=None) or _instant(
        _text(element, "EarliestRecording")
    )
    end = max((at for at in ends if at), default=None) or _instant(
        _text(element, "LatestRecording")
    )
    token = _text(element, "RecordingToken")
    if not token or start is None:
        return None
    is_running = _text(element, "RecordingStatus") == "Recording"
    source_id = _text(source, "SourceId") if source is not None else ""
    return Recording(token, source_id, frozenset(names), start, None if is_running else end)


def _change(element: Element, token: str) -> tuple[str, datetime, bool] | None:
    """Return track, instant and whether pictures are there from then on."""
    at = _instant(_text(element, "Time"))
    if at is None or _text(element, "RecordingToken") not in {token, ""}:
        return None
    for simple in parsers.find_all_local(element, "SimpleItem"):
        if simple.attrib.get("Name") == "IsDataPresent":
            is_there = simple.attrib.get("Value", "").lower() in {"true", "1"}
            return _text(element, "TrackToken"), at, is_there
    return None


def _spans(changes: list[tuple[datetime, bool]], stretch: Span) -> Iterator[Span]:
    since: datetime | None = None
    for told_at, is_there in sorted(changes):
        at = min(max(told_at, stretch.from_at), stretch.to_at)
        if is_there and since is None:
            since = at
        elif not is_there and since is not None:
            if since < at:
                yield Span(since, at)
            since = None
    if since is not None and since < stretch.to_at:
        yield Span(since, stretch.to_at)


def _text(parent: Element, name: str) -> str:
    found = parsers.find_local(parent, name)
    return found.text.strip()[:200] if found is not None and found.text else ""


def _instant(text: str) -> datetime | None:
    """Return an xs:dateTime as an aware time; without a zone it is taken as UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return plausible(at if at.tzinfo else at.replace(tzinfo=UTC))


def _xml(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
