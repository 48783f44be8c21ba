"""Departments, call-outs, photographs and the nearest units at the API."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query, Response, status
from pydantic import AwareDatetime

from .. import db
from ..access import CurrentUser, Id, Tx, right
from ..divisions.codes import parse_jurisdiction, text_of
from ..errors import NotAllowed
from . import assignments, callouts, departments, nearest, photographs
from .assignments import Step
from .keys import Click
from .models import Department
from .nearest_schemas import DepartmentIn, DepartmentOut, DepartmentPage, NearPage
from .schemas import BigId, CalloutIn, CalloutOut, CalloutStepIn, Lat, Lon, PhotographOut, TaskSheet
from .showing import excluded_row, near_row, photograph_of
from .task_routes import Key, pair, sheet

router = APIRouter(prefix="/api", tags=["dispatch"])

_Wanted = Annotated[BigId | None, Query()]


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
        callouts.call(tx, task_id, [told.department_id], by=user, now=datetime.now(UTC))
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
        callouts.act(tx, callout_id, step, by=user, now=datetime.now(UTC))
        click.made(callout_id)
    return CalloutOut.model_validate(callouts.find(tx, callout_id, user))


@router.post("/photographs", status_code=status.HTTP_201_CREATED, **right("signed_in"))
def add_photograph(
    *,
    user: CurrentUser,
    body: Annotated[bytes, Body(media_type="image/jpeg")],
    assignment_id: _Wanted = None,
    task_id: _Wanted = None,
    incident_id: _Wanted = None,
    taken_at: Annotated[AwareDatetime | None, Query()] = None,
    lon: Annotated[Lon | None, Query()] = None,
    lat: Annotated[Lat | None, Query()] = None,
    idempotency_key: Key = None,
) -> PhotographOut:
    """Keep a photograph (JPEG, PNG or WebP as the body) of an assignment, a task or an incident."""
    if not (assignments.may_act(user) or user.may("incidents.act")):
        raise NotAllowed(right="tasks.act")
    said = photographs.Caption(assignment_id, task_id, incident_id, taken_at, pair(lon, lat))
    asked = photographs.fingerprint_of(body, said)
    with db.begin(user.scope) as tx:
        known = Click(tx, user, idempotency_key, asked).earlier()
        photographs.check_subject(tx, said, user)
    # Decoded before a transaction is open: it takes a while, and nobody waits for the register.
    shown = None if known else photographs.develop_within_limits(body)
    with db.begin(user.scope) as tx:
        click = Click(tx, user, idempotency_key, asked)
        known = click.earlier()
        if known is None and shown is not None:
            known = photographs.keep(tx, shown, said, by=user, now=datetime.now(UTC)).id
            click.made(known)
        return photograph_of(photographs.known(tx, known))


@router.get("/photographs", **right("tasks.read"))
def list_photographs(
    user: CurrentUser, tx: Tx, task_id: _Wanted = None, incident_id: _Wanted = None
) -> list[PhotographOut]:
    """What is known of the photographs of a task or an incident."""
    shown = photographs.listed(tx, by=user, task_id=task_id, incident_id=incident_id)
    return [photograph_of(each) for each in shown]


@router.get(
    "/photographs/{photograph_id}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
    **right("signed_in"),
)
def read_photograph(photograph_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """A photograph's picture; every reading is entered into the register."""
    if not (user.may("tasks.read") or user.may("handheld.use")):
        raise NotAllowed(right="tasks.read")
    shown = photographs.read(tx, photograph_id, by=user)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
    return Response(shown.content, media_type=shown.media_type, headers=headers)


@router.get("/dispatch/nearest", **right("tasks.read"))
def rank_nearest(
    *,
    user: CurrentUser,
    tx: Tx,
    lon: Annotated[Lon, Query()],
    lat: Annotated[Lat, Query()],
    skills: Annotated[list[str] | None, Query(max_length=20)] = None,
    kind: Annotated[
        str | None, Query(pattern="^(household_head|grid_worker|volunteer|response)$")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=40)] = 10,
) -> NearPage:
    """Units on duty that can go, soonest first, each with its reasons; and who cannot, and why."""
    now = datetime.now(UTC)
    wanted = [word.strip() for each in skills or () for word in each.split(",") if word.strip()]
    asked = nearest.Question((lon, lat), tuple(wanted), kind, limit)
    found, excluded = nearest.rank(tx, asked, by=user, now=now)
    return NearPage(
        rows=[near_row(each, now) for each in found],
        total=len(found),
        excluded=[excluded_row(each) for each in excluded],
        as_of=now,
    )


def _department(found: Department) -> DepartmentOut:
    return DepartmentOut(
        id=found.id,
        name=found.name,
        division_code=text_of(found.division_code),
        skills=found.skills,
        version=found.version,
    )
