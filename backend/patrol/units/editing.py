"""Adding and changing units: fields, home grids, the handheld's account; each act is on record."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ...access import Principal
from ...accounts.models import User
from ...audit.register import Act, enter
from ...divisions.codes import parse_jurisdiction
from ...errors import Conflict, InvalidField
from ...grids.models import Grid
from ...initials import initials_of
from ...live import Notice, announce
from ..models import Unit, UnitGrid
from .listing import get
from .schemas import UnitEdit, UnitNew

_PLAIN = ("set_name", "code", "name", "kind", "is_team", "strength", "vehicle", "is_active")
_TAKEN = {"units_user_id_key": "account", "units_set_name_code_key": "code"}


class StaleUnit(Conflict):
    code = "units.stale_version"
    zh = "该力量已被他人修改，请刷新后再试。"
    en = "This unit has been changed by somebody else: reload and try again."


class UnitTaken(Conflict):
    code = "units.taken"
    zh = "已有力量使用该{what}，请换一个。"
    en = "Another unit has this {field} already: choose another."


class NoSuchAccount(InvalidField):
    code = "units.no_account"
    zh = "辖区内没有账号 {account}，或它不是网格员账号。"
    en = "There is no account {account} of a grid worker in your jurisdiction."


class NoSuchGrid(InvalidField):
    code = "units.no_grid"
    zh = "责任网格 {grids} 不存在或不在辖区内。"
    en = "Home grids {grids} do not exist, or lie outside your jurisdiction."


def create(session: Session, new: UnitNew, *, by: Principal) -> Unit:
    """Add a unit to the caller's jurisdiction."""
    homes = _homes(session, new.home_grids or ())
    unit = Unit(division_code=homes[0].division_code if homes else by.division_code)
    _set_fields(session, unit, new.model_dump(exclude_none=True))
    session.add(unit)
    _flush(session)
    session.add_all(UnitGrid(unit_id=unit.id, grid_id=grid.id) for grid in homes)
    _record(session, "unit.added", unit, by, new.model_dump(mode="json", exclude_none=True))
    return unit


def edit(session: Session, unit_id: int, change: UnitEdit, *, by: Principal) -> Unit:
    """Change the fields given of a unit as it was seen at `version`.

    Raises
    ------
    StaleUnit
        If it has changed since.

    """
    unit = get(session, unit_id)
    session.refresh(unit, with_for_update=True)
    if unit.version != change.version:
        raise StaleUnit()
    given = change.model_dump(exclude_unset=True, exclude={"version"})
    if given.get("home_grids") is not None:
        homes = _homes(session, given["home_grids"])
        session.execute(delete(UnitGrid).where(UnitGrid.unit_id == unit.id))
        session.add_all(UnitGrid(unit_id=unit.id, grid_id=grid.id) for grid in homes)
    _set_fields(session, unit, given)
    unit.version += 1
    _flush(session)
    told = change.model_dump(mode="json", exclude_unset=True, exclude={"version"})
    _record(session, "unit.changed", unit, by, told)
    return unit


def _set_fields(session: Session, unit: Unit, given: dict[str, Any]) -> None:
    for name in _PLAIN:
        if given.get(name) is not None:
            setattr(unit, name, given[name])
    if given.get("name") is not None:
        unit.initials = initials_of(given["name"])
    if given.get("skills") is not None:
        unit.skills = sorted(set(given["skills"]))
    if given.get("division_code") is not None:
        unit.division_code = parse_jurisdiction(given["division_code"])
    if "account" in given:
        unit.user_id = _account_id(session, given["account"])


def _account_id(session: Session, username: str | None) -> int | None:
    """Return the id of a worker's account; the policy of `users` hides those outside."""
    if username is None:
        return None
    found = session.scalar(select(User.id).where(User.username == username, User.role == "worker"))
    if found is None:
        raise NoSuchAccount(field="account", account=username)
    return found


def _homes(session: Session, ids: Sequence[int]) -> list[Grid]:
    found = {g.id: g for g in session.scalars(select(Grid).where(Grid.id.in_(ids)))} if ids else {}
    missing = [each for each in ids if each not in found]
    if missing:
        raise NoSuchGrid(field="home_grids", grids=missing[:5])
    return [found[each] for each in dict.fromkeys(ids)]


def _flush(session: Session) -> None:
    try:
        session.flush()
    except IntegrityError as clash:
        name = getattr(getattr(clash.orig, "diag", None), "constraint_name", None)
        if name not in _TAKEN:
            raise
        what = {"code": "编号", "account": "账号"}[_TAKEN[name]]
        raise UnitTaken(field=_TAKEN[name], what=what) from clash


def _record(
    session: Session, act: str, unit: Unit, by: Principal, detail: dict[str, object]
) -> None:
    announce(session, Notice("unit", unit.id, unit.version, unit.division_code))
    enter_act(session, act, unit, by, detail)


def enter_act(
    session: Session, act: str, unit: Unit, by: Principal, detail: dict[str, object]
) -> None:
    """Enter who did what to a unit."""
    session.flush()
    told = {"unit_id": unit.id, "unit": unit.code, **detail}
    enter(session, Act(act, by.id, by.username, division_code=unit.division_code, detail=told))
