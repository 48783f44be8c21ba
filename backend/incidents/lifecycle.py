"""What may happen to an incident: the transition table is data, this applies it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..access import Principal
from ..errors import Conflict, InvalidField, NotAllowed, NotFound
from ..live import Notice, announce
from .models import Incident, IncidentEntry, Transition

ENDED = frozenset({"closed", "rejected"})


class StaleVersion(Conflict):
    code = "incidents.stale_version"
    zh = "事件已被他人更新（当前版本 {version}），请查看最新内容后重试。"
    en = "Somebody changed the incident meanwhile (now version {version}): look and try again."


class TransitionRefused(Conflict):
    code = "incidents.transition_refused"
    zh = "状态为 {state} 的事件不能执行 {act}。"
    en = "An incident that is {state} cannot take the act {act}."


class ActNotAllowed(NotAllowed):
    code = "incidents.act_not_allowed"
    zh = "您的角色不能执行 {act}，请联系值班长。"
    en = "Your role may not {act} an incident: ask the shift lead."


class ResultMissing(InvalidField):
    code = "incidents.result_missing"
    zh = "办结或驳回必须填写结果。"
    en = "Closing or rejecting needs a result: say what came of it."


class NoteMissing(InvalidField):
    code = "incidents.note_missing"
    zh = "请填写备注内容。"
    en = "The note is empty: write something."


@dataclass(frozen=True, slots=True)
class Step:
    """An act on an incident as somebody saw it at `version`."""

    act: str
    version: int
    text: str = ""
    result: str = ""


def take(
    session: Session, incident_id: int, step: Step, *, by: Principal, now: datetime
) -> Incident:
    """Apply an act: state, timeline and notice in the caller's transaction.

    Raises
    ------
    NotFound
        If there is no such incident in the jurisdiction.
    StaleVersion, TransitionRefused, ActNotAllowed, ResultMissing, NoteMissing
        If the act cannot be taken.

    """
    incident = locked(session, incident_id, by)
    transition = _allowed(session, incident, step, by)
    before = incident.state
    incident.state = transition.to_state
    incident.version += 1
    if transition.to_state in ENDED:
        incident.result, incident.closed_at = step.result.strip(), now
    session.add(
        IncidentEntry(
            incident_id=incident.id,
            actor_id=by.id,
            actor_name=by.display_name,
            act=step.act,
            from_state=before,
            to_state=incident.state,
            text="\n".join(part for part in (step.result.strip(), step.text.strip()) if part),
        )
    )
    session.flush()
    announce(session, Notice("incident", incident.id, incident.version, incident.division_code))
    return incident


def locked(session: Session, incident_id: int, by: Principal) -> Incident:
    """Return an incident of the jurisdiction, locked until the transaction ends."""
    wanted = (
        select(Incident)
        .where(
            Incident.id == incident_id,
            Incident.division_code.between(by.scope.low, by.scope.high),
        )
        .with_for_update()
    )
    incident = session.scalars(wanted).one_or_none()
    if incident is None:
        raise NotFound()
    return incident


def _allowed(session: Session, incident: Incident, step: Step, by: Principal) -> Transition:
    if incident.version != step.version:
        raise StaleVersion(version=incident.version)
    transition = session.get(Transition, (incident.state, step.act))
    if transition is None:
        raise TransitionRefused(state=incident.state, act=step.act)
    if by.role not in transition.roles:
        raise ActNotAllowed(act=step.act)
    if transition.needs_result and not step.result.strip():
        raise ResultMissing(field="result")
    if step.act == "note" and not step.text.strip():
        raise NoteMissing(field="text")
    return transition
