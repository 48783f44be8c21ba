"""Tours that somebody started at the device itself: heard of by asking it, then led like our own.

Devices that keep tours are asked in turn, each about once a minute. One that runs a tour nobody
started here is shown with it, watched and stopped before any command as if it were ours; where
somebody holds the head, or a tour of ours runs, the device's is stopped.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from video.errors import DeviceError
from video.ptz import DevicePreset, PtzHead
from video.ptz_tours import DeviceTour, device_tours, operate_tour

from ...audit.register import enter
from ...db import begin
from ...errors import GridlinkError
from ..models import Camera
from .facts import heads
from .headrows import reach_of
from .keeping import act_of_clock
from .lines import Reach, lines
from .locking import tell
from .models import Head, PresetTour
from .takingover import take_over, take_over_tours
from .touring import each_bounded

ROUND_S = 10
"""How often some are asked."""
_ROUNDS, _MOST = 6, 100
"""Each is asked every so many rounds; every later where a round would hold more than this."""

_CAN = (
    " FROM ptz_heads h JOIN devices d ON d.camera_id = h.camera_id"
    " JOIN cameras c ON c.id = h.camera_id"
    " WHERE (h.can ->> 'tours_max')::int > 0 AND d.auth_state = 'accepted'"
    " AND c.is_alive IS NOT FALSE"
    " AND NOT EXISTS (SELECT FROM ptz_tours t WHERE t.camera_id = h.camera_id AND t.on_device)"
)
_COUNT = text("SELECT count(*)" + _CAN)
_HELD = (
    "EXISTS (SELECT FROM ptz_locks l WHERE l.camera_id = h.camera_id AND l.expires_at > :now)"
    " OR EXISTS (SELECT FROM ptz_tours o WHERE o.camera_id = h.camera_id AND o.due_at IS NOT NULL)"
)
_TURN = text(
    f"SELECT h.camera_id, {_HELD} AS is_held{_CAN}"
    " AND h.camera_id % :rounds = :round ORDER BY h.camera_id"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A head whose device is asked; `is_held`: what it runs by itself is stopped."""

    camera_id: int
    is_held: bool
    known: frozenset[str]
    reach: Reach


@dataclass(frozen=True, slots=True)
class Heard:
    """What a device said it runs; its presets only where the tour is not known here."""

    tours: tuple[DeviceTour, ...]
    presets: tuple[DevicePreset, ...]
    stopped: str | None = None


def listen(now: datetime) -> int:
    """Ask the heads whose turn it is; return how many run a tour that nobody started here."""
    with begin() as session:
        asked = _whose_turn(session, now)
    if not asked:
        return 0
    said = lines().run(each_bounded(_listened(one) for one in asked))
    with begin() as session:
        return sum(
            _settle(session, one, answer, now)
            for one, answer in zip(asked, said, strict=True)
            if not isinstance(answer, DeviceError)
        )


def mark(
    session: Session, camera: Camera, tours: Iterable[DeviceTour], now: datetime
) -> str | None:
    """Note the tour a device runs, if nobody started it here; return its name, None for no tour.

    A tour of ours that runs leaves no room: one runs at a time.
    """
    own = session.scalars(select(PresetTour).where(PresetTour.camera_id == camera.id)).all()
    running = {tour.token for tour in tours if tour.is_running}
    found = next((tour for tour in own if tour.token in running), None)
    if found is None or any(tour.due_at is not None for tour in own):
        return None
    found.on_device, found.step, found.due_at = True, 0, now
    found.started_by, found.purpose, found.incident_id = None, None, None
    session.flush()
    tell(session, camera)
    return found.name


def _whose_turn(session: Session, now: datetime) -> list[Asked]:
    rounds = max(_ROUNDS, ceil((session.scalar(_COUNT) or 0) / _MOST))
    turn = int(now.timestamp() // ROUND_S) % rounds
    rows = session.execute(_TURN, {"now": now, "rounds": rounds, "round": turn}).all()
    tokens: dict[int, set[str]] = {row.camera_id: set() for row in rows}
    kept = select(PresetTour.camera_id, PresetTour.token).where(PresetTour.camera_id.in_(tokens))
    for camera_id, token in session.execute(kept):
        tokens[camera_id].add(token or "")
    asked = []
    for row in rows:
        try:
            camera = session.get_one(Camera, row.camera_id)
            reach = reach_of(camera, session.get(Head, row.camera_id))
        except GridlinkError:
            continue
        asked.append(Asked(row.camera_id, row.is_held, frozenset(tokens[row.camera_id]), reach))
    return asked


async def _listened(one: Asked) -> Heard:
    async def act(head: PtzHead) -> Heard:
        tours = await device_tours(head)
        running = next((tour for tour in tours if tour.is_running), None)
        if running is None:
            return Heard((), ())
        if one.is_held:
            await operate_tour(head, running.token, "Stop")
            return Heard((), (), stopped=running.name)
        is_new = running.token not in one.known and head.skills.presets_max
        return Heard(tours, await head.presets() if is_new else ())

    return await lines().on(one.reach, act)


def _settle(session: Session, one: Asked, heard: Heard, now: datetime) -> bool:
    camera = session.get(Camera, one.camera_id)
    if camera is None:
        return False
    if heard.stopped is not None:
        enter(session, act_of_clock("ptz.tour.refused", camera, {"tour": heard.stopped}))
        return False
    if heard.presets:
        take_over(session, camera, heads(session, [camera.id])[camera.id], heard.presets)
        take_over_tours(session, camera, heard.tours)
    found = mark(session, camera, heard.tours, now)
    if found is not None:
        enter(session, act_of_clock("ptz.tour.found", camera, {"tour": found}))
    return found is not None
