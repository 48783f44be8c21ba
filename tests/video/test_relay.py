"""The live relay against simulated cameras: real RTSP with digest login, real encoders."""

import asyncio
import io
import time
from dataclasses import replace
from datetime import UTC, datetime

import av
import pytest

from video.errors import CredentialsRejected, Overloaded
from video.gateway import GatewayLimits, MediaGateway
from video.simulator.devices import DeviceSpec
from video.simulator.digest import DigestGate, Verdict
from video.simulator.fleet import Fleet
from video.source import SourceTiming
from video.stream_state import IDLE, HubKey, HubSettings

CAMERA = DeviceSpec("cam-001", password="s3c/r@t:x", sub_fps=25, gop_s=1.0)
SUB = HubKey(1, "sub")
QUICK = HubSettings(
    linger_s=0.3,
    timing=SourceTiming(open_s=2.0, read_s=1.0, first_pause_s=0.1, longest_pause_s=0.4),
)


def live(viewer):
    return viewer.said(type="status", state="live") and viewer.of_kind(1)


def run(scenario, relay, *specs, settings=QUICK, limits=None):
    """Run a scenario with a fleet and a gateway onto it."""

    async def whole():
        async with Fleet(specs or [CAMERA]) as fleet:
            gateway = MediaGateway(
                relay.resolver(fleet), settings=settings, limits=limits or GatewayLimits()
            )
            try:
                await scenario(fleet, gateway)
            finally:
                await gateway.close()

    asyncio.run(whole())


def test_viewer_gets_a_playable_stream_and_then_a_hot_one_at_once(relay):
    async def scenario(fleet, gateway):
        async with relay.watching(gateway, SUB) as first:
            await first.until(lambda v: len(v.binaries) > 30)
            opening = [one["type"] for one in first.texts]
            assert opening[0] == "status"
            assert first.said(type="init", width=640, height=360, generation=1, rung="sub")
            async with relay.watching(gateway, SUB) as second:
                took_s = await second.until(live)
                # Issue: first frame from a hot hub; 0.3 s is the part's own limit.
                assert took_s < 0.3
        with av.open(io.BytesIO(first.as_file())) as clip:
            assert sum(1 for _ in clip.decode(video=0)) >= 29

    run(scenario, relay)


def test_fifty_viewers_share_one_connection_to_the_camera(relay):
    async def scenario(fleet, gateway):
        async with relay.watching(gateway, SUB) as first:
            await first.until(live)
            connections = fleet.rtsp.accepted
            watching = [relay.watching(gateway, SUB) for _ in range(49)]
            viewers = [await one.__aenter__() for one in watching]
            for viewer in viewers:
                await viewer.until(lambda v: len(v.binaries) > 5)
            assert gateway.viewers == 50
            assert gateway.ingests == 1
            assert fleet.rtsp.accepted == connections
            assert fleet.device("cam-001").streams["sub"].starts == 1
            for one in watching:
                await one.__aexit__(None, None, None)

    run(scenario, relay)


def test_status_tells_when_the_last_picture_really_came(relay):
    async def scenario(fleet, gateway):
        hub = gateway.hub(SUB)
        assert hub.status.last_frame_at is None
        async with relay.watching(gateway, SUB) as viewer:
            await viewer.until(live)
            age_s = (datetime.now(UTC) - hub.status.last_frame_at).total_seconds()
            assert 0 <= age_s < 0.5

    run(scenario, relay)


@pytest.mark.fault
def test_frozen_camera_is_stalled_within_five_seconds_and_recovers(relay):
    async def scenario(fleet, gateway):
        async with relay.watching(gateway, SUB) as viewer:
            await viewer.until(live)
            fleet.device("cam-001").freeze()
            took_s = await viewer.until(lambda v: v.said(type="status", state="stalled"))
            assert took_s < 5
            assert gateway.hub(SUB).status.reason is not None
            fleet.device("cam-001").revive()
            await viewer.until(lambda v: len(v.said(type="status", state="live")) == 2)

    run(scenario, relay)


@pytest.mark.fault
def test_dead_camera_is_told_and_the_stream_comes_back_as_a_new_generation(relay):
    settings = HubSettings(dead_after_s=1.0, stalled_after_s=0.5, linger_s=0.3, timing=QUICK.timing)

    async def scenario(fleet, gateway):
        async with relay.watching(gateway, SUB) as viewer:
            await viewer.until(live)
            fleet.device("cam-001").die()
            await viewer.until(lambda v: v.said(type="status", state="dead"))
            assert viewer.said(type="error", code="stream.camera_unreachable")
            fleet.device("cam-001").revive()
            await viewer.until(lambda v: v.said(type="init", generation=2))
            await viewer.until(lambda v: len(v.said(type="status", state="live")) == 2)
            assert viewer.binaries[-1][0] in {0, 1, 2}

    run(scenario, relay, settings=settings)


