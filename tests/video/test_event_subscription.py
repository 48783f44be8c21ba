"""Pull points at simulated devices: life, loss, and devices that answer badly."""

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.errors import AddressRefused, DeviceError, ProtocolViolation, TimedOut, Unsupported
from video.events import fold
from video.events_pullpoint import PullPoint, SubscriptionLost, open_pull_point
from video.onvif_session import OnvifSession
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet

POLICY = AddressPolicy.of("127.0.0.0/8")
SMALL = {"scene": "live", "main_size": (320, 180), "sub_size": (320, 180), "main_fps": 2}


def running(test: Callable[..., Coroutine[None, None, None]]) -> Callable[..., None]:
    """Run a test that waits."""

    @functools.wraps(test)
    def run(*given: object, **named: object) -> None:
        asyncio.run(test(*given, **named))

    return run


@asynccontextmanager
async def device(
    *, clock_offset_s: float = 0.0, **changes: object
) -> AsyncIterator[tuple[Fleet, OnvifSession]]:
    spec = DeviceSpec("cam-001", **(SMALL | changes))
    async with Fleet([spec]) as fleet:
        fleet.device("cam-001").clock_offset_s = clock_offset_s
        address = POLICY.check(fleet.onvif_url("cam-001"))
        login = Credentials(spec.username, spec.password)
        async with OnvifSession(address, login, POLICY) as session:
            await session.open()
            yield fleet, session


async def subscribed(session: OnvifSession, span_s: float = 60.0) -> PullPoint:
    return await open_pull_point(session, span_s=span_s)


@pytest.mark.parametrize("auth", ["both", "wsse", "http_digest"])
@running
async def test_what_happens_at_a_device_comes_while_we_wait(auth: str) -> None:
    async with device(clock_offset_s=-600.0, auth=auth) as (fleet, session):
        point = await subscribed(session)
        waiting = asyncio.create_task(point.pull(30.0))
        events = fleet.device("cam-001").events
        async with asyncio.timeout(20):
            while events.polls < 1:
                await asyncio.sleep(0.01)
        events.motion(True)
        (event,) = (await waiting).events
    assert (event.kind, event.source, event.is_on) == ("motion", "Rule=MyMotionDetectorRule", True)
    assert event.at is not None
    # Its own clock is ten minutes late, and is told as it is.
    assert event.at.timestamp() == pytest.approx(time.time() - 600, abs=20)


@running
async def test_a_new_listener_is_told_how_everything_stands() -> None:
    async with device() as (fleet, session):
        fleet.device("cam-001").events.motion(True)
        point = await subscribed(session)
        first = await point.pull(5.0)
        await point.synchronize()
        again = await point.pull(5.0)
    assert [e.operation for e in first.events] == ["initialized"]
    assert [(e.operation, e.is_on) for e in again.events] == [("initialized", True)]


@running
async def test_chatter_between_two_polls_is_one_entry_with_its_count() -> None:
    async with device() as (fleet, session):
        point = await subscribed(session)
        for turn in range(40):
            fleet.device("cam-001").events.motion(turn % 2 == 0)
        reading = await point.pull(5.0)
    (folded,) = fold(reading.events)
    assert (folded.raised, folded.is_on, folded.kind) == (20, False, "motion")


@running
async def test_a_device_that_restarted_knows_the_subscription_no_more() -> None:
    async with device() as (fleet, session):
        point = await subscribed(session)
        fleet.device("cam-001").events.reboot()
        with pytest.raises(SubscriptionLost):
            await point.pull(1.0)
        with pytest.raises(SubscriptionLost):
            await point.renew()
        again = await subscribed(session)
        assert (await again.pull(0.1)).events == ()


@running
async def test_an_expired_subscription_is_lost_and_a_renewed_one_is_not() -> None:
    async with device() as (fleet, session):
        events = fleet.device("cam-001").events
        point = await subscribed(session, span_s=1.0)
        await point.renew()
        assert point.remaining_s <= 10.0
        async with asyncio.timeout(20):
            while events.listening:
                await asyncio.sleep(0.05)
        with pytest.raises(SubscriptionLost):
            await point.renew()


@running
async def test_unsubscribing_leaves_nothing_at_the_device() -> None:
    async with device() as (fleet, session):
        events = fleet.device("cam-001").events
        for _ in range(5):
            point = await subscribed(session)
            await point.close()
        assert (events.created, events.listening) == (5, 0)


@running
async def test_a_device_without_events_says_so() -> None:
    async with device(has_events=False) as (_, session):
        with pytest.raises(Unsupported):
            await subscribed(session)


@pytest.mark.parametrize(
    ("fault", "error"),
    [("malformed", ProtocolViolation), ("doctype", ProtocolViolation), ("hang", TimedOut)],
)
@running
async def test_bad_answers_end_in_a_named_error_in_time(
    fault: str, error: type[DeviceError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("video.events_pullpoint._SLACK_S", 0.5)
    async with device() as (fleet, session):
        point = await subscribed(session)
        fleet.device("cam-001").events.fault = fault
        async with asyncio.timeout(30):
            with pytest.raises(error):
                await point.pull(0.2)


@running
async def test_a_pull_point_elsewhere_is_refused() -> None:
    async with device() as (fleet, session):
        fleet.device("cam-001").events.fault = "foreign"
        try:
            point = await subscribed(session)
        except AddressRefused:
            return
        # Or rewritten to the device itself, which then knows no such pull point.
        with pytest.raises(DeviceError):
            await point.pull(0.1)
