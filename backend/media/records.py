"""What a media worker reads from the database and writes to it, each time in a transaction.

All of it blocks: the worker calls these in threads.
"""

import logging
from collections.abc import Mapping, Sequence
from math import ceil
from types import MappingProxyType

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from video.errors import ProtocolViolation
from video.source import StreamTarget
from video.stream_state import HubKey

from ..cameras import devices, status, viewing
from ..cameras.models import Device
from ..cameras.streams import Kind
from ..db import begin
from ..settings import load

_LEAST_CHECKS, _MOST_CHECKS = 3, 32
"""In one round: a few also where cameras are few, and half of what a worker can pull at once."""

log = logging.getLogger(__name__)

# The cameras this worker has heard of longest ago, never-checked ones first.
# Index: camera_checks_pkey, one step for each device of the worker.
_DUE = text(
    "SELECT d.camera_id FROM devices d LEFT JOIN LATERAL ("
    "  SELECT coalesce(k.last_at, k.at) AS heard_at FROM camera_checks k"
    "  WHERE k.camera_id = d.camera_id ORDER BY k.at DESC LIMIT 1) c ON true"
    " WHERE d.camera_id % :workers = :worker AND NOT (d.camera_id = ANY(:tried))"
    " AND (heard_at IS NULL OR heard_at < now() - make_interval(secs => :every_s))"
    " ORDER BY heard_at NULLS FIRST, random() LIMIT :n"
)
_SHARE = text("SELECT count(*) FROM devices WHERE camera_id % :workers = :worker")


def hub_key(camera_id: int, profile: str, codecs: frozenset[str] = frozenset()) -> HubKey:
    """Return the hub of a stream; a browser that plays H.265 may share another one."""
    return HubKey(camera_id, f"{profile}+hvc1" if "hvc1" in codecs else profile)


def redeem(ticket: str, *kinds: Kind) -> viewing.Admission:
    """Use up a ticket of one of the kinds; see `viewing.redeem`."""
    with begin() as session:
        return viewing.redeem(session, ticket, *kinds)


def finish(
    stream_id: int,
    bytes_sent: int,
    reason: str,
    *,
    seen: Mapping[str, object] = MappingProxyType({}),
) -> None:
    """Enter the end of a stream; where the database is away, `finish_lost` does it later."""
    try:
        with begin() as session:
            viewing.finish(session, stream_id, bytes_sent=bytes_sent, reason=reason, seen=seen)
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


def record(observations: Sequence[status.Observation]) -> None:
    """Write what streams showed of their cameras; one without a device was not tried at all."""
    asked = [seen.camera_id for seen in observations]
    with begin() as session:
        enrolled = select(Device.camera_id).where(Device.camera_id.in_(asked))
        tried = set(session.scalars(enrolled))
        status.record(session, *(seen for seen in observations if seen.camera_id in tried))


def still_allowed(stream_ids: list[int]) -> set[int]:
    """Return which open streams may go on."""
    with begin() as session:
        return viewing.still_allowed(session, stream_ids)


def due(worker: int, tried: list[int], round_s: float) -> list[int]:
    """Return the cameras to check in this round, without those just tried."""
    media = load().media
    share = {"workers": media.workers, "worker": worker}
    with begin() as session:
        n = round_size(session.scalar(_SHARE, share) or 0, round_s, media.check_every_s)
        wanted = share | {"n": n, "tried": tried, "every_s": media.check_every_s}
        return list(session.scalars(_DUE, wanted))


def round_size(cameras: int, round_s: float, every_s: float) -> int:
    """Return how many checks a round holds so that each camera is checked every `every_s`."""
    return min(max(ceil(cameras * round_s / every_s), _LEAST_CHECKS), _MOST_CHECKS)
