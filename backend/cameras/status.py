"""Whether a camera works, told by frames that arrived; never by a device that merely registers."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, any_, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from ..jobs import defer
from ..live import Notice, announce
from . import checks
from .models import Camera


def out_of_service(session: Session, ids: list[int] | None = None) -> NDArray[np.int64]:
    """Return which cameras, of these or of all, are dead, blind or moved right now; ascending.

    One that was never tried counts as working: nothing speaks against it.
    """
    out = or_(Camera.is_alive.is_(False), Camera.view_fault.is_not(None))
    query = select(Camera.id).where(out).order_by(Camera.id)
    if ids is not None:
        query = query.where(Camera.id == any_(cast(ids, ARRAY(BigInteger))))
    return np.array(session.scalars(query).all(), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Observation:
    """What a stream showed of a camera; `reason` is a code like `stream.camera_unreachable`."""

    camera_id: int
    is_alive: bool
    reason: str | None = None
    last_frame_at: datetime | None = None


def record(session: Session, seen: Observation) -> None:
    """Write an observation as a check; consoles hear of it when the state turned."""
    camera = session.get(Camera, seen.camera_id)
    if camera is None:
        return
    if seen.last_frame_at is not None:
        camera.last_frame_at = seen.last_frame_at
    checks.note(session, camera.id, has_frames=seen.is_alive, reason=seen.reason)
    has_turned = camera.is_alive is not seen.is_alive or camera.status_reason != seen.reason
    if not has_turned:
        return
    if (camera.is_alive is not False) is not seen.is_alive:  # never tried counts as working
        defer(session, "coverage.refresh", key="coverage")
    defer(session, "eyeson.tick", key="eyeson.tick")
    camera.is_alive = seen.is_alive
    camera.status_reason = seen.reason
    session.flush()
    session.refresh(camera, ["version"])
    announce(session, Notice("camera", camera.id, camera.version, camera.division_code))
