"""现场照片: kept with place, time and hash for a task or an incident; every reading is on record.

Nothing is recognised in a photograph, and nothing of its file is kept but its pixels.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session, undefer

from ...access import Principal
from ...audit.register import Act, enter
from ...errors import Conflict, NotFound, TooLarge
from ...incidents.models import Incident
from ...patrol.models import Unit
from ...settings import load
from ..assignments import acting
from ..models import Assignment, Photograph, Task
from ..refusals import SubjectMissing
from .developing import Developed, develop


class PhotographGone(NotFound):
    code = "photographs.gone"
    zh = "照片已过保留期，画面已删除，时间、地点与校验值仍在。"
    en = "The picture has been removed after its time; time, place and hash are still on record."


class TooManyPhotographs(Conflict):
    code = "photographs.too_many"
    zh = "该任务或事件已有 {count} 张照片，不能再加。"
    en = "This task or incident has {count} photographs already: no more can be added."


MOST = 60
"""Photographs of one task or incident: more tell nothing, and fill the database."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What is said of a photograph: of which assignment, task or incident; when and where taken."""

    assignment_id: int | None = None
    task_id: int | None = None
    incident_id: int | None = None
    taken_at: datetime | None = None
    lonlat: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class _Subject:
    division_code: int
    task_id: int | None = None
    assignment_id: int | None = None
    incident_id: int | None = None


def develop_within_limits(content: bytes) -> Developed:
    """Return the photograph in a file of bounded size; done before a transaction is open.

    Raises
    ------
    TooLarge, NoPhotograph, Unavailable
        If it is not one.

    """
    rules = load().dispatch
    if len(content) > rules.photograph_limit_bytes:
        raise TooLarge(limit_bytes=rules.photograph_limit_bytes)
    zone = load().site.timezone
    return develop(content, side_px=rules.photograph_side_px, timezone=zone)


def keep(
    session: Session, shown: Developed, said: Caption, *, by: Principal, now: datetime
) -> Photograph:
    """Store a photograph of something the account may act on; what is said goes before the file.

    Raises
    ------
    SubjectMissing, NotFound, TooManyPhotographs
        If it belongs to nothing, or to nothing of the account's, or to what has enough.

    """
    subject = _subject(session, said, by)
    _refuse_more(session, subject)
    place = said.lonlat or shown.lonlat
    taken_at = said.taken_at or shown.taken_at
    photograph = Photograph(
        sha256=hashlib.sha256(shown.content).digest(),
        division_code=subject.division_code,
        task_id=subject.task_id,
        assignment_id=subject.assignment_id,
        incident_id=subject.incident_id,
        taken_at=min(taken_at, now) if taken_at else None,
        geom=None if place is None else func.ST_SetSRID(func.ST_Point(*place), 4326),
        place_how=None if place is None else ("stated" if said.lonlat else "file"),
        media_type="image/jpeg",
        size_bytes=len(shown.content),
        width_px=shown.width_px,
        height_px=shown.height_px,
        content=shown.content,
        created_by=by.id,
        created_at=now,
    )
    session.add(photograph)
    session.flush()
    _record(session, "photograph.added", photograph, by)
    return photograph


def fingerprint_of(content: bytes, said: Caption) -> bytes:
    """Return what an upload asks for, in short: an equal one under the same key is the same."""
    return hashlib.sha256(repr(said).encode() + content).digest()


def check_subject(session: Session, said: Caption, by: Principal) -> None:
    """Refuse a photograph of nothing of the account's, before it is decoded."""
    _subject(session, said, by)


def known(session: Session, photograph_id: int | None) -> Photograph:
    """Return the facts of a photograph that was kept in this request or an earlier one."""
    return session.get_one(Photograph, photograph_id)


