"""Assignments at the API: a task offered to units, and what a unit answers and does."""

from datetime import UTC, datetime

from fastapi import APIRouter

from ...access import CurrentUser, Id, Tx, right
from ...errors import NotAllowed
from ..fields import pair
from ..keys import Click, Key
from ..steps import Step
from ..tasks.schemas import TaskSheet
from ..tasks.showing import sheet
from . import acting, arrival, offering
from .schemas import AssignmentOut, AssignmentStepIn, OfferIn

router = APIRouter(prefix="/api", tags=["dispatch"])


@router.post("/tasks/{task_id}/assignments", **right("tasks.act"))
def offer_task(
    task_id: Id, told: OfferIn, user: CurrentUser, tx: Tx, idempotency_key: Key = None
) -> TaskSheet:
    """Offer a task to units, to the home units of grids, or to another unit instead of one."""
    asked = {"offer": task_id, "told": told.model_dump(mode="json")}
    click = Click(tx, user, idempotency_key, asked)
    if click.earlier() is None:
        wanted = offering.Offer(told.unit_ids, tuple(told.grid_ids), told.instead_of, told.version)
        offering.offer(tx, task_id, wanted, by=user, now=datetime.now(UTC))
        click.made(task_id)
    return sheet(tx, user, task_id)


@router.post("/assignments/{assignment_id}/acts", **right("signed_in"))
def act_on_assignment(
    assignment_id: Id,
    told: AssignmentStepIn,
    user: CurrentUser,
    tx: Tx,
    idempotency_key: Key = None,
) -> AssignmentOut:
    """Accept, refuse, start, arrive, finish or withdraw: as dispatcher, or as the unit itself."""
    if not acting.may_act(user):
        raise NotAllowed(right="tasks.act")
    asked = {"assignment": assignment_id, "told": told.model_dump(mode="json")}
    click = Click(tx, user, idempotency_key, asked)
    if click.earlier() is None:
        step = Step(told.act, told.version, told.text, told.at)
        where = arrival.Whereabouts(pair(told.lon, told.lat), told.accuracy, told.photograph_id)
        now = datetime.now(UTC)
        acting.act(tx, assignment_id, step, by=user, now=now, where=where)
        click.made(assignment_id)
    return AssignmentOut.model_validate(acting.find(tx, assignment_id, user))
