"""Change sets over HTTP: nothing real changes before `apply`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from ...access import CurrentUser, Id, Principal, Tx, right
from ..models import State
from . import applying, keeping, reverting, sheets
from .applying import Actor
from .schemas import ChangeAct, ChangeEdit, ChangeList, ChangeNew, ChangeSheet, Draft, Preview

router = APIRouter(prefix="/api/grids/changes", tags=["grids"])
_EDIT = right("grids.edit")


@router.post("/preview", **_EDIT)
def preview_change(draft: Draft, user: CurrentUser, tx: Tx) -> Preview:
    """What a change set would make of the grids as they stand; nothing is written."""
    return sheets.preview(tx, draft, user)


@router.get("", **right("map.read"))
def list_changes(
    *,
    user: CurrentUser,
    tx: Tx,
    state: State | None = None,
    set_name: Annotated[str | None, Query(alias="set", max_length=100)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ChangeList:
    """Change sets of the jurisdiction, the latest first; `before` continues after an id."""
    found = keeping.listed(tx, user, state=state, set_name=set_name, before=before, limit=limit)
    return ChangeList(changes=[sheets.row_of(tx, change) for change in found])


@router.post("", status_code=201, **_EDIT)
def plan_change(new: ChangeNew, user: CurrentUser, tx: Tx) -> ChangeSheet:
    """Keep a change set; on its day, or by `apply`, it comes into force."""
    return sheets.sheet_of(tx, keeping.create(tx, new, user))


@router.get("/{change_id}", **right("map.read"))
def read_change(change_id: Id, user: CurrentUser, tx: Tx) -> ChangeSheet:
    """A change set with its operations, and the grids it ended and began."""
    return sheets.sheet_of(tx, keeping.get(tx, change_id, user))


@router.patch("/{change_id}", **_EDIT)
def edit_change(change_id: Id, new: ChangeEdit, user: CurrentUser, tx: Tx) -> ChangeSheet:
    """Change a planned change set as it was seen at `version`."""
    return sheets.sheet_of(tx, keeping.edit(tx, keeping.get(tx, change_id, user), new, user))


@router.delete("/{change_id}", status_code=204, response_class=Response, **_EDIT)
def discard_change(change_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Throw a planned change set away; an applied one is a record."""
    keeping.discard(tx, keeping.get(tx, change_id, user), user)
    return Response(status_code=204)


@router.post("/{change_id}/apply", **_EDIT)
def apply_change(change_id: Id, act: ChangeAct, user: CurrentUser, tx: Tx) -> ChangeSheet:
    """Bring a change set into force from the start of today: all of it or nothing."""
    change = keeping.get(tx, change_id, user)
    return sheets.sheet_of(tx, applying.apply(tx, change, act.version, _actor(user)))


@router.post("/{change_id}/revert", **_EDIT)
def revert_change(change_id: Id, act: ChangeAct, user: CurrentUser, tx: Tx) -> ChangeSheet:
    """Take a change set back from the start of today; the time between stays as it was."""
    change = keeping.get(tx, change_id, user)
    return sheets.sheet_of(tx, reverting.revert(tx, change, act.version, _actor(user)))


def _actor(user: Principal) -> Actor:
    return Actor(user.id, user.username, user.display_name, (user.scope.low, user.scope.high))
