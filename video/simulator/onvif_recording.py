"""ONVIF Profile G of a simulated recorder: search (ver10/search) and replay (ver10/replay).

One recording with one video track; its gaps are told as changes of the track's state.
"""

import math
from datetime import UTC, datetime

from video.simulator.onvif_device import Call
from video.simulator.recorder import Recorder
from video.simulator.soap import SoapFault, child_text, text

RECORDING = "recording-1"
TRACK = "video-1"
#: Search results in one answer, so that a client has to come back for more.
PAGE = 20


def recorder_of(call: Call) -> Recorder:
    """The device's recorder.

    Raises
    ------
    SoapFault
        It has none.

    """
    if call.device.recorder is None or call.device.spec.recorder != "onvif":
        raise SoapFault("Receiver", "ActionNotSupported", reason="no recordings here")
    return call.device.recorder


def service_capabilities(call: Call) -> str:
    """GetServiceCapabilities of the search service."""
    recorder_of(call)
    return (
        "<tse:GetServiceCapabilitiesResponse>"
        '<tse:Capabilities MetadataSearch="false" GeneralStartEvents="false"/>'
        "</tse:GetServiceCapabilitiesResponse>"
    )


def recording_summary(call: Call) -> str:
    """GetRecordingSummary."""
    recorder = recorder_of(call)
    return (
        "<tse:GetRecordingSummaryResponse><tse:Summary>"
        f"<tt:DataFrom>{_told(call, recorder.begins_s())}</tt:DataFrom>"
        f"<tt:DataUntil>{_told(call, None)}</tt:DataUntil>"
        "<tt:NumberRecordings>1</tt:NumberRecordings>"
        "</tse:Summary></tse:GetRecordingSummaryResponse>"
    )


def find_recordings(call: Call) -> str:
    """FindRecordings; the search is over before it began, its token holds nothing."""
    recorder_of(call)
    return _token("FindRecordingsResponse", "recordings")


def recording_results(call: Call) -> str:
    """GetRecordingSearchResults: the one recording."""
    recorder = recorder_of(call)
    begin, end = _told(call, recorder.begins_s()), _told(call, None)
    return (
        "<tse:GetRecordingSearchResultsResponse><tse:ResultList>"
        "<tt:SearchState>Completed</tt:SearchState><tt:RecordingInformation>"
        f"<tt:RecordingToken>{RECORDING}</tt:RecordingToken>"
        "<tt:Source><tt:SourceId>source-1</tt:SourceId><tt:Name>camera</tt:Name>"
        "<tt:Location/><tt:Description/><tt:Address/></tt:Source>"
        f"<tt:EarliestRecording>{begin}</tt:EarliestRecording>"
        f"<tt:LatestRecording>{end}</tt:LatestRecording><tt:Content/>"
        f"<tt:Track><tt:TrackToken>{TRACK}</tt:TrackToken><tt:TrackType>Video</tt:TrackType>"
        f"<tt:Description/><tt:DataFrom>{begin}</tt:DataFrom><tt:DataTo>{end}</tt:DataTo>"
        "</tt:Track><tt:RecordingStatus>Recording</tt:RecordingStatus>"
        "</tt:RecordingInformation></tse:ResultList></tse:GetRecordingSearchResultsResponse>"
    )


def find_events(call: Call) -> str:
    """FindEvents: the token is the range searched, and how far results were fetched."""
    recorder_of(call)
    start = child_text(call.request, "tse:StartPoint")
    end = child_text(call.request, "tse:EndPoint")
    if start is None:
        raise SoapFault("Sender", "InvalidArgVal", reason="no StartPoint")
    offset_s = call.device.clock.offset_s
    range_s = [_epoch_s(start) - offset_s, (_epoch_s(end) if end else math.inf) - offset_s]
    token = f"events-{len(call.device.searches)}"
    call.device.searches[token] = [range_s[0], range_s[1], 0]
    return _token("FindEventsResponse", token)


def event_results(call: Call) -> str:
    """GetEventSearchResults: state at the start, then each change, a page at a time."""
    token = child_text(call.request, "tse:SearchToken") or ""
    search = call.device.searches.get(token)
    if search is None:
        raise SoapFault("Sender", "InvalidArgVal", "InvalidToken", reason="no such search")
    start, end, done = search
    changes = _changes(recorder_of(call), start, end)
    page = changes[int(done) : int(done) + PAGE]
    search[2] = done + len(page)
    state = "Completed" if search[2] >= len(changes) else "Searching"
    results = "".join(_result(call, at_s, has, at_s == start) for at_s, has in page)
    return (
        "<tse:GetEventSearchResultsResponse><tse:ResultList>"
        f"<tt:SearchState>{state}</tt:SearchState>{results}"
        "</tse:ResultList></tse:GetEventSearchResultsResponse>"
    )


def end_search(call: Call) -> str:
    """EndSearch."""
    call.device.searches.pop(child_text(call.request, "tse:SearchToken") or "", None)
    end = f"<tse:Endpoint>{_told(call, None)}</tse:Endpoint>"
    return f"<tse:EndSearchResponse>{end}</tse:EndSearchResponse>"


def replay_uri(call: Call) -> str:
    """GetReplayUri."""
    recorder_of(call)
    if child_text(call.request, "trp:RecordingToken") != RECORDING:
        raise SoapFault("Sender", "InvalidArgVal", "InvalidToken", reason="no such recording")
    uri = f"rtsp://{call.host}:{call.rtsp_port}/{call.device.spec.id}/recording"
    return f"<trp:GetReplayUriResponse><trp:Uri>{text(uri)}</trp:Uri></trp:GetReplayUriResponse>"


def _changes(recorder: Recorder, start: float, end: float) -> list[tuple[float, bool]]:
    spans = recorder.spans(start, end)
    changes = [(start, recorder.has(start))]
    for begin, close in spans:
        if begin > start:
            changes.append((begin, True))
        if close < end and not recorder.has(close):
            changes.append((close, False))
    return changes


def _result(call: Call, at_s: float, has: bool, is_start: bool) -> str:
    at, operation = _told(call, at_s), "Initialized" if is_start else "Changed"
    return (
        f"<tt:Result><tt:RecordingToken>{RECORDING}</tt:RecordingToken>"
        f"<tt:TrackToken>{TRACK}</tt:TrackToken><tt:Time>{at}</tt:Time><tt:Event>"
        '<wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        "tns1:RecordingHistory/Track/State</wsnt:Topic><wsnt:Message>"
        f'<tt:Message UtcTime="{at}" PropertyOperation="{operation}">'
        f'<tt:Source><tt:SimpleItem Name="RecordingToken" Value="{RECORDING}"/>'
        f'<tt:SimpleItem Name="Track" Value="{TRACK}"/></tt:Source>'
        f'<tt:Data><tt:SimpleItem Name="IsDataPresent" Value="{str(has).lower()}"/></tt:Data>'
        "</tt:Message></wsnt:Message></tt:Event>"
        f"<tt:StartStateEvent>{str(is_start).lower()}</tt:StartStateEvent></tt:Result>"
    )


def _token(response: str, token: str) -> str:
    return f"<tse:{response}><tse:SearchToken>{token}</tse:SearchToken></tse:{response}>"


def _told(call: Call, at_s: float | None) -> str:
    """An instant by the device's clock; None is now."""
    told_s = call.device.clock.now_s() if at_s is None else at_s + call.device.clock.offset_s
    return datetime.fromtimestamp(told_s, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _epoch_s(value: str) -> float:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise SoapFault("Sender", "InvalidArgVal", reason=f"no time: {value!r}") from None
