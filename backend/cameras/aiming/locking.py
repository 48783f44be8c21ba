"""Who turns a head: one row a camera, taken atomically, kept until it runs out or is overruled.

Whoever moves a head holds it for some seconds (`use`); whoever locks it keeps it for minutes
(`lock`). Of two at once one gets it; a higher priority, never an equal one, takes it over.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...live import Notice, announce
from ...settings import load
from ..lasting import lasting
from ..models import Camera
from .models import Lock
from .refusals import Held
from .schemas import LockShape
from .stated import Why


def take(
    session: Session,
    camera: Camera,
    why: Why,
    now: datetime,
    *,
    seconds: int | None = None,
) -> str | None:
    """Hold a camera's head, for some seconds of use or locked for `seconds`.

    Use never shortens or weakens a lock of one's own. Returns who was overruled, None for nobody.

    Raises
    ------
    Held
        Somebody else holds it with the same or a higher priority.

    """
    lasting(session, [camera.id])
    before = session.scalar(select(Lock).where(Lock.camera_id == camera.id).with_for_update())
    is_free = before is None or before.expires_at <= now
    is_mine = before is not None and before.holder_id == why.user.id
    if before is not None and not is_free and not is_mine and before.priority >= why.priority:
        raise _held(before, now)
    if before is not None and not is_free and is_mine and before.kind == "lock" and not seconds:
        return None
    overruled = before.holder_name if before is not None and not is_free and not is_mine else None
    held_s = seconds or load().aiming.use_s
    row = {
        "camera_id": camera.id,
        "division_code": camera.division_code,
        "kind": "lock" if seconds else "use",
        "holder_id": why.user.id,
        "holder_name": why.user.display_name,
        "priority": why.priority,
        "purpose": why.purpose,
        "incident_id": why.incident_id,
        "taken_at": now,
        "expires_at": now + timedelta(seconds=held_s),
    }
    insertion = insert(Lock).values(**row)
    # Where there was no row to lock, a second one may have come first: it is asked here again.
    taken = session.execute(
        insertion.on_conflict_do_update(
            index_elements=["camera_id"],
            set_=row,
            where=(
                (Lock.expires_at <= now)
                | (Lock.holder_id == why.user.id)
                | (Lock.priority < why.priority)
            ),
        ).returning(Lock.camera_id)
    ).first()
    if taken is None:
        session.expire_all()
        raise _held(session.get_one(Lock, camera.id), now)
    session.expire_all()
    return overruled


def release(session: Session, camera: Camera, user: Principal) -> None:
    """Give one's head back; somebody else's stays."""
    mine = (Lock.camera_id == camera.id) & (Lock.holder_id == user.id)
    if session.execute(delete(Lock).where(mine).returning(Lock.camera_id)).first() is None:
        return
    tell(session, camera)
    enter(
        session,
        Act(
            "ptz.released",
            user.id,
            user.display_name,
            camera_id=camera.id,
            camera_name=camera.name,
            division_code=camera.division_code,
        ),
    )


def lock(session: Session, camera: Camera, why: Why, seconds: int, now: datetime) -> LockShape:
    """Keep a head for one's own, entered and told.

    Raises
    ------
    Held
        Somebody else holds it with the same or a higher priority.

    """
    overruled = take(session, camera, why, now, seconds=seconds)
    tell(session, camera)
    held = shape_of(session.get_one(Lock, camera.id), why.user)
    enter(session, why.act("ptz.locked", camera, {"seconds": seconds, "overruled": overruled}))
    return held


def shown(session: Session, camera: Camera, user: Principal, now: datetime) -> LockShape | None:
    """Return who holds a head now, as the caller sees it."""
    held = session.get(Lock, camera.id)
    return shape_of(held, user) if held is not None and held.expires_at > now else None


def shape_of(lock: Lock, user: Principal) -> LockShape:
    """Return a lock as the caller sees it."""
    return LockShape(
        kind="lock" if lock.kind == "lock" else "use",
        holder_name=lock.holder_name,
        is_mine=lock.holder_id == user.id,
        priority=lock.priority,
        expires_at=lock.expires_at,
    )


def tell(session: Session, camera: Camera) -> None:
    """Tell consoles that something about a head has changed."""
    announce(session, Notice("ptz", camera.id, camera.version, camera.division_code))


def _held(lock: Lock, now: datetime) -> Held:
    seconds = max(round((lock.expires_at - now).total_seconds()), 1)
    return Held(holder_name=lock.holder_name, seconds=seconds, priority=lock.priority)