@pytest.mark.fault
def test_wrong_password_ends_after_one_login_and_is_not_repeated_for_new_viewers(
    relay, monkeypatch
):
    verdicts = []
    judge = DigestGate.judge

    def counted(gate, header, method, uri):
        verdicts.append(judge(gate, header, method, uri))
        return verdicts[-1]

    monkeypatch.setattr(DigestGate, "judge", counted)

    async def scenario(fleet, gateway):
        for _ in range(3):
            async with relay.watching(gateway, SUB) as viewer:
                await viewer.until(lambda v: v.said(type="status", state="dead"))
                reason = viewer.said(type="status", state="dead")[-1]["reason"]
                assert reason == "stream.credentials_rejected"
        with pytest.raises(CredentialsRejected):
            await gateway.snapshot(SUB)
        assert verdicts.count(Verdict.REFUSED) == 1

    run(scenario, relay, DeviceSpec("cam-001", fault="wrong_password"))


def test_stream_lingers_after_the_last_viewer_and_then_lets_the_camera_go(relay):
    async def scenario(fleet, gateway):
        async with relay.watching(gateway, SUB) as viewer:
            await viewer.until(live)
        assert gateway.ingests == 1
        async with asyncio.timeout(10):
            while gateway.ingests or fleet.device("cam-001").streams["sub"].is_running:
                await asyncio.sleep(0.05)
        async with asyncio.timeout(60):
            while gateway.hub(SUB).poster is None:
                await asyncio.sleep(0.05)
        # A newcomer gets the last picture as a poster before the first frame.
        async with relay.watching(gateway, SUB) as late:
            await late.until(live)
            assert late.binaries[0][0] == 3
            assert late.binaries[0][9:12] == b"\xff\xd8\xff"

    run(scenario, relay)


def test_warmed_stream_shows_its_first_frame_at_once(relay):
    async def scenario(fleet, gateway):
        assert gateway.warm(SUB, 5.0)
        assert await gateway.hub(SUB).wait_for_picture(5.0)
        async with relay.watching(gateway, SUB) as viewer:
            assert await viewer.until(live) < 0.3

    run(scenario, relay)


@pytest.mark.parametrize(("fault", "told"), [(None, "live"), ("dead", "dead")])
def test_a_glance_ends_with_the_first_picture_or_with_the_camera_known_to_be_dead(
    relay, fault, told
):
    spec = DeviceSpec("cam-001", fault=fault)
    seen: list[tuple[str, str | None]] = []

    async def whole():
        async with Fleet([spec]) as fleet:
            gateway = MediaGateway(
                relay.resolver(fleet),
                settings=replace(QUICK, dead_after_s=2.0),
                on_status=lambda _key, status: seen.append((status.state, status.reason)),
            )
            assert gateway.glance(SUB, 8.0)
            async with asyncio.timeout(7):  # it does not wait for the end of its patience
                while gateway.ingests:
                    await asyncio.sleep(0.02)
            await gateway.close()

    asyncio.run(whole())
    assert [state for state, _ in seen if state in ("live", "dead")] == [told]
    assert seen[-1] == ("connecting", "stream.idle")


def test_a_glance_at_a_device_that_rejected_the_login_asks_no_second_time():
    seen: list[tuple[str, str | None]] = []
    asked = []

    async def resolve(key):
        asked.append(key)
        raise CredentialsRejected()

    async def whole():
        gateway = MediaGateway(
            resolve,
            settings=QUICK,
            on_status=lambda _key, status: seen.append((status.state, status.reason)),
        )
        for _ in range(2):
            gateway.glance(SUB, 8.0)
            async with asyncio.timeout(5):
                while gateway.ingests:
                    await asyncio.sleep(0.02)
        await gateway.close()

    asyncio.run(whole())
    assert len(asked) == 1
    assert seen == [("dead", "stream.credentials_rejected")] * 2


