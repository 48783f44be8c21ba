"""What is written of heads: what they can, where they look, that a login was refused."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from video.errors import DeviceError
from video.ptz_skills import Skills

from ...settings import load
from ..lasting import lasting
from ..models import Camera, Device
from .locking import tell
from .models import Head, HeadPosition, PresetTour
from .moving import Arrival
from .planning import shape_of
from .refusals import is_rejection

_GOES_HOME_FROM = ("home", "tour")
"""Ways to move that are no use by a person: nothing has to be undone later."""


def store_skills(session: Session, camera: Camera, skills: Skills, now: datetime) -> None:
    """Keep what a device said its head can do; what people stated of the head stays."""
    lasting(session, [camera.id])
    address = camera.device.address if camera.device is not None else None
    can: dict[str, Any] = {**asdict(skills), "asked_at": address}
    row = {
        "camera_id": camera.id,
        "division_code": camera.division_code,
        "profile_token": skills.profile_token,
        "can": can,
        "read_at": now,
    }
    changed = {name: row[name] for name in ("profile_token", "can", "read_at")}
    session.execute(
        insert(Head).values(**row).on_conflict_do_update(index_elements=["camera_id"], set_=changed)
    )
    session.expire_all()


def store_arrival(
    session: Session,
    camera: Camera,
    arrival: Arrival,
    now: datetime,
    *,
    method: str,
    error_deg: float | None = None,
) -> None:
    """Keep where a head looks now, and when it goes home if nobody turns it again."""
    lasting(session, [camera.id])
    view = shape_of(arrival.view)
    place = arrival.position or (None, None, None)
    head = session.get(Head, camera.id)
    row = {
        "camera_id": camera.id,
        "division_code": camera.division_code,
        "pan": place[0],
        "tilt": place[1],
        "zoom": place[2],
        "azimuth_deg": view.azimuth_deg if view else None,
        "tilt_deg": view.tilt_deg if view else None,
        "fov_deg": view.fov_deg if view else None,
        "error_deg": error_deg if view else None,
        "method": method,
        "moved_at": now,
        "home_due_at": _home_due_at(head, method, now),
    }
    session.execute(
        insert(HeadPosition)
        .values(**row)
        .on_conflict_do_update(index_elements=["camera_id"], set_=row)
    )
    session.expire_all()
    tell(session, camera)


def interrupt_tour(session: Session, camera_id: int, now: datetime) -> None:
    """Note that somebody's command ended a tour the device ran: it is begun anew after the use."""
    again_at = now + timedelta(seconds=load().aiming.use_s)
    running = (PresetTour.camera_id == camera_id) & PresetTour.on_device
    ended = {"on_device": False, "step": 0, "due_at": again_at}
    session.execute(update(PresetTour).where(running).values(**ended))


def store_failure(session: Session, camera_id: int, error: DeviceError) -> None:
    """Keep that a login was refused: nobody sends it again until somebody corrects it."""
    if is_rejection(error):
        session.execute(
            update(Device).where(Device.camera_id == camera_id).values(auth_state="rejected")
        )


def _home_due_at(head: Head | None, method: str, now: datetime) -> datetime | None:
    if head is None or head.home_after_s is None or method in _GOES_HOME_FROM:
        return None
    return now + timedelta(seconds=head.home_after_s)
