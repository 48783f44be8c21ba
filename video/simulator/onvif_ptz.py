"""ONVIF PTZ service of a simulated camera (ver20/ptz): moves, status, presets."""

import re
import time
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from video.simulator.onvif_device import Call
from video.simulator.onvif_media import profile_stream, ptz_configuration
from video.simulator.ptz import Position, PtzHead
from video.simulator.soap import NAMESPACES, SoapFault, attribute, child_text, text

SPACES = "http://www.onvif.org/ver10/tptz"
#: ContinuousMove without a time-out of its own ends after the configuration's default.
DEFAULT_TIMEOUT_S = 5.0
PRESETS_MAX = 64

_DURATION = re.compile(r"-?PT(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?")


def nodes(call: Call) -> str:
    """GetNodes."""
    _head(call)
    return f"<tptz:GetNodesResponse>{_node('tptz:PTZNode')}</tptz:GetNodesResponse>"


def node(call: Call) -> str:
    """GetNode."""
    _head(call)
    return f"<tptz:GetNodeResponse>{_node('tptz:PTZNode')}</tptz:GetNodeResponse>"


def configurations(call: Call) -> str:
    """GetConfigurations."""
    _head(call)
    entry = ptz_configuration("tptz:PTZConfiguration")
    return f"<tptz:GetConfigurationsResponse>{entry}</tptz:GetConfigurationsResponse>"


def status(call: Call) -> str:
    """GetStatus: position, MOVING or IDLE, and the device's own time."""
    head = _profile_head(call)
    now_s = time.monotonic()
    state = "MOVING" if head.is_moving(now_s) else "IDLE"
    moment = datetime.fromtimestamp(call.device.clock.now_s(), UTC)
    return (
        "<tptz:GetStatusResponse><tptz:PTZStatus>"
        f"{_position('tt:Position', head.position(now_s))}"
        f"<tt:MoveStatus><tt:PanTilt>{state}</tt:PanTilt><tt:Zoom>{state}</tt:Zoom>"
        f"</tt:MoveStatus><tt:UtcTime>{moment:%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime>"
        "</tptz:PTZStatus></tptz:GetStatusResponse>"
    )


def absolute_move(call: Call) -> str:
    """AbsoluteMove; an axis the request leaves out stays where it is."""
    head, now_s = _profile_head(call), time.monotonic()
    here = head.position(now_s)
    head.move_to(_vector(call, "tptz:Position", here, required=True), now_s)
    return "<tptz:AbsoluteMoveResponse/>"


def relative_move(call: Call) -> str:
    """RelativeMove."""
    head = _profile_head(call)
    head.move_by(_vector(call, "tptz:Translation", Position(), required=True), time.monotonic())
    return "<tptz:RelativeMoveResponse/>"


def continuous_move(call: Call) -> str:
    """ContinuousMove until Stop or the time-out."""
    head = _profile_head(call)
    velocity = _vector(call, "tptz:Velocity", Position(), required=True)
    asked_s = duration_s(child_text(call.request, "tptz:Timeout"))
    timeout_s = DEFAULT_TIMEOUT_S if asked_s is None else asked_s
    head.move_on(velocity, time.monotonic(), timeout_s=timeout_s)
    return "<tptz:ContinuousMoveResponse/>"


def stop(call: Call) -> str:
    """Stop, both axes."""
    _profile_head(call).stop(time.monotonic())
    return "<tptz:StopResponse/>"


def presets(call: Call) -> str:
    """GetPresets."""
    entries = "".join(
        f"<tptz:Preset token={attribute(token)}><tt:Name>{text(name)}</tt:Name>"
        f"{_position('tt:PTZPosition', place)}</tptz:Preset>"
        for token, (name, place) in _profile_head(call).presets.items()
    )
    return f"<tptz:GetPresetsResponse>{entries}</tptz:GetPresetsResponse>"


def set_preset(call: Call) -> str:
    """SetPreset: the present position under a new or an existing token."""
    head = _profile_head(call)
    token = child_text(call.request, "tptz:PresetToken") or ""
    if token and token not in head.presets:
        raise SoapFault("Sender", "InvalidArgVal", "NoToken", reason=f"no preset {token!r}")
    if not token and len(head.presets) >= PRESETS_MAX:
        raise SoapFault("Receiver", "Action", "TooManyPresets", reason="no room for a preset")
    name = child_text(call.request, "tptz:PresetName") or "preset"
    token = head.remember(name, time.monotonic(), token=token)
    return (
        f"<tptz:SetPresetResponse><tptz:PresetToken>{text(token)}</tptz:PresetToken>"
        "</tptz:SetPresetResponse>"
    )


