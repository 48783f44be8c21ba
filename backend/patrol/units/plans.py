"""Weekly plans become shifts: local times to instants, days ahead, each planned once."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ...errors import InvalidField, NotFound
from ...localtime import site_zone
from ..models import Shift, ShiftPlan, Unit
from .listing import get
from .schemas import ShiftPlanNew

DAYS_AHEAD = 8


class PlanSpan(InvalidField):
    code = "shifts.span"
    zh = "排班的结束日期不能早于开始日期。"
    en = "The plan ends before it begins: choose a later last day."


def period(day: date, begins: time, ends: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the instants (UTC) between which duty that begins on a local day lasts.

    `ends` not after `begins` is on the next day. Where clocks are put back, an hour comes twice:
    duty begins at its first coming and ends at its second. Where they are put forward, a time
    that does not exist counts as if they had not been yet.
    """
    last_day = day if ends > begins else day + timedelta(days=1)
    start = datetime.combine(day, begins, zone)
    end = datetime.combine(last_day, ends, zone).replace(fold=1)
    gap = datetime.combine(last_day, ends, zone)
    if end.astimezone(UTC) < gap.astimezone(UTC):  # a time left out: fold=1 is the earlier one
        end = gap
    return start.astimezone(UTC), end.astimezone(UTC)


def add(session: Session, unit_id: int, new: ShiftPlanNew, now: datetime) -> ShiftPlan:
    """Add a plan to a unit, and its shifts of the days ahead at once."""
    unit = get(session, unit_id)
    today = now.astimezone(site_zone()).date()
    first = new.valid_from or today
    if new.valid_to is not None and new.valid_to < first:
        raise PlanSpan(field="valid_to")
    plan = ShiftPlan(
        unit_id=unit_id,
        name=new.name,
        weekdays=sorted(set(new.weekdays)),
        begins=new.begins.replace(tzinfo=None),
        ends=new.ends.replace(tzinfo=None),
        valid_from=first,
        valid_to=new.valid_to,
    )
    session.add(plan)
    session.flush()
    _plan_ahead(session, [(plan, unit)], now)
    return plan


def remove(session: Session, plan_id: int, now: datetime) -> Unit:
    """Take a plan away with the shifts that have not begun; one under way goes on.

    Raises
    ------
    NotFound
        If there is no such plan in the jurisdiction.

    """
    plan = session.get(ShiftPlan, plan_id)
    if plan is None:
        raise NotFound()
    session.execute(delete(Shift).where(Shift.plan_id == plan_id, Shift.starts_at > now))
    session.delete(plan)
    return get(session, plan.unit_id)


def of_unit(session: Session, unit_id: int) -> list[ShiftPlan]:
    """Return the plans of a unit, in order."""
    wanted = select(ShiftPlan).where(ShiftPlan.unit_id == unit_id).order_by(ShiftPlan.id)
    return list(session.scalars(wanted))


def plan_ahead(session: Session, now: datetime) -> int:
    """Turn all plans into the shifts of the days ahead; return how many were new."""
    rows = session.execute(
        select(ShiftPlan, Unit)
        .join(Unit, Unit.id == ShiftPlan.unit_id)
        .where(Unit.is_active, or_(ShiftPlan.valid_to.is_(None), ShiftPlan.valid_to >= now.date()))
    )
    return _plan_ahead(session, [(row[0], row[1]) for row in rows], now)


def _plan_ahead(session: Session, plans: list[tuple[ShiftPlan, Unit]], now: datetime) -> int:
    zone = site_zone()
    # From yesterday: its night shift may still last.
    first = now.astimezone(zone).date() - timedelta(days=1)
    days = [first + timedelta(days=k) for k in range(DAYS_AHEAD + 2)]
    rows = []
    for plan, unit in plans:
        for day in days:
            if not _holds(plan, day):
                continue
            start, end = period(day, plan.begins, plan.ends, zone)
            if end > now:
                rows.append(
                    {
                        "unit_id": unit.id,
                        "division_code": unit.division_code,
                        "starts_at": start,
                        "ends_at": end,
                        "source": "plan",
                        "plan_id": plan.id,
                    }
                )
    if not rows:
        return 0
    written = session.execute(insert(Shift).on_conflict_do_nothing().returning(Shift.id), rows)
    return len(written.all())


def _holds(plan: ShiftPlan, day: date) -> bool:
    is_valid = plan.valid_from <= day and (plan.valid_to is None or day <= plan.valid_to)
    return is_valid and day.isoweekday() in plan.weekdays
