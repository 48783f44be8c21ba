"""ONVIF event service of a simulated camera (ver10/events): pull points and their life."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta

from video.simulator.events import Happening, Listener
from video.simulator.onvif_device import Call
from video.simulator.soap import SoapFault, attribute, child_text, text

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_LONGEST_WAIT_S = 60.0
_TOPICS = """
<tns1:RuleEngine><CellMotionDetector><Motion wstop:topic="true"/></CellMotionDetector>
<TamperDetector><Tamper wstop:topic="true"/></TamperDetector></tns1:RuleEngine>
<tns1:Device><Trigger><DigitalInput wstop:topic="true"/></Trigger></tns1:Device>
"""


def service_capabilities(_: Call) -> str:
    """GetServiceCapabilities of events."""
    return (
        "<tev:GetServiceCapabilitiesResponse>"
        '<tev:Capabilities WSPullPointSupport="true" MaxPullPoints="4"/>'
        "</tev:GetServiceCapabilitiesResponse>"
    )


def event_properties(_: Call) -> str:
    """GetEventProperties: the topics this device may tell."""
    return (
        "<tev:GetEventPropertiesResponse>"
        "<wsnt:FixedTopicSet>true</wsnt:FixedTopicSet>"
        f"<wstop:TopicSet>{_TOPICS}</wstop:TopicSet></tev:GetEventPropertiesResponse>"
    )


def create_pull_point(call: Call) -> str:
    """CreatePullPointSubscription."""
    events = call.device.events
    span_s = _seconds(child_text(call.request, "tev:InitialTerminationTime"), 60.0)
    name, granted_s = events.subscribe(span_s)
    address = call.service_url(f"events/{name}")
    if events.fault == "foreign":
        address = "http://203.0.113.9/onvif/events"
    return (
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
        f"<wsa5:Address>{text(address)}</wsa5:Address>"
        f"</tev:SubscriptionReference>{_times(call, granted_s, 'wsnt')}"
        "</tev:CreatePullPointSubscriptionResponse>"
    )


async def pull_messages(call: Call) -> str:
    """PullMessages: at once when something waits, else after the time asked for."""
    events = call.device.events
    wait_s = min(_seconds(child_text(call.request, "tev:Timeout"), 5.0), _LONGEST_WAIT_S)
    most = int(child_text(call.request, "tev:MessageLimit") or "10")
    taken = await events.take(_name(call), wait_s, most)
    if taken is None:
        raise _gone()
    if events.fault == "hang":
        await asyncio.sleep(3600)
    told = "".join(_notification(one) for one in taken)
    if events.fault == "malformed":
        return f"<tev:PullMessagesResponse>{told}<wsnt:NotificationMessage><wsnt:Topic"
    remaining_s = _found(call).expires_s - time.monotonic()
    times = _times(call, remaining_s, "tev")
    return f"<tev:PullMessagesResponse>{times}{told}</tev:PullMessagesResponse>"


def renew(call: Call) -> str:
    """Renew."""
    events, listener = call.device.events, _found(call)
    span_s = _seconds(child_text(call.request, "wsnt:TerminationTime"), 60.0)
    granted_s = min(span_s, events.longest_s)
    listener.expires_s = time.monotonic() + granted_s
    return f"<wsnt:RenewResponse>{_times(call, granted_s, 'wsnt')}</wsnt:RenewResponse>"


def unsubscribe(call: Call) -> str:
    """Unsubscribe."""
    if not call.device.events.end(_name(call)):
        raise _gone()
    return "<wsnt:UnsubscribeResponse/>"


def set_synchronization_point(call: Call) -> str:
    """SetSynchronizationPoint of events: every property is told once more."""
    _found(call)
    call.device.events.synchronize(_name(call))
    return "<tev:SetSynchronizationPointResponse/>"


def _name(call: Call) -> str:
    return call.path[-1] if call.path else ""


def _found(call: Call) -> Listener:
    listener = call.device.events.find(_name(call))
    if listener is None:
        raise _gone()
    return listener


def _gone() -> SoapFault:
    return SoapFault("Receiver", "ResourceUnknown", reason="ResourceUnknown: no such pull point")


def _seconds(duration: str | None, otherwise: float) -> float:
    found = _DURATION.fullmatch(duration or "")
    if found is None:
        return otherwise
    hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _times(call: Call, granted_s: float, prefix: str) -> str:
    if call.device.events.fault == "no_time":
        return ""
    now = datetime.fromtimestamp(call.device.clock.now_s(), UTC)
    end = now + timedelta(seconds=granted_s)
    return (
        f"<{prefix}:CurrentTime>{now:%Y-%m-%dT%H:%M:%S.%fZ}</{prefix}:CurrentTime>"
        f"<{prefix}:TerminationTime>{end:%Y-%m-%dT%H:%M:%S.%fZ}</{prefix}:TerminationTime>"
    )


def _notification(one: Happening) -> str:
    dialect = "http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet"
    return (
        f'<wsnt:NotificationMessage><wsnt:Topic Dialect="{dialect}">{text(one.topic)}</wsnt:Topic>'
        f'<wsnt:Message><tt:Message UtcTime="{one.at:%Y-%m-%dT%H:%M:%S.%fZ}"'
        f" PropertyOperation={attribute(one.operation)}>"
        f"<tt:Source>{_items(one.source)}</tt:Source><tt:Key/><tt:Data>{_items(one.data)}</tt:Data>"
        "</tt:Message></wsnt:Message></wsnt:NotificationMessage>"
    )


def _items(items: tuple[tuple[str, str], ...]) -> str:
    return "".join(
        f"<tt:SimpleItem Name={attribute(name)} Value={attribute(value)}/>" for name, value in items
    )
