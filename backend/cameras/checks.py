"""Checks of cameras: whether frames came, kept as runs of equal answers.

A run holds from its first check until `HOLD` times `media.check_every_s` after its last one, or
until the next run; beyond that nobody knows. Nothing of what a picture shows is kept.
"""

from sqlalchemy import delete, func, text
from sqlalchemy.orm import Session

from ..settings import load
from .models import CameraCheck

HOLD = 2
"""How many intervals a check speaks for: one more than the next check should take."""

_LATEST = text(
    "SELECT at, has_frames = :has_frames AND reason IS NOT DISTINCT FROM :reason AS is_same,"
    " extract(epoch FROM clock_timestamp() - coalesce(last_at, at)) AS age_s"
    " FROM camera_checks WHERE camera_id = :camera_id ORDER BY at DESC LIMIT 1"
)
_EXTEND = text(
    "UPDATE camera_checks SET last_at = clock_timestamp(), checks = checks + 1"
    " WHERE camera_id = :camera_id AND at = :at"
)
_BEGIN = text(
    "INSERT INTO camera_checks (camera_id, has_frames, reason)"
    " VALUES (:camera_id, :has_frames, :reason) ON CONFLICT DO NOTHING"
)


def note(session: Session, camera_id: int, *, has_frames: bool, reason: str | None) -> None:
    """Keep what was seen of a camera: at once when it turned, else once per `check_every_s`."""
    every_s = load().media.check_every_s
    seen = {"camera_id": camera_id, "has_frames": has_frames, "reason": reason}
    latest = session.execute(_LATEST, seen).one_or_none()
    if latest is not None and latest.is_same and latest.age_s < every_s:
        return
    if latest is not None and latest.is_same and latest.age_s <= HOLD * every_s:
        session.execute(_EXTEND, {"camera_id": camera_id, "at": latest.at})
    else:
        session.execute(_BEGIN, seen)


def forget_old(session: Session) -> int:
    """Remove the runs that ended longer ago than `media.checks_kept_days`; return how many."""
    age = func.make_interval(0, 0, 0, load().media.checks_kept_days)
    ended_at = func.coalesce(CameraCheck.last_at, CameraCheck.at)
    old = delete(CameraCheck).where(ended_at < func.now() - age).returning(CameraCheck.camera_id)
    return len(session.execute(old).all())
