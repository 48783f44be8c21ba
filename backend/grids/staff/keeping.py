"""Entering and ending duty: each act is on record, a period begun is never taken out again."""

from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...access import Principal
from ...accounts.models import User
from ...audit.register import Act, enter
from ...errors import Conflict, InvalidField, NotFound
from ...live import Notice, announce
from ..models import Grid
from .listing import may_strike
from .models import GridDuty
from .schemas import DutyEnd, DutyNew


class NoSuchAccount(InvalidField):
    code = "staff.no_account"
    zh = "辖区内没有可担任此职的启用账号 {account}；网格员须用网格员角色的账号。"
    en = "No active account {account} in your jurisdiction can serve so; a worker needs one."


class DutySpan(InvalidField):
    code = "staff.span"
    zh = "任期须先开始后结束：{starts_on} 起，{ends_on} 止。"
    en = "A duty ends after it begins: from {starts_on}, to {ends_on}."


class DutyTaken(Conflict):
    code = "staff.taken"
    zh = "这段时间已有网格长，或该账号已在岗；请先结束原任期，或选择接任。"
    en = "There is a chief in that time, or the account serves already: end that duty, or relieve."


class StaleDuty(Conflict):
    code = "staff.stale_version"
    zh = "该任期已被他人修改，请刷新后再试。"
    en = "This duty has been changed by somebody else: reload and try again."


class DutyBegun(Conflict):
    code = "staff.begun"
    zh = "任期已开始，属于记录，只能在登记当天删除；请填写结束日期。"
    en = "This duty has begun and is a record since the day it was entered: give the day it ends."


def begin(session: Session, grid_id: int, new: DutyNew, *, by: Principal) -> GridDuty:
    """Put an account on duty in a grid.

    Raises
    ------
    NotFound, NoSuchAccount, DutySpan, DutyTaken
        If the grid or account is not there, the days cannot be, or the place is taken.

    """
    grid = grid_of(session, grid_id, by)
    duty = GridDuty(
        set_name=grid.set_name,
        grid_code=grid.code,
        division_code=grid.division_code,
        user_id=_account_id(session, new),
        role=new.role,
        starts_on=new.starts_on,
        ends_on=_checked_end(new.starts_on, new.ends_on),
        entered_by=by.id,
    )
    if new.relieve and new.role == "chief":
        _relieve(session, duty)
    session.add(duty)
    _flush(session)
    _record(session, "staff.began", duty, by, new.model_dump(mode="json"))
    return duty


def end(session: Session, duty_id: int, change: DutyEnd, *, by: Principal) -> GridDuty:
    """Set the day a duty ends, or take that day away again."""
    duty = _locked(session, duty_id)
    if duty.version != change.version:
        raise StaleDuty()
    duty.ends_on = _checked_end(duty.starts_on, change.ends_on)
    duty.version += 1
    _flush(session)
    _record(session, "staff.ended", duty, by, {"ends_on": _text(duty.ends_on)})
    return duty


def strike(session: Session, duty_id: int, today: date, *, by: Principal) -> None:
    """Remove a duty that has not begun, or that was entered today by mistake."""
    duty = _locked(session, duty_id)
    if not may_strike(duty, today):
        raise DutyBegun()
    _record(session, "staff.struck", duty, by, {"starts_on": _text(duty.starts_on)})
    session.delete(duty)


def grid_of(session: Session, grid_id: int, by: Principal) -> Grid:
    """Return a grid of the jurisdiction, of whatever period.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    grid = session.get(Grid, grid_id)
    if grid is None or not by.covers(grid.division_code):
        raise NotFound()
    return grid


def _account_id(session: Session, new: DutyNew) -> int:
    """Return the account's id; the policy of `users` hides those outside the jurisdiction."""
    lasts = or_(User.ends_at.is_(None), User.ends_at > func.now())
    wanted = select(User.id).where(User.username == new.account, User.is_active, lasts)
    if new.role == "worker":
        wanted = wanted.where(User.role == "worker")
    found = session.scalar(wanted)
    if found is None:
        raise NoSuchAccount(field="account", account=new.account)
    return found


def _checked_end(starts_on: date, ends_on: date | None) -> date | None:
    if ends_on is not None and ends_on <= starts_on:
        raise DutySpan(field="ends_on", starts_on=_text(starts_on), ends_on=_text(ends_on))
    return ends_on


def _relieve(session: Session, coming: GridDuty) -> None:
    """End the duty of the chief who is there on the day the new one comes."""
    standing = session.scalar(
        select(GridDuty)
        .where(
            GridDuty.set_name == coming.set_name,
            GridDuty.grid_code == coming.grid_code,
            GridDuty.role == "chief",
            GridDuty.starts_on < coming.starts_on,
            or_(GridDuty.ends_on.is_(None), GridDuty.ends_on > coming.starts_on),
        )
        .with_for_update()
    )
    if standing is not None:
        standing.ends_on = coming.starts_on
        standing.version += 1
        session.flush()  # before the new one is there, or both would stand for an instant


def _locked(session: Session, duty_id: int) -> GridDuty:
    duty = session.scalar(select(GridDuty).where(GridDuty.id == duty_id).with_for_update())
    if duty is None:
        raise NotFound()
    return duty


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as clash:
        name = getattr(getattr(clash.orig, "diag", None), "constraint_name", None)
        if name not in ("grid_staff_one_chief", "grid_staff_once"):
            raise
        raise DutyTaken() from clash


def _record(
    session: Session, act: str, duty: GridDuty, by: Principal, detail: dict[str, object]
) -> None:
    announce(session, Notice("gridstaff", duty.id, duty.version, duty.division_code))
    told = {"set_name": duty.set_name, "grid": duty.grid_code, "role": duty.role, **detail}
    enter(session, Act(act, by.id, by.username, division_code=duty.division_code, detail=told))


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
