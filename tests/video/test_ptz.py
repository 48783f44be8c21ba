"""PTZ heads of four kinds, of the simulator: what they can, every move, and what ends by itself."""

import asyncio
import time
from contextlib import asynccontextmanager

import pytest

from video.addresses import AddressPolicy
from video.credentials import Credentials
from video.errors import CredentialsRejected, ProtocolViolation, TimedOut, Unsupported
from video.onvif_session import OnvifSession
from video.ptz import PtzHead
from video.ptz_skills import read_skills
from video.ptz_tours import TourStop, device_tours, duration_s, keep_tour, operate_tour, remove_tour
from video.simulator.devices import DeviceSpec
from video.simulator.fleet import Fleet
from video.simulator.ptz import Position, Tour
from video.simulator.ptz import PtzHead as Simulated

POLICY = AddressPolicy.of("127.0.0.0/8")
CALM = {"scene": "clip", "main_size": (320, 180), "sub_size": (320, 180), "main_fps": 5.0}
KINDS = ("generic", "spherical", "geo", "presets")
SPECS = [
    DeviceSpec(kind, ptz=True, ptz_kind=kind, lon=110.0, lat=34.5, elevation_m=12.0, **CALM)
    for kind in KINDS
] + [DeviceSpec("fixed", **CALM), DeviceSpec("lost", ptz=True, ptz_kind="geo", **CALM)]


@asynccontextmanager
async def head_of(fleet: Fleet, name: str, *, password: str = "gridlink-sim", call_s: float = 5.0):
    device = POLICY.check(fleet.onvif_url(name))
    login = Credentials("admin", password)
    async with OnvifSession(device, login, POLICY, call_s=call_s) as session:
        await session.open()
        yield PtzHead(session, await read_skills(session)), fleet.device(name)


async def until(fact, within_s: float = 15) -> None:
    async with asyncio.timeout(within_s):
        while not fact():
            await asyncio.sleep(0.02)


def state(device) -> Position:
    return device.head.position(time.monotonic())


def run(scenario, specs=SPECS) -> None:
    async def whole() -> None:
        async with Fleet(specs) as fleet:
            await scenario(fleet)

    asyncio.run(whole())


def test_each_kind_says_what_it_can() -> None:
    async def scenario(fleet: Fleet) -> None:
        told = {}
        for kind in KINDS:
            async with head_of(fleet, kind) as (head, _):
                told[kind] = head.skills
        assert [told[k].space for k in KINDS] == ["generic", "spherical", "spherical", None]
        assert [told[k].can_geo for k in KINDS] == [False, False, True, False]
        assert [told[k].tells_position for k in KINDS] == [True, True, True, False]
        assert told["generic"].ranges.pan == (-1.0, 1.0)
        assert told["spherical"].ranges.tilt == (-90.0, 20.0)
        assert told["geo"].location.elevation_m == 12.0
        assert all(told[k].can_drive and told[k].can_relative for k in KINDS)

    run(scenario)


def test_an_absolute_move_names_all_axes_since_a_missing_one_goes_to_zero() -> None:
    async def scenario(fleet: Fleet) -> None:
        async with head_of(fleet, "generic") as (head, device):
            await head.move_to(0.3, -0.2, 0.5)
            await until(lambda: not device.head.is_moving(time.monotonic()))
            await head.move_to(0.4, -0.2, 0.5)
            await until(lambda: not device.head.is_moving(time.monotonic()))
            told = await head.status()
            assert (told.position.pan, told.position.tilt, told.position.zoom) == (0.4, -0.2, 0.5)
            assert told.is_moving is False

    run(scenario)


def test_positions_beyond_the_range_are_clamped() -> None:
    async def scenario(fleet: Fleet) -> None:
        async with head_of(fleet, "spherical") as (head, device):
            await head.move_to(45.0, 60.0, 7.0)
            await until(lambda: not device.head.is_moving(time.monotonic()))
            told = await head.status()
            assert told.position.pan == pytest.approx(45.0, abs=0.01)
            assert (told.position.tilt, told.position.zoom) == (20.0, 1.0)
            with pytest.raises(ValueError, match="nan"):
                await head.move_to(float("nan"), 0.0, 0.0)

    run(scenario)


def test_a_drive_nobody_renews_ends_by_itself() -> None:
    async def scenario(fleet: Fleet) -> None:
        async with head_of(fleet, "generic") as (head, device):
            began = time.monotonic()
            await head.move_on(0.05, 0.0, 0.0, for_s=60.0)
            asked = device.head._ends_s
            assert asked is not None
            assert asked - began <= 2.0 + (time.monotonic() - began)
            await head.stop()
            assert not device.head.is_moving(time.monotonic())
            await head.move_on(-9.0, 0.0, 0.0, for_s=0.2)
            await until(lambda: not device.head.is_moving(time.monotonic()))
            assert state(device).pan < -0.1

    run(scenario)


def test_a_relative_move_goes_on_from_where_the_head_is() -> None:
    async def scenario(fleet: Fleet) -> None:
        async with head_of(fleet, "presets") as (head, device):
            await head.move_by(0.1, -0.1, 0.2)
            await until(lambda: not device.head.is_moving(time.monotonic()))
            await head.move_by(0.1, 0.0, 0.0)
            await until(lambda: state(device).pan == pytest.approx(0.2))
            assert (state(device).tilt, state(device).zoom) == pytest.approx((-0.1, 0.2))

    run(scenario)


