"""A new task: from an incident, from an alert, or by hand; placed, numbered, offered at once."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ...access import Principal
from ...divisions.codes import parent, span
from ...divisions.locating import division_at
from ...grids.models import Grid
from ...incidents.models import Incident, IncidentKind
from ...incidents.numbering import next_number
from ...patrol.checkpoints.models import Checkpoint
from ...patrol.requirements.models import Alert
from ...places.models import Place
from ...spatial import lonlat
from .. import timeline
from ..assignments import offering
from ..callouts import calling
from ..models import Task, TaskSerial
from ..refusals import OutsideJurisdiction, TitleMissing, Unknown
from ..timeline import Line

Subject = Grid | Place | Checkpoint
_SUBJECTS: dict[str, type[Subject]] = {
    "grid": Grid,
    "place": Place,
    "checkpoint": Checkpoint,
}
"""What an alert is about."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a dispatcher asks for; None is found out from the incident or the alert."""

    kind: str | None = None
    title: str | None = None
    text: str = ""
    severity: str | None = None
    incident_id: int | None = None
    alert_id: int | None = None
    lonlat: tuple[float, float] | None = None
    place_text: str | None = None
    deadline_at: datetime | None = None
    grid_ids: tuple[int, ...] = ()
    unit_ids: tuple[int, ...] = ()
    department_ids: tuple[int, ...] = ()


def create(session: Session, order: Order, *, by: Principal, now: datetime) -> Task:
    """Store a task with its first line; offer it to units, else to its grids' home units.

    Raises
    ------
    Unknown, OutsideJurisdiction, TitleMissing, OffDuty
        Each for its field.

    """
    order = _from_alert(session, _from_incident(session, order, by), by)
    title = (order.title or "").strip()
    if not title:
        raise TitleMissing(field="title")
    division_code = _division(session, order, by)
    task = Task(
        number=next_number(session, now, division_code, serials=TaskSerial, mark="P"),
        kind=order.kind or "other",
        title=title,
        text=order.text.strip(),
        severity=order.severity or "blue",
        incident_id=order.incident_id,
        alert_id=order.alert_id,
        division_code=division_code,
        geom=_point(order.lonlat),
        place_text=order.place_text,
        state="open",
        deadline_at=order.deadline_at,
        created_by=by.id,
        created_at=now,
        version=0,
    )
    session.add(task)
    session.flush()
    offering.add_grids(session, task, order.grid_ids, by)
    line = Line("create", to_state="open", text=title, detail={"severity": task.severity})
    timeline.write(session, task, line, by=by, now=now)
    # Units chosen by name are those meant; grids alone stand for their home units.
    wanted = offering.Offer(order.unit_ids, () if order.unit_ids else order.grid_ids)
    made = offering.offered(session, task, wanted, by=by, now=now)
    calling.called(session, task, order.department_ids, by=by, now=now)
    timeline.tell(session, task)
    told = {"units": [each.unit_code for each in made]} if made else {}
    timeline.enter(session, task, replace(line, detail=told), by=by)
    return task


def _from_incident(session: Session, order: Order, by: Principal) -> Order:
    if order.incident_id is None:
        return order
    found = session.execute(
        select(Incident, IncidentKind)
        .join(IncidentKind, Incident.kind == IncidentKind.code)
        .where(
            Incident.id == order.incident_id,
            Incident.division_code.between(by.scope.low, by.scope.high),
        )
    ).one_or_none()
    if found is None:
        raise Unknown(field="incident_id", wanted=f"incident {order.incident_id}")
    incident, kind = found
    name = kind.name_zh if by.language == "zh" else kind.name_en
    return replace(
        order,
        kind=order.kind or "incident",
        title=order.title or f"{name} {incident.place_text or incident.number}",
        text=order.text or incident.description,
        severity=order.severity or incident.severity,
        lonlat=order.lonlat or lonlat(incident.geom),
        place_text=order.place_text or incident.place_text,
    )


def _from_alert(session: Session, order: Order, by: Principal) -> Order:
    """Return the order with the alert's grid or place as its target, severity and kind."""
    if order.alert_id is None:
        return order
    wanted = select(Alert).where(
        Alert.id == order.alert_id, Alert.division_code.between(by.scope.low, by.scope.high)
    )
    alert = session.scalars(wanted).one_or_none()
    if alert is None:
        raise Unknown(field="alert_id", wanted=f"alert {order.alert_id}")
    kind = _SUBJECTS[alert.subject_kind]
    subject = cast("Subject | None", session.get(kind, alert.subject_id))
    if subject is None:
        raise Unknown(field="alert_id", wanted=f"{alert.subject_kind} {alert.subject_id}")
    order = replace(
        order,
        kind=order.kind or "patrol",
        title=order.title or subject.name,
        severity=order.severity or alert.severity,
        place_text=order.place_text or subject.name,
    )
    if isinstance(subject, Grid):
        return replace(order, grid_ids=order.grid_ids or (subject.id,))
    return replace(order, lonlat=order.lonlat or lonlat(subject.geom))


def _division(session: Session, order: Order, by: Principal) -> int:
    """Return where a task lies: its point's division, else the deepest that holds its grids."""
    if order.lonlat is not None:
        code = division_at(session, *order.lonlat) or 0
        if not by.covers(code):
            raise OutsideJurisdiction(field="lon")
        return code
    if not order.grid_ids:
        return by.division_code
    codes = {grid.division_code for grid in offering.grids_of(session, order.grid_ids, by)}
    code = min(codes)
    while not all(span(code)[0] <= each <= span(code)[1] for each in codes):
        code = parent(code) or 0
    return code


def _point(at: tuple[float, float] | None) -> object:
    return None if at is None else func.ST_SetSRID(func.ST_Point(*at), 4326)
