"""Whether a camera works, told by frames that arrived; never by a device that merely registers."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, any_, cast, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, lazyload

from ..jobs import defer
from ..live import Notice, announce
from . import checks
from .models import Camera

_REFUSED = "stream.credentials_rejected"
# Index: devices_pkey, then devices_address_idx.
_STOP = text(
    "UPDATE devices d SET auth_state = 'rejected'"
    " WHERE d.camera_id = ANY(:ids) AND d.auth_state <> 'rejected' AND EXISTS ("
    "  SELECT FROM devices o WHERE o.address = d.address AND o.camera_id <> d.camera_id)"
)


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


def record(session: Session, *seen: Observation) -> None:
    """Write observations as checks; consoles hear of the cameras whose state turned.

    Cameras are written in the order of their ids, so that two writers never wait for each other.
    """
    ids = [observation.camera_id for observation in seen]
    rows = session.scalars(
        select(Camera)
        .where(Camera.id.in_(ids))
        .options(lazyload(Camera.poses), lazyload(Camera.device))
    )
    known = {camera.id: camera for camera in rows}
    turned: list[Camera] = []
    is_seen_anew = False
    for observation in sorted(seen, key=lambda one: one.camera_id):
        camera = known.get(observation.camera_id)
        if camera is None:
            continue
        was_alive = camera.is_alive is not False  # never tried counts as working
        if _note(session, camera, observation):
            turned.append(camera)
            is_seen_anew |= was_alive is not observation.is_alive
    _stop_neighbours(session, [one.camera_id for one in seen if one.reason == _REFUSED])
    if is_seen_anew:
        defer(session, "coverage.refresh", key="coverage")
    if turned:
        defer(session, "eyeson.tick", key="eyeson.tick")
        session.flush()
        _announce(session, turned)


def _stop_neighbours(session: Session, refused: list[int]) -> None:
    """Have a recorder that refused one channel's login not be asked for its other channels.

    The database passes the state on to all rows of the address; a new login ends it.
    """
    if refused:
        session.execute(_STOP, {"ids": refused})


def _note(session: Session, camera: Camera, seen: Observation) -> bool:
    """Write what was seen of one camera; return whether its state turned."""
    if seen.last_frame_at is not None:
        camera.last_frame_at = seen.last_frame_at
    checks.note(session, camera.id, has_frames=seen.is_alive, reason=seen.reason)
    has_turned = camera.is_alive is not seen.is_alive or camera.status_reason != seen.reason
    camera.is_alive, camera.status_reason = seen.is_alive, seen.reason
    return has_turned


def _announce(session: Session, turned: list[Camera]) -> None:
    """Tell of cameras with the versions that the database has just given them."""
    ids = [camera.id for camera in turned]
    versions = dict(
        session.execute(select(Camera.id, Camera.version).where(Camera.id.in_(ids))).tuples().all()
    )
    for camera in turned:
        version = versions[camera.id]
        announce(session, Notice("camera", camera.id, version, camera.division_code))
