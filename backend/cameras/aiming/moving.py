"""Commands carried out on heads: sent once, waited for, and the position they ended in.

Outside any transaction: a head takes seconds. What must not be seen is judged again where the head
really stands; one that strayed is sent back.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from gis.aim import Views
from video.errors import DeviceError, TimedOut
from video.ptz import HeadPosition, HeadStatus, PtzHead
from video.ptz_tours import operate_tour

from ...errors import GridlinkError
from ...settings import load
from .facts import HeadFacts
from .lines import Lines, Reach
from .passing import way
from .planning import Plan, require_free, view_at

_POLL_S = 0.25
#: As near as this, in units of the axis' range, a head has arrived.
_ARRIVED_SHARE = 0.002
#: A stop on the way round need not be met as exactly.
_THROUGH_SHARE = 0.01

Place = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a head ended; `seconds` None: the device does not tell."""

    position: tuple[float, float, float] | None
    view: Views | None
    seconds: float | None


async def carry_out(lines: Lines, reach: Reach, facts: HeadFacts, plan: Plan) -> Arrival:
    """Send one plan's command and wait for the head to stand; round what lies in between.

    Raises
    ------
    DeviceError
        The device failed; no command is sent again.
    WayForbidden
        No way there keeps out of what must not be seen.
    IntoForbidden, IntoMask
        The head stood elsewhere than it should, and was sent back.

    """

    async def act(head: PtzHead) -> tuple[Place | None, Arrival]:
        began = time.monotonic()
        await halt_tour(head, facts)
        here = None
        if head.skills.tells_position and not facts.limits.is_empty:
            here = told(await head.status())
        for stop in way(facts, here, plan):
            await _go_through(head, stop)
        await _send(head, plan)
        status = await standing(head, plan.position)
        seconds = time.monotonic() - began if status is not None else None
        return here, arrival(facts, plan, status, seconds)

    before, ended = await lines.on(reach, act)
    try:
        if ended.view is not None:
            _require_kept(facts, ended.view)
    except GridlinkError:
        await _send_back(lines, reach, facts, before)
        raise
    return ended


async def halt_tour(head: PtzHead, facts: HeadFacts) -> None:
    """End a tour the device runs by itself, and let the head come to a stand."""
    if facts.touring is not None:
        await operate_tour(head, facts.touring, "Stop")
        await standing(head, None)


async def _go_through(head: PtzHead, stop: Place) -> None:
    await head.move_to(*stop)
    status = await standing(head, stop)
    if status is None or not _is_there(head, status, stop, _THROUGH_SHARE):
        await head.stop()
        raise TimedOut("the head did not go the way it was sent")


async def _send(head: PtzHead, plan: Plan) -> None:
    if plan.method == "geo" and plan.target is not None:
        place = head.skills.location
        # The device's elevation is that of its lens: the target's is told against it.
        lens_m = place.elevation_m if place is not None else None
        below_m = plan.lens_above_target_m or 0.0
        await head.move_to_place(
            plan.target.lon,
            plan.target.lat,
            (lens_m or 0.0) - below_m,
            width_m=plan.width_m or plan.target.width_m,
        )
    elif plan.method == "absolute" and plan.position is not None:
        await head.move_to(*plan.position)
    elif plan.preset_token is not None:
        await head.goto_preset(plan.preset_token)


async def standing(head: PtzHead, wanted: Place | None) -> HeadStatus | None:
    """Return the status once the head stands; None where it does not tell, or not in time."""
    if not head.skills.tells_position:
        return None
    end = time.monotonic() + load().aiming.arrive_s
    last: HeadPosition | None = None
    while time.monotonic() < end:
        await asyncio.sleep(_POLL_S)
        status = await head.status()
        is_still = status.position == last and status.is_moving is not True
        if is_still or (wanted is not None and _is_there(head, status, wanted)):
            return status
        last = status.position
    return None


def _is_there(
    head: PtzHead, status: HeadStatus, wanted: Place, share: float = _ARRIVED_SHARE
) -> bool:
    ranges = head.skills.ranges
    place = told(status)
    if ranges is None or place is None:
        return False
    spans = (ranges.pan, ranges.tilt, ranges.zoom or (0.0, 1.0))
    return all(
        abs(place[axis] - wanted[axis]) <= share * (spans[axis][1] - spans[axis][0])
        for axis in range(2 if ranges.zoom is None else 3)
    )


def told(status: HeadStatus) -> Place | None:
    """Return a told position; a head without zoom is at 0 there. None where it is not told."""
    place = status.position
    if place.pan is None or place.tilt is None:
        return None
    return place.pan, place.tilt, place.zoom or 0.0


def arrival(
    facts: HeadFacts, plan: Plan, status: HeadStatus | None, seconds: float | None
) -> Arrival:
    """Return where the head looks now: as told, else as planned."""
    place = told(status) if status is not None else None
    seen = view_at(facts, place)
    return Arrival(
        place or plan.position,
        seen if seen is not None else plan.view,
        None if seconds is None else round(seconds, 2),
    )


def _require_kept(facts: HeadFacts, view: Views) -> None:
    """Raise if the head stands where it must not; its error was allowed for when it was sent."""
    require_free(facts.exactly, view)


async def _send_back(lines: Lines, reach: Reach, facts: HeadFacts, before: Place | None) -> None:
    async def act(head: PtzHead) -> None:
        await head.stop()
        if before is None or head.skills.space is None:
            return
        back = Plan("absolute", view_at(facts, before), None, position=before)
        for stop in way(facts, told(await head.status()), back):
            await _go_through(head, stop)
        await head.move_to(*before)

    try:
        await lines.on(reach, act)
    except (DeviceError, GridlinkError):
        return  # the refusal that follows says more
