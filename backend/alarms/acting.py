"""What people do with alarms: see them, and see who else sees the place."""

from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from ..access import Principal
from ..cameras.models import Camera
from ..cameras.schemas import SightAnswer
from ..errors import NotFound
from ..live import Notice, announce
from ..spatial import lonlat
from .models import Alarm

CAMERAS_SHOWN = 12


def get(session: Session, alarm_id: int) -> Alarm:
    """Return an alarm of the jurisdiction.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    found = session.get(Alarm, alarm_id)
    if found is None:
        raise NotFound()
    return found


def see(session: Session, alarm_id: int, *, by: Principal, now: datetime) -> None:
    """Say that somebody has seen an alarm; who was first stays on record."""
    alarm = get(session, alarm_id)
    if alarm.seen_at is not None:
        return
    seen = {"seen_by": by.id, "seen_at": now, "version": Alarm.version + 1}
    still = (Alarm.id == alarm_id, Alarm.seen_at.is_(None))
    session.execute(update(Alarm).where(*still).values(**seen))
    session.refresh(alarm)
    announce(session, Notice("alarm", alarm.id, alarm.version, alarm.division_code))


def see_all(session: Session, up_to: int, *, by: Principal, now: datetime) -> int:
    """Say that all alarms up to an id have been seen; return how many that were."""
    waiting = (
        select(Alarm.id)
        .where(Alarm.id <= up_to, Alarm.seen_at.is_(None))
        .where(Alarm.division_code.between(by.scope.low, by.scope.high))
    )
    # In turn with those who take alarms in: they write rows in an order of their own.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('alarms.admit'))"))
    seen = {"seen_by": by.id, "seen_at": now, "version": Alarm.version + 1}
    done = session.execute(
        update(Alarm)
        .where(Alarm.id.in_(waiting))
        .values(**seen)
        .returning(Alarm.division_code)
        .execution_options(synchronize_session=False)
    )
    divisions = list(done.scalars())
    for division_code in set(divisions):
        announce(session, Notice("alarm", up_to, 0, division_code))
    return len(divisions)


def cameras_of(session: Session, alarm_id: int, *, by: Principal) -> SightAnswer:
    """Return who sees the place the alarming camera looks at, best first; itself among them.

    Raises
    ------
    NotFound
        If there is no such alarm in the jurisdiction.

    """
    from ..cameras.ranking import rank  # brings numba, which warm.py loads beside the start

    alarm = get(session, alarm_id)
    camera = session.get(Camera, alarm.camera_id)
    if camera is None:
        raise NotFound()
    lon, lat = lonlat(alarm.geom if alarm.geom is not None else camera.geom)
    return rank(session, by.scope, lon, lat, limit=CAMERAS_SHOWN, language=by.language)
