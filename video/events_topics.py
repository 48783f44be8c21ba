"""What the topics of ONVIF events mean: one table, no device asked.

A topic is compared without its prefixes (``tns1:Device/tnsaxis:IO/Port`` is ``Device/IO/Port``),
because makers disagree about them. What is about persons is refused before anything else is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

Fate = Literal["event", "ignored", "dropped", "unknown"]
"""Told on; a state nobody is alarmed by; about persons, refused; not in the table."""

_PERSONAL = (
    "face", "facial", "plate", "plates", "license", "licence", "lpr", "anpr", "alpr", "person",
    "persons", "people", "human", "humans", "pedestrian", "biometric", "credential", "credentials",
    "recognition", "recognized", "recognised", "fingerprint", "iris", "gait", "identity",
)  # fmt: skip
_PERSONAL_STARTS = ("face", "plate", "people", "person", "human", "licenseplate", "licenceplate")
_NOT_PERSONAL = frozenset({"facet", "platen", "personality"})
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PREFIX = re.compile(r"^[^:/]*:")


@dataclass(frozen=True, slots=True)
class Topic:
    """One row: which topics, what kind of event, and which property tells its state.

    No state property: the message itself is the event (a line was crossed), it has no end.
    """

    pattern: str
    kind: str
    state: tuple[str, ...] = ()


#: The first row that fits holds. Names of properties as the standard or the maker writes them.
TOPICS: tuple[Topic, ...] = (
    # ONVIF Imaging, Analytics and Device IO service specifications.
    Topic("VideoSource/MotionAlarm", "motion", ("State",)),
    Topic("RuleEngine/CellMotionDetector/Motion", "motion", ("IsMotion",)),
    Topic("RuleEngine/MotionRegionDetector/Motion", "motion", ("State",)),
    Topic("VideoAnalytics/MotionDetection", "motion", ("motion", "State")),
    Topic("RuleEngine/FieldDetector/ObjectsInside", "crossing", ("IsInside",)),
    Topic("RuleEngine/LineDetector/Crossed", "crossing"),
    Topic("RuleEngine/LoiteringDetector/*", "crossing", ("State", "IsLoitering")),
    Topic("RuleEngine/TamperDetector/Tamper", "tamper", ("IsTamper",)),
    Topic("VideoSource/GlobalSceneChange/*", "tamper", ("State",)),
    Topic("VideoSource/GlobalSceneChange", "tamper", ("State",)),
    Topic("VideoSource/ImageTooBlurry/*", "tamper", ("State",)),
    Topic("VideoSource/ImageTooDark/*", "tamper", ("State",)),
    Topic("VideoSource/ImageTooBright/*", "tamper", ("State",)),
    Topic("VideoSource/SignalLoss", "video_loss", ("State",)),
    Topic("VideoSource/SignalLoss/*", "video_loss", ("State",)),
    Topic("VideoSource/ConnectionFailed", "video_loss", ("State", "IsConnectionFailed")),
    Topic("Device/Trigger/DigitalInput", "input", ("LogicalState",)),
    Topic("Device/HardwareFailure/StorageFailure", "storage", ("Failed",)),
    Topic("Device/HardwareFailure/TemperatureCritical", "hardware", ("Critical",)),
    Topic("Device/HardwareFailure/*", "hardware", ("Failed",)),
    Topic("AudioAnalytics/Audio/DetectedSound", "sound", ("IsSoundDetected", "isSoundDetected")),
    Topic("Monitoring/OperatingTime/LastReboot", "reboot"),
    # Axis, from recorded messages.
    Topic("Device/IO/Port", "input", ("state",)),
    Topic("Device/IO/VirtualPort", "input", ("state",)),
    Topic("Device/IO/VirtualInput", "input", ("active",)),
    Topic("Device/Sensor/PIR", "motion", ("state",)),
    Topic("Device/Casing/Open", "tamper", ("Open", "open")),
    Topic("Device/Tampering/*", "tamper", ("State", "state")),
    Topic("VideoSource/Tampering", "tamper"),
    Topic("Device/ShockDetected", "tamper"),
    Topic("Device/HardwareFailure", "hardware", ("Failed",)),
    Topic("Device/Network/Lost", "hardware", ("lost",)),
    # Not `Inside`, which is true while all is well.
    Topic("Device/Status/Temperature/Above", "hardware", ("sensor_level",)),
    Topic("Device/Status/Temperature/Below", "hardware", ("sensor_level",)),
    Topic("Storage/Alert", "storage", ("alert",)),
    Topic("Storage/Disruption", "storage", ("disruption",)),
    Topic("AudioSource/TriggerLevel", "sound", ("triggered",)),
    Topic("RuleEngine/VMD3/*", "motion", ("active",)),
    Topic("CameraApplicationPlatform/VMD/*", "motion", ("active",)),
    Topic("CameraApplicationPlatform/MotionGuard/*", "motion", ("active",)),
    Topic("CameraApplicationPlatform/FenceGuard/*", "crossing", ("active",)),
    Topic("CameraApplicationPlatform/LoiteringGuard/*", "crossing", ("active",)),
    Topic("CameraApplicationPlatform/ObjectAnalytics/*", "crossing", ("active",)),
    # Reolink; its topics for people and faces are refused above.
    Topic("RuleEngine/MyRuleDetector/VehicleDetect", "motion", ("State",)),
    Topic("RuleEngine/MyRuleDetector/DogCatDetect", "motion", ("State",)),
    Topic("RuleEngine/MyRuleDetector/Visitor", "input", ("State",)),
    # Dahua and Hikvision.
    Topic("RuleEngine/SmartMotion/*", "motion", ("State", "IsMotion")),
    Topic("VideoSource/VideoLoss", "video_loss", ("State",)),
    Topic("UserAlarm/GlobalSceneChange", "tamper", ("State",)),
)

#: What a device does on its own or was told to do: no alarm, and no surprise either.
IGNORED: tuple[str, ...] = (
    "PTZController/*", "PTZPresets/*", "VideoSource/DayNightVision", "LightControl/*",
    "Device/Light/*", "Device/Trigger/Relay", "Device/IO/OutputPort", "Device/IO/VirtualOutput",
    "RecordingConfig/*", "RecordingHistory/*", "Recording/*", "Media/*", "Configuration/*",
    "Monitoring/*", "Device/OperationMode/*", "Device/Status/*", "Device/Network/*",
    "VideoSource/LiveStreamAccessed", "VideoSource/ABR", "VideoSource/AutoFocus*",
    "VideoEncoder/*", "Storage/RecorderState", "Storage/Recording", "Timer/*", "Schedule/*",
    "UserAlarm/Recurring/*", "UserAlarm/*", "Device/RingPowerLimitExceeded/*",
    "Device/HeaterStatus", "Device/Configuration/*", "Device/VideoSource/*", "MQTT/*",
    "Device/IO/SupervisedPort", "RuleEngine/CountAggregation/*", "Analytics*", "Device/Heater/*",
    "VideoAnalytics/*", "Media*", "ActionRules*", "EventLogger/*", "ClockSync*",
)  # fmt: skip


def classify(topic: str) -> tuple[Fate, Topic | None]:
    """Return what becomes of a topic, and its row when it is an event.

    Parameters
    ----------
    topic : str
        As a device writes it, with or without prefixes.

    Returns
    -------
    tuple of Fate and Topic or None
        A topic that speaks of persons is ``dropped`` even where a row would fit.

    """
    path = plain(topic)
    if is_personal(path):
        return "dropped", None
    for row in TOPICS:
        if fnmatchcase(path, row.pattern):
            return "event", row
    if any(fnmatchcase(path, pattern) for pattern in IGNORED):
        return "ignored", None
    return "unknown", None


def plain(topic: str) -> str:
    """Return a topic without the namespace prefixes of its segments, at most 200 characters."""
    return "/".join(_PREFIX.sub("", part.strip()) for part in topic.strip().split("/"))[:200]


def is_personal(name: str) -> bool:
    """Return whether a name speaks of recognising or counting persons, faces or plates.

    Names are split where their case changes, so that ``FaceDetect`` is told from ``Interface``.
    """
    for word in (w.lower() for w in _WORD.findall(name)):
        if word in _NOT_PERSONAL:
            continue
        if word in _PERSONAL or word.startswith(_PERSONAL_STARTS):
            return True
    return False
