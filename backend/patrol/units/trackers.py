"""Trackers of a unit: each has a token, shown once, that may add fixes of that unit alone."""

import secrets
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...access import Principal
from ...accounts.secrets import digest
from ...errors import NotFound
from ..models import Tracker, Unit
from .editing import enter_act
from .listing import get
from .schemas import TrackerForm, TrackerNew

PREFIX: dict[TrackerForm, str] = {"header": "glt_", "url": "glu_"}
"""Marks by which a leaked token is recognised, and by which one of the wrong form is refused."""


def issue(session: Session, unit_id: int, new: TrackerNew, *, by: Principal) -> tuple[Tracker, str]:
    """Make a tracker and return it with its token, which is stored nowhere."""
    unit = get(session, unit_id)
    token = PREFIX[new.form] + secrets.token_urlsafe(24)
    tracker = Tracker(unit_id=unit.id, name=new.name, form=new.form, token_hash=digest(token))
    session.add(tracker)
    session.flush()
    _record(session, "tracker.issued", unit, tracker, by)
    return tracker, token


def listed(session: Session, unit_id: int) -> list[Tracker]:
    """Return the trackers of a unit, newest first, ended ones too."""
    get(session, unit_id)
    wanted = select(Tracker).where(Tracker.unit_id == unit_id).order_by(Tracker.id.desc())
    return list(session.scalars(wanted))


def end(session: Session, tracker_id: int, *, by: Principal) -> None:
    """End a tracker; what it reports from now on is refused.

    Raises
    ------
    NotFound
        If there is none in the jurisdiction, or it has ended.

    """
    tracker = session.get(Tracker, tracker_id)
    if tracker is None or tracker.ended_at is not None:
        raise NotFound()
    tracker.ended_at = datetime.now(UTC)
    _record(session, "tracker.ended", get(session, tracker.unit_id), tracker, by)


def _record(session: Session, act: str, unit: Unit, tracker: Tracker, by: Principal) -> None:
    told = {"tracker_id": tracker.id, "name": tracker.name, "form": tracker.form}
    enter_act(session, act, unit, by, told)