def read(session: Session, photograph_id: int, *, by: Principal) -> Photograph:
    """Return a photograph with its content, and enter the reading into the register.

    Raises
    ------
    NotFound
        If it is absent, outside the jurisdiction, or not of the worker's own unit.
    PhotographGone
        If its time is over.

    """
    wanted = _readable(by).where(Photograph.id == photograph_id)
    found = session.scalars(wanted.options(undefer(Photograph.content))).one_or_none()
    if found is None:
        raise NotFound()
    if found.content is None:
        raise PhotographGone()
    _record(session, "photograph.read", found, by)
    return found


def listed(
    session: Session, *, by: Principal, task_id: int | None = None, incident_id: int | None = None
) -> Sequence[Photograph]:
    """Return the facts of the photographs of a task or an incident, oldest first."""
    wanted = _readable(by).order_by(Photograph.id)
    if task_id is not None:
        wanted = wanted.where(Photograph.task_id == task_id)
    if incident_id is not None:
        wanted = wanted.where(Photograph.incident_id == incident_id)
    return session.scalars(wanted).all()


def forget_old(session: Session, now: datetime) -> None:
    """Remove the pictures whose time is over; time, place and hash stay on record."""
    kept = timedelta(days=load().dispatch.photographs_kept_days)
    old = (Photograph.created_at < now - kept) & Photograph.content.is_not(None)
    session.execute(update(Photograph).where(old).values(content=None))


def _readable(by: Principal) -> Select[Photograph]:
    wanted = select(Photograph)
    if by.may("tasks.read"):
        return wanted.where(Photograph.division_code.between(by.scope.low, by.scope.high))
    own = (
        select(Assignment.id)
        .join(Unit, Unit.id == Assignment.unit_id)
        .where(Unit.user_id == by.id, Unit.is_active)
    )
    return wanted.where(or_(Photograph.created_by == by.id, Photograph.assignment_id.in_(own)))


def _subject(session: Session, said: Caption, by: Principal) -> _Subject:
    if said.assignment_id is not None:
        assignment = acting.find(session, said.assignment_id, by)
        task = session.get_one(Task, assignment.task_id)
        return _Subject(task.division_code, task.id, assignment.id, task.incident_id)
    if said.task_id is not None:
        return _task(session, said.task_id, by)
    if said.incident_id is not None:
        return _incident(session, said.incident_id, by)
    raise SubjectMissing(field="assignment_id")


def _refuse_more(session: Session, subject: _Subject) -> None:
    of_it = (
        Photograph.task_id == subject.task_id
        if subject.task_id is not None
        else Photograph.incident_id == subject.incident_id
    )
    count = session.scalar(select(func.count()).select_from(Photograph).where(of_it)) or 0
    if count >= MOST:
        raise TooManyPhotographs(count=count)


def _task(session: Session, task_id: int, by: Principal) -> _Subject:
    inside = Task.division_code.between(by.scope.low, by.scope.high)
    task = session.scalars(select(Task).where(Task.id == task_id, inside)).one_or_none()
    if task is None or not by.may("tasks.act"):
        raise NotFound()
    return _Subject(task.division_code, task.id, None, task.incident_id)


def _incident(session: Session, incident_id: int, by: Principal) -> _Subject:
    """Return the incident as a subject; whoever only reports adds to the own reports alone."""
    wanted = select(Incident).where(
        Incident.id == incident_id, Incident.division_code.between(by.scope.low, by.scope.high)
    )
    if not by.may("incidents.act"):
        wanted = wanted.where(Incident.reported_by == by.id)
    incident = session.scalars(wanted).one_or_none()
    if incident is None:
        raise NotFound()
    return _Subject(incident.division_code, incident_id=incident.id)


def _record(session: Session, act: str, shown: Photograph, by: Principal) -> None:
    enter(
        session,
        Act(
            act,
            by.id,
            by.username,
            incident_id=shown.incident_id,
            division_code=shown.division_code,
            detail={
                "photograph": shown.id,
                "task_id": shown.task_id,
                "sha256": shown.sha256.hex(),
            },
        ),
    )
