"""Recorded messages of real devices as plain events; what is about persons is refused."""

from pathlib import Path

import pytest
from onveef import parsers

from video.errors import ProtocolViolation
from video.events import fold, read_events
from video.events_topics import IGNORED, TOPICS, classify, is_personal

DEVICES = Path(__file__).parents[3] / "shared/data/devices"
AXIS = sorted((DEVICES / "axis_events").glob("*.xml"))
MOCK = DEVICES / "onvif_mock_replies"

#: By hand from the files: kind and state, or what else becomes of the message.
MEANT = {
    "AUDIO_INIT": ("sound", False),
    "DAYNIGHT_INIT": "ignored",
    "FENCE_GUARD_INIT": ("crossing", False),
    "GLOBAL_SCENE_CHANGE": ("tamper", False),
    "LIGHT_STATUS_CHANGED_INIT": "ignored",
    "LIGHT_STATUS_INIT": "ignored",
    "LOITERING_GUARD_INIT": ("crossing", False),
    "MOTION_GUARD_INIT": ("motion", False),
    "OBJECT_ANALYTICS_ANY_CHANGE": ("crossing", True),
    "OBJECT_ANALYTICS_INIT": ("crossing", False),
    "PIR_CHANGE": ("motion", True),
    "PIR_INIT": ("motion", False),
    "PORT_0_INIT": ("input", False),
    "PORT_ANY_INIT": ("input", False),
    "RELAY_INIT": "ignored",
    "RULE_ENGINE_REGION_DETECTOR_INIT": ("motion", False),
    "STORAGE_ALERT_INIT": ("storage", False),
    "VMD3_INIT": ("motion", False),
    "VMD4_ANY_CHANGE": ("motion", True),
    "VMD4_ANY_INIT": ("motion", False),
    "VMD4_C1P1_CHANGE": ("motion", True),
    "VMD4_C1P1_INIT": ("motion", False),
    "VMD4_C1P2_CHANGE": ("motion", True),
    "VMD4_C1P2_INIT": ("motion", False),
}
#: Lists of what a device could tell, and an empty stream: no messages.
WITHOUT = {
    "EVENT_INSTANCES",
    "EVENT_INSTANCE_PIR_SENSOR",
    "EVENT_INSTANCE_STORAGE_ALERT",
    "EVENT_INSTANCE_VMD4_PROFILE1",
    "FIRST_MESSAGE",
}

