"""Tasks at the API: the board, one task and its acts."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, status
from pydantic import AwareDatetime
from sqlalchemy import select

from ...access import CurrentUser, Id, Tx, right
from ...divisions.codes import text_of
from ...divisions.extent import DIVISION_FORM, extent_of
from ...divisions.locating import named
from ...errors import InvalidField
from ..fields import pair
from ..keys import Click, Key
from ..models import AssignmentTransition, CalloutTransition
from . import board, creating, settling, statistics
from .schemas import (
    AssignmentStatRow,
    AssignmentStats,
    DispatchStepOut,
    DispatchStepsOut,
    TaskCounters,
    TaskIn,
    TaskPage,
    TaskQuery,
    TaskSheet,
    TaskStepIn,
)
from .showing import row_of, sheet

router = APIRouter(prefix="/api/tasks", tags=["dispatch"])

Division = Annotated[str | None, Query(pattern=DIVISION_FORM)]
_LONGEST = timedelta(days=400)


class PeriodRefused(InvalidField):
    code = "dispatch.period"
    zh = "统计时段须先后有序，且不超过 {days} 天。"
    en = "A period begins before it ends and lasts {days} days at most."


@router.get("", **right("tasks.read"))
def list_tasks(
    user: CurrentUser, tx: Tx, wanted: Annotated[TaskQuery, Query()], division: Division = None
) -> TaskPage:
    """Tasks of the jurisdiction, newest first, with who is on them."""
    now = datetime.now(UTC)
    extent = extent_of(tx, user, division)
    asked = board.Wanted(**wanted.model_dump(), span=(extent.low, extent.high))
    found, total = board.page(tx, asked, by=user, now=now)
    return TaskPage(rows=[row_of(each) for each in found], total=total, as_of=now)


@router.get("/counters", **right("tasks.read"))
def count_tasks(user: CurrentUser, tx: Tx) -> TaskCounters:
    """How many open tasks wait for what."""
    now = datetime.now(UTC)
    return TaskCounters(**board.counters(tx, by=user, now=now), as_of=now)


@router.get("/steps", **right("tasks.read"))
def read_steps(tx: Tx) -> DispatchStepsOut:
    """Which act leads from which state to which, for units and for departments."""
    of_units = tx.scalars(
        select(AssignmentTransition).where(AssignmentTransition.act != "time_out")
    )
    offices = tx.scalars(select(CalloutTransition).where(CalloutTransition.act != "time_out"))
    return DispatchStepsOut(
        assignments=[DispatchStepOut.model_validate(each) for each in of_units],
        callouts=[DispatchStepOut.model_validate(each) for each in offices],
    )


@router.get("/stats", **right("tasks.read"))
def read_stats(
    user: CurrentUser,
    tx: Tx,
    since: Annotated[AwareDatetime, Query(alias="from")],
    until: Annotated[AwareDatetime, Query(alias="to")],
    division: Division = None,
) -> AssignmentStats:
    """Assignments by township and shift: offered, accepted and arrived in time."""
    if not since < until <= since + _LONGEST:
        raise PeriodRefused(field="to", days=_LONGEST.days)
    extent = extent_of(tx, user, division)
    found = statistics.by_township_and_shift(tx, (extent.low, extent.high), since, until)
    towns = {row["township"]: named(tx, row["township"]) for row in found}
    rows = []
    for row in found:
        town = towns[row["township"]]
        told = {
            "township": text_of(row["township"]),
            "township_name": town.name if town else None,
        }
        rows.append(AssignmentStatRow.model_validate(dict(row) | told))
    return AssignmentStats(rows=rows, since=since, until=until)


@router.post("", status_code=status.HTTP_201_CREATED, **right("tasks.act"))
def create_task(told: TaskIn, user: CurrentUser, tx: Tx, idempotency_key: Key = None) -> TaskSheet:
    """Make a task from an incident, an alert or by hand; offered at once if it says to whom."""
    click = Click(tx, user, idempotency_key, {"create": told.model_dump(mode="json")})
    task_id = click.earlier()
    if task_id is None:
        order = creating.Order(
            **told.model_dump(exclude={"lon", "lat", "grid_ids", "unit_ids", "department_ids"}),
            lonlat=pair(told.lon, told.lat),
            grid_ids=told.grid_ids,
            unit_ids=told.unit_ids,
            department_ids=told.department_ids,
        )
        task_id = creating.create(tx, order, by=user, now=datetime.now(UTC)).id
        click.made(task_id)
    return sheet(tx, user, task_id)


@router.get("/{task_id}", **right("tasks.read"))
def read_task(task_id: Id, user: CurrentUser, tx: Tx) -> TaskSheet:
    """One task with its timeline and photographs."""
    return sheet(tx, user, task_id)


@router.post("/{task_id}/acts", **right("tasks.act"))
def act_on_task(
    task_id: Id, told: TaskStepIn, user: CurrentUser, tx: Tx, idempotency_key: Key = None
) -> TaskSheet:
    """Note, finish or cancel a task as it was seen at `version`."""
    asked = {"task": task_id, "told": told.model_dump(mode="json")}
    click = Click(tx, user, idempotency_key, asked)
    if click.earlier() is None:
        step = settling.TaskStep(told.act, told.version, told.text)
        settling.act(tx, task_id, step, by=user, now=datetime.now(UTC))
        click.made(task_id)
    return sheet(tx, user, task_id)
