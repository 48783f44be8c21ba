"""ONVIF PTZ service of a simulated camera (ver20/ptz): moves, status, presets."""

import math
import re
import time
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from video.simulator.onvif_device import Call
from video.simulator.onvif_media import profile_stream, ptz_configuration
from video.simulator.ptz import Position, PtzHead
from video.simulator.ptz_kinds import SPACES, HeadKind, View
from video.simulator.soap import NAMESPACES, SoapFault, attribute, child_text, text

METRES_PER_DEG = 111_195.0
#: ContinuousMove without a time-out of its own ends after the configuration's default.
DEFAULT_TIMEOUT_S = 5.0
PRESETS_MAX = 64

_DURATION = re.compile(r"-?PT(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?")


def nodes(call: Call) -> str:
    """GetNodes."""
    return f"<tptz:GetNodesResponse>{_node(call)}</tptz:GetNodesResponse>"


def node(call: Call) -> str:
    """GetNode."""
    return f"<tptz:GetNodeResponse>{_node(call)}</tptz:GetNodeResponse>"


def configurations(call: Call) -> str:
    """GetConfigurations."""
    _head(call)
    entry = ptz_configuration("tptz:PTZConfiguration", call.device.head_kind.space)
    return f"<tptz:GetConfigurationsResponse>{entry}</tptz:GetConfigurationsResponse>"


def configuration_options(call: Call) -> str:
    """GetConfigurationOptions: the spaces once more."""
    _head(call)
    return (
        "<tptz:GetConfigurationOptionsResponse><tptz:PTZConfigurationOptions>"
        f"<tt:Spaces>{_spaces(call.device.head_kind)}</tt:Spaces>"
        "<tt:PTZTimeout><tt:Min>PT0.1S</tt:Min><tt:Max>PT60S</tt:Max></tt:PTZTimeout>"
        "</tptz:PTZConfigurationOptions></tptz:GetConfigurationOptionsResponse>"
    )


def status(call: Call) -> str:
    """GetStatus: position where the kind tells it, MOVING or IDLE, and the device's own time."""
    head, kind = profile_head(call), call.device.head_kind
    now_s = time.monotonic()
    state = "MOVING" if head.is_moving(now_s) else "IDLE"
    moment = datetime.fromtimestamp(call.device.clock.now_s(), UTC)
    place = _position("tt:Position", head.position(now_s), kind) if kind.space else ""
    return (
        f"<tptz:GetStatusResponse><tptz:PTZStatus>{place}"
        f"<tt:MoveStatus><tt:PanTilt>{state}</tt:PanTilt><tt:Zoom>{state}</tt:Zoom>"
        f"</tt:MoveStatus><tt:UtcTime>{moment:%Y-%m-%dT%H:%M:%SZ}</tt:UtcTime>"
        "</tptz:PTZStatus></tptz:GetStatusResponse>"
    )


def absolute_move(call: Call) -> str:
    """AbsoluteMove; an axis the request leaves out goes to 0, as on devices that are known."""
    head, kind = profile_head(call), call.device.head_kind
    if not kind.space:
        raise SoapFault("Receiver", "ActionNotSupported", reason="no absolute positions")
    place = _vector(call, "tptz:Position", (kind.pan, kind.tilt))
    head.move_to(kind.to_state(place), time.monotonic())
    return "<tptz:AbsoluteMoveResponse/>"


def geo_move(call: Call) -> str:
    """GeoMove: turn to a place, worked out from where the device knows it stands."""
    head, kind, spec = profile_head(call), call.device.head_kind, call.device.spec
    if not kind.can_geo:
        raise SoapFault("Receiver", "ActionNotSupported", "GeoMoveNotSupported", reason="no")
    if spec.lon is None or spec.lat is None:
        raise SoapFault("Receiver", "Action", "GeoLocationUnknown", reason="place unknown")
    (lon, lat, height_m), width_m = _target(call)
    north_m = (lat - spec.lat) * METRES_PER_DEG
    east_m = (lon - spec.lon) * METRES_PER_DEG * math.cos(math.radians(spec.lat))
    plan_m, up_m = math.hypot(north_m, east_m), height_m - spec.elevation_m
    slant_m = max(math.hypot(plan_m, up_m), 0.1)
    view = View(
        math.degrees(math.atan2(east_m, north_m)),
        math.degrees(math.atan2(up_m, plan_m)),
        math.degrees(2.0 * math.atan(width_m / 2.0 / slant_m)),
    )
    state = kind.state_of(view, spec.ptz_north_deg)
    if state is None:
        raise SoapFault("Sender", "InvalidArgVal", "UnreachablePosition", reason="out of reach")
    head.move_to(state, time.monotonic())
    return "<tptz:GeoMoveResponse/>"


