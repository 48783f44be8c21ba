"""部门: the offices that can be called out; a county's are seen by its townships too."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...divisions.codes import parent
from ...errors import Conflict, InvalidField
from ..models import Department


class DepartmentKnown(Conflict):
    code = "departments.known"
    zh = "已有名为 {name} 的部门，请换一个名称。"
    en = "There is a department {name} already: choose another name."


class DepartmentOutside(InvalidField):
    code = "departments.outside"
    zh = "只能在自己的辖区内设置部门。"
    en = "A department can be added inside your own jurisdiction only."


def listed(session: Session, by: Principal) -> list[Department]:
    """Return the departments in use, of the jurisdiction and of the divisions above it."""
    above: list[int] = [0]
    code: int | None = by.division_code
    while code is not None:
        above.append(code)
        code = parent(code) if code else None
    own = Department.division_code.between(by.scope.low, by.scope.high)
    wanted = select(Department).where(
        Department.is_active, or_(own, Department.division_code.in_(above))
    )
    return list(session.scalars(wanted.order_by(Department.division_code, Department.name)))


def add(
    session: Session, name: str, division_code: int, skills: Sequence[str], *, by: Principal
) -> Department:
    """Add a department to the jurisdiction.

    Raises
    ------
    DepartmentOutside, DepartmentKnown
        If it would lie outside, or its name is taken there.

    """
    if not by.covers(division_code):
        raise DepartmentOutside(field="division_code")
    row = {"name": name, "division_code": division_code, "skills": list(skills)}
    adding = insert(Department).values(**row).on_conflict_do_nothing().returning(Department)
    made = session.scalars(adding).one_or_none()
    if made is None:
        raise DepartmentKnown(name=name)
    enter(
        session,
        Act(
            "department.added",
            by.id,
            by.username,
            division_code=division_code,
            detail={"name": name, "skills": list(skills)},
        ),
    )
    return made
