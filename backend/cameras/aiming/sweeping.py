"""Heads the clock turns: back to the home view, on to the next stop of a tour.

The clock is passed in. A head that somebody holds is left alone until that has run out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from video.errors import DeviceError

from ...audit.register import enter
from ...db import begin
from ...errors import GridlinkError
from ...settings import load
from ..models import Camera
from . import touring
from .aiming import Ordered, Outcome, commanded
from .asking import ensure_asked
from .facts import heads
from .headrows import reach_of
from .keeping import act_of_clock
from .lines import Lines, lines
from .models import Head, HeadPosition, Preset, PresetTour
from .steering import preset_plan
from .storing import interrupt_tour, store_arrival, store_failure

_AGAIN_S = 60
"""A head that could not go home is sent again after this, or after its time, what is longer."""

_HOME_DUE = text(
    "UPDATE ptz_positions p SET home_due_at = NULL FROM ptz_heads h"
    " WHERE h.camera_id = p.camera_id AND p.home_due_at <= :now AND h.home_preset_id IS NOT NULL"
    " AND NOT EXISTS (SELECT FROM ptz_locks l"
    "  WHERE l.camera_id = p.camera_id AND l.expires_at > :now)"
    " RETURNING p.camera_id, h.home_preset_id AS preset_id"
)
# Whoever started a tour and was shut out since starts nothing any more. One that was begun at the
# device, and that somebody's command ended, goes on as one of ours.
_TOUR_DUE = text(
    "SELECT t.id FROM ptz_tours t LEFT JOIN users u ON u.id = t.started_by"
    " WHERE t.due_at <= :now"
    " AND NOT t.on_device AND u.is_active IS NOT FALSE AND (u.ends_at IS NULL OR u.ends_at > :now)"
    " AND NOT EXISTS (SELECT FROM ptz_locks l WHERE l.camera_id = t.camera_id"
    "  AND l.expires_at > :now AND l.holder_id IS DISTINCT FROM t.started_by)"
    " ORDER BY t.camera_id FOR UPDATE OF t SKIP LOCKED"
)


@dataclass(frozen=True, slots=True)
class Due:
    """One head and the preset it is to go to."""

    camera_id: int
    preset_id: int
    method: str
    #: Of a stop that is its tour's first: from there the device may go on by itself.
    begins_tour: int | None = None


def sweep(now: datetime) -> int:
    """Send heads where their time has come, and return how many went."""
    touring.watch(now)
    with begin() as session:
        due = [
            Due(row.camera_id, row.preset_id, "home")
            for row in session.execute(_HOME_DUE, {"now": now})
        ]
        due += _tour_stops(session, now)
    if not due:
        return 0
    deaf = ensure_asked(None, {one.camera_id for one in due})
    with begin() as session:
        ordered, refused = _ordered(session, [d for d in due if d.camera_id not in deaf])
    outcomes = lines().run(_command_all(lines(), [order for _, order in ordered]))
    refused += [(one, deaf[one.camera_id].code) for one in due if one.camera_id in deaf]
    begun = []
    with begin() as session:
        for (one, order), outcome in zip(ordered, outcomes, strict=True):
            code = _settle(session, one, order, outcome, now)
            if code is not None:
                refused.append((one, code))
            elif one.begins_tour is not None and order.facts.skills.tours_max:
                begun.append(one.begins_tour)
        _put_off(session, refused, now)
    touring.hand_over(begun, now)
    return len(due) - len(refused)


def _tour_stops(session: Session, now: datetime) -> list[Due]:
    """Move due tours on by one stop, each for its seconds."""
    due = []
    for tour_id in session.scalars(_TOUR_DUE, {"now": now}).all():
        tour = session.get_one(PresetTour, tour_id)
        if not tour.stops:
            tour.due_at = None
            continue
        stop = tour.stops[tour.step % len(tour.stops)]
        begins = tour.id if tour.step % len(tour.stops) == 0 else None
        tour.step = (tour.step + 1) % len(tour.stops)
        tour.due_at = now + timedelta(seconds=stop["dwell_s"])
        due.append(Due(tour.camera_id, stop["preset_id"], "tour", begins))
    return due


def _ordered(
    session: Session, due: Iterable[Due]
) -> tuple[list[tuple[Due, Ordered]], list[tuple[Due, str]]]:
    due = list(due)
    facts = heads(session, [one.camera_id for one in due])
    ordered: list[tuple[Due, Ordered]] = []
    refused: list[tuple[Due, str]] = []
    for one in due:
        camera = session.get(Camera, one.camera_id)
        preset = session.get(Preset, one.preset_id)
        if camera is None or preset is None or one.camera_id not in facts:
            continue
        known = facts[one.camera_id]
        try:
            plan = preset_plan(known, preset)
            reach = reach_of(camera, session.get(Head, camera.id))
        except GridlinkError as refusal:
            refused.append((one, refusal.code))
            continue
        ordered.append((one, Ordered(known, plan, reach)))
    return ordered, refused


async def _command_all(lines: Lines, ordered: list[Ordered]) -> list[Outcome]:
    gate = asyncio.Semaphore(load().aiming.at_once)

    async def one(item: Ordered) -> Outcome:
        async with gate:
            return await commanded(lines, item)

    return list(await asyncio.gather(*(one(item) for item in ordered)))


def _settle(
    session: Session, one: Due, order: Ordered, outcome: Outcome, now: datetime
) -> str | None:
    """Keep where a head went; return the code of what kept it, None when nothing did."""
    camera = session.get(Camera, one.camera_id)
    if camera is None:
        return None
    if isinstance(outcome, DeviceError | GridlinkError):
        if isinstance(outcome, DeviceError):
            store_failure(session, camera.id, outcome)
        return outcome.code
    store_arrival(session, camera, outcome, now, method=one.method)
    if one.method == "home":
        interrupt_tour(session, camera.id, now)
        enter(session, act_of_clock("ptz.went_home", camera, {}))
    return None


def _put_off(session: Session, refused: list[tuple[Due, str]], now: datetime) -> None:
    """Enter why a head did not go home, and let it be tried again later; a tour goes on anyway."""
    for one, code in refused:
        position, head = session.get(HeadPosition, one.camera_id), session.get(Head, one.camera_id)
        camera = session.get(Camera, one.camera_id)
        if one.method != "home" or position is None or head is None or camera is None:
            continue
        wait_s = max(head.home_after_s or 0, _AGAIN_S)
        position.home_due_at = now + timedelta(seconds=wait_s)
        enter(session, act_of_clock("ptz.home_failed", camera, {"reason": code}))
