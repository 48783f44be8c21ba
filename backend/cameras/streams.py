"""Opening a picture: purpose, right, ticket, register. The media worker redeems the ticket.

A ticket is 256 random bits, good once and for seconds, bound to user, camera, profile and kind. It
travels in a message body, never in an address; the database keeps its hash.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..audit.register import Act, enter
from ..errors import NotAllowed, Refused
from ..settings import load
from .models import Camera, Purpose, Stream
from .vault import unseal

Kind = Literal["live", "snapshot"]


class PurposeMissing(Refused):
    code = "streams.purpose_unknown"
    zh = "未说明有效的调阅事由（{purpose}）：请从列表中选择。"
    en = "{purpose} is no purpose on the list: choose one before a picture opens."


class IncidentMissing(Refused):
    code = "streams.incident_required"
    zh = "此事由须关联一个未结事件：请先选择事件。"
    en = "This purpose needs an open incident: select one first."


class NotEnrolled(Refused):
    code = "streams.not_enrolled"
    zh = "摄像机“{name}”尚未接入设备，无法取流：请在“设备”中登记地址。"
    en = "Camera {name} has no device yet: enrol its address under Devices."


class PictureFailed(Refused):
    code = "streams.picture_failed"
    zh = "未能取得“{name}”的画面（{reason}）：请检查设备状态，或改用其他摄像机。"
    en = "No picture could be had from {name} ({reason}): check the device or use another camera."


class TicketRefused(NotAllowed):
    code = "stream.ticket_refused"
    zh = "取流凭证无效、已使用或已过期：请重新打开画面。"
    en = "The ticket is unknown, used or too old: open the picture again."


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who opens, for what; `language` and rights were settled at the edge."""

    user_id: int
    display_name: str
    purpose: str
    incident_id: int | None


@dataclass(frozen=True, slots=True)
class Issued:
    """A ticket just made. The clear text exists here and in the answer, nowhere else."""

    stream: Stream
    ticket: str


@dataclass(frozen=True, slots=True)
class Admission:
    """What a redeemed ticket opens. `username` and `password` stay inside the media worker."""

    stream_id: int
    kind: Kind
    camera_id: int
    profile: str
    address: str
    profiles: list[dict[str, Any]]
    username: str
    password: str

    def __repr__(self) -> str:
        return f"Admission(stream_id={self.stream_id}, camera_id={self.camera_id})"


def issue(
    session: Session, camera: Camera, viewer: Viewer, *, kind: Kind = "live", profile: str = "sub"
) -> Issued:
    """Check the purpose, make a ticket and write the register; all of it or nothing."""
    purpose = session.get(Purpose, viewer.purpose)
    if purpose is None:
        raise PurposeMissing(field="purpose", purpose=viewer.purpose)
    if purpose.needs_incident and not _is_open(session, viewer.incident_id):
        raise IncidentMissing(field="incident_id")
    if camera.device is None:
        raise NotEnrolled(name=camera.name)
    ticket = secrets.token_urlsafe(32)
    stream = Stream(
        ticket_hash=_digest(ticket),
        kind=kind,
        camera_id=camera.id,
        user_id=viewer.user_id,
        division_code=camera.division_code,
        purpose=purpose.code,
        incident_id=viewer.incident_id,
        profile=profile,
        expires_at=datetime.now(UTC) + timedelta(seconds=load().media.ticket_s),
    )
    session.add(stream)
    session.flush()
    enter(
        session,
        Act(
            act=f"stream.{kind}.opened",
            actor_id=viewer.user_id,
            actor_name=viewer.display_name,
            purpose=purpose.code,
            camera_id=camera.id,
            camera_name=camera.name,
            incident_id=viewer.incident_id,
            division_code=camera.division_code,
            detail={"stream_id": stream.id, "profile": profile},
        ),
    )
    return Issued(stream, ticket)


def _is_open(session: Session, incident_id: int | None) -> bool:
    # Incidents lie above cameras: the table is asked, their package is not imported.
    row = session.execute(
        text("SELECT 1 FROM incidents WHERE id = :id AND state IN ('reported', 'handling')"),
        {"id": incident_id},
    )
    return row.first() is not None


_REDEEM = text(
    "UPDATE streams s SET used_at = now(), started_at = now()"
    " FROM users u WHERE s.ticket_hash = :digest AND s.used_at IS NULL AND s.expires_at > now()"
    " AND u.id = s.user_id AND u.is_active AND (u.ends_at IS NULL OR u.ends_at > now())"
    " RETURNING s.id"
)


def redeem(session: Session, ticket: str) -> Admission:
    """Use up a ticket. Two redemptions at once: the row lock lets one through.

    Raises
    ------
    TicketRefused
        If it is unknown, used, too old, or its user has been shut out since.

    """
    stream_id = session.scalar(_REDEEM, {"digest": _digest(ticket)})
    stream = session.get(Stream, stream_id) if stream_id else None
    camera = session.get(Camera, stream.camera_id) if stream else None
    if stream is None or camera is None or camera.device is None:
        raise TicketRefused(right="stream.open")
    device = camera.device
    username, password = unseal(device.secret) if device.secret else ("", "")
    return Admission(
        stream.id,
        "live" if stream.kind == "live" else "snapshot",
        camera.id,
        stream.profile,
        device.address,
        device.profiles,
        username,
        password,
    )


def finish(session: Session, stream_id: int, *, bytes_sent: int, reason: str) -> None:
    """Write how a stream ended: to its row and to the register."""
    stream = session.get(Stream, stream_id)
    camera = session.get(Camera, stream.camera_id) if stream else None
    if stream is None or camera is None or stream.ended_at is not None:
        return
    stream.ended_at = datetime.now(UTC)
    stream.bytes_sent = bytes_sent
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
            camera_id=camera.id,
            camera_name=camera.name,
            incident_id=stream.incident_id,
            division_code=stream.division_code,
            detail={
                "stream_id": stream.id,
                "seconds": round(seconds, 1),
                "bytes": bytes_sent,
                "reason": reason,
            },
        ),
    )


_STILL_ALLOWED = text(
    "SELECT s.id FROM streams s JOIN users u ON u.id = s.user_id WHERE s.id = ANY(:ids)"
    " AND u.is_active AND (u.ends_at IS NULL OR u.ends_at > now())"
    " AND EXISTS (SELECT FROM sessions e WHERE e.user_id = u.id AND e.ended_at IS NULL"
    "   AND e.expires_at > now() UNION ALL SELECT FROM tokens t WHERE t.user_id = u.id"
    "   AND t.ended_at IS NULL AND t.expires_at > now())"
)


def still_allowed(session: Session, stream_ids: list[int]) -> set[int]:
    """Return which open streams may go on: their user is active and signed in somewhere."""
    return set(session.scalars(_STILL_ALLOWED, {"ids": stream_ids}))


def _digest(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode()).digest()


def media_url(camera_id: int, page_host: str) -> str:
    """Return the WebSocket address of a camera's media worker, as the caller's browser reaches it.

    Without a front server the browser finds the worker on the host it has the console from.
    """
    media = load().media
    worker = camera_id % media.workers
    if media.public_url:
        return media.public_url.format(worker=worker)
    host = f"[{page_host}]" if ":" in page_host else page_host
    return f"ws://{host or media.host}:{media.first_port + worker}/media"


def snapshot_url(camera_id: int) -> str:
    """Return where this process asks a camera's media worker for a still."""
    media = load().media
    host = "127.0.0.1" if media.host == "0.0.0.0" else media.host  # noqa: S104
    return f"http://{host}:{media.first_port + camera_id % media.workers}/snapshot"
