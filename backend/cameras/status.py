"""Whether a camera works, told by frames that arrived; never by a device that merely registers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ..jobs import defer
from ..live import Notice, announce
from . import checks
from .models import Camera


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
    camera.is_alive = seen.is_alive
    camera.status_reason = seen.reason
    session.flush()
    session.refresh(camera, ["version"])
    announce(session, Notice("camera", camera.id, camera.version, camera.division_code))
