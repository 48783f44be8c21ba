"""What a look showed, written: the standing, the reference it taught, the turn if there is one.

A camera that is moved, covered, black or frozen gets a view fault, and with it its viewshed is
withdrawn from ranking, coverage and map. Only a fault set here is taken back here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ...jobs import defer
from ...live import Notice, announce
from ...settings import load
from ..lasting import lasting
from ..models import Camera
from . import planning, streaks
from .models import CameraHealth, CameraReference, CameraTurn
from .streaks import Seen, Standing

_SETTLED_LOOKS = 12
_LEARNS_AGAIN = timedelta(hours=6)
_LONGEST_UNREAD_S = 86_400.0
_MANY_AT_ONCE, _SHARE_AT_ONCE = 5, 0.2

_COVERED_LATELY = text(
    "SELECT count(*) FILTER (WHERE h.suspected = 'covered'"
    "   OR (h.state = 'covered' AND h.since > CAST(:now AS timestamptz) - interval '1 hour')),"
    " count(*) FROM camera_health h"
    " WHERE h.sampled_at > CAST(:now AS timestamptz) - interval '1 hour'"
)


@dataclass(frozen=True, slots=True)
class Looked:
    """One look of a camera, as the examiner found it."""

    light: str
    fault: str | None
    verdicts: Mapping[str, Any]
    still_looks: int
    print: bytes
    reference: bytes

    @property
    def seen(self) -> Seen:
        return Seen(self.fault, self.verdicts, self.still_looks)


def note(session: Session, camera_id: int, looked: Looked, now: datetime) -> None:
    """Write a look, and the turn it brings; consoles hear of a turn."""
    lasting(session, [camera_id])
    health = session.get(CameraHealth, camera_id, with_for_update=True)
    camera = session.get(Camera, camera_id)
    if health is None or camera is None:
        return
    before = Standing(health.state, health.suspected, health.suspicions)
    after = streaks.advance(before, looked.seen)
    if after.state == "covered" != before.state and _is_weather(session, now):
        after = streaks.held_back(after, before, looked.seen)
    _keep_look(health, looked, now)
    _learn(session, camera_id, looked, now)
    health.suspected, health.suspicions = after.suspected, after.suspicions
    if after.state != before.state:
        turn(session, camera, health, after, now)
    every_s = load().health.every_s
    soon_s = streaks.next_look_s(after, looked.seen, every_s)
    planned = planning.next_due(camera_id, now, every_s)
    health.due_at = planned if soon_s is None else now + timedelta(seconds=soon_s)


def turn(
    session: Session, camera: Camera, health: CameraHealth, after: Standing, now: datetime
) -> None:
    """Enter a state: history, view fault, and whoever counts on the camera is told."""
    session.add(
        CameraTurn(
            camera_id=camera.id,
            at=now,
            what="view",
            before=health.state,
            after=after.state,
            evidence=dict(health.verdicts),
        )
    )
    health.state, health.since = after.state, now
    wanted = streaks.WITHDRAWS.get(after.state)
    if wanted is not None:
        withdraw(session, camera, health, wanted)
    else:
        give_back(session, camera, health)
    tell(session, camera)


def withdraw(session: Session, camera: Camera, health: CameraHealth, fault: str) -> None:
    """Set a camera's view fault, unless a person has set one."""
    if camera.view_fault is not None and health.withdrawn is None:
        return
    health.withdrawn = fault
    _set_fault(session, camera, fault)


def give_back(session: Session, camera: Camera, health: CameraHealth) -> None:
    """Take back the view fault that was set here."""
    if health.withdrawn is not None and camera.view_fault == health.withdrawn:
        _set_fault(session, camera, None)
    health.withdrawn = None


def tell(session: Session, camera: Camera) -> None:
    """Tell the consoles that something about the camera changed."""
    session.flush()
    session.refresh(camera, ["version"])
    announce(session, Notice("camera", camera.id, camera.version, camera.division_code))


def note_unread(session: Session, camera_id: int, reason: str, now: datetime) -> None:
    """Write that a picture could not be examined; each in a row doubles the time to the next."""
    health = session.get(CameraHealth, camera_id, with_for_update=True)
    if health is None:
        return
    health.unread = min(health.unread + 1, 30_000)
    health.claimed_at, health.suspected, health.suspicions = None, None, 0
    health.verdicts = {"unread": {"answer": "cannot_tell", "reason": reason, "figures": {}}}
    wait_s = load().health.every_s * 2.0 ** min(health.unread - 1, 20)
    planned = planning.next_due(camera_id, now, load().health.every_s)
    health.due_at = max(planned, now + timedelta(seconds=min(wait_s, _LONGEST_UNREAD_S)))


def put_off(session: Session, camera_id: int, now: datetime, wait_s: float | None = None) -> None:
    """Plan the next look of a camera that gave no picture: that it gave none is told elsewhere."""
    health = session.get(CameraHealth, camera_id, with_for_update=True)
    if health is None:
        return
    health.claimed_at = None
    planned = planning.next_due(camera_id, now, load().health.every_s)
    health.due_at = planned if wait_s is None else now + timedelta(seconds=wait_s)


def _keep_look(health: CameraHealth, looked: Looked, now: datetime) -> None:
    health.sampled_at, health.claimed_at, health.unread = now, None, 0
    health.verdicts = dict(looked.verdicts)
    health.print = looked.print
    if looked.still_looks == 0:
        health.still_since = None
    elif health.still_since is None:
        health.still_since = now
    health.still_looks = min(looked.still_looks, 30_000)


def _learn(session: Session, camera_id: int, looked: Looked, now: datetime) -> None:
    """Keep what a look taught; a settled reference is written anew a few times a day only."""
    if not looked.reference:
        return
    held = session.get(CameraReference, (camera_id, looked.light))
    if held is None:
        row = {"camera_id": camera_id, "light": looked.light, "features": looked.reference}
        session.execute(insert(CameraReference).values(**row).on_conflict_do_nothing())
    elif held.looks < _SETTLED_LOOKS or now - held.made_at > _LEARNS_AGAIN:
        held.features, held.looks = looked.reference, min(held.looks + 1, 30_000)
        held.made_at = now


def _is_weather(session: Session, now: datetime) -> bool:
    """Return whether so many cameras seem covered at once that it must be fog or snow."""
    covered, looked_at = session.execute(_COVERED_LATELY, {"now": now}).one()
    return bool(covered >= max(_MANY_AT_ONCE, _SHARE_AT_ONCE * looked_at))


def _set_fault(session: Session, camera: Camera, fault: str | None) -> None:
    if camera.view_fault == fault:
        return
    camera.view_fault = fault
    session.flush()
    defer(session, "coverage.refresh", key="coverage")
    defer(session, "eyeson.tick", key="eyeson.tick")
