"""Subscriptions to simulated devices: begun gently, renewed, made anew, ended, never leaked."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator

import pytest

from backend.alarms.keeping import Keeper
from backend.alarms.subscriptions import again_after
from backend.cameras.vault import seal
from backend.settings import load
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet, ThreadedFleet

SMALL = {"main_size": (320, 180), "sub_size": (320, 180), "main_fps": 2, "sub_fps": 2}
LONG_S = 60.0


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    monkeypatch.setenv("GRIDLINK_MEDIA__ALLOWED_NETWORKS", '["127.0.0.0/8"]')
    monkeypatch.setattr("backend.alarms.keeping._LOOK_EVERY_S", 0.2)
    monkeypatch.setattr("backend.alarms.keeping._WRITE_EVERY_S", 0.1)
    monkeypatch.setattr("backend.alarms.keeping._WAIT_S", 2.0)
    monkeypatch.setattr("backend.alarms.subscriptions._FIRST_WAIT_S", 0.2)
    load.cache_clear()


@pytest.fixture
def fleet() -> Iterator[Fleet]:
    specs = [DeviceSpec(f"cam-{n}", **SMALL) for n in range(1, 9)]
    specs.append(DeviceSpec("mute", has_events=False, **SMALL))
    specs.append(DeviceSpec("tokens", auth="wsse", **SMALL))
    specs.append(DeviceSpec("locked", fault="wrong_password", **SMALL))
    with ThreadedFleet(specs) as running:
        yield running


@pytest.fixture
def enrol(land, fleet: Fleet) -> Callable[[str], int]:
    """Return `enrol(device)`: a camera whose device was accepted; returns its id."""

    def one(device_id: str) -> int:
        camera_id = land.add_camera(device_id, 110.005, 34.505)
        spec = fleet.device(device_id).spec
        land.run(
            "INSERT INTO devices (camera_id, address, secret, auth_state)"
            " VALUES (%s, %s, %s, 'accepted')",
            *(camera_id, fleet.onvif_url(device_id), seal(spec.username, spec.password)),
        )
        return camera_id

    return one


def kept(script: Callable[[], "asyncio.Future[None]"]) -> None:
    """Run a script beside a keeper, which is ended after it."""

    async def both() -> None:
        keeping = asyncio.create_task(Keeper(0).keep())
        try:
            async with asyncio.timeout(2 * LONG_S):
                await script()
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(both())


async def until(fact: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LONG_S
    while not await asyncio.to_thread(fact):
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


def states(land) -> dict[str, str]:
    rows = land.run(
        "SELECT c.name, s.state FROM event_subscriptions s JOIN cameras c ON c.id = s.camera_id"
    )
    return {str(name): str(state) for name, state in rows}


def test_an_event_of_a_device_becomes_an_alarm_and_ends_with_it(land, fleet, enrol) -> None:
    enrol("cam-1")
    events = fleet.device("cam-1").events

    async def script() -> None:
        await until(lambda: events.listening == 1, "no subscription")
        events.motion(True)
        await until(lambda: land.run("SELECT state FROM alarms") == [("active",)], "no alarm")
        events.motion(False)
        await until(lambda: land.run("SELECT state FROM alarms") == [("cleared",)], "no end")

    kept(script)
    assert land.run("SELECT kind, source, clear_reason FROM alarms") == [
        ("motion", "Rule=MyMotionDetectorRule", "device")
    ]
    assert (events.created, events.listening) == (1, 0)  # the device was told of the end
    assert states(land) == {"cam-1": "ended"}


def test_what_is_about_persons_is_counted_and_nothing_of_it_kept(land, fleet, enrol) -> None:
    enrol("cam-1")
    events = fleet.device("cam-1").events

    async def script() -> None:
        await until(lambda: events.listening == 1, "no subscription")
        events.emit(
            "tns1:RuleEngine/Recognition/LicensePlate",
            source={"VideoSource": "1"},
            data={"PlateNumber": "SHAA1234"},
        )
        events.emit("tns1:Strange/Thing", source={}, data={"State": "true"})
        counted = "SELECT dropped, unknown, unknown_topics FROM event_subscriptions"
        told = [(1, 1, ["Strange/Thing"])]
        await until(lambda: land.run(counted) == told, "not counted")

    kept(script)
    assert land.run("SELECT count(*) FROM alarms") == [(0,)]
    tables = [
        str(name)
        for (name,) in land.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    for table in tables:
        rows = land.run(f"SELECT count(*) FROM {table} t WHERE t::text ~* 'shaa1234|LicensePlate'")
        assert rows == [(0,)], table


def test_devices_without_events_or_with_another_login_are_left_alone(land, fleet, enrol) -> None:
    enrol("mute")
    enrol("locked")
    locked = fleet.device("locked").http_gate

    async def script() -> None:
        told = {"mute": "unsupported", "locked": "refused"}
        await until(lambda: states(land) == told, "not told")
        await asyncio.sleep(1.0)  # five looks and five waits of a first failure

    kept(script)
    assert land.run("SELECT failures FROM event_subscriptions ORDER BY 1") == [(1,), (1,)]
    assert land.run(
        "SELECT next_try_at IS NULL, next_try_at > now() + interval '20 hours'"
        " FROM event_subscriptions ORDER BY 1"
    ) == [(False, True), (True, None)]
    assert locked is not None


def test_after_a_reboot_or_a_cut_a_device_is_listened_to_again(land, fleet, enrol) -> None:
    enrol("cam-1")
    device = fleet.device("cam-1")

    async def script() -> None:
        await until(lambda: device.events.listening == 1, "no subscription")
        device.events.reboot()
        await until(lambda: device.events.created == 2, "not after the reboot")
        await until(lambda: states(land) == {"cam-1": "subscribed"}, "not noted")
        device.die()
        await until(lambda: states(land) == {"cam-1": "lost"}, "its loss was not noticed")
        device.events.reboot()
        device.revive()
        await until(lambda: states(land) == {"cam-1": "subscribed"}, "not after the cut")
        device.events.motion(True)
        await until(lambda: land.run("SELECT state FROM alarms") == [("active",)], "no alarm")

    kept(script)
    assert device.events.listening == 0


@pytest.mark.parametrize("is_answered", [True, False])
def test_a_clock_that_is_set_costs_one_new_login_and_no_lock_out(
    land, fleet, enrol, monkeypatch: pytest.MonkeyPatch, is_answered: bool
) -> None:
    """Set after events were asked for once, or before the first asking is answered."""
    enrol("tokens")
    device = fleet.device("tokens")
    subscribe = device.events.subscribe
    two_hours_s = 7200.0  # its token window is 300 s: the next token is too old

    def subscribe_and_be_set(span_s: float) -> tuple[str, float]:
        granted = subscribe(span_s)
        device.clock_offset_s = two_hours_s
        return granted

    if not is_answered:
        monkeypatch.setattr(device.events, "subscribe", subscribe_and_be_set)

    async def script() -> None:
        if is_answered:
            await until(lambda: device.events.polls >= 2, "no subscription")
            device.clock_offset_s = two_hours_s
        await until(lambda: device.events.created >= 2, "not made anew")
        await until(lambda: states(land) == {"tokens": "subscribed"}, "refused for good")

    kept(script)


@pytest.mark.parametrize("fault", ["malformed", "doctype"])
def test_a_device_that_answers_badly_is_asked_ever_less(land, fleet, enrol, fault: str) -> None:
    enrol("cam-1")
    events = fleet.device("cam-1").events

    async def script() -> None:
        await until(lambda: events.listening == 1, "no subscription")
        events.fault = fault
        await until(
            lambda: (land.run("SELECT max(failures) FROM event_subscriptions")[0][0] or 0) >= 3,
            "not given up",
        )
        assert "lost" in set(states(land).values()) or states(land) == {"cam-1": "subscribed"}
        events.fault = None
        await until(lambda: states(land) == {"cam-1": "subscribed"}, "not listened to again")

    kept(script)
    reasons = land.run("SELECT reason FROM event_subscriptions")
    assert reasons == [(None,)]


def test_a_device_that_is_taken_down_is_told_and_forgotten(land, fleet, enrol) -> None:
    camera = enrol("cam-1")
    events = fleet.device("cam-1").events

    async def script() -> None:
        await until(lambda: events.listening == 1, "no subscription")
        await asyncio.to_thread(land.run, "DELETE FROM cameras WHERE id = %s", camera)
        await until(lambda: events.listening == 0, "still listened to")

    kept(script)


def test_nothing_leaks_while_devices_come_and_go(land, fleet, enrol) -> None:
    """Eight devices restart again and again: tasks, sockets and subscriptions do not add up."""
    for n in range(1, 9):
        enrol(f"cam-{n}")
    running = [fleet.device(f"cam-{n}").events for n in range(1, 9)]
    counted: list[tuple[int, int]] = []

    def census() -> tuple[int, int]:
        return len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))

    async def script() -> None:
        await until(lambda: all(e.listening == 1 for e in running), "not all")
        for round_no in range(4):
            before = [e.created for e in running]
            for events in running:
                events.reboot()
            await until(
                lambda before=before: all(
                    e.created > b and e.listening == 1 for e, b in zip(running, before, strict=True)
                ),
                f"not all after reboot {round_no}",
            )
            counted.append(census())

    kept(script)
    tasks, files = zip(*counted, strict=True)
    assert max(tasks) - tasks[0] <= 2, counted
    # The fleet's own connections are in this process as well: two ends of each device's.
    assert max(files) - files[0] <= 20, counted
    assert sum(e.listening for e in running) == 0


def test_a_recorder_is_one_device_and_its_events_go_to_their_channels(land, fleet, enrol) -> None:
    first, second = enrol("cam-1"), enrol("cam-1")
    land.run("UPDATE devices SET source_token = 'source-' || camera_id")
    events = fleet.device("cam-1").events
    topic = "tns1:VideoSource/MotionAlarm"

    async def script() -> None:
        await until(lambda: events.listening == 1, "no subscription")
        for source in (f"source-{second}", "elsewhere"):
            events.emit(topic, source={"Source": source}, data={"State": "true"})
        await until(lambda: land.run("SELECT count(*) FROM alarms") == [(2,)], "no alarms")

    kept(script)
    assert events.created == 1
    rows = land.run("SELECT camera_id, source FROM alarms ORDER BY camera_id DESC")
    assert rows == [(second, f"Source=source-{second}"), (first, "Source=elsewhere")]


def test_the_wait_doubles_up_to_ten_minutes_and_is_spread() -> None:
    waits = [again_after("lost", n, 0.5).total_seconds() for n in range(1, 20)]
    assert waits == sorted(waits)
    assert waits[-1] == 600.0
    assert again_after("lost", 5, 0.0) < again_after("lost", 5, 1.0)
    assert again_after("unsupported", 1, 0.5).total_seconds() == 86_400


def test_no_subscription_is_kept_where_none_is_wanted(
    land, fleet, enrol, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol("cam-1")
    monkeypatch.setenv("GRIDLINK_ALARMS__SUBSCRIPTIONS", json.dumps(0))
    load.cache_clear()
    kept(lambda: asyncio.sleep(1.0))  # type: ignore[arg-type,return-value]
    assert fleet.device("cam-1").events.created == 0