MESSAGE = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2" xmlns:tt="http://www.onvif.org/ver10/schema">
<s:Body><wsnt:NotificationMessage><wsnt:Topic>{topic}</wsnt:Topic><wsnt:Message>
<tt:Message UtcTime="{at}" PropertyOperation="Changed"><tt:Source>{source}</tt:Source>
<tt:Data>{data}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>
</s:Body></s:Envelope>"""
MOTION = "tns1:RuleEngine/CellMotionDetector/Motion"


def item(name: str, value: str) -> str:
    return f'<tt:SimpleItem Name="{name}" Value="{value}"/>'


def message(topic: str, *, source: str = "", data: str = "", at: str = "") -> str:
    return MESSAGE.format(topic=topic, source=source, data=data, at=at)


needs_data = pytest.mark.skipif(not AXIS, reason="the recorded messages are not here")


@needs_data
@pytest.mark.realdata
@pytest.mark.parametrize("file", AXIS, ids=lambda path: path.stem)
def test_every_recorded_message_becomes_what_it_means(file: Path) -> None:
    reading = read_events(file.read_text("utf-8"))
    assert reading.unknown == ()
    assert reading.dropped == 0
    if file.stem in WITHOUT:
        assert (reading.events, reading.ignored) == ((), 0)
        return
    meant = MEANT.get(file.stem, "ignored" if file.stem.startswith("PTZ_") else None)
    if meant == "ignored":
        assert (reading.events, reading.ignored) == ((), 1)
        return
    (event,) = reading.events
    assert (event.kind, event.is_on) == meant
    assert event.at is not None
    assert (event.operation == "initialized") is ("INIT" in file.stem or "GLOBAL" in file.stem)


@needs_data
@pytest.mark.realdata
@pytest.mark.parametrize(
    ("file", "unknown"),
    [
        (DEVICES / "axis_events/EVENT_INSTANCES.xml", {"tns1:Device/SystemMessage/ActionFailed"}),
        (MOCK / "GetEventProperties.xml", set()),
    ],
    ids=["axis", "mock"],
)
def test_declared_topics_are_known_but_for_those_named(file: Path, unknown: set[str]) -> None:
    declared = parsers.parse_event_properties(file.read_text("utf-8"))["topics"]
    assert len(declared) >= 4
    assert {topic for topic in declared if classify(topic)[0] == "unknown"} == unknown


@needs_data
@pytest.mark.realdata
def test_what_an_analytics_application_saw_is_not_kept() -> None:
    """The message says class human and object 234232; only that the window is active remains."""
    said = (DEVICES / "axis_events/OBJECT_ANALYTICS_ANY_CHANGE.xml").read_text("utf-8")
    assert "human" in said
    assert "234232" in said
    kept = repr(read_events(said))
    assert "human" not in kept
    assert "234232" not in kept


def test_two_windows_of_one_detector_are_two_sources() -> None:
    """Axis tells its windows apart by the end of the topic alone."""
    topic = "tnsaxis:CameraApplicationPlatform/VMD/Camera1Profile{}"
    events = [
        read_events(message(topic.format(n), data=item("active", state))).events[0]
        for n, state in ((1, "1"), (2, "0"))
    ]
    assert [(one.source, one.is_on) for one in fold(events)] == [
        ("Camera1Profile1", True),
        ("Camera1Profile2", False),
    ]


@pytest.mark.parametrize(
    "topic",
    [
        "tns1:RuleEngine/MyRuleDetector/FaceDetect",
        "tns1:RuleEngine/MyRuleDetector/PeopleDetect",
        "tns1:RuleEngine/Recognition/Face",
        "tns1:RuleEngine/Recognition/LicensePlate",
        "tns1:VideoAnalytics/FaceRecognition",
        "tnshik:ANPR",
        "tns1:VideoSource/tnsdahua:facedetection",
        "tns1:RuleEngine/PersonDetector/Person",
        "tns1:AccessControl/AccessGranted/Credential",
        "tns1:IVS/PlateNumber",
    ],
)
def test_what_is_about_persons_is_refused_at_the_door_and_counted(topic: str) -> None:
    data = item("State", "true") + item("PlateNumber", "SHAA-1234")
    reading = read_events(message(topic, data=data))
    assert reading.dropped == 1
    assert (reading.events, reading.unknown) == ((), ())


@pytest.mark.parametrize(
    "topic", ["Device/NetworkInterface/Link", "CameraApplicationPlatform/VMD/x", "Device/Platform"]
)
def test_words_that_only_look_like_it_pass(topic: str) -> None:
    assert not is_personal(topic)


def test_no_row_of_the_table_is_about_persons_and_none_is_out_of_reach() -> None:
    for row in TOPICS:
        topic = row.pattern.replace("*", "x")
        assert classify(topic) == ("event", row), row
    assert [pattern for pattern in IGNORED if is_personal(pattern)] == []


def test_a_source_that_names_a_person_is_left_out() -> None:
    source = item("Rule", "gate") + item("PersonId", "77")
    (event,) = read_events(message(MOTION, source=source, data=item("IsMotion", "true"))).events
    assert event.source == "Rule=gate"


@pytest.mark.parametrize("data", ["", item("IsMotion", "perhaps"), item("Other", "true")])
def test_a_message_without_a_legible_state_is_told_as_unknown(data: str) -> None:
    reading = read_events(message(MOTION, data=data))
    assert reading.events == ()
    assert reading.unknown == ("RuleEngine/CellMotionDetector/Motion",)


@pytest.mark.parametrize("at", ["", "yesterday", "2026-13-45T99:00:00Z"])
def test_a_message_without_a_real_time_is_still_an_event(at: str) -> None:
    (event,) = read_events(message(MOTION, data=item("IsMotion", "1"), at=at)).events
    assert (event.is_on, event.at) == (True, None)


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "<html>log in</html",
        message(MOTION)[:-30],
        '<!DOCTYPE a [<!ENTITY b "c">]>' + message(MOTION),
        '<!doctype a SYSTEM "http://127.0.0.1/x.dtd">' + message(MOTION),
    ],
)
def test_what_is_not_xml_or_brings_a_document_type_is_a_protocol_error(xml: str) -> None:
    with pytest.raises(ProtocolViolation):
        read_events(xml)