def _target(call: Call) -> tuple[tuple[float, float, float], float]:
    """Lon, lat and elevation of GeoMove's target, and the width to show."""
    target = call.request.find("tptz:Target", NAMESPACES)
    try:
        if target is None:
            raise ValueError
        lon, lat = float(target.get("lon", "")), float(target.get("lat", ""))
        width_m = float(child_text(call.request, "tptz:AreaWidth") or "10")
        return (lon, lat, float(target.get("elevation", "0"))), width_m
    except ValueError as error:
        raise SoapFault("Sender", "InvalidArgVal", reason="no target") from error


def relative_move(call: Call) -> str:
    """RelativeMove."""
    head = profile_head(call)
    head.move_by(_vector(call, "tptz:Translation"), time.monotonic())
    return "<tptz:RelativeMoveResponse/>"


def continuous_move(call: Call) -> str:
    """ContinuousMove until Stop or the time-out."""
    head = profile_head(call)
    velocity = _vector(call, "tptz:Velocity")
    asked_s = duration_s(child_text(call.request, "tptz:Timeout"))
    timeout_s = DEFAULT_TIMEOUT_S if asked_s is None else asked_s
    head.move_on(velocity, time.monotonic(), timeout_s=timeout_s)
    return "<tptz:ContinuousMoveResponse/>"


def stop(call: Call) -> str:
    """Stop, both axes."""
    profile_head(call).stop(time.monotonic())
    return "<tptz:StopResponse/>"


def presets(call: Call) -> str:
    """GetPresets."""
    kind = call.device.head_kind
    entries = "".join(
        f"<tptz:Preset token={attribute(token)}><tt:Name>{text(name)}</tt:Name>"
        f"{_position('tt:PTZPosition', place, kind) if kind.space else ''}</tptz:Preset>"
        for token, (name, place) in profile_head(call).presets.items()
    )
    return f"<tptz:GetPresetsResponse>{entries}</tptz:GetPresetsResponse>"


def set_preset(call: Call) -> str:
    """SetPreset: the present position under a new or an existing token."""
    head = profile_head(call)
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
    head = profile_head(call)
    token = child_text(call.request, "tptz:PresetToken") or ""
    if token not in head.presets:
        raise SoapFault("Sender", "InvalidArgVal", "NoToken", reason=f"no preset {token!r}")
    head.move_to(head.presets[token][1], time.monotonic())
    return "<tptz:GotoPresetResponse/>"


def remove_preset(call: Call) -> str:
    """RemovePreset."""
    token = child_text(call.request, "tptz:PresetToken") or ""
    if profile_head(call).presets.pop(token, None) is None:
        raise SoapFault("Sender", "InvalidArgVal", "NoToken", reason=f"no preset {token!r}")
    return "<tptz:RemovePresetResponse/>"


def goto_home(call: Call) -> str:
    """GotoHomePosition."""
    head = profile_head(call)
    head.move_to(head.home, time.monotonic())
    return "<tptz:GotoHomePositionResponse/>"


def set_home(call: Call) -> str:
    """SetHomePosition: where the head is now."""
    head = profile_head(call)
    head.home = head.position(time.monotonic())
    return "<tptz:SetHomePositionResponse/>"


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


def profile_head(call: Call) -> PtzHead:
    """The head of the profile a call names."""
    profile_stream(call)
    return _head(call)


_UNIT = ((-1.0, 1.0), (-1.0, 1.0))


