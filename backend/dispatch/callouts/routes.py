"""Departments and call-outs at the API."""

from datetime import UTC, datetime

from fastapi import APIRouter, status

from ...access import CurrentUser, Id, Tx, right
from ...divisions.codes import parse_jurisdiction, text_of
from ..keys import Click, Key
from ..models import Department
from ..steps import Step
from ..tasks.schemas import TaskSheet
from ..tasks.showing import sheet
from . import calling, departments
from .schemas import (
    CalloutIn,
    CalloutOut,
    CalloutStepIn,
    DepartmentIn,
    DepartmentOut,
    DepartmentPage,
)

router = APIRouter(prefix="/api", tags=["dispatch"])


@router.get("/departments", **right("tasks.read"))
def list_departments(user: CurrentUser, tx: Tx) -> DepartmentPage:
    """Departments of the jurisdiction and of the divisions above it."""
    rows = [_department(each) for each in departments.listed(tx, user)]
    return DepartmentPage(rows=rows, total=len(rows))


@router.post("/departments", status_code=status.HTTP_201_CREATED, **right("tasks.act"))
def add_department(
    told: DepartmentIn, user: CurrentUser, tx: Tx, idempotency_key: Key = None
) -> DepartmentOut:
    """Add a department that can be called out."""
    click = Click(tx, user, idempotency_key, {"department": told.model_dump(mode="json")})
    made = click.earlier()
    if made is None:
        code = told.division_code
        where = user.division_code if code is None else parse_jurisdiction(code)
        made = departments.add(tx, told.name, where, told.skills, by=user).id
        click.made(made)
    return _department(tx.get_one(Department, made))


@router.post("/tasks/{task_id}/callouts", **right("tasks.act"))
def call_department(
    task_id: Id, told: CalloutIn, user: CurrentUser, tx: Tx, idempotency_key: Key = None
) -> TaskSheet:
    """Call a department to a task (吹哨)."""
    asked = {"call": task_id, "told": told.model_dump(mode="json")}
    click = Click(tx, user, idempotency_key, asked)
    if click.earlier() is None:
        calling.call(tx, task_id, [told.department_id], by=user, now=datetime.now(UTC))
        click.made(task_id)
    return sheet(tx, user, task_id)


@router.post("/callouts/{callout_id}/acts", **right("tasks.act"))
def act_on_callout(
    callout_id: Id, told: CalloutStepIn, user: CurrentUser, tx: Tx, idempotency_key: Key = None
) -> CalloutOut:
    """Enter what a department answered: accepted, arrived (报到), done, refused, or withdrawn."""
    asked = {"callout": callout_id, "told": told.model_dump(mode="json")}
    click = Click(tx, user, idempotency_key, asked)
    if click.earlier() is None:
        step = Step(told.act, told.version, told.text, told.at)
        calling.act(tx, callout_id, step, by=user, now=datetime.now(UTC))
        click.made(callout_id)
    return CalloutOut.model_validate(calling.find(tx, callout_id, user))


def _department(found: Department) -> DepartmentOut:
    return DepartmentOut(
        id=found.id,
        name=found.name,
        division_code=text_of(found.division_code),
        skills=found.skills,
        version=found.version,
    )
