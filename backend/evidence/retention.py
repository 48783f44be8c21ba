"""保留与删除: what is too old goes, and when the store is full the oldest; never what is held.

The row, its manifest and the register stay: it remains known what there was, and when it went.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ..audit.register import enter
from ..db import begin
from ..incidents.models import Incident
from ..settings import load
from . import storing
from .models import Evidence
from .sealing import act_of, told

TOO_OLD, NO_ROOM = "kept_long_enough", "no_room"
# Below the budget by so much, that not each new clip makes room again.
_UNTIL = 0.85


def sweep(now: datetime) -> int:
    """Remove what is older than it is kept, then make room; return how many pieces went."""
    before = now - timedelta(days=load().evidence.kept_days)
    gone = 0
    while _remove_one(Evidence.sealed_at < before, TOO_OLD, now):
        gone += 1
    return gone + make_room(now)


def make_room(now: datetime) -> int:
    """Remove the oldest evidence that nobody holds until the store is no longer tight.

    What belongs to incidents that have ended goes first. A disk that others have filled is no
    reason to remove evidence: then new clips are refused.
    """
    gone = 0
    while _is_tight() and _remove_one(Evidence.id > 0, NO_ROOM, now):
        gone += 1
    return gone


def _is_tight() -> bool:
    with begin() as session:
        room = storing.room(session)
    return room.used > _UNTIL * room.budget


def _remove_one(which: ColumnElement[bool], reason: str, now: datetime) -> bool:
    """Remove one piece; each in a transaction of its own, its files after the commit."""
    with begin() as session:
        oldest = _oldest(session, which)
        if oldest is None:
            return False
        freed = oldest.size_bytes
        oldest.state, oldest.deleted_at, oldest.delete_reason = "deleted", now, reason
        told(session, oldest)
        manifest = (oldest.manifest_sha256 or b"").hex()
        act = act_of(oldest, "evidence.deleted", None, reason=reason, size_bytes=freed)
        enter(session, replace(act, detail={**act.detail, "manifest_sha256": manifest}))
    storing.remove_folder(oldest.id)
    return True


def _oldest(session: Session, which: ColumnElement[bool]) -> Evidence | None:
    is_open = Incident.state.in_(("reported", "handling"))
    wanted = (
        select(Evidence)
        .join(Incident, Incident.id == Evidence.incident_id)
        .where(Evidence.state == "kept", Evidence.held_at.is_(None), which)
        .order_by(is_open, Evidence.sealed_at, Evidence.id)
        .limit(1)
        .with_for_update(of=Evidence, skip_locked=True)
    )
    return session.scalars(wanted).first()
