"""An alarm as an incident: where its camera looks at, in somebody's name, once."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from .. import db
from ..access import Principal
from ..accounts.models import User
from ..accounts.rights import rights_of
from ..audit.register import Act, enter
from ..cameras.models import Camera
from ..divisions.codes import span
from ..errors import NotFound, Refused
from ..incidents.models import Incident
from ..incidents.reporting import Report, report
from ..live import Notice, announce
from ..localtime import site_zone
from ..settings import load
from ..spatial import lonlat
from .models import Alarm, AlarmRule
from .words import KIND_WORDS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the incident shall be: kind, severity (the kind's own when None), description."""

    kind: str
    severity: str | None = None
    description: str = ""


def report_alarm(session: Session, alarm_id: int, wanted: Wanted, *, by: Principal) -> Incident:
    """Report an alarm as an incident at the place its camera looks at; a second time changes none.

    Raises
    ------
    NotFound
        If there is no such alarm in the jurisdiction.
    InvalidField
        As `incidents.reporting.report`.

    """
    alarm = session.get(Alarm, alarm_id, with_for_update=True)
    camera = None if alarm is None else session.get(Camera, alarm.camera_id)
    if alarm is None or camera is None:
        raise NotFound()
    if alarm.incident_id is not None:
        earlier = session.get(Incident, alarm.incident_id)
        if earlier is not None:
            return earlier
    told = Report(
        kind=wanted.kind,
        severity=wanted.severity,
        description=wanted.description.strip() or described(alarm, camera),
        lonlat=lonlat(alarm.geom if alarm.geom is not None else camera.geom),
        observed_at=alarm.received_at,
        idempotency_key=f"alarm-{alarm.id}",
    )
    now = datetime.now(UTC)
    incident = report(session, told, by=by, now=now)
    alarm.incident_id = incident.id
    alarm.version += 1
    if alarm.seen_at is None:
        alarm.seen_by, alarm.seen_at = by.id, now
    session.flush()
    announce(session, Notice("alarm", alarm.id, alarm.version, alarm.division_code))
    _register(session, alarm, camera, incident, by)
    return incident


def report_by_rule(session: Session, alarm_id: int) -> None:
    """Report an alarm as its rule says, in the name of whoever set the rule down.

    Where that account is closed or the place outside its jurisdiction, the alarm stays a note.
    """
    alarm = session.get(Alarm, alarm_id)
    rule = None if alarm is None or alarm.rule_id is None else session.get(AlarmRule, alarm.rule_id)
    if alarm is None or rule is None or rule.incident_kind is None or alarm.incident_id is not None:
        return
    author = _author(session, rule.changed_by)
    wanted = Wanted(rule.incident_kind, rule.severity)
    try:
        if author is None:
            raise Refused(reason="the account that set the rule down is closed")
        with session.begin_nested():
            report_alarm(session, alarm_id, wanted, by=author)
    except Refused as refused:
        alarm.outcome = "note"
        alarm.version += 1
        session.flush()
        announce(session, Notice("alarm", alarm.id, alarm.version, alarm.division_code))
        log.warning(
            "no incident: %s", refused, extra={"action": "alarms.not_reported", "alarm": alarm_id}
        )


def described(alarm: Alarm, camera: Camera) -> str:
    """Return what an incident says of the alarm when nobody says more."""
    language = load().language
    word = KIND_WORDS.get(alarm.kind, {}).get(language, alarm.kind)
    at = alarm.received_at.astimezone(site_zone())
    if language == "zh":
        return f"摄像机“{camera.name}”{word}报警（{at:%H:%M:%S}）。"
    return f"Camera {camera.name} raised an alarm: {word} ({at:%H:%M:%S})."


def _author(session: Session, user_id: int | None) -> Principal | None:
    user = None if user_id is None else session.get(User, user_id)
    if user is None or not user.is_active:
        return None
    if user.ends_at is not None and user.ends_at <= datetime.now(UTC):
        return None
    return Principal(
        id=user.id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        division_code=user.division_code,
        scope=db.Scope(user.id, *span(user.division_code)),
        rights=rights_of(user.role),
        language=load().language,
    )


def _register(
    session: Session, alarm: Alarm, camera: Camera, incident: Incident, by: Principal
) -> None:
    enter(
        session,
        Act(
            "alarm.reported",
            by.id,
            by.username,
            camera_id=camera.id,
            camera_name=camera.name,
            incident_id=incident.id,
            division_code=alarm.division_code,
            detail={"alarm_id": alarm.id, "kind": alarm.kind, "rule_id": alarm.rule_id},
        ),
    )
