"""Duty as it is: begun and ended by dispatcher, handheld or plan; no position is taken outside."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, and_, or_, select, text, update
from sqlalchemy.orm import Session

from ...errors import NotFound, Refused
from ...live import Notice, announce
from ...settings import load
from ..models import Shift, Unit

Source = Literal["handheld", "dispatcher"]

_OLDEST = timedelta(hours=72)
"""A handheld may have been without a network for days; longer ago is an error of its clock."""
_EARLY = timedelta(minutes=5)
_TURN = text("SELECT pg_advisory_xact_lock(hashtext('duty'), CAST(:unit AS integer))")
_TOUCH = text(
    "UPDATE unit_positions SET version = CAST(CAST(pg_current_xact_id() AS text) AS bigint)"
    " WHERE unit_id = :unit"
)


class DutyTime(Refused):
    code = "duty.time"
    zh = "上下岗时间 {at} 不能晚于现在，也不能早于三天前。"
    en = "Duty cannot begin or end at {at}: neither in the future nor more than three days ago."


class DutyInactive(Refused):
    code = "duty.inactive"
    zh = "该力量已停用，不能上岗。"
    en = "This unit is no longer in use and cannot go on duty."


def begin(
    session: Session,
    unit_id: int,
    at: datetime,
    source: Source,
    *,
    until: datetime | None = None,
) -> Shift:
    """Put a unit on duty from `at`; a unit that is on duty then stays so, and nothing changes.

    Raises
    ------
    NotFound, DutyInactive, DutyTime
        If there is no such unit, it is out of use, or the time cannot be.

    """
    unit = _locked(session, unit_id)
    if not unit.is_active:
        raise DutyInactive()
    _check(at)
    standing = period_at(session, unit_id, at)
    if standing is not None:
        return standing
    # An open shift that began after `at` is the same duty, told of out of order.
    shift = session.scalar(select(Shift).where(Shift.unit_id == unit_id, Shift.ends_at.is_(None)))
    if shift is not None:
        shift.starts_at = at
    else:
        shift = Shift(
            unit_id=unit_id,
            division_code=unit.division_code,
            starts_at=at,
            ends_at=until,
            source=source,
        )
        session.add(shift)
    _tell(session, unit)
    return shift


def end(session: Session, unit_id: int, at: datetime) -> None:
    """Take a unit off duty from `at`, whichever shift it is on; off duty, nothing changes."""
    unit = _locked(session, unit_id)
    _check(at)
    session.execute(update(Shift).where(Shift.unit_id == unit_id, _covers(at)).values(ends_at=at))
    _tell(session, unit)


def period_at(session: Session, unit_id: int, at: datetime) -> Shift | None:
    """Return the shift a unit is on at an instant, the longest of several, None off duty."""
    found = session.scalars(select(Shift).where(Shift.unit_id == unit_id, _covers(at))).all()
    return max(found, key=lambda s: (s.ends_at is None, s.ends_at or at), default=None)


def periods(session: Session, unit_id: int, since: datetime, until: datetime) -> list[Shift]:
    """Return the shifts of a unit that touch a span, in order."""
    wanted = (
        select(Shift)
        .where(
            Shift.unit_id == unit_id,
            Shift.starts_at < until,
            or_(Shift.ends_at.is_(None), Shift.ends_at > since),
        )
        .order_by(Shift.starts_at, Shift.id)
    )
    return list(session.scalars(wanted))


def close_forgotten(session: Session, now: datetime) -> int:
    """End duty that nobody ended within the longest time a duty can last; return how many."""
    longest = timedelta(hours=load().patrol.longest_duty_hours)
    ended = session.execute(
        update(Shift)
        .where(Shift.ends_at.is_(None), Shift.starts_at <= now - longest)
        .values(ends_at=Shift.starts_at + longest)
        .returning(Shift.unit_id)
    )
    return len(ended.all())


def _covers(at: datetime) -> ColumnElement[bool]:
    return and_(Shift.starts_at <= at, or_(Shift.ends_at.is_(None), Shift.ends_at > at))


def _check(at: datetime) -> None:
    now = datetime.now(UTC)
    if not now - _OLDEST <= at <= now + _EARLY:
        raise DutyTime(at=at.isoformat(timespec="seconds"))


def _locked(session: Session, unit_id: int) -> Unit:
    """Return the unit, with its duty held against whoever else begins or ends it."""
    session.execute(_TURN, {"unit": unit_id % 2**31})
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound()
    return unit


def _tell(session: Session, unit: Unit) -> None:
    session.flush()
    # Its place is shown otherwise now: whoever asks for what changed is to hear of it.
    session.execute(_TOUCH, {"unit": unit.id})
    announce(session, Notice("unit", unit.id, unit.version, unit.division_code))
