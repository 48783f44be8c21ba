"""Phones with OsmAnd or a Traccar client: their form, and a token that reaches no log."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)


@pytest.fixture
def phone(client, unit) -> Callable[..., str]:
    """Return `phone(form)`, which makes a tracker of a unit on duty and returns its token."""
    number = unit("W-1")

    def make(form: str = "url") -> str:
        order = {"name": "手机", "form": form}
        answer = client("admin", 0).post(f"/api/units/{number}/trackers", json=order)
        return str(answer.json()["token"])

    return make


def stored(land) -> list[tuple[object, ...]]:
    return land.run("SELECT at, lon_e7, lat_e7, accuracy_dm, speed_cms FROM fixes ORDER BY at")


def test_the_address_form_is_taken_by_get_and_post(server: str, phone, land) -> None:
    told = {
        "id": phone(),
        "lat": "34.512",
        "lon": "110.011",
        "timestamp": str(int(NOW.timestamp())),
        "speed": "10",  # knots: 10 * 1852 / 3600 = 5.144 m/s
        "accuracy": "4.2",
        "altitude": "520.1",
        "batt": "81",
        "bearing": "12.0",
    }
    answer = httpx.get(f"{server}/api/patrol/osmand", params=told)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    later = told | {"timestamp": str(int(NOW.timestamp() * 1000) + 1000)}  # milliseconds
    assert httpx.post(f"{server}/api/patrol/osmand", params=later).json()["accepted"] == 1
    form = told | {"timestamp": (NOW + timedelta(seconds=2)).isoformat()}
    assert httpx.post(f"{server}/api/patrol/osmand", data=form).json()["accepted"] == 1
    assert stored(land) == [
        (NOW + timedelta(seconds=k), 1_100_110_000, 345_120_000, 42, 514) for k in range(3)
    ]


def test_traccars_json_is_taken_with_any_token_in_its_body(server: str, phone, land) -> None:
    told = {
        "location": {
            "timestamp": NOW.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "coords": {"latitude": 34.512, "longitude": 110.011, "accuracy": 4.2, "speed": -1},
            "is_moving": False,
            "event": "motionchange",
        },
        "device_id": phone("header"),
    }
    answer = httpx.post(f"{server}/api/patrol/osmand", json=told)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    assert stored(land) == [(NOW, 1_100_110_000, 345_120_000, 42, -1)]


def test_a_token_meant_for_a_header_is_refused_in_an_address(server: str, phone) -> None:
    told = {"lat": 34.5, "lon": 110.0, "timestamp": int(NOW.timestamp())}
    for token in (phone("header"), "glu_unknown", "", None):
        asked = told if token is None else told | {"id": token}
        answer = httpx.get(f"{server}/api/patrol/osmand", params=asked)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "session.required")


BAD = [
    ({"timestamp": "2026-11-22T08:00:00"}, "fixes.naive_time"),
    ({"timestamp": "soon"}, "fixes.bad_time"),
    ({"timestamp": ""}, "fixes.shape"),
    ({"timestamp": "1e30"}, "fixes.bad_time"),
    ({"timestamp": "nan"}, "fixes.bad_time"),
    ({"timestamp": None}, "fixes.shape"),
    ({"lat": "north"}, "fixes.bad_number"),
    ({"lon": None}, "fixes.shape"),
    ({"lat": "110", "lon": "34"}, "fixes.swapped"),
]


def test_a_fix_that_cannot_be_taken_is_answered_so_that_the_phone_goes_on(
    server: str, phone
) -> None:
    good = {"id": phone(), "lat": 34.5, "lon": 110.0, "timestamp": int(NOW.timestamp())}
    for change, code in BAD:
        asked = {name: value for name, value in (good | change).items() if value is not None}
        answer = httpx.get(f"{server}/api/patrol/osmand", params=asked)
        assert answer.status_code == 200  # an error would make it send the same fix for ever
        assert [refused["code"] for refused in answer.json()["refused"]] == [code], change


def test_the_token_of_an_address_reaches_no_log(server: str, phone, caplog) -> None:
    token = phone()
    told = {"id": token, "lat": 34.5, "lon": 110.0, "timestamp": int(NOW.timestamp())}
    with caplog.at_level(logging.DEBUG):
        httpx.get(f"{server}/api/patrol/osmand", params=told)
        httpx.get(f"{server}/api/patrol/osmand", params=told | {"lat": "x"})
        httpx.delete(f"{server}/api/patrol/osmand", params=told)
        httpx.get(f"{server}/api/patrol/elsewhere", params=told)
    ours = [r for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    assert [record for record in ours if token in record.getMessage()] == []
