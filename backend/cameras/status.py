"""Whether a camera works, told by frames that arrived; never by a device that merely registers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Row, any_, cast, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from ..jobs import defer
from ..live import Notice, announce_all
from . import checks
from .models import Camera

_REFUSED = "stream.credentials_rejected"
# Index: devices_pkey, then devices_address_idx.
_STOP = text(
    "UPDATE devices d SET auth_state = 'rejected'"
    " WHERE d.camera_id = ANY(:ids) AND d.auth_state <> 'rejected' AND EXISTS ("
    "  SELECT FROM devices o WHERE o.address = d.address AND o.camera_id <> d.camera_id)"
)

# Index: cameras_pkey, for all three.
_BEFORE = text(
    "SELECT id, is_alive, status_reason FROM cameras WHERE id = ANY(:ids)"
    " ORDER BY id FOR NO KEY UPDATE"
)
_FRAMES = text(
    "UPDATE cameras c SET last_frame_at = s.at"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:at AS timestamptz[])) AS s (id, at)"
    " WHERE c.id = s.id"
)
_TURN = text(
    "UPDATE cameras c SET is_alive = s.is_alive, status_reason = s.reason,"
    "  last_frame_at = coalesce(s.at, c.last_frame_at)"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:alive AS boolean[]), CAST(:reasons AS text[]),"
    "  CAST(:at AS timestamptz[])) AS s (id, is_alive, reason, at)"
    " WHERE c.id = s.id RETURNING c.id, c.version, c.division_code AS code"
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

    Few statements however many cameras: hundreds turn together where a switch fails. Rows are
    locked in the order of their ids, so that two writers never wait for each other.
    """
    last = {observation.camera_id: observation for observation in seen}
    session.flush()
    before = {row.id: row for row in session.execute(_BEFORE, {"ids": sorted(last)})}
    known = [last[camera_id] for camera_id in before]
    if not known:
        return
    checks.note(session, [checks.Check(one.camera_id, one.is_alive, one.reason) for one in known])
    turned = [one for one in known if _has_turned(before[one.camera_id], one)]
    _note_frames(session, [one for one in known if not _has_turned(before[one.camera_id], one)])
    _stop_neighbours(session, [one.camera_id for one in known if one.reason == _REFUSED])
    # Never tried counts as working: its first frame changes nothing that is seen.
    if any((before[one.camera_id].is_alive is not False) is not one.is_alive for one in turned):
        defer(session, "coverage.refresh", key="coverage")
    if turned:
        defer(session, "eyeson.tick", key="eyeson.tick")
        _turn(session, turned)
    for camera_id in before:
        _read_anew(session, camera_id)


def _stop_neighbours(session: Session, refused: list[int]) -> None:
    """Have a recorder that refused one channel's login not be asked for its other channels.

    The database passes the state on to all rows of the address; a new login ends it.
    """
    if refused:
        session.execute(_STOP, {"ids": refused})


def _has_turned(before: Row[Any], seen: Observation) -> bool:
    return before.is_alive is not seen.is_alive or before.status_reason != seen.reason


def _note_frames(session: Session, seen: Iterable[Observation]) -> None:
    """Keep when the last frame came."""
    framed = [one for one in seen if one.last_frame_at is not None]
    if framed:
        ids, at = [one.camera_id for one in framed], [one.last_frame_at for one in framed]
        session.execute(_FRAMES, {"ids": ids, "at": at})


def _turn(session: Session, turned: Sequence[Observation]) -> None:
    """Write the new states and tell of them with the versions the database gives them."""
    written = {
        "ids": [one.camera_id for one in turned],
        "alive": [one.is_alive for one in turned],
        "reasons": [one.reason for one in turned],
        "at": [one.last_frame_at for one in turned],
    }
    rows = session.execute(_TURN, written)
    announce_all(session, [Notice("camera", row.id, row.version, row.code) for row in rows])


def _read_anew(session: Session, camera_id: int) -> None:
    """Have a camera that this session holds be read again when it is next asked."""
    held = session.identity_map.get(identity_key(Camera, camera_id))
    if held is not None:
        session.expire(held, ["is_alive", "status_reason", "last_frame_at", "version"])
