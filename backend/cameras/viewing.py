"""From ticket to the last picture: what a media worker asks and writes for those who watch.

It runs as the system; whom a stream belongs to, and why it was opened, stands in its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..accounts.rights import rights_of
from ..audit.register import Act, enter
from ..divisions.codes import span
from ..errors import NotAllowed
from ..settings import load
from .models import Camera, Stream
from .streams import CALIBRATION, Kind, ReplayRange, digest


class TicketRefused(NotAllowed):
    code = "stream.ticket_refused"
    zh = "取流凭证无效、已使用或已过期：请重新打开画面。"
    en = "The ticket is unknown, used or too old: open the picture again."


@dataclass(frozen=True, slots=True)
class Admission:
    """What a redeemed ticket opens; the relay asks for address and login itself."""

    stream_id: int
    camera_id: int
    profile: str
    kind: Kind
    replay: ReplayRange | None = None


_REDEEM = text(
    "UPDATE streams s SET used_at = now(), started_at = now()"
    " FROM users u WHERE s.ticket_hash = :digest AND s.kind = ANY(:kinds)"
    " AND s.used_at IS NULL AND s.expires_at > now()"
    " AND u.id = s.user_id AND u.is_active AND (u.ends_at IS NULL OR u.ends_at > now())"
    " RETURNING s.id"
)


def redeem(session: Session, ticket: str, *kinds: Kind) -> Admission:
    """Use up a ticket. Two redemptions at once: the row lock lets one through.

    Raises
    ------
    TicketRefused
        If it is unknown, used, too old, for another kind, or its user was shut out since.

    """
    stream_id = session.scalar(_REDEEM, {"digest": digest(ticket), "kinds": [*kinds]})
    stream = session.get(Stream, stream_id) if stream_id else None
    camera = session.get(Camera, stream.camera_id) if stream else None
    if stream is None or camera is None or camera.device is None:
        raise TicketRefused(right="stream.open")
    kind_of = cast(Kind, stream.kind)
    return Admission(stream.id, camera.id, stream.profile, kind_of, _range_of(stream))


def _range_of(stream: Stream) -> ReplayRange | None:
    if stream.replay_from is None or stream.replay_to is None:
        return None
    return ReplayRange(stream.replay_from, stream.replay_to, stream.speed or 1.0)


def finish(
    session: Session,
    stream_id: int,
    *,
    bytes_sent: int | None,
    reason: str,
    seen: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Write how a stream ended: to its row and to the register; None when nobody counted.

    `seen` is what else the register says of it: of a recording, which stretches were shown.
    """
    stream = session.get(Stream, stream_id)
    if stream is None or stream.ended_at is not None:
        return
    camera = session.get(Camera, stream.camera_id)  # None: taken down while it was watched
    stream.ended_at = datetime.now(UTC)
    stream.bytes_sent = bytes_sent or 0
    stream.end_reason = reason
    seconds = (stream.ended_at - (stream.started_at or stream.ended_at)).total_seconds()
    name = session.scalar(
        text("SELECT display_name FROM users WHERE id = :id"), {"id": stream.user_id}
    )
    enter(
        session,
        Act(
            act=f"stream.{stream.kind}.closed",
            actor_id=stream.user_id,
            actor_name=str(name),
            purpose=stream.purpose,
            camera_id=stream.camera_id,
            camera_name=camera.name if camera else None,
            incident_id=stream.incident_id,
            division_code=stream.division_code,
            detail={
                "stream_id": stream.id,
                "seconds": None if bytes_sent is None else round(seconds, 1),
                "bytes": bytes_sent,
                "reason": reason,
            }
            | dict(seen),
        ),
    )


_STILL_SIGNED_IN = text(
    "SELECT s.id, s.purpose, u.role, u.division_code AS home, s.division_code AS place"
    " FROM streams s JOIN users u ON u.id = s.user_id WHERE s.id = ANY(:ids)"
    " AND EXISTS (SELECT FROM cameras c WHERE c.id = s.camera_id)"
    " AND u.is_active AND (u.ends_at IS NULL OR u.ends_at > now())"
    " AND EXISTS (SELECT FROM sessions e WHERE e.user_id = u.id AND e.ended_at IS NULL"
    "   AND e.expires_at > now() UNION ALL SELECT FROM tokens t WHERE t.user_id = u.id"
    "   AND t.ended_at IS NULL AND t.expires_at > now())"
)


def still_allowed(session: Session, stream_ids: list[int]) -> set[int]:
    """Return which open streams may go on.

    Their camera is still there, their user is active, signed in somewhere, and may still open
    pictures of that division: a new session under lesser rights does not keep alive what the old
    one opened.
    """
    allowed = set()
    for row in session.execute(_STILL_SIGNED_IN, {"ids": stream_ids}):
        low, high = span(row.home)
        if _right_for(row.purpose) & rights_of(row.role) and low <= row.place <= high:
            allowed.add(int(row.id))
    return allowed


def _right_for(purpose: str) -> set[str]:
    """Return the rights of which one keeps a picture open: who edits cameras may calibrate them."""
    return {"streams.open", "cameras.edit"} if purpose == CALIBRATION else {"streams.open"}


_LOST = text(
    "SELECT id FROM streams WHERE ended_at IS NULL AND used_at < now() - interval '1 minute'"
    " AND camera_id % :workers = :worker AND id <> ALL(:watched) AND gateway_session IS NULL"
    " ORDER BY id LIMIT 100"
)


def finish_lost(session: Session, worker: int, watched: list[int]) -> int:
    """Close in the register what nobody watches any more, and return how many there were.

    Such streams are left when a worker was killed, or the database was away as the viewer left.
    """
    values = {"workers": load().media.workers, "worker": worker, "watched": watched}
    lost = session.scalars(_LOST, values).all()
    for stream_id in lost:
        finish(session, stream_id, bytes_sent=None, reason="lost")
    return len(lost)
