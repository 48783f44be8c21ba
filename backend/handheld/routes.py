"""The handheld of a unit at the API: its day, its duty, its own track."""

from datetime import UTC, datetime

from fastapi import APIRouter
from sqlalchemy.orm import Session

from ..access import CurrentUser, Principal, Tx, right
from ..audit.register import Act, enter
from ..patrol.models import Unit
from ..patrol.units import duty
from .own_unit import own_unit
from .schemas import DutyIn, DutyOut, TodayOut, TrackOut
from .today import duty_of, today
from .track import track

router = APIRouter(prefix="/api/handheld", tags=["handheld"])


@router.get("/today", **right("handheld.use"))
def read_today(user: CurrentUser, session: Tx) -> TodayOut:
    """Return unit, duty and tasks of the account, with all that is needed to work offline."""
    return today(session, by=user, now=datetime.now(UTC))


@router.post("/duty", **right("handheld.use"))
def switch_duty(wanted: DutyIn, user: CurrentUser, session: Tx) -> DutyOut:
    """Go on or off duty as of `at`; told twice it is the same, so no key is needed."""
    now = datetime.now(UTC)
    unit = own_unit(session, user)
    at = wanted.at or now
    was_on = duty.period_at(session, unit.id, at) is not None
    if wanted.on:
        duty.begin(session, unit.id, at, "handheld")
    else:
        duty.end(session, unit.id, at)
    if wanted.on != was_on:
        _enter(session, user, unit, wanted.on, at)
    return duty_of(session, unit, now)


@router.get("/track", **right("handheld.use"))
def read_track(user: CurrentUser, session: Tx) -> TrackOut:
    """Return the own unit's way since local midnight."""
    return track(session, own_unit(session, user), datetime.now(UTC))


def _enter(session: Session, user: Principal, unit: Unit, is_on: bool, at: datetime) -> None:
    act = "duty.begun" if is_on else "duty.ended"
    detail = {"unit": unit.code, "at": at.isoformat()}
    division = unit.division_code
    enter(session, Act(act, user.id, user.username, division_code=division, detail=detail))
