"""The task board: tasks of the jurisdiction with who is on them, and how many wait for what."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session

from ...access import Principal
from ...errors import NotFound
from ...incidents.models import Incident
from ..models import Assignment, Callout, Task, TaskEntry, TaskGrid

Progress = Literal["waiting", "offered", "accepted", "under_way", "arrived", "done", "cancelled"]
_FURTHEST: tuple[Progress, ...] = ("arrived", "under_way", "accepted", "offered")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tasks a board shows; None does not narrow. `before` continues after an id."""

    state: Literal["open", "done", "cancelled", "all"] = "open"
    severity: str | None = None
    kind: str | None = None
    unit: int | None = None
    incident: int | None = None
    alert: int | None = None
    mine: bool = False
    overdue: bool = False
    q: str = ""
    span: tuple[int, int] | None = None
    before: int | None = None
    offset: int = 0
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Dressed:
    """A task with all that its row shows."""

    task: Task
    lonlat: tuple[float, float] | None
    incident_number: str | None
    created_by: str
    grids: tuple[TaskGrid, ...]
    assignments: tuple[Assignment, ...]
    callouts: tuple[Callout, ...]
    is_overdue: bool

    @property
    def progress(self) -> Progress:
        """How far the furthest unit or department is; "waiting" when nobody is on it."""
        if self.task.state == "cancelled":
            return "cancelled"
        if self.task.state == "done":
            return "done"
        reached = {each.state for each in self.assignments}
        reached |= {"offered" if c.state == "called" else c.state for c in self.callouts}
        return next((step for step in _FURTHEST if step in reached), "waiting")


def page(
    session: Session, wanted: Wanted, *, by: Principal, now: datetime
) -> tuple[list[Dressed], int]:
    """Return tasks of the jurisdiction, newest first, and how many there are of them."""
    conditions = _conditions(wanted, by, now)
    total = session.scalar(select(func.count()).select_from(Task).where(*conditions)) or 0
    chosen = select(Task).where(*conditions).order_by(Task.id.desc())
    if wanted.before is not None:
        chosen = chosen.where(Task.id < wanted.before)
    found = session.scalars(chosen.offset(wanted.offset).limit(wanted.limit)).all()
    return dressed(session, found, now=now), total


