"""The outermost ring: body caps, headers, one shape of errors, no document from elsewhere."""

import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from backend.settings import load


def test_every_answer_carries_the_security_headers(server, client, land) -> None:
    with httpx.Client(base_url=server) as stranger:
        answers = [stranger.get("/api/health"), stranger.get("/api/site"), stranger.get("/")]
        answers += [stranger.get("/api/tiles/roads/1/0/0.mvt"), stranger.get("/api/nowhere")]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.fault
def test_a_body_over_the_cap_is_refused_with_413(client) -> None:
    operator = client("operator")
    cap = load().http.body_limit_bytes
    declared = operator.post("/api/tokens", content=b" " * (cap + 1))
    assert declared.status_code == 413
    assert declared.json()["error"]["code"] == "body.too_large"

    def chunks():
        for _ in range(cap // 65536 + 2):
            yield b" " * 65536

    undeclared = operator.post("/api/tokens", content=chunks())
    assert undeclared.status_code == 413


@pytest.mark.fault
def test_a_body_that_drips_is_cut_off(
    database, account, serve, monkeypatch, forget_settings
) -> None:
    monkeypatch.setenv("GRIDLINK_HTTP__BODY_TIMEOUT_S", "0.5")
    forget_settings()
    with serve() as address:
        where = urlsplit(address)
        with socket.create_connection((where.hostname, where.port), timeout=10) as slow:
            began = time.monotonic()
            slow.sendall(
                b"POST /api/session HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\n"
                b'Content-Length: 1000\r\n\r\n{"username":'
            )
            answer = slow.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408")
        assert time.monotonic() - began < 5


def test_an_unreadable_request_names_its_fields_in_the_callers_language(client) -> None:
    operator = client("operator")
    chinese = operator.post("/api/tokens", json={"days": 0, "nick": "x"})
    assert chinese.status_code == 422
    fields = {f["field"]: f["message"] for f in chinese.json()["error"]["fields"]}
    assert fields == {"name": "缺少必填项", "days": "数值太小", "nick": "不认识的字段"}
    english = operator.post(
        "/api/tokens", json={"days": 0}, headers={"Accept-Language": "en-GB,en;q=0.9"}
    )
    fields = {f["field"]: f["message"] for f in english.json()["error"]["fields"]}
    assert fields == {"name": "is required", "days": "is too small"}


def test_a_password_is_never_repeated_in_an_error(server) -> None:
    answer = httpx.post(
        f"{server}/api/session", json={"username": "a", "password": "hunter2-hunter2", "x": 1}
    )
    assert answer.status_code == 422
    assert "hunter2" not in answer.text


def test_an_unknown_address_and_a_wrong_method_use_the_one_shape(client) -> None:
    operator = client("operator")
    assert operator.get("/api/nothing").json()["error"]["code"] == "route.not_found"
    wrong = operator.put("/api/session", json={})
    assert wrong.status_code == 405
    assert wrong.json()["error"]["code"] == "route.method"


def test_a_text_the_database_cannot_hold_is_a_422(client, land) -> None:
    answer = client("operator").get("/api/search", params={"q": "a\0b"})
    assert answer.status_code == 422


def test_the_document_of_the_api_is_behind_a_sign_in_and_its_pages_are_off(server, client) -> None:
    for path in ("/api/openapi.json", "/openapi.json", "/docs", "/redoc"):
        assert "swagger" not in httpx.get(server + path).text.lower()
    assert httpx.get(f"{server}/api/openapi.json").status_code == 401
    assert "paths" in client("operator").get("/api/openapi.json").json()
