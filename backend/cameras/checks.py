"""Checks of cameras: whether frames came, kept as runs of equal answers.

A run holds from its first check until `HOLD` times `media.check_every_s` after its last one, or
until the next run; beyond that nobody knows. Nothing of what a picture shows is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, text
from sqlalchemy.orm import Session

from ..settings import load
from .models import CameraCheck

HOLD = 2
"""How many intervals a check speaks for: one more than the next check should take."""

# Index: camera_checks_pkey, one step a camera; one statement, for hundreds may turn at once.
_NOTE = text(
    "WITH latest AS (SELECT s.camera_id, s.has_frames, s.reason, l.at, l.is_same, l.age_s"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:has_frames AS boolean[]), CAST(:reasons AS text[]))"
    "   AS s (camera_id, has_frames, reason) LEFT JOIN LATERAL ("
    "     SELECT k.at, k.has_frames = s.has_frames AND k.reason IS NOT DISTINCT FROM s.reason"
    "       AS is_same, extract(epoch FROM clock_timestamp() - coalesce(k.last_at, k.at)) AS age_s"
    "     FROM camera_checks k WHERE k.camera_id = s.camera_id ORDER BY k.at DESC LIMIT 1) l"
    "   ON true), extended AS ("
    "   UPDATE camera_checks k SET last_at = clock_timestamp(), checks = k.checks + 1"
    "   FROM latest l WHERE k.camera_id = l.camera_id AND k.at = l.at AND l.is_same"
    "   AND l.age_s BETWEEN :every_s AND :hold_s)"
    " INSERT INTO camera_checks (camera_id, has_frames, reason)"
    " SELECT camera_id, has_frames, reason FROM latest"
    " WHERE is_same IS NOT TRUE OR age_s > :hold_s ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Check:
    """What was seen of one camera; `reason` says why no frames came."""

    camera_id: int
    has_frames: bool
    reason: str | None


def note(session: Session, seen: Sequence[Check]) -> None:
    """Keep what was seen of cameras, each named once: turns at once, else each `check_every_s`."""
    every_s = load().media.check_every_s
    noted = {
        "ids": [check.camera_id for check in seen],
        "has_frames": [check.has_frames for check in seen],
        "reasons": [check.reason for check in seen],
        "every_s": every_s,
        "hold_s": HOLD * every_s,
    }
    session.execute(_NOTE, noted)


def forget_old(session: Session) -> int:
    """Remove the runs that ended longer ago than `media.checks_kept_days`; return how many."""
    age = func.make_interval(0, 0, 0, load().media.checks_kept_days)
    ended_at = func.coalesce(CameraCheck.last_at, CameraCheck.at)
    old = delete(CameraCheck).where(ended_at < func.now() - age).returning(CameraCheck.camera_id)
    return len(session.execute(old).all())
