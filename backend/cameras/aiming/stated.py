"""Why a head is turned: the purpose stated, or that of the open stream it is turned in."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act
from .. import streams
from ..models import Camera, Stream
from .refusals import PurposeOver
from .schemas import Stated

_RANK = {"admin": 30, "dispatcher": 20, "operator": 10}
_URGENCY = {"red": 60, "yellow": 40, "blue": 20}
_SEVERITY = text(
    "SELECT severity FROM incidents WHERE id = :id AND state IN ('reported', 'handling')"
)


@dataclass(frozen=True, slots=True)
class Why:
    """Who turns a head, what for, and with what priority against others."""

    user: Principal
    purpose: str
    incident_id: int | None
    priority: int

    def act(self, act: str, camera: Camera, detail: dict[str, Any]) -> Act:
        """Return the register's entry of a command to a camera's head."""
        return Act(
            act,
            self.user.id,
            self.user.display_name,
            purpose=self.purpose,
            camera_id=camera.id,
            camera_name=camera.name,
            incident_id=self.incident_id,
            division_code=camera.division_code,
            detail=detail,
        )


def why(session: Session, user: Principal, purpose: str, incident_id: int | None) -> Why:
    """Return the reason as the register keeps it; whoever opens no pictures turns to calibrate.

    Raises
    ------
    PurposeMissing, IncidentUnknown, IncidentMissing
        As for the opening of a picture.

    """
    viewer = streams.Viewer(user.id, user.display_name, purpose, incident_id)
    if not user.may("streams.open") and purpose != streams.CALIBRATION:
        raise streams.PurposeMissing(field="purpose", purpose=purpose)
    known = streams.require_purpose(session, viewer)
    return Why(user, known.code, incident_id, priority_of(session, user, incident_id))


def why_of(session: Session, user: Principal, camera: Camera, order: Stated) -> Why:
    """Return the reason of one command: stated, or that of the stream the camera is watched in.

    Raises
    ------
    PurposeOver
        The stream is closed, of another camera, or of somebody else.

    """
    if order.stream_id is None:
        return why(session, user, order.purpose or "", order.incident_id)
    stream = session.get(Stream, order.stream_id)
    is_open = stream is not None and stream.ended_at is None and stream.used_at is not None
    if stream is None or not is_open or (stream.camera_id, stream.user_id) != (camera.id, user.id):
        raise PurposeOver(field="stream_id")
    priority = priority_of(session, user, stream.incident_id)
    return Why(user, stream.purpose, stream.incident_id, priority)


def priority_of(session: Session, user: Principal, incident_id: int | None) -> int:
    """Return the priority: the role's, and that of an open incident on top."""
    # Incidents lie above cameras: the table is asked, their package is not imported.
    severity = session.scalar(_SEVERITY, {"id": incident_id}) if incident_id is not None else None
    return _RANK.get(user.role, 0) + _URGENCY.get(str(severity), 0)
