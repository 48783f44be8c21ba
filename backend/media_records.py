"""What a media worker reads from the database and writes to it, each time in a transaction.

All of it blocks: the worker calls these in threads.
"""

import logging

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from video.errors import ProtocolViolation
from video.source import StreamTarget
from video.stream_state import HubKey

from .cameras import devices, status, viewing
from .cameras.models import Device
from .cameras.streams import Kind
from .db import begin
from .settings import load

SAMPLES = 3

log = logging.getLogger(__name__)

# The cameras this worker has heard of longest ago, never-tried ones first.
_STALEST = text(
    "SELECT d.camera_id FROM devices d JOIN cameras c ON c.id = d.camera_id"
    " WHERE d.auth_state <> 'rejected' AND d.camera_id % :workers = :worker"
    " AND (c.last_frame_at IS NULL OR c.last_frame_at < now() - interval '15 minutes')"
    " AND NOT (d.camera_id = ANY(:tried))"
    " ORDER BY c.last_frame_at NULLS FIRST, random() LIMIT :n"
)


def redeem(ticket: str, kind: Kind) -> viewing.Admission:
    """Use up a ticket; see `viewing.redeem`."""
    with begin() as session:
        return viewing.redeem(session, ticket, kind=kind)


def finish(stream_id: int, bytes_sent: int, reason: str) -> None:
    """Enter the end of a stream; where the database is away, `finish_lost` does it later."""
    try:
        with begin() as session:
            viewing.finish(session, stream_id, bytes_sent=bytes_sent, reason=reason)
    except SQLAlchemyError as fault:
        log.warning("put off: %s", fault, extra={"action": "media.put_off"})


def finish_lost(worker: int, watched: list[int]) -> None:
    """Enter the end of the worker's streams that nobody watches any more."""
    with begin() as session:
        viewing.finish_lost(session, worker, watched)


def target(key: HubKey) -> StreamTarget:
    """Return what a hub opens.

    Raises
    ------
    ProtocolViolation
        If no device is enrolled.
    DeviceError
        If it cannot be opened; see `devices.target`.

    """
    with begin() as session:
        device = session.get(Device, key.camera_id)
        want, _, extra = key.profile.partition("+")
        codecs = frozenset({"avc1", extra} if extra else {"avc1"})
        if device is None:
            raise ProtocolViolation("no device is enrolled")
        return devices.target(device, "main" if want == "main" else "sub", codecs)


def record(observation: status.Observation) -> None:
    """Write what a stream showed of its camera."""
    with begin() as session:
        status.record(session, observation)


def still_allowed(stream_ids: list[int]) -> set[int]:
    """Return which open streams may go on."""
    with begin() as session:
        return viewing.still_allowed(session, stream_ids)


def stalest(worker: int, tried: list[int]) -> list[int]:
    """Return the cameras of this worker heard of longest ago, without those just tried."""
    of = {"workers": load().media.workers, "worker": worker, "n": SAMPLES, "tried": tried}
    with begin() as session:
        return list(session.scalars(_STALEST, of))
