"""Clocks and firmware of devices: visited in turn, a turn kept when either changed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from video.credentials import Credentials
from video.errors import DeviceError

from ...db import begin
from ...settings import load
from .. import devices
from ..lasting import lasting
from ..models import Camera, Device
from ..vault import unseal
from . import planning, recording
from .models import CameraHealth, CameraTurn

if TYPE_CHECKING:
    from video.healthclock import ClockReading
    from video.mediahost import MediaHost

PAUSE_S = 2.0
_AT_ONCE = 4
_AGAIN_S = 900.0

# Index: none; a row a device, of which few are due.
_DUE = text(
    "UPDATE camera_health h SET clock_due_at = CAST(:now AS timestamptz)"
    "   + make_interval(secs => :again_s)"
    " FROM (SELECT h.camera_id FROM camera_health h JOIN devices d USING (camera_id)"
    "   WHERE h.clock_due_at <= :now AND h.camera_id % :workers = :worker"
    "     AND d.auth_state <> 'rejected'"
    "   ORDER BY h.clock_due_at LIMIT :n FOR UPDATE OF h SKIP LOCKED) due"
    " WHERE h.camera_id = due.camera_id RETURNING h.camera_id"
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a device is to be visited."""

    camera_id: int
    address: str
    credentials: Credentials


async def read_due(host: MediaHost) -> None:
    """Visit the devices whose clock is due, a few at once: a duty of the media worker."""
    share = planning.Share(host.number, load().media.workers)
    visits = await asyncio.to_thread(_claimed, share)
    await asyncio.gather(*(_visit(visit) for visit in visits))


async def _visit(visit: Visit) -> None:
    from video.healthclock import read_clock  # brings the ONVIF client, which few need

    try:
        reading = await read_clock(visit.address, visit.credentials, devices.policy())
    except DeviceError:
        return  # claimed for a while; whether it sends pictures is judged elsewhere
    await asyncio.to_thread(_note, visit.camera_id, reading)


def _claimed(share: planning.Share) -> Sequence[Visit]:
    now = datetime.now(UTC)
    with begin() as session:
        return [_visit_of(session, camera_id) for camera_id in claim(session, share, _AT_ONCE, now)]


def claim(session: Session, share: planning.Share, n: int, now: datetime) -> Sequence[int]:
    """Return at most `n` cameras whose clock to read; one that fails is due again in minutes."""
    wanted = {"now": now, "n": n, "worker": share.number, "workers": share.workers}
    return session.scalars(_DUE, wanted | {"again_s": _AGAIN_S}).all()


def _visit_of(session: Session, camera_id: int) -> Visit:
    device = session.get_one(Device, camera_id)
    login = unseal(device.secret) if device.secret else ("", "")
    return Visit(camera_id, device.address, Credentials(*login))


def _note(camera_id: int, reading: ClockReading) -> None:
    with begin() as session:
        note(session, camera_id, reading, datetime.now(UTC))


def note(session: Session, camera_id: int, reading: ClockReading, now: datetime) -> None:
    """Write a reading; a clock that went wrong or right again, and new firmware, are turns."""
    lasting(session, [camera_id])
    health = session.get(CameraHealth, camera_id, with_for_update=True)
    camera = session.get(Camera, camera_id)
    if health is None or camera is None:
        return
    settings = load().health
    turns = [
        ("clock", clock_word(health.clock_offset_s), clock_word(reading.offset_s)),
        ("firmware", health.firmware, reading.firmware or health.firmware),
    ]
    health.clock_offset_s, health.clock_at = reading.offset_s, now
    health.firmware = reading.firmware or health.firmware
    every_s = settings.clock_every_s
    health.clock_due_at = planning.next_due(camera_id, now, every_s)
    changed = [(what, old, new) for what, old, new in turns if old != new]
    for what, old, new in changed:
        evidence = {"offset_s": reading.offset_s} if what == "clock" else {}
        session.add(
            CameraTurn(
                camera_id=camera_id, at=now, what=what, before=old, after=new, evidence=evidence
            )
        )
    if changed:
        recording.tell(session, camera)


def clock_word(offset_s: float | None) -> str | None:
    """Return whether a clock is right; None where nobody knows."""
    if offset_s is None:
        return None
    limit = timedelta(seconds=load().health.clock_limit_s)
    return "off" if abs(timedelta(seconds=offset_s)) > limit else "right"
