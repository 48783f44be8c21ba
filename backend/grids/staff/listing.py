"""Reading staff: of a grid with its history, who may be put on duty, and where nobody is."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from typing import Literal

from sqlalchemy import TextClause, and_, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from ...access import Principal
from ...accounts.models import User
from ...divisions.codes import text_of
from ...localtime import site_zone, today
from ..models import Grid
from .models import GridDuty
from .schemas import AccountPage, AccountRow, DutyRow, Role, StaffSheet, VacancyPage, VacancyRow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which vacancies: of a set on a day, of one role or both, page by page."""

    set_name: str
    at: date
    role: Role | None = None
    span: tuple[int, int] | None = None
    offset: int = 0
    limit: int = 200


def of_day(at: date) -> dict[str, date | datetime]:
    """Return what the queries of staff ask of a day: it, today, and when accounts must still be."""
    now = today()
    as_of = datetime.now(UTC) if at == now else datetime.combine(at, time(), site_zone())
    return {"at": at, "today": now, "as_of": as_of}


def sheet(session: Session, grid: Grid, on: date) -> StaffSheet:
    """Return all periods of duty under the grid's code, the latest first."""
    author = aliased(User)
    rows = session.execute(
        select(GridDuty, User, author.username)
        .outerjoin(User, User.id == GridDuty.user_id)
        .outerjoin(author, author.id == GridDuty.entered_by)
        .where(GridDuty.set_name == grid.set_name, GridDuty.grid_code == grid.code)
        .order_by(GridDuty.starts_on.desc(), GridDuty.id.desc())
        .limit(500)
    )
    told = [row(duty, user, by, on) for duty, user, by in rows]
    return StaffSheet(set_name=grid.set_name, grid_code=grid.code, rows=told)


def one(session: Session, duty: GridDuty, on: date) -> DutyRow:
    """Return a period as the API tells it."""
    session.flush()
    session.refresh(duty)
    author = session.scalar(select(User.username).where(User.id == duty.entered_by))
    return row(duty, session.scalar(select(User).where(User.id == duty.user_id)), author, on)


def row(duty: GridDuty, user: User | None, by: str | None, on: date) -> DutyRow:
    """Return a period with its state on a day; `user` is None when hidden from who asks."""
    same = ("id", "role", "starts_on", "ends_on", "entered_at", "version")
    return DutyRow(
        **{name: getattr(duty, name) for name in same},
        account=None if user is None else user.username,
        account_ended=user is not None and not _may_sign_in(user),
        entered_by=by,
        state=_state(duty, on),
        may_strike=may_strike(duty, on),
    )


def may_strike(duty: GridDuty, on: date) -> bool:
    """Tell whether a period is no record yet: it has not begun, or was entered that very day."""
    return duty.starts_on > on or duty.entered_at.astimezone(site_zone()).date() == on


def _may_sign_in(user: User) -> bool:
    return user.is_active and (user.ends_at is None or user.ends_at > datetime.now(UTC))


def _state(duty: GridDuty, on: date) -> Literal["past", "now", "planned"]:
    if duty.starts_on > on:
        return "planned"
    return "past" if duty.ends_on is not None and duty.ends_on <= on else "now"


def vacancies(session: Session, wanted: Wanted, *, by: Principal) -> VacancyPage:
    """Return the grids in force that lack a worker or a chief on the day."""
    low, high = wanted.span or (by.scope.low, by.scope.high)
    values = {
        "low": max(low, by.scope.low),
        "high": min(high, by.scope.high),
        "set_name": wanted.set_name,
        **of_day(wanted.at),
    }
    more = {"role": wanted.role, "offset": wanted.offset, "limit": wanted.limit}
    rows = session.execute(_query("grid_vacancies"), values | more).all()
    grids, workers, chiefs = session.execute(_query("grid_vacancy_counts"), values).one()
    same = ("grid_id", "code", "name", "division_name", "role")
    fields = (*same, "since", "filled_on", "account_ended")
    told = [
        VacancyRow(
            **{name: getattr(each, name) for name in fields},
            division_code=text_of(each.division_code),
            lon=each.lon,
            lat=each.lat,
        )
        for each in rows
    ]
    return VacancyPage(
        set_name=wanted.set_name,
        at=wanted.at,
        grids=grids,
        workers=workers,
        chiefs=chiefs,
        rows=told,
        total=rows[0].found if rows else 0,
    )


def accounts(session: Session, q: str, role: Role, on: date) -> AccountPage:
    """Return active accounts of the jurisdiction that may take a role, by how many grids."""
    serving = and_(
        GridDuty.user_id == User.id,
        GridDuty.starts_on <= on,
        or_(GridDuty.ends_on.is_(None), GridDuty.ends_on > on),
    )
    in_force = and_(
        Grid.set_name == GridDuty.set_name,
        Grid.code == GridDuty.grid_code,
        Grid.valid_from <= on,
        or_(Grid.valid_to.is_(None), Grid.valid_to > on),
    )
    grids = func.count(Grid.id.distinct())
    found = (
        select(User.username, User.role, grids)
        .outerjoin(GridDuty, serving)
        .outerjoin(Grid, in_force)
        .where(User.is_active, or_(User.ends_at.is_(None), User.ends_at > func.now()))
        .where(User.username.contains(q, autoescape=True))
        .group_by(User.id)
        .order_by(grids, User.username)
        .limit(50)
    )
    if role == "worker":
        found = found.where(User.role == "worker")
    rows = session.execute(found).all()
    return AccountPage(rows=[AccountRow(username=n, role=r, grids=g) for n, r, g in rows])


@cache
def _query(name: str) -> TextClause:
    return text((files("backend") / "queries" / f"{name}.sql").read_text("utf-8"))
