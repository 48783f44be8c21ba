"""Logins by digest: the standard's own example, and what devices make of the standard."""

import time

import httpx
import pytest

from video import digest
from video.credentials import Credentials
from video.digest import Challenge, choose_challenge
from video.errors import ProtocolViolation
from video.httplogin import DigestLogin

LOGIN = Credentials("admin", "gridlink-sim")
# RFC 7616, section 3.9.1.
MUFASA = Credentials("Mufasa", "Circle of Life")
NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digests_are_those_of_the_standard_s_example(algorithm, response, monkeypatch):
    monkeypatch.setattr(digest.secrets, "token_hex", lambda _: CNONCE)
    header = (
        f'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
        f'nonce="{NONCE}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    said = choose_challenge([header]).answer(MUFASA, "GET", "/dir/index.html")
    assert f'response="{response}"' in said and f"algorithm={algorithm}" in said


CHALLENGES = {
    'Digest realm="a", nonce="b", algorithm=FOO': None,
    'Digest realm="a", nonce="b", qop="auth-int"': None,
    "Digest realm": None,
    "Digest": None,
    'Digest realm="a"': None,
    "Digest " + "a" * 60_000: None,
    'Digest realm="a", nonce="b", qop=""': Challenge("a", "b", qop=""),
    'Digest realm="网", nonce="b", qop="auth-int,auth"': Challenge("网", "b", qop="auth-int,auth"),
    'Basic realm="x", Digest realm="a", nonce="b"': Challenge("a", "b"),
    'Digest realm="a", nonce="b", Basic realm="x"': Challenge("a", "b"),
    r'Digest realm="a\"b", nonce="c"': Challenge('a"b', "c"),
    'Digest realm="a", nonce="b", algorithm=FOO, Digest realm="c", nonce="d"': Challenge("c", "d"),
}


@pytest.mark.fault
@pytest.mark.parametrize("header", CHALLENGES, ids=lambda header: header[:40])
def test_a_demand_for_a_login_is_met_or_named(header):
    began = time.monotonic()
    if CHALLENGES[header] is None:
        with pytest.raises(ProtocolViolation, match="login"):
            choose_challenge([header])
    else:
        assert choose_challenge([header]) == CHALLENGES[header]
    assert time.monotonic() - began < 15.0


def test_a_login_in_gbk_goes_back_byte_for_byte(monkeypatch):
    realm = "网络摄像机".encode("gbk")
    demand = httpx.Response(
        401, headers=[(b"WWW-Authenticate", b'Digest realm="' + realm + b'", nonce="b"')]
    )
    login = DigestLogin(LOGIN).auth_flow(httpx.Request("POST", "http://127.0.0.1/onvif"))
    next(login)
    assert b'realm="' + realm + b'"' in login.send(demand).headers.raw[-1][1]
