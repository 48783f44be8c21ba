"""Whose handheld this is: an account speaks for one unit, and for no other."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..access import Principal
from ..errors import Refused
from ..grids.models import Grid
from ..patrol.models import Unit, UnitGrid


class NoUnit(Refused):
    code = "handheld.no_unit"
    zh = "该账号还没有关联力量，请联系调度员。"
    en = "No unit belongs to this account yet: ask the dispatcher."


def unit_of(session: Session, account: Principal) -> Unit | None:
    """Return the unit in use whose handheld the account is, None if it has none."""
    wanted = select(Unit).where(Unit.user_id == account.id, Unit.is_active).order_by(Unit.id)
    return session.scalars(wanted.limit(1)).one_or_none()


def own_unit(session: Session, account: Principal) -> Unit:
    """Return the account's unit.

    Raises
    ------
    NoUnit
        If no unit in use has this account.

    """
    unit = unit_of(session, account)
    if unit is None:
        raise NoUnit()
    return unit


def home_grids(session: Session, unit: Unit) -> list[Grid]:
    """Return the unit's home grids as they are drawn now, in order of code."""
    homes = select(Grid.set_name, Grid.code).join(UnitGrid, UnitGrid.grid_id == Grid.id)
    named = homes.where(UnitGrid.unit_id == unit.id).subquery()
    wanted = (
        select(Grid)
        .join(named, (Grid.set_name == named.c.set_name) & (Grid.code == named.c.code))
        .where(Grid.valid_to.is_(None))
        .distinct()
        .order_by(Grid.code)
    )
    return list(session.scalars(wanted))
