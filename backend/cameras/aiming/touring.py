"""Tours handed over to the devices that can run them by themselves, and watched while they do.

Only where every stop and every way between two stops may be seen, and from the first stop on, to
which the head was brought; whoever takes the head stops the device's tour first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.aimlimits import FREE
from gis.aimsweep import route
from video.errors import DeviceError, TimedOut
from video.ptz import PtzHead
from video.ptz_tours import TourStop, device_tours, keep_tour, operate_tour

from ...audit.register import enter
from ...db import begin
from ...errors import GridlinkError
from ...settings import load
from ..models import Camera
from .facts import HeadFacts, heads
from .headrows import reach_of
from .keeping import act_of_clock
from .lines import Reach, lines
from .locking import tell
from .models import Head, Preset, PresetTour
from .moving import Arrival, told
from .planning import is_lawful, preset_position, view_at
from .steering import preset_plan
from .storing import store_arrival

T = TypeVar("T")

WATCHED_S = 10
"""How often a head that its device leads about is asked where it stands."""

_SILENT_S = 60

# Locked by somebody else, or whoever started it is shut out: stopped at the next round. A tour that
# nobody here started is anybody's: each lock ends it.
_TO_WATCH = text(
    "SELECT w.id, w.is_over FROM ptz_tours t CROSS JOIN LATERAL ("
    "  SELECT t.id, EXISTS (SELECT FROM users u WHERE u.id = t.started_by"
    "    AND (NOT u.is_active OR u.ends_at <= :now))"
    "   OR EXISTS (SELECT FROM ptz_locks l WHERE l.camera_id = t.camera_id"
    "    AND l.expires_at > :now AND l.holder_id IS DISTINCT FROM t.started_by) AS is_over) w"
    " WHERE t.on_device AND (t.due_at <= :now OR w.is_over)"
    " ORDER BY t.camera_id FOR UPDATE OF t SKIP LOCKED"
)


@dataclass(frozen=True, slots=True)
class Handover:
    """One tour as its device shall keep it."""

    tour_id: int
    token: str | None
    name: str
    stops: tuple[TourStop, ...]
    reach: Reach


@dataclass(frozen=True, slots=True)
class Watched:
    """A tour that its device runs, and what is asked of it; `is_foreign`: nobody here began it."""

    tour_id: int
    token: str
    is_over: bool
    is_foreign: bool
    facts: HeadFacts
    reach: Reach


@dataclass(frozen=True, slots=True)
class Said:
    """What a device says of a tour it was to run, and whether its picture may be seen."""

    is_running: bool
    place: tuple[float, float, float] | None = None
    is_lawful: bool = True


def hand_over(tour_ids: Iterable[int], now: datetime) -> int:
    """Let devices run those tours that they can and may; return how many they took."""
    with begin() as session:
        wanted = [h for h in (_handover(session, tour_id) for tour_id in tour_ids) if h]
    if not wanted:
        return 0
    taken = lines().run(each_bounded(_handed(one) for one in wanted))
    with begin() as session:
        for one, token in zip(wanted, taken, strict=True):
            tour = session.get(PresetTour, one.tour_id)
            if isinstance(token, str) and tour is not None and tour.due_at is not None:
                tour.token, tour.on_device = token, True
                tour.due_at = now + timedelta(seconds=WATCHED_S)
    return sum(isinstance(token, str) for token in taken)


def watch(now: datetime) -> None:
    """Ask devices that run tours where their heads stand; end those that must not go on."""
    with begin() as session:
        rows = session.execute(_TO_WATCH, {"now": now}).all()
        watched = [w for w in (_watched(session, row.id, row.is_over) for row in rows) if w]
    if not watched:
        return
    said = lines().run(each_bounded(_asked(one) for one in watched))
    with begin() as session:
        for one, answer in zip(watched, said, strict=True):
            _settle(session, one, answer, now)


def may_run(facts: HeadFacts, presets: list[Preset]) -> bool:
    """Return whether a device may lead its head from preset to preset without anybody judging."""
    if facts.limits.is_empty:
        return True
    if facts.model is None:
        return False
    places = []
    for preset in presets:
        place = preset_position(preset)
        if place is None or not is_lawful(facts, view_at(facts, place)):
            return False
        places.append(place)
    for here, there in zip(places, [*places[1:], places[0]], strict=True):
        way = route(facts.mount, facts.model, here, there, facts.limits)
        if way.reached != FREE or len(way.stops) > 1:
            return False
    return True


def _handover(session: Session, tour_id: int) -> Handover | None:
    tour = session.get(PresetTour, tour_id)
    if tour is None or tour.on_device or tour.due_at is None:
        return None
    presets = [session.get(Preset, stop["preset_id"]) for stop in tour.stops]
    camera, head = session.get(Camera, tour.camera_id), session.get(Head, tour.camera_id)
    facts = heads(session, [tour.camera_id]).get(tour.camera_id)
    known = [preset for preset in presets if preset is not None]
    if camera is None or facts is None or len(known) < len(presets):
        return None
    try:
        for preset in known:
            preset_plan(facts, preset)
        if facts.skills.tours_max == 0 or not may_run(facts, known):
            return None
        reach = reach_of(camera, head)
    except GridlinkError:
        return None
    stops = tuple(
        TourStop(preset.token, stop["dwell_s"])
        for preset, stop in zip(known, tour.stops, strict=True)
    )
    return Handover(tour.id, tour.token, tour.name, stops, reach)


def _watched(session: Session, tour_id: int, is_over: bool) -> Watched | None:
    tour = session.get_one(PresetTour, tour_id)
    camera = session.get(Camera, tour.camera_id)
    facts = heads(session, [tour.camera_id]).get(tour.camera_id)
    try:
        if camera is None or facts is None or tour.token is None:
            return None
        reach = reach_of(camera, session.get(Head, camera.id))
    except GridlinkError:
        return None
    return Watched(tour_id, tour.token, is_over, tour.started_by is None, facts, reach)


async def _handed(one: Handover) -> str:
    async def act(head: PtzHead) -> str:
        token = await keep_tour(head, one.name, one.stops, token=one.token)
        await operate_tour(head, token, "Start")
        return token

    return await lines().on(one.reach, act)


async def _asked(one: Watched) -> Said:
    async def act(head: PtzHead) -> Said:
        running = {tour.token: tour.is_running for tour in await device_tours(head)}
        if one.is_foreign and running.get(one.token, False) is False:
            return Said(is_running=False)
        if one.is_over or running.get(one.token, False) is False:
            await operate_tour(head, one.token, "Stop")
            return Said(is_running=False)
        place = told(await head.status()) if head.skills.tells_position else None
        if place is None or is_lawful(one.facts.exactly, view_at(one.facts, place)):
            return Said(is_running=True, place=place)
        await operate_tour(head, one.token, "Stop")
        return Said(is_running=False, place=place, is_lawful=False)

    return await lines().on(one.reach, act)


async def each_bounded(acts: Iterable[Awaitable[T]]) -> list[T | DeviceError]:
    """Do some at a time, each within the limit of a few commands."""
    gate = asyncio.Semaphore(load().aiming.at_once)

    async def bounded(act: Awaitable[T]) -> T | DeviceError:
        try:
            async with gate, asyncio.timeout(4 * load().aiming.command_s):
                return await act
        except DeviceError as error:
            return error
        except TimeoutError:
            return TimedOut("a tour of the device")

    return list(await asyncio.gather(*(bounded(act) for act in acts)))


def _settle(session: Session, one: Watched, said: Said | DeviceError, now: datetime) -> None:
    tour = session.get(PresetTour, one.tour_id)
    camera = session.get(Camera, one.facts.camera_id)
    if tour is None or camera is None or not tour.on_device:
        return
    if isinstance(said, DeviceError):
        tour.due_at = now + timedelta(seconds=_SILENT_S)
        return
    if said.is_running:
        tour.due_at = now + timedelta(seconds=WATCHED_S)
        if said.place is not None:
            arrival = Arrival(said.place, view_at(one.facts, said.place), None)
            store_arrival(session, camera, arrival, now, method="tour")
        return
    # Somebody took the head, or the device ended it: begun anew from its first stop. What somebody
    # began at the device and ended there is over.
    goes_on = said.is_lawful and (one.is_over or not one.is_foreign)
    tour.on_device, tour.step, tour.due_at = False, 0, now if goes_on else None
    session.flush()
    tell(session, camera)
    if not said.is_lawful:
        enter(session, act_of_clock("ptz.tour.refused", camera, {"tour": tour.name}))
