"""Preset tours of a simulated camera (ONVIF PTZ service)."""

import time
from xml.etree.ElementTree import Element

from video.simulator.onvif_device import Call
from video.simulator.onvif_ptz import duration_s, profile_head
from video.simulator.ptz import PtzHead, Tour
from video.simulator.soap import NAMESPACES, SoapFault, attribute, child_text, text

TOURS_MAX = 4


def tours(call: Call) -> str:
    """GetPresetTours."""
    head = profile_head(call)
    head.position(time.monotonic())
    entries = "".join(_tour(head, token, tour) for token, tour in head.tours.items())
    return f"<tptz:GetPresetToursResponse>{entries}</tptz:GetPresetToursResponse>"


def create_tour(call: Call) -> str:
    """CreatePresetTour: an empty one."""
    head = profile_head(call)
    _require_offered(call)
    if len(head.tours) >= TOURS_MAX:
        raise SoapFault("Receiver", "Action", "TooManyPresetTours", reason="no room for a tour")
    token = f"tour-{len(head.tours) + 1}"
    head.tours[token] = Tour()
    return (
        f"<tptz:CreatePresetTourResponse><tptz:PresetTourToken>{text(token)}"
        "</tptz:PresetTourToken></tptz:CreatePresetTourResponse>"
    )


def modify_tour(call: Call) -> str:
    """ModifyPresetTour: all of it anew."""
    head = profile_head(call)
    wanted = call.request.find("tptz:PresetTour", NAMESPACES)
    token = (wanted.get("token") if wanted is not None else None) or ""
    if wanted is None or token not in head.tours:
        raise SoapFault("Sender", "InvalidArgVal", "NoToken", reason=f"no tour {token!r}")
    stops = [_stop(head, spot) for spot in wanted.findall("tt:TourSpot", NAMESPACES)]
    if not stops:
        raise SoapFault("Sender", "InvalidArgVal", "InvalidPresetTour", reason="no spot")
    head.tours[token] = Tour(child_text(wanted, "tt:Name") or "", stops)
    return "<tptz:ModifyPresetTourResponse/>"


def operate_tour(call: Call) -> str:
    """OperatePresetTour: Start or Stop."""
    head, token = profile_head(call), child_text(call.request, "tptz:PresetTourToken") or ""
    tour = head.tours.get(token)
    if tour is None or not tour.stops:
        raise SoapFault("Sender", "InvalidArgVal", "NoToken", reason=f"no tour {token!r}")
    operation = child_text(call.request, "tptz:Operation")
    if operation == "Start":
        head.start_tour(token, time.monotonic())
    elif operation == "Stop":
        if head.touring == token:
            head.stop(time.monotonic())
    else:
        raise SoapFault("Receiver", "ActionNotSupported", reason=f"no operation {operation!r}")
    return "<tptz:OperatePresetTourResponse/>"


def remove_tour(call: Call) -> str:
    """RemovePresetTour."""
    head, token = profile_head(call), child_text(call.request, "tptz:PresetTourToken") or ""
    if head.touring == token:
        head.stop(time.monotonic())
    if head.tours.pop(token, None) is None:
        raise SoapFault("Sender", "InvalidArgVal", "NoToken", reason=f"no tour {token!r}")
    return "<tptz:RemovePresetTourResponse/>"


def _require_offered(call: Call) -> None:
    if not call.device.head_kind.can_tour:
        raise SoapFault("Receiver", "ActionNotSupported", reason="no preset tours")


def _stop(head: PtzHead, spot: Element) -> tuple[str, float]:
    token = child_text(spot, "tt:PresetDetail/tt:PresetToken") or ""
    if token not in head.presets:
        raise SoapFault("Sender", "InvalidArgVal", "InvalidPresetTour", reason=f"no {token!r}")
    return token, duration_s(child_text(spot, "tt:StayTime")) or 0.0


def _tour(head: PtzHead, token: str, tour: Tour) -> str:
    spots = "".join(
        f"<tt:TourSpot><tt:PresetDetail><tt:PresetToken>{text(preset)}</tt:PresetToken>"
        f"</tt:PresetDetail><tt:StayTime>PT{dwell_s:g}S</tt:StayTime></tt:TourSpot>"
        for preset, dwell_s in tour.stops
    )
    state = "Touring" if head.touring == token else "Idle"
    return (
        f"<tptz:PresetTour token={attribute(token)}><tt:Name>{text(tour.name)}</tt:Name>"
        f"<tt:Status><tt:State>{state}</tt:State></tt:Status><tt:AutoStart>false</tt:AutoStart>"
        f"<tt:StartingCondition/>{spots}</tptz:PresetTour>"
    )