def goto_preset(call: Call) -> str:
    """GotoPreset."""
    head = _profile_head(call)
    token = child_text(call.request, "tptz:PresetToken") or ""
    if token not in head.presets:
        raise SoapFault("Sender", "InvalidArgVal", "NoToken", reason=f"no preset {token!r}")
    head.move_to(head.presets[token][1], time.monotonic())
    return "<tptz:GotoPresetResponse/>"


def duration_s(value: str | None) -> float | None:
    """Seconds of an xs:duration of hours, minutes and seconds, None when absent or other."""
    match = _DURATION.fullmatch(value or "")
    if match is None:
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _head(call: Call) -> PtzHead:
    if call.device.head is None:
        raise SoapFault("Receiver", "ActionNotSupported", reason="this camera has no PTZ head")
    return call.device.head


def _profile_head(call: Call) -> PtzHead:
    profile_stream(call)
    return _head(call)


def _vector(call: Call, path: str, default: Position, *, required: bool) -> Position:
    vector = call.request.find(path, NAMESPACES)
    if vector is None:
        if required:
            raise SoapFault("Sender", "InvalidArgVal", reason=f"{path} is missing")
        return default
    pan_tilt, zoom = vector.find("tt:PanTilt", NAMESPACES), vector.find("tt:Zoom", NAMESPACES)
    return Position(
        pan=_number(pan_tilt, "x", default.pan),
        tilt=_number(pan_tilt, "y", default.tilt),
        zoom=_number(zoom, "x", default.zoom),
    )


def _number(element: Element | None, name: str, default: float) -> float:
    if element is None:
        return default
    try:
        value = float(element.get(name, ""))
    except ValueError as error:
        raise SoapFault("Sender", "InvalidArgVal", reason=f"{name} is no number") from error
    if not -1 <= value <= 1:
        raise SoapFault("Sender", "InvalidArgVal", "InvalidPosition", reason="outside the space")
    return value


def _position(tag: str, place: Position) -> str:
    return (
        f'<{tag}><tt:PanTilt x="{place.pan:.4f}" y="{place.tilt:.4f}"'
        f' space="{SPACES}/PanTiltSpaces/PositionGenericSpace"/><tt:Zoom x="{place.zoom:.4f}"'
        f' space="{SPACES}/ZoomSpaces/PositionGenericSpace"/></{tag}>'
    )


def _range(tag: str, axis: str, low: float) -> str:
    return f"<tt:{tag}><tt:Min>{low:g}</tt:Min><tt:Max>1</tt:Max></tt:{tag}>" if axis else ""


def _space(kind: str, uri: str, low: float) -> str:
    ranges = _range("XRange", "x", low)
    if "PanTiltSpaces" in uri:
        ranges += _range("YRange", "y", low)
    return f"<tt:{kind}><tt:URI>{SPACES}/{uri}</tt:URI>{ranges}</tt:{kind}>"


def _node(tag: str) -> str:
    spaces = (
        _space("AbsolutePanTiltPositionSpace", "PanTiltSpaces/PositionGenericSpace", -1)
        + _space("AbsoluteZoomPositionSpace", "ZoomSpaces/PositionGenericSpace", 0)
        + _space("RelativePanTiltTranslationSpace", "PanTiltSpaces/TranslationGenericSpace", -1)
        + _space("RelativeZoomTranslationSpace", "ZoomSpaces/TranslationGenericSpace", -1)
        + _space("ContinuousPanTiltVelocitySpace", "PanTiltSpaces/VelocityGenericSpace", -1)
        + _space("ContinuousZoomVelocitySpace", "ZoomSpaces/VelocityGenericSpace", -1)
    )
    return (
        f'<{tag} token="ptz-node-1" FixedHomePosition="false"><tt:Name>head</tt:Name>'
        f"<tt:SupportedPTZSpaces>{spaces}</tt:SupportedPTZSpaces>"
        f"<tt:MaximumNumberOfPresets>{PRESETS_MAX}</tt:MaximumNumberOfPresets>"
        f"<tt:HomeSupported>false</tt:HomeSupported></{tag}>"
    )
