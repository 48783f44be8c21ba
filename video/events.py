"""Events of ONVIF devices as plain facts: what kind, from which source, on or off, when.

Of a message only its topic, the source within the device and the one property that tells the state
are read. Other data (classes, object ids, pictures, whatever a maker adds) is not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from xml.etree.ElementTree import Element

from onveef import parsers

from video.errors import ProtocolViolation
from video.events_topics import Topic, classify, is_personal, plain

Operation = Literal["initialized", "changed", "deleted"]
MOST_MESSAGES = 200
"""Of one answer; what lies beyond is not read."""
_MOST_KEYS = 32
_LONGEST_SOURCE = 200
_TRUE = frozenset({"true", "1", "active", "on", "yes", "triggered", "high"})
_FALSE = frozenset({"false", "0", "inactive", "off", "no", "low", "idle"})
_OPERATIONS: Mapping[str, Operation] = {"initialized": "initialized", "deleted": "deleted"}


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """One event. ``is_on`` is None for one that has no end; ``at`` is the device's own clock."""

    kind: str
    source: str
    topic: str
    is_on: bool | None
    operation: Operation
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one answer held; ``dropped`` messages were about persons and are only counted."""

    events: tuple[DeviceEvent, ...] = ()
    ignored: int = 0
    dropped: int = 0
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Folded:
    """All that one answer told of one source: how often it was raised, and how it stands now."""

    kind: str
    source: str
    topic: str
    raised: int
    is_on: bool | None
    is_initial: bool
    first_at: datetime | None
    last_at: datetime | None


def read_events(xml: str) -> Reading:
    """Return the events of an answer to PullMessages, or of a stream of metadata.

    Parameters
    ----------
    xml : str
        A SOAP envelope or a ``tt:MetadataStream``.

    Returns
    -------
    Reading
        In the order told. A message without a legible state counts as unknown.

    Raises
    ------
    ProtocolViolation
        Not XML, or with a document type declaration.

    """
    root = parsers.parse_xml(xml)
    if root is None or "<!DOCTYPE" in xml.upper():
        raise ProtocolViolation("the messages are not XML")
    events: list[DeviceEvent] = []
    unknown: list[str] = []
    ignored = dropped = 0
    for message in parsers.find_all_local(root, "NotificationMessage")[:MOST_MESSAGES]:
        topic = _topic(message)
        fate, row = classify(topic)
        event = _event(message, row) if row is not None else None
        if event is not None:
            events.append(event)
        elif fate == "dropped":
            dropped += 1
        elif fate == "ignored":
            ignored += 1
        else:
            unknown.append(plain(topic))
    return Reading(tuple(events), ignored, dropped, tuple(unknown))


def fold(events: Iterable[DeviceEvent]) -> list[Folded]:
    """Return one entry for each source of one kind, in the order first told; at most 32.

    A device that chatters between two polls costs as much as one that speaks once.
    """
    found: dict[tuple[str, str], Folded] = {}
    for event in events:
        key = event.kind, event.source
        before = found.get(key)
        if before is None and len(found) >= _MOST_KEYS:
            continue
        is_raised = event.is_on is not False and event.operation != "deleted"
        found[key] = Folded(
            event.kind,
            event.source,
            event.topic,
            raised=(before.raised if before else 0) + is_raised,
            is_on=False if event.operation == "deleted" else event.is_on,
            is_initial=event.operation == "initialized" and (before is None or before.is_initial),
            first_at=before.first_at if before and before.raised else event.at,
            last_at=event.at,
        )
    return list(found.values())


def _topic(message: Element) -> str:
    element = parsers.find_local(message, "Topic")
    return (element.text or "").strip() if element is not None else ""


def _event(message: Element, row: Topic) -> DeviceEvent | None:
    """Return the event of a message whose topic is known; None when its state cannot be read."""
    told = _innermost(message)
    if told is None:
        return None
    operation = _OPERATIONS.get(told.attrib.get("PropertyOperation", "").lower(), "changed")
    is_on: bool | None = None
    if row.state:
        is_on = _state(_items(told, "Data"), row.state)
        if is_on is None and operation != "deleted":
            return None
    elif operation == "initialized":
        is_on = False  # how it stood before: a reboot long ago is none now
    topic = plain(_topic(message))
    return DeviceEvent(row.kind, _source(told, topic, row), topic, is_on, operation, _moment(told))


def _innermost(message: Element) -> Element | None:
    """Return ``tt:Message``, which lies in a ``wsnt:Message``; some devices leave out the outer."""
    found = [e for e in message.iter() if e.tag.rpartition("}")[2] == "Message"]
    return found[-1] if found else None


def _items(told: Element, part: str) -> dict[str, str]:
    holder = parsers.find_local(told, part)
    if holder is None:
        return {}
    items = parsers.find_all_local(holder, "SimpleItem")
    return {item.attrib.get("Name", ""): item.attrib.get("Value", "") for item in items}


def _state(data: Mapping[str, str], names: tuple[str, ...]) -> bool | None:
    known = {name.lower(): value.strip().lower() for name, value in data.items()}
    for name in names:
        value = known.get(name.lower())
        if value in _TRUE:
            return True
        if value in _FALSE:
            return False
    return None


def _source(told: Element, topic: str, row: Topic) -> str:
    """Return which input, window or disk of the device it was, in an order of its own.

    Axis names its windows in the topic and gives no source: Camera1Profile1, Camera1Profile2.
    """
    items = _items(told, "Source").items()
    kept = [f"{name}={value}" for name, value in sorted(items) if not is_personal(name)]
    if row.pattern.endswith("*"):
        kept.insert(0, topic.rpartition("/")[2])
    return ",".join(kept)[:_LONGEST_SOURCE]


def _moment(told: Element) -> datetime | None:
    """Return the device's time; None where it gives none or no real one."""
    try:
        moment = datetime.fromisoformat(told.attrib.get("UtcTime", "").strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):  # the first or last day of all, in another zone
        return None
