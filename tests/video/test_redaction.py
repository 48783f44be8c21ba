"""What is removed from texts before anyone may read them."""

import base64
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from video.credentials import Credentials
from video.errors import StreamFailed
from video.redaction import RedactingFilter, redact

SECRET = "S3C/r@t:x"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("rtsp://admin:S3CRET@10.0.0.4/main", "rtsp://***@10.0.0.4/main"),
        ("rtsp://admin:S3C@RET@10.0.0.4/main", "rtsp://***@10.0.0.4/main"),
        ("'rtsp://a:S3C%2FRET@h/x' and 'rtsp://b/x'", "'rtsp://***@h/x' and 'rtsp://b/x'"),
        ("rtsp%3A//x", "rtsp%3A//x"),
        ("password=S3CRET rest", "password=*** rest"),
        ('{"password": "S3CRET", "a": 1}', '{"password": ***, "a": 1}'),
        ("Authorization: Basic YWRtaW46UzNDUkVU", "Authorization: Basic ***"),
        ('<w:Password Type="x">S3CRET</w:Password>', '<w:Password Type="x">***</w:Password>'),
        ("no secret in rtsp://10.0.0.4/main", "no secret in rtsp://10.0.0.4/main"),
    ],
)  # fmt: skip
def test_known_forms_lose_their_secret(text, clean):
    assert redact(text) == clean


@pytest.mark.fault
@given(lead=st.binary(max_size=5), tail=st.binary(max_size=5))
def test_base64_of_a_given_secret_is_found_at_every_alignment(lead, tail):
    encoded = base64.b64encode(lead + SECRET.encode() + tail).decode()
    left = redact(f"token {encoded}", [SECRET])
    # The neighbours take this many characters; at each end one more may mix in bits of the secret,
    # and padding takes up to three.
    around = len(base64.b64encode(lead)) + len(base64.b64encode(tail))
    assert len(left.replace("token ", "").replace("***", "")) <= around + 5


def test_percent_encoded_secret_is_removed_outside_urls_too():
    assert redact("seen S3C%2Fr%40t%3Ax here", [SECRET]) == "seen *** here"


def test_log_records_and_their_tracebacks_are_redacted():
    record = logging.LogRecord("x", logging.ERROR, "f", 1, "open %s", ("rtsp://u:S3@h/",), None)
    try:
        raise ValueError("rtsp://u:S3@h/ refused")
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    RedactingFilter().filter(record)
    text = logging.Formatter().format(record)
    assert "S3@" not in text
    assert text.count("rtsp://***@h/") == 3  # message, source line, error


def test_error_and_credentials_show_no_secret():
    error = StreamFailed(f"rtsp://admin:{SECRET}@10.0.0.4/main")
    shown = f"{error!r} {error} {error.detail} {Credentials('admin', SECRET)!r}"
    assert "S3C" not in shown
    assert "admin" not in shown


def test_credentials_survive_the_way_into_a_url():
    url = Credentials("ad min", SECRET).put_into("rtsp://10.0.0.4:554/main")
    assert url == "rtsp://ad%20min:S3C%2Fr%40t%3Ax@10.0.0.4:554/main"
