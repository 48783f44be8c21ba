"""Staff and versions of a grid at the API."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response

from ...access import CurrentUser, Id, Tx, right
from ...divisions.codes import parse_jurisdiction, span
from ...localtime import today
from .. import versions
from . import keeping, listing
from .schemas import AccountPage, DutyEnd, DutyNew, DutyRow, Role, StaffSheet, VacancyPage

router = APIRouter(prefix="/api/grids", tags=["grids"])

_SET = Query(alias="set", min_length=1, max_length=100)
_DIVISION = Query(pattern=r"^(0|\d{2}|\d{4}|\d{6}|\d{9}|\d{12})$")


@router.get("/vacancies", **right("patrol.read"))
def list_vacancies(
    *,
    user: CurrentUser,
    tx: Tx,
    set_name: Annotated[str, _SET],
    at: date | None = None,
    role: Role | None = None,
    division: Annotated[str | None, _DIVISION] = None,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=20_000)] = 200,
) -> VacancyPage:
    """Grids of a set that lack a worker or a chief on a day, by default today."""
    wanted = listing.Wanted(
        set_name=set_name,
        at=at or today(),
        role=role,
        span=None if division is None else span(parse_jurisdiction(division)),
        offset=offset,
        limit=limit,
    )
    return listing.vacancies(tx, wanted, by=user)


@router.get("/staff/accounts", **right("grids.edit"))
def list_accounts(tx: Tx, role: Role, q: Annotated[str, Query(max_length=100)] = "") -> AccountPage:
    """Active accounts of the jurisdiction that may take a role, the least charged first."""
    return listing.accounts(tx, q.strip(), role, today())


@router.patch("/staff/{duty_id}", **right("grids.edit"))
def end_duty(duty_id: Id, change: DutyEnd, user: CurrentUser, tx: Tx) -> DutyRow:
    """Set the first day no longer on duty, or take it away again; as seen at `version`."""
    duty = keeping.end(tx, duty_id, change, by=user)
    return listing.one(tx, duty, today())


@router.delete("/staff/{duty_id}", status_code=204, response_class=Response, **right("grids.edit"))
def strike_duty(duty_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Remove a duty that has not begun or was entered today; any other is a record."""
    keeping.strike(tx, duty_id, today(), by=user)
    return Response(status_code=204)


@router.get("/{grid_id}/staff", **right("patrol.read"))
def read_staff(grid_id: Id, user: CurrentUser, tx: Tx) -> StaffSheet:
    """Who works in a grid and heads it: now, planned and before, under its code."""
    return listing.sheet(tx, keeping.grid_of(tx, grid_id, user), today())


@router.post("/{grid_id}/staff", status_code=201, **right("grids.edit"))
def begin_duty(grid_id: Id, new: DutyNew, user: CurrentUser, tx: Tx) -> DutyRow:
    """Put an account on duty in a grid; with `relieve`, the present chief's duty ends that day."""
    duty = keeping.begin(tx, grid_id, new, by=user)
    return listing.one(tx, duty, today())


@router.get("/{grid_id}/versions", **right("map.read"))
def read_versions(grid_id: Id, user: CurrentUser, tx: Tx) -> versions.GridHistory:
    """The versions a grid's code has had, the latest first, and the change sets that made them."""
    return versions.history(tx, keeping.grid_of(tx, grid_id, user), user)
