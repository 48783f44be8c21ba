"""Writing requirements: added, changed, ended by those who plan patrols; each act is on record."""

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...divisions.codes import parse_jurisdiction, text_of
from ...divisions.extent import Extent
from ...errors import Conflict, InvalidField, NotFound
from ...grids.models import Grid
from ...jobs import defer
from ...live import Notice, announce
from ...localtime import today
from .models import Requirement
from .schemas import RequirementEdit, RequirementNew, RequirementPage, RequirementRow


class StaleRequirement(Conflict):
    code = "requirements.stale_version"
    zh = "该巡防要求已被他人修改，请刷新后再试。"
    en = "This requirement has been changed by somebody else: reload and try again."


class DivisionOutside(InvalidField):
    code = "requirements.division"
    zh = "区划 {division_code} 不在您的辖区内，或网格不在该区划内。"
    en = "Division {division_code} lies outside your jurisdiction, or the grid lies outside it."


class AsksNothing(InvalidField):
    code = "requirements.asks_nothing"
    zh = "次数、最长间隔、最低覆盖至少填一项。"
    en = "Ask for a number of visits, a longest interval or a least share."


class UnevenBand(InvalidField):
    code = "requirements.uneven_band"
    zh = "要求最低覆盖时，时段须为整点起止：覆盖按整小时统计。"
    en = "A least share is counted by whole hours: let the band begin and end on the hour."


class EndsBeforeBegin(InvalidField):
    code = "requirements.validity"
    zh = "有效期的结束不能早于开始。"
    en = "The last day lies before the first one: choose a later one."


def page(session: Session, extent: Extent, grid_id: int | None = None) -> RequirementPage:
    """Return the requirements of a division, or those that concern one grid of it."""
    wanted = select(Requirement).where(Requirement.division_code.between(extent.low, extent.high))
    if grid_id is not None:
        of_all = Requirement.grid_id.is_(None)
        wanted = wanted.where(or_(Requirement.grid_id == grid_id, of_all))
    found = session.scalars(wanted.order_by(Requirement.name, Requirement.id)).all()
    return RequirementPage(rows=[row(each) for each in found], total=len(found))


def row(requirement: Requirement) -> RequirementRow:
    """Return a requirement as the API tells it."""
    told = {name: getattr(requirement, name) for name in RequirementRow.model_fields}
    return RequirementRow(**told | {"division_code": text_of(requirement.division_code)})


def add(session: Session, new: RequirementNew, *, by: Principal) -> Requirement:
    """Add a requirement inside the caller's jurisdiction.

    Raises
    ------
    DivisionOutside, UnevenBand, EndsBeforeBegin
        If it cannot be.

    """
    given = new.model_dump(exclude_none=True)
    requirement = Requirement(**given | {"division_code": _division(session, new, by)})
    requirement.valid_from = new.valid_from or today()
    _check(requirement)
    session.add(requirement)
    session.flush()
    _record(session, "requirement.added", requirement, by, new.model_dump(mode="json"))
    return requirement


def edit(
    session: Session, requirement_id: int, change: RequirementEdit, *, by: Principal
) -> Requirement:
    """Change the fields given of a requirement as it was seen at `version`.

    Raises
    ------
    StaleRequirement
        If it has changed since.

    """
    requirement = get(session, requirement_id)
    session.refresh(requirement, with_for_update=True)
    if requirement.version != change.version:
        raise StaleRequirement()
    for name, value in change.model_dump(exclude_unset=True, exclude={"version"}).items():
        setattr(requirement, name, value)
    _check(requirement)
    requirement.version += 1
    session.flush()
    told = change.model_dump(mode="json", exclude_unset=True, exclude={"version"})
    _record(session, "requirement.changed", requirement, by, told)
    return requirement


def remove(session: Session, requirement_id: int, *, by: Principal) -> None:
    """Take a requirement away, with the states of its windows."""
    requirement = get(session, requirement_id)
    _record(session, "requirement.removed", requirement, by, {})
    session.delete(requirement)


def get(session: Session, requirement_id: int) -> Requirement:
    """Return a requirement of the jurisdiction.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    found = session.get(Requirement, requirement_id)
    if found is None:
        raise NotFound()
    return found


def _division(session: Session, new: RequirementNew, by: Principal) -> int:
    grid = None if new.grid_id is None else session.get(Grid, new.grid_id)
    if new.grid_id is not None and grid is None:
        raise NotFound()
    if grid is not None:  # whoever sees the grid sees what is asked of it
        return grid.division_code
    code = parse_jurisdiction(new.division_code or "")
    if not by.covers(code):
        raise DivisionOutside(field="division_code", division_code=new.division_code)
    return code


def _check(requirement: Requirement) -> None:
    asked = (requirement.times, requirement.longest_interval_s, requirement.least_share)
    if all(each is None for each in asked):
        raise AsksNothing(field="times")
    begins, ends = requirement.begins, requirement.ends
    is_even = not any((begins.minute, begins.second, ends.minute, ends.second))
    if requirement.least_share is not None and not is_even:
        raise UnevenBand(field="begins")
    if requirement.valid_to is not None and requirement.valid_to < requirement.valid_from:
        raise EndsBeforeBegin(field="valid_to")


def _record(
    session: Session, act: str, requirement: Requirement, by: Principal, detail: dict[str, Any]
) -> None:
    defer(session, "patrol.overdue", key="patrol.overdue")
    version = session.scalar(select(func.txid_current())) or 0
    announce(session, Notice("patrol", requirement.id, version, requirement.division_code))
    told = {"requirement_id": requirement.id, "name": requirement.name, **detail}
    code = requirement.division_code
    enter(session, Act(act, by.id, by.username, division_code=code, detail=told))
