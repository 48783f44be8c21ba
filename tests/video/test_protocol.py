"""The wire format between media worker and console, byte by byte."""

import json
from datetime import UTC, datetime

import pytest

from video.errors import ProtocolViolation
from video.fmp4 import InitSegment
from video.protocol import (
    Kind,
    binary,
    error_text,
    init_text,
    parse_hello,
    queue_text,
    sound_text,
    status_text,
)
from video.stream_state import HubStatus


def test_first_message_gives_ticket_and_known_codecs():
    hello = parse_hello('{"ticket": "t-1", "codecs": ["hvc1", "vp9", 7]}')
    assert (hello.ticket, hello.codecs) == ("t-1", frozenset({"avc1", "hvc1"}))
    assert "t-1" not in repr(hello)


@pytest.mark.fault
@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"codecs": []}', '{"ticket": ""}', '{"ticket": 5}',
     '{"ticket": "t", "codecs": "avc1"}', "[" * 4000, '{"ticket": "' + "t" * 5000 + '"}'],
)  # fmt: skip
def test_malformed_first_message_is_refused(text):
    with pytest.raises(ProtocolViolation):
        parse_hello(text)


def test_binary_messages_have_kind_time_and_payload():
    # 1 700 000 000 000 ms = 0x18BCFE56800.
    assert (
        binary(Kind.FRAGMENT, b"xy", 1_700_000_000_000).hex() == "02" + "0000018bcfe56800" + "7879"
    )
    assert binary(Kind.KEY_FRAGMENT, b"", 0)[0] == 1
    assert binary(Kind.POSTER, b"\xff\xd8", 1)[8:] == b"\x01\xff\xd8"
    assert binary(Kind.INIT, b"ftyp") == b"\x00ftyp"


def test_texts_are_as_the_console_expects_them():
    init = InitSegment(b"", 'video/mp4; codecs="avc1.640028"', 1920, 1080)
    assert json.loads(init_text(init, 3, "native")) == {
        "type": "init",
        "mime": 'video/mp4; codecs="avc1.640028"',
        "width": 1920,
        "height": 1080,
        "generation": 3,
        "rung": "native",
        "reorder": 0,
    }
    at = datetime(2026, 1, 2, 3, 4, 5, 6000, UTC)
    assert json.loads(status_text(HubStatus("stalled", at, "stream.no_packets"))) == {
        "type": "status",
        "state": "stalled",
        "last_frame_at": "2026-01-02T03:04:05.006Z",
        "reason": "stream.no_packets",
    }
    assert json.loads(status_text(HubStatus("connecting")))["last_frame_at"] is None
    line = json.loads(queue_text(2, 3))
    assert line == {"type": "queue", "place": 2, "of": 3}
    assert json.loads(sound_text(None, "g726"))["state"] == "left_out"
    assert json.loads(error_text("stream.revoked")) == {"type": "error", "code": "stream.revoked"}
