"""Tours that somebody started at the device itself: found, shown, stopped by whoever holds."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from backend.cameras.aiming.listening import ROUND_S, listen
from backend.cameras.aiming.sweeping import sweep
from video.simulator.ptz import Tour

from .test_aiming import PURPOSE, forbid, heads, running, with_heads
from .test_aiming_ways import look

__all__ = ["heads", "running"]  # fixtures


@pytest.fixture
def began(heads) -> None:
    """At the device itself somebody keeps two presets and a tour over them, and starts it."""
    device = heads.device("geo").head
    tokens = [device.remember(name, time.monotonic()) for name in ("一", "二")]
    device.tours["own"] = Tour("夜巡", [(token, 7.0) for token in tokens])
    device.start_tour("own", time.monotonic())


def whose_turn(camera: int) -> datetime:
    """A moment at which it is that camera's turn to be asked: each has one within a minute."""
    now = datetime.now(UTC)
    rounds = int(now.timestamp() // ROUND_S)
    return now + timedelta(seconds=ROUND_S * ((camera - rounds) % 6))


def sheet(client, camera: int) -> dict:
    return client.get(f"/api/cameras/{camera}/ptz").json()


@with_heads("geo")
def test_a_tour_started_at_the_device_is_found_shown_and_over_when_it_ends_there(
    client, heads, began
) -> None:
    operator, camera, device = client("operator"), heads.ids["geo"], heads.device("geo").head
    look(operator, camera, 90.0)  # asked what it can; any command of ours would end the tour
    heads.land.run("DELETE FROM ptz_locks")
    device.start_tour("own", time.monotonic())
    now = whose_turn(camera)
    assert listen(now + timedelta(seconds=ROUND_S)) == 0  # another's turn
    assert listen(now) == 1
    [tour] = sheet(operator, camera)["tours"]
    assert (tour["name"], tour["is_running"], tour["is_foreign"]) == ("夜巡", True, True)
    sweep(now + timedelta(seconds=1))
    assert sheet(operator, camera)["position"]["method"] == "tour"
    assert device.touring == "own"
    device.stop(time.monotonic())
    sweep(now + timedelta(seconds=30))
    assert sheet(operator, camera)["tours"][0]["is_running"] is False
    sweep(now + timedelta(seconds=60))
    assert device.touring is None
    acts = heads.land.run(
        "SELECT act, actor_name FROM register WHERE act LIKE 'ptz.tour%%' ORDER BY 1"
    )
    assert acts == [("ptz.tour.found", "gridlink")]


@with_heads("geo")
def test_whoever_moves_the_head_ends_such_a_tour_first_and_it_goes_on_after(
    client, heads, began
) -> None:
    operator, camera, device = client("operator"), heads.ids["geo"], heads.device("geo").head
    shown = operator.post(f"/api/cameras/{camera}/ptz/refresh").json()
    assert [tour["is_foreign"] for tour in shown["tours"]] == [True]
    assert look(operator, camera, 60.0).status_code == 200
    assert device.touring is None
    sweep(datetime.now(UTC) + timedelta(seconds=120))
    assert device.touring == "own"


@with_heads("geo")
def test_where_somebody_holds_the_head_a_tour_begun_at_the_device_is_stopped(
    client, heads, began
) -> None:
    operator, camera, device = client("operator"), heads.ids["geo"], heads.device("geo").head
    look(operator, camera, 90.0)
    lock = {"seconds": 300, **PURPOSE}
    assert operator.post(f"/api/cameras/{camera}/ptz/lock", json=lock).status_code == 200
    device.start_tour("own", time.monotonic())
    assert listen(whose_turn(camera)) == 0
    assert device.touring is None
    assert [tour for tour in sheet(operator, camera)["tours"] if tour["is_running"]] == []


@with_heads("geo")
def test_a_tour_begun_at_the_device_that_shows_what_is_forbidden_is_stopped(
    client, heads, began
) -> None:
    operator, camera, device = client("operator"), heads.ids["geo"], heads.device("geo").head
    forbid(heads.land, 0.0, 0.0)  # where the device's presets look
    shown = operator.post(f"/api/cameras/{camera}/ptz/refresh").json()
    assert [tour["is_foreign"] for tour in shown["tours"]] == [True]
    sweep(datetime.now(UTC) + timedelta(seconds=1))
    assert device.touring is None
    sweep(datetime.now(UTC) + timedelta(seconds=120))
    assert device.touring is None
    assert heads.land.run("SELECT count(*) FROM register WHERE act = 'ptz.tour.refused'") == [(1,)]