def test_slow_viewer_does_not_hold_up_the_quick_one(relay):
    settings = HubSettings(queue_bytes=60_000, timing=QUICK.timing)

    async def scenario(fleet, gateway):
        async with (
            relay.watching(gateway, SUB) as quick,
            relay.watching(gateway, SUB) as slow,
        ):
            await slow.until(live)
            slow.held = asyncio.Event()
            await quick.until(lambda v: len(v.of_kind(1)) > 5)
            slow.held.set()
            count = len(slow.of_kind(1))
            await slow.until(lambda v: len(v.of_kind(1)) > count + 1)
            missed = len(quick.of_kind(2)) - len(slow.of_kind(2))
            assert missed > 25
        # After the gap it went on with a key frame: what it got still decodes.
        with av.open(io.BytesIO(slow.as_file())) as clip:
            assert sum(1 for _ in clip.decode(video=0)) > 20

    run(scenario, relay, settings=settings)


def test_messages_carry_the_time_of_reception(relay):
    async def scenario(fleet, gateway):
        async with relay.watching(gateway, SUB) as viewer:
            await viewer.until(lambda v: len(v.of_kind(2)) > 3)
            stamp_ms = int.from_bytes(viewer.of_kind(2)[-1][1:9], "big")
            assert abs(time.time() * 1000 - stamp_ms) < 1000

    run(scenario, relay)


def test_snapshot_comes_from_the_device_when_cold_and_from_the_cache_when_hot(relay):
    async def scenario(fleet, gateway):
        resolve = relay.resolver(
            fleet, snapshot_url=fleet.onvif_url("cam-001").replace(
                "/onvif/device_service", "/snapshot.jpg"
            )
        )  # fmt: skip
        own = MediaGateway(resolve, settings=QUICK)
        cold = await own.snapshot(SUB)
        assert (cold.origin, cold.jpeg[:3]) == ("device", b"\xff\xd8\xff")
        assert own.ingests == 0
        async with relay.watching(own, SUB) as viewer:
            await viewer.until(live)
            hot = await own.snapshot(SUB)
            assert (hot.origin, hot.jpeg[:3]) == ("cache", b"\xff\xd8\xff")
        await own.close()
        streamed = await gateway.snapshot(SUB)
        assert streamed.origin == "stream"

    run(scenario, relay)


def test_viewer_who_comes_while_the_stream_is_being_let_go_is_served(relay):
    late = []

    async def scenario(fleet, _):
        def come(key, status):
            if status.reason == IDLE and not late:
                late.append(gateway.hub(key).subscribe(frozenset({"avc1"})))

        gateway = MediaGateway(relay.resolver(fleet), settings=QUICK, on_status=come)
        async with relay.watching(gateway, SUB) as first:
            await first.until(live)
        async with asyncio.timeout(60):
            while not late:
                await asyncio.sleep(0.01)
            while not isinstance(item := await late[0].next(), bytes) or item[0] != 2:
                pass
        await gateway.close()

    run(scenario, relay)


def test_failed_lookup_of_the_target_is_told_to_the_viewer(relay):
    async def scenario():
        async def resolve(_):
            raise LookupError("no such camera")

        gateway = MediaGateway(resolve)
        async with relay.watching(gateway, SUB) as viewer:
            await viewer.until(lambda v: v.said(type="error", code="stream.camera_unreachable"))
            assert viewer.said(type="status", state="dead", reason="stream.failed")
        await gateway.close()

    asyncio.run(scenario())


def test_gateway_refuses_what_is_over_its_limits(relay):
    limits = GatewayLimits(ingests=1, viewers=2)

    async def scenario(fleet, gateway):
        async with relay.watching(gateway, SUB) as one, relay.watching(gateway, SUB) as two:
            await one.until(lambda v: v.texts)
            await two.until(lambda v: v.texts)
            with pytest.raises(Overloaded):
                gateway.hub(HubKey(1, "main"))
            assert not gateway.warm(HubKey(1, "main"))
            with pytest.raises(Overloaded):
                gateway.hub(SUB)

    run(scenario, relay, limits=limits)


def test_cancelled_viewing_leaves_nothing_behind(relay):
    async def scenario(fleet, gateway):
        from video.protocol import ViewingTally, serve_viewer

        viewer, tally = relay.Viewer(), ViewingTally()
        serving = asyncio.create_task(
            serve_viewer(
                gateway.hub(SUB), viewer.send_text, viewer.send_bytes, viewer.receive,
                frozenset({"avc1"}), tally=tally,
            )
        )  # fmt: skip
        await viewer.until(live)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert gateway.viewers == 0
        assert tally.bytes_sent == sum(map(len, viewer.binaries))

    run(scenario, relay)
