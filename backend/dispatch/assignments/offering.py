"""Offering a task to units: named ones, or those at home in its grids; and giving it to another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ...access import Principal
from ...grids.models import Grid
from ...patrol.models import Unit
from ...settings import load
from .. import clocks, timeline
from ..models import Assignment, Task, TaskGrid
from ..nearest import reach
from ..refusals import AlreadyOffered, OffDuty, StepRefused, TaskEnded, Unknown
from ..steps import OPEN_ASSIGNMENT, enter_state
from ..tasks import settling
from ..timeline import Line

# A unit is at home in a grid by set and code, whichever version of the grid it was given.
_AT_HOME = text(
    "SELECT DISTINCT ug.unit_id FROM grids wanted"
    " JOIN grids home ON home.set_name = wanted.set_name AND home.code = wanted.code"
    " JOIN unit_grids ug ON ug.grid_id = home.id JOIN units u ON u.id = ug.unit_id"
    " WHERE wanted.id = ANY(:grids) AND u.is_active AND unit_on_duty(u.id, :now)"
    " AND u.division_code BETWEEN :low AND :high ORDER BY ug.unit_id"
)


@dataclass(frozen=True, slots=True)
class Offer:
    """To whom: units by id, home units of grids, perhaps in place of a unit that is on it now."""

    unit_ids: tuple[int, ...] = ()
    grid_ids: tuple[int, ...] = ()
    instead_of: int | None = None
    version: int | None = None


def offer(
    session: Session, task_id: int, wanted: Offer, *, by: Principal, now: datetime
) -> list[Assignment]:
    """Offer a task, and withdraw the assignment it replaces, in one transaction.

    Raises
    ------
    NotFound, StaleVersion, TaskEnded, Unknown, OffDuty, AlreadyOffered, StepRefused
        If it cannot be offered so.

    """
    task = settling.locked(session, task_id, by, version=wanted.version)
    if task.state != "open":
        raise TaskEnded(state=task.state)
    if wanted.instead_of is not None:
        _withdraw(session, task, wanted.instead_of, by=by, now=now)
    made = offered(session, task, wanted, by=by, now=now)
    timeline.tell(session, task)
    told = {"units": [each.unit_code for each in made], "instead_of": wanted.instead_of}
    timeline.enter(session, task, Line("offer", detail=told), by=by)
    return made


def offered(
    session: Session, task: Task, wanted: Offer, *, by: Principal, now: datetime
) -> list[Assignment]:
    """Add assignments to a locked task; whoever calls raises its version and enters the act."""
    units = _named(session, wanted.unit_ids, by=by, now=now)
    on_it = _on_it(session, task)
    for unit in units:
        if unit.id in on_it:
            raise AlreadyOffered(name=unit.name)
    chosen = {unit.id for unit in units} | on_it
    units += [u for u in _at_home(session, wanted.grid_ids, by, now) if u.id not in chosen]
    rules = clocks.for_units(load().dispatch, task.severity)
    reached = reach.of_units(session, task, units, now=now)
    made = []
    for unit in units:
        travel = reached.get(unit.id)
        assignment = Assignment(
            task_id=task.id,
            unit_id=unit.id,
            unit_code=unit.code,
            unit_name=unit.name,
            division_code=task.division_code,
            state="offered",
            offered_at=now,
            accept_by=rules.accept_by(now),
            travel_s=travel.travel_s if travel else None,
            travel_m=travel.travel_m if travel else None,
            travel_how=travel.how if travel else None,
            version=1,
        )
        session.add(assignment)
        timeline.write(session, task, Line("offer", assignment, None, "offered"), by=by, now=now)
        made.append(assignment)
    return made


def add_grids(session: Session, task: Task, grid_ids: Sequence[int], by: Principal) -> None:
    """Note the grids a task is about, by id, with the names of now.

    Raises
    ------
    Unknown
        If one is not in force, or lies outside the jurisdiction.

    """
    found = grids_of(session, grid_ids, by)
    known = set(session.scalars(select(TaskGrid.grid_id).where(TaskGrid.task_id == task.id)))
    session.add_all(
        TaskGrid(task_id=task.id, grid_id=grid.id, grid_code=grid.code, grid_name=grid.name)
        for grid in found
        if grid.id not in known
    )
    session.flush()


def grids_of(session: Session, grid_ids: Sequence[int], by: Principal) -> list[Grid]:
    """Return grids in force of the jurisdiction.

    Raises
    ------
    Unknown
        If one of the ids is none.

    """
    wanted = select(Grid).where(
        Grid.id.in_(grid_ids),
        Grid.valid_to.is_(None),
        Grid.division_code.between(by.scope.low, by.scope.high),
    )
    found = list(session.scalars(wanted.order_by(Grid.code)))
    missing = set(grid_ids) - {grid.id for grid in found}
    if missing:
        raise Unknown(field="grid_ids", wanted=f"grid {min(missing)}")
    return found


def _named(
    session: Session, unit_ids: Sequence[int], *, by: Principal, now: datetime
) -> list[Unit]:
    wanted = select(Unit, func.unit_on_duty(Unit.id, now)).where(
        Unit.id.in_(unit_ids),
        Unit.is_active,
        Unit.division_code.between(by.scope.low, by.scope.high),
    )
    found = {unit.id: (unit, on_duty) for unit, on_duty in session.execute(wanted)}
    for unit_id in unit_ids:
        if unit_id not in found:
            raise Unknown(field="unit_ids", wanted=f"unit {unit_id}")
        if not found[unit_id][1]:
            raise OffDuty(field="unit_ids", name=found[unit_id][0].name)
    return [found[unit_id][0] for unit_id in dict.fromkeys(unit_ids)]


def _at_home(session: Session, grid_ids: Sequence[int], by: Principal, now: datetime) -> list[Unit]:
    if not grid_ids:
        return []
    asked = {"grids": list(grid_ids), "now": now, "low": by.scope.low, "high": by.scope.high}
    ids = session.scalars(_AT_HOME, asked).all()
    return list(session.scalars(select(Unit).where(Unit.id.in_(ids)).order_by(Unit.id)))


def _on_it(session: Session, task: Task) -> set[int]:
    wanted = select(Assignment.unit_id).where(
        Assignment.task_id == task.id, Assignment.state.in_(OPEN_ASSIGNMENT)
    )
    return set(session.scalars(wanted))


def _withdraw(
    session: Session, task: Task, assignment_id: int, *, by: Principal, now: datetime
) -> None:
    assignment = session.get(Assignment, assignment_id, populate_existing=True)
    if assignment is None or assignment.task_id != task.id:
        raise Unknown(field="instead_of", wanted=f"assignment {assignment_id}")
    if assignment.state not in OPEN_ASSIGNMENT:
        raise StepRefused(state=assignment.state, act="withdraw")
    before = assignment.state
    enter_state(assignment, "withdrawn", now)
    line = Line("withdraw", assignment, before, "withdrawn")
    timeline.write(session, task, line, by=by, now=now)