def test_geo_move_turns_to_a_place_and_shows_the_width() -> None:
    async def scenario(fleet: Fleet) -> None:
        async with head_of(fleet, "geo") as (head, device):
            # 100 m east of the lens, 12 m below it: a depression of atan(12/100).
            east = 110.0 + 100.0 / (111_195.0 * 0.82413)
            await head.move_to_place(east, 34.5, 0.0, width_m=20.0)
            await until(lambda: not device.head.is_moving(time.monotonic()))
            view = device.true_view()
            assert view.azimuth_deg == pytest.approx(90.0, abs=0.1)
            assert view.elevation_deg == pytest.approx(-6.84, abs=0.05)
            assert view.fov_deg == pytest.approx(11.34, abs=0.1)
        async with head_of(fleet, "spherical") as (head, _):
            with pytest.raises(Unsupported):
                await head.move_to_place(east, 34.5, 0.0, width_m=20.0)
        async with head_of(fleet, "lost") as (head, _):
            assert head.skills.location is None
            with pytest.raises(ProtocolViolation):
                await head.move_to_place(east, 34.5, 0.0, width_m=20.0)

    run(scenario)


def test_presets_are_kept_found_gone_to_and_removed() -> None:
    async def scenario(fleet: Fleet) -> None:
        async with head_of(fleet, "presets") as (head, device):
            token = await head.set_preset("东门")
            await head.move_by(0.2, 0.0, 0.0)
            await until(lambda: state(device).pan == pytest.approx(0.2))
            assert [(p.token, p.name, p.position.pan) for p in await head.presets()] == [
                (token, "东门", None)
            ]
            await head.goto_preset(token)
            await until(lambda: state(device).pan == pytest.approx(0.0))
            await head.remove_preset(token)
            assert await head.presets() == ()
            with pytest.raises(ProtocolViolation):
                await head.goto_preset(token)
            await head.go_home()

    run(scenario)


def test_a_head_without_absolute_positions_refuses_them_unasked() -> None:
    async def scenario(fleet: Fleet) -> None:
        async with head_of(fleet, "presets") as (head, _):
            with pytest.raises(Unsupported):
                await head.move_to(0.0, 0.0, 0.0)
            assert (await head.status()).position.pan is None

    run(scenario)


def test_a_fixed_camera_has_no_head() -> None:
    async def scenario(fleet: Fleet) -> None:
        with pytest.raises(Unsupported):
            async with head_of(fleet, "fixed"):
                pass

    run(scenario)


def test_one_refused_login_stops_all_further_commands() -> None:
    async def scenario(fleet: Fleet) -> None:
        device = POLICY.check(fleet.onvif_url("generic"))
        async with OnvifSession(device, Credentials("admin", "wrong"), POLICY) as session:
            await session.open()
            with pytest.raises(CredentialsRejected):
                await read_skills(session)
            with pytest.raises(CredentialsRejected, match="not tried again"):
                await session.call("GetNodes", "<tptz:GetNodes/>", service="ptz")

    run(scenario)


def test_a_command_into_silence_ends_at_its_deadline_and_is_not_repeated() -> None:
    async def scenario(fleet: Fleet) -> None:
        async with head_of(fleet, "generic", call_s=1.0) as (head, device):
            device.hang()
            began = time.monotonic()
            with pytest.raises(TimedOut):
                await head.move_to(0.5, 0.0, 0.0)
            assert time.monotonic() - began < 5.0
            device.revive()
            assert state(device).pan == 0.0

    run(scenario)


def test_a_device_keeps_a_tour_runs_it_and_stops_it_when_it_is_told_anything_else() -> None:
    async def scenario(fleet: Fleet) -> None:
        async with head_of(fleet, "geo") as (head, device):
            assert head.skills.tours_max == 4
            stops = []
            for pan in (-40.0, 40.0):
                await head.move_to(pan, -10.0, 0.5)
                await until(lambda: not device.head.is_moving(time.monotonic()))
                stops.append(TourStop(await head.set_preset(f"at {pan}"), 7))
            token = await keep_tour(head, "早巡", tuple(stops), token=None)
            assert await keep_tour(head, "早巡", tuple(stops), token=token) == token
            [kept] = await device_tours(head)
            assert (kept.name, kept.stops, kept.is_running) == ("早巡", tuple(stops), False)
            await operate_tour(head, token, "Start")
            await until(lambda: abs(state(device).pan * 180.0 + 40.0) < 0.1)
            assert [tour.is_running for tour in await device_tours(head)] == [True]
            await operate_tour(head, token, "Stop")
            assert device.head.touring is None
            await operate_tour(head, token, "Start")
            await head.move_to(0.0, 0.0, 0.0)
            assert [tour.is_running for tour in await device_tours(head)] == [False]
            await remove_tour(head, token)
            assert await device_tours(head) == ()
        async with head_of(fleet, "spherical") as (head, _):
            assert head.skills.tours_max == 0
            with pytest.raises(ProtocolViolation):
                await keep_tour(head, "x", tuple(stops), token=None)

    run(scenario)


@pytest.mark.parametrize(
    ("text", "seconds"), [("PT20S", 20), ("PT1M5S", 65), ("PT0.4S", 0), ("None", 0), ("P1D", 0)]
)
def test_how_long_a_tour_stays(text: str, seconds: int) -> None:
    assert duration_s(text) == seconds


def test_a_simulated_tour_is_where_its_times_say() -> None:
    head = Simulated()
    for name, pan in (("a", 0.0), ("b", 0.5)):
        head.presets[name] = (name, Position(pan, 0.0, 0.0))
    head.tours["t"] = Tour("t", [("a", 2.0), ("b", 3.0)])
    head.start_tour("t", 100.0)
    # At a until 102, at b from 102.5 until 105.5, at a again from 106.
    told = [head.position(at).pan for at in (101.0, 102.25, 104.0, 105.75, 107.0)]
    assert told == pytest.approx([0.0, 0.25, 0.5, 0.25, 0.0])
    head.stop(107.0)
    assert head.position(200.0).pan == 0.0
