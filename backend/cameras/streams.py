"""Opening a picture: purpose, right, ticket, register. What follows is in `viewing`.

A ticket is 256 random bits, good once and for seconds, bound to user, camera, profile and kind. It
travels in a message body, never in an address; the database keeps its hash.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from ..audit.register import Act, enter
from ..errors import Refused
from ..settings import load
from .models import Camera, Purpose, Stream

Kind = Literal["live", "snapshot", "replay"]
LONGEST_REPLAY = timedelta(hours=24)
"""Of one ticket: what is looked at stands in the register as a range somebody can judge."""
#: The one purpose for which planners open pictures, through the routes of calibration alone.
CALIBRATION = "calibration"


class PurposeMissing(Refused):
    code = "streams.purpose_unknown"
    zh = "未说明有效的调阅事由（{purpose}）：请从列表中选择。"
    en = "{purpose} is no purpose on the list: choose one before a picture opens."


class IncidentMissing(Refused):
    code = "streams.incident_required"
    zh = "此事由须关联一个未结事件：请先选择事件。"
    en = "This purpose needs an open incident: select one first."


class IncidentUnknown(Refused):
    code = "streams.incident_unknown"
    zh = "辖区内没有编号为 {incident_id} 的事件：请重新选择事件。"
    en = "Your jurisdiction has no incident {incident_id}: select another one."


class NotEnrolled(Refused):
    code = "streams.not_enrolled"
    zh = "摄像机“{name}”尚未接入设备，无法取流：请在“设备”中登记地址。"
    en = "Camera {name} has no device yet: enrol its address under Devices."


class ReplayRangeRefused(Refused):
    code = "streams.replay_range"
    zh = "回放时段无效：起点须早于终点，终点不得晚于现在，最长 {hours} 小时。"
    en = "The replay's range is not valid: from before to, to not after now, {hours} hours at most."


class PictureFailed(Refused):
    code = "streams.picture_failed"
    zh = "未能取得“{name}”的画面（{reason}）：请检查设备状态，或改用其他摄像机。"
    en = "No picture could be had from {name} ({reason}): check the device or use another camera."


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who opens, and for what; the right to was settled at the edge."""

    user_id: int
    display_name: str
    purpose: str
    incident_id: int | None


@dataclass(frozen=True, slots=True)
class ReplayRange:
    """What of a recording may be seen, in true time, and the speed it begins with."""

    from_at: datetime
    to_at: datetime
    speed: float = 1.0

    def require_possible(self, now: datetime) -> None:
        """Refuse a range that is empty, too long or not past."""
        span = self.to_at - self.from_at
        if not (timedelta(0) < span <= LONGEST_REPLAY) or self.to_at > now:
            hours = LONGEST_REPLAY // timedelta(hours=1)
            raise ReplayRangeRefused(field="to", hours=hours)


@dataclass(frozen=True, slots=True)
class Issued:
    """A ticket just made. The clear text exists here and in the answer, nowhere else."""

    stream: Stream
    ticket: str = field(repr=False)


def issue(
    session: Session,
    camera: Camera,
    viewer: Viewer,
    *,
    kind: Kind = "live",
    profile: str = "sub",
    replay: ReplayRange | None = None,
) -> Issued:
    """Check the purpose, make a ticket and write the register; all of it or nothing.

    `replay` is given with that kind, and with no other.
    """
    now = datetime.now(UTC)
    if replay is not None:
        replay.require_possible(now)
    purpose = require_purpose(session, viewer)
    if camera.device is None:
        raise NotEnrolled(name=camera.name)
    ticket = secrets.token_urlsafe(32)
    stream = Stream(
        ticket_hash=digest(ticket),
        kind=kind,
        camera_id=camera.id,
        user_id=viewer.user_id,
        division_code=camera.division_code,
        purpose=purpose.code,
        incident_id=viewer.incident_id,
        profile=profile,
        replay_from=replay and replay.from_at,
        replay_to=replay and replay.to_at,
        speed=replay and replay.speed,
        expires_at=now + timedelta(seconds=load().media.ticket_s),
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
            detail={"stream_id": stream.id, "profile": profile} | _asked(replay),
        ),
    )
    return Issued(stream, ticket)


def _asked(replay: ReplayRange | None) -> dict[str, Any]:
    if replay is None:
        return {}
    return {
        "from": replay.from_at.astimezone(UTC).isoformat(),
        "to": replay.to_at.astimezone(UTC).isoformat(),
        "speed": replay.speed,
    }


def require_purpose(session: Session, viewer: Viewer) -> Purpose:
    """Return the purpose stated, which is on the list and has its incident where it needs one.

    Raises
    ------
    PurposeMissing, IncidentUnknown, IncidentMissing
        As their names say.

    """
    purpose = session.get(Purpose, viewer.purpose)
    if purpose is None:
        raise PurposeMissing(field="purpose", purpose=viewer.purpose)
    state = _incident_state(session, viewer.incident_id)
    if state is None and viewer.incident_id is not None:
        raise IncidentUnknown(field="incident_id", incident_id=viewer.incident_id)
    if purpose.needs_incident and state not in _OPEN:
        raise IncidentMissing(field="incident_id")
    return purpose


def _incident_state(session: Session, incident_id: int | None) -> str | None:
    """Return the state of an incident of the caller's jurisdiction, None when it has none such."""
    if incident_id is None:
        return None
    # Incidents lie above cameras: the table is asked, their package is not imported.
    state: str | None = session.scalar(_INCIDENT_STATE, {"id": incident_id})
    return state


_OPEN = ("reported", "handling")
_INCIDENT_STATE = text("SELECT state FROM incidents WHERE id = :id")


def digest(ticket: str) -> bytes:
    """Return what the database keeps of a ticket."""
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