def _vector(
    call: Call, path: str, limits: tuple[tuple[float, float], tuple[float, float]] = _UNIT
) -> Position:
    """Pan, tilt and zoom of a vector; an axis it leaves out is 0."""
    vector = call.request.find(path, NAMESPACES)
    if vector is None:
        raise SoapFault("Sender", "InvalidArgVal", reason=f"{path} is missing")
    pan_tilt, zoom = vector.find("tt:PanTilt", NAMESPACES), vector.find("tt:Zoom", NAMESPACES)
    return Position(
        pan=_number(pan_tilt, "x", limits[0]),
        tilt=_number(pan_tilt, "y", limits[1]),
        zoom=_number(zoom, "x", (-1.0, 1.0)),
    )


def _number(element: Element | None, name: str, limits: tuple[float, float]) -> float:
    if element is None:
        return 0.0
    try:
        value = float(element.get(name, ""))
    except ValueError as error:
        raise SoapFault("Sender", "InvalidArgVal", reason=f"{name} is no number") from error
    if not limits[0] <= value <= limits[1]:
        raise SoapFault("Sender", "InvalidArgVal", "InvalidPosition", reason="outside the space")
    return value


def _position(tag: str, state: Position, kind: HeadKind) -> str:
    place = kind.to_device(state)
    return (
        f'<{tag}><tt:PanTilt x="{place.pan:.4f}" y="{place.tilt:.4f}"'
        f' space="{SPACES}/{kind.space}"/><tt:Zoom x="{place.zoom:.4f}"'
        f' space="{SPACES}/ZoomSpaces/PositionGenericSpace"/></{tag}>'
    )


def _range(tag: str, limits: tuple[float, float]) -> str:
    return f"<tt:{tag}><tt:Min>{limits[0]:g}</tt:Min><tt:Max>{limits[1]:g}</tt:Max></tt:{tag}>"


def _space(kind: str, uri: str, *limits: tuple[float, float]) -> str:
    tags = ("XRange", "YRange")
    ranges = "".join(_range(tags[axis], one) for axis, one in enumerate(limits))
    return f"<tt:{kind}><tt:URI>{SPACES}/{uri}</tt:URI>{ranges}</tt:{kind}>"


def _spaces(kind: HeadKind) -> str:
    both = (-1.0, 1.0)
    absolute = (
        _space("AbsolutePanTiltPositionSpace", kind.space, kind.pan, kind.tilt)
        + _space("AbsoluteZoomPositionSpace", "ZoomSpaces/PositionGenericSpace", (0.0, 1.0))
        if kind.space
        else ""
    )
    return (
        absolute
        + _space("RelativePanTiltTranslationSpace", "PanTiltSpaces/TranslationGenericSpace", *_UNIT)
        + _space("RelativeZoomTranslationSpace", "ZoomSpaces/TranslationGenericSpace", both)
        + _space("ContinuousPanTiltVelocitySpace", "PanTiltSpaces/VelocityGenericSpace", *_UNIT)
        + _space("ContinuousZoomVelocitySpace", "ZoomSpaces/VelocityGenericSpace", both)
    )


_TOURS = (
    "<tt:Extension><tt:SupportedPresetTour>"
    "<tt:MaximumNumberOfPresetTours>4</tt:MaximumNumberOfPresetTours>"
    "<tt:PTZPresetTourOperation>Start</tt:PTZPresetTourOperation>"
    "<tt:PTZPresetTourOperation>Stop</tt:PTZPresetTourOperation>"
    "</tt:SupportedPresetTour></tt:Extension>"
)


def _node(call: Call) -> str:
    _head(call)
    kind = call.device.head_kind
    geo = ' GeoMove="true"' if kind.can_geo else ""
    return (
        f'<tptz:PTZNode token="ptz-node-1" FixedHomePosition="false"{geo}><tt:Name>head</tt:Name>'
        f"<tt:SupportedPTZSpaces>{_spaces(kind)}</tt:SupportedPTZSpaces>"
        f"<tt:MaximumNumberOfPresets>{PRESETS_MAX}</tt:MaximumNumberOfPresets>"
        f"<tt:HomeSupported>true</tt:HomeSupported>{_TOURS if kind.can_tour else ''}</tptz:PTZNode>"
    )
