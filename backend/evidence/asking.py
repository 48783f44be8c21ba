"""What operators ask for: a clip, its end, a mark, a hold. The media worker does the recording."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ..access import Principal
from ..audit.register import enter
from ..cameras import registry
from ..cameras.models import Purpose
from ..cameras.streams import NotEnrolled, PurposeMissing
from ..errors import NotFound
from ..incidents.lifecycle import ENDED
from ..incidents.models import Incident, IncidentEntry
from ..live import Notice, announce
from ..settings import load
from . import storing
from .models import Evidence, EvidenceMark
from .refusals import (
    AlreadyRecording,
    HoldReasonMissing,
    IncidentEnded,
    MarkInFuture,
    NotKept,
    NotRecording,
)
from .sealing import act_of, told

_CLOCKS_DIFFER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class ClipWanted:
    """A clip to be made; seconds."""

    camera_id: int
    purpose: str
    before_s: float | None = None
    stop_after_s: float | None = None


def incident_of(session: Session, incident_id: int, by: Principal) -> Incident:
    """Return an incident of the jurisdiction."""
    inside = Incident.division_code.between(by.scope.low, by.scope.high)
    found = session.scalars(select(Incident).where(Incident.id == incident_id, inside)).first()
    if found is None:
        raise NotFound()
    return found


def evidence_of(
    session: Session, evidence_id: int, by: Principal, *, incident_id: int | None = None
) -> Evidence:
    """Return a piece of evidence of the jurisdiction, locked until the transaction ends."""
    inside = Evidence.division_code.between(by.scope.low, by.scope.high)
    wanted = select(Evidence).where(Evidence.id == evidence_id, inside).with_for_update()
    if incident_id is not None:
        wanted = wanted.where(Evidence.incident_id == incident_id)
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound()
    return found


def begin(
    session: Session, incident: Incident, wanted: ClipWanted, *, by: Principal, now: datetime
) -> Evidence:
    """Ask for a clip; the camera's media worker begins within a second.

    Raises
    ------
    IncidentEnded, AlreadyRecording, PurposeMissing, NotFound
        If it cannot be made.
    DiskFull
        If there is no room for it.

    """
    if incident.state in ENDED:
        raise IncidentEnded()
    storing.require_room(session)
    camera = registry.get(session, wanted.camera_id)
    if camera.device is None:
        raise NotEnrolled(name=camera.name)
    if session.scalars(_running(incident.id, camera.id)).first() is not None:
        raise AlreadyRecording()
    rules = load().evidence
    asked_s = rules.before_s if wanted.before_s is None else wanted.before_s
    before_s = min(asked_s, rules.before_s)  # no ring reaches back further
    length_s = min(wanted.stop_after_s or rules.clip_limit_s, rules.clip_limit_s)
    made = new(session, "clip", incident, (camera.id, camera.name), purpose=wanted.purpose, by=by)
    made.asked_at, made.before_s = now, before_s
    made.stop_at = now + timedelta(seconds=length_s)
    session.flush()
    told(session, made)
    enter(session, act_of(made, "evidence.clip_asked", _actor(by), before_s=before_s))
    return made


def new(
    session: Session,
    kind: str,
    incident: Incident,
    camera: tuple[int, str],
    *,
    purpose: str,
    by: Principal,
    of: Evidence | None = None,
) -> Evidence:
    """Return a new piece of evidence that waits for its files; `of` is what it is a copy of."""
    if session.get(Purpose, purpose) is None:
        raise PurposeMissing(field="purpose", purpose=purpose)
    made = Evidence(
        kind=kind,
        incident_id=incident.id,
        camera_id=camera[0],
        camera_name=camera[1],
        division_code=incident.division_code,
        original_id=None if of is None else of.id,
        purpose=purpose,
        made_by=by.id,
        made_by_name=by.display_name,
        state="waiting",
        masks=[],
        gaps=[],
        version=1,
    )
    session.add(made)
    session.flush()
    return made


def stop(session: Session, clip: Evidence, *, by: Principal, now: datetime) -> None:
    """Ask for the end of a clip.

    Raises
    ------
    NotRecording
        If it has ended.

    """
    if clip.kind != "clip" or clip.state not in ("waiting", "recording"):
        raise NotRecording()
    clip.stop_at, clip.stopped_by_name = now, by.display_name
    told(session, clip)
    enter(session, act_of(clip, "evidence.stop_asked", _actor(by)))


@dataclass(frozen=True, slots=True)
class MarkWanted:
    """What was noted, when it was seen, and on which camera's picture."""

    text: str
    at: datetime
    camera_id: int | None = None


def mark(
    session: Session, incident: Incident, wanted: MarkWanted, *, by: Principal, now: datetime
) -> EvidenceMark:
    """Set a mark on an incident's time line.

    Raises
    ------
    MarkInFuture
        If its instant has not come yet.

    """
    if wanted.at > now + _CLOCKS_DIFFER:
        raise MarkInFuture(field="at")
    camera = None if wanted.camera_id is None else registry.get(session, wanted.camera_id)
    made = EvidenceMark(
        incident_id=incident.id,
        camera_id=None if camera is None else camera.id,
        camera_name=None if camera is None else camera.name,
        division_code=incident.division_code,
        at=wanted.at,
        text=wanted.text,
        made_by=by.id,
        made_by_name=by.display_name,
        created_at=now,
    )
    entry = IncidentEntry(
        incident_id=incident.id,
        actor_id=by.id,
        actor_name=by.display_name,
        act="evidence_mark",
        text=wanted.text,
    )
    session.add_all([made, entry])
    session.flush()
    announce(session, Notice("evidence", made.id, 1, made.division_code))
    announce(session, Notice("incident", incident.id, incident.version, incident.division_code))
    return made


def hold(session: Session, kept: Evidence, reason: str, *, by: Principal, now: datetime) -> None:
    """Keep a piece of evidence until somebody releases it.

    Raises
    ------
    NotKept, HoldReasonMissing
        If there are no files to hold, or no reason is given.

    """
    if kept.state != "kept":
        raise NotKept(state=kept.state)
    if not reason:
        raise HoldReasonMissing(field="reason")
    kept.held_at, kept.held_by_name, kept.hold_reason = now, by.display_name, reason
    told(session, kept)
    enter(session, act_of(kept, "evidence.held", _actor(by), reason=reason))


def release(session: Session, kept: Evidence, reason: str, *, by: Principal) -> None:
    """End a hold; what was not held stays so."""
    if kept.held_at is None:
        return
    kept.held_at = kept.held_by_name = kept.hold_reason = None
    told(session, kept)
    enter(session, act_of(kept, "evidence.released", _actor(by), reason=reason))


def _actor(by: Principal) -> tuple[int, str]:
    return by.id, by.display_name


def _running(incident_id: int, camera_id: int) -> Select[Evidence]:
    return select(Evidence).where(
        Evidence.incident_id == incident_id,
        Evidence.camera_id == camera_id,
        Evidence.kind == "clip",
        Evidence.state.in_(("waiting", "recording")),
        Evidence.first_at.is_(None),  # not what is cut out of a recording
    )