def one(session: Session, task_id: int, *, by: Principal, now: datetime) -> Dressed:
    """Return one task of the jurisdiction.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    inside = Task.division_code.between(by.scope.low, by.scope.high)
    found = session.scalars(select(Task).where(Task.id == task_id, inside)).all()
    if not found:
        raise NotFound()
    return dressed(session, found, now=now)[0]


def dressed(session: Session, tasks: Sequence[Task], *, now: datetime) -> list[Dressed]:
    """Return the tasks with who is on them, in a fixed number of queries."""
    ids = [task.id for task in tasks]
    places = _places(session, ids)
    grids = _by_task(session, select(TaskGrid).where(TaskGrid.task_id.in_(ids)))
    on_it = _by_task(
        session, select(Assignment).where(Assignment.task_id.in_(ids)).order_by(Assignment.id)
    )
    offices = _by_task(
        session, select(Callout).where(Callout.task_id.in_(ids)).order_by(Callout.id)
    )
    numbers = _numbers(session, tasks)
    makers = _makers(session, ids)
    return [
        Dressed(
            task,
            places.get(task.id),
            numbers.get(task.incident_id or 0),
            makers.get(task.id, ""),
            tuple(grids[task.id]),
            tuple(on_it[task.id]),
            tuple(offices[task.id]),
            is_overdue=_is_overdue(task, [*on_it[task.id], *offices[task.id]], now),
        )
        for task in tasks
    ]


def entries(session: Session, task_id: int) -> list[TaskEntry]:
    """Return every act on a task, oldest first."""
    wanted = select(TaskEntry).where(TaskEntry.task_id == task_id)
    return list(session.scalars(wanted.order_by(TaskEntry.id)))


def counters(session: Session, *, by: Principal, now: datetime) -> dict[str, int]:
    """Return how many open tasks stand at each step, by their furthest unit; and the overdue."""
    furthest = case(
        *((_has(state), state) for state in _FURTHEST),
        else_="waiting",
    )
    rows = session.execute(
        select(furthest, func.count()).where(*_conditions(Wanted(), by, now)).group_by(furthest)
    )
    found: dict[str, int] = {"waiting": 0, **dict.fromkeys(_FURTHEST, 0)}
    found |= {str(state): int(count) for state, count in rows}
    late = _conditions(Wanted(overdue=True), by, now)
    found["overdue"] = session.scalar(select(func.count()).select_from(Task).where(*late)) or 0
    found["open"] = sum(count for name, count in found.items() if name != "overdue")
    return found


def _has(state: str) -> ColumnElement[bool]:
    office = "called" if state == "offered" else state
    return or_(
        exists().where(Assignment.task_id == Task.id, Assignment.state == state),
        exists().where(Callout.task_id == Task.id, Callout.state == office),
    )


def _conditions(wanted: Wanted, by: Principal, now: datetime) -> list[ColumnElement[bool]]:
    low, high = wanted.span or (by.scope.low, by.scope.high)
    found: list[ColumnElement[bool]] = [
        Task.division_code.between(max(low, by.scope.low), min(high, by.scope.high))
    ]
    equal: dict[Any, Any] = {
        Task.state: None if wanted.state == "all" else wanted.state,
        Task.severity: wanted.severity,
        Task.kind: wanted.kind,
        Task.incident_id: wanted.incident,
        Task.alert_id: wanted.alert,
        Task.created_by: by.id if wanted.mine else None,
    }
    found += [column == value for column, value in equal.items() if value is not None]
    if wanted.unit is not None:
        found.append(
            exists().where(Assignment.task_id == Task.id, Assignment.unit_id == wanted.unit)
        )
    if wanted.q.strip():
        found.append(_mentions(wanted.q.strip()))
    if wanted.overdue:
        found.append(_late(now))
    return found


def _mentions(typed: str) -> ColumnElement[bool]:
    return or_(
        Task.number.icontains(typed, autoescape=True),
        Task.title.icontains(typed, autoescape=True),
        Task.place_text.icontains(typed, autoescape=True),
        exists().where(
            Assignment.task_id == Task.id, Assignment.unit_name.icontains(typed, autoescape=True)
        ),
    )


def _late(now: datetime) -> ColumnElement[bool]:
    coming = ("accepted", "under_way")
    unit = and_(Assignment.state.in_(coming), Assignment.arrive_by < now)
    office = and_(Callout.state == "accepted", Callout.arrive_by < now)
    return and_(
        Task.state == "open",
        or_(
            Task.deadline_at < now,
            exists().where(Assignment.task_id == Task.id, unit),
            exists().where(Callout.task_id == Task.id, office),
        ),
    )


def _is_overdue(task: Task, on_it: Sequence[Assignment | Callout], now: datetime) -> bool:
    if task.state != "open":
        return False
    if task.deadline_at is not None and task.deadline_at < now:
        return True
    coming = [each for each in on_it if each.state in ("accepted", "under_way")]
    return any(each.arrive_by is not None and each.arrive_by < now for each in coming)


def _places(session: Session, ids: Sequence[int]) -> dict[int, tuple[float, float]]:
    x, y = func.ST_X(Task.geom), func.ST_Y(Task.geom)
    wanted = select(Task.id, x, y).where(Task.id.in_(ids), Task.geom.is_not(None))
    return {row[0]: (row[1], row[2]) for row in session.execute(wanted)}


def _by_task(session: Session, wanted: Any) -> defaultdict[int, list[Any]]:
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for row in session.scalars(wanted):
        found[row.task_id].append(row)
    return found


def _numbers(session: Session, tasks: Sequence[Task]) -> dict[int, str]:
    ids = {task.incident_id for task in tasks if task.incident_id is not None}
    wanted = select(Incident.id, Incident.number).where(Incident.id.in_(ids))
    return {row[0]: row[1] for row in session.execute(wanted)}


def _makers(session: Session, ids: Sequence[int]) -> dict[int, str]:
    # From the timeline: the account may belong to another jurisdiction and be invisible here.
    wanted = select(TaskEntry.task_id, TaskEntry.actor_name).where(
        TaskEntry.task_id.in_(ids), TaskEntry.act == "create"
    )
    return {row[0]: row[1] for row in session.execute(wanted)}
