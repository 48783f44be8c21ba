"""Photographs at the API."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query, Response, status
from pydantic import AwareDatetime

from ... import db
from ...access import CurrentUser, Id, Tx, right
from ...errors import NotAllowed
from ..assignments import acting
from ..fields import BigId, Lat, Lon, pair
from ..keys import Click, Key
from . import keeping
from .schemas import PhotographOut, photograph_of

router = APIRouter(prefix="/api/photographs", tags=["dispatch"])

_Wanted = Annotated[BigId | None, Query()]


@router.post("", status_code=status.HTTP_201_CREATED, **right("signed_in"))
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
    if not (acting.may_act(user) or user.may("incidents.act")):
        raise NotAllowed(right="tasks.act")
    said = keeping.Caption(assignment_id, task_id, incident_id, taken_at, pair(lon, lat))
    asked = keeping.fingerprint_of(body, said)
    with db.begin(user.scope) as tx:
        known = Click(tx, user, idempotency_key, asked).earlier()
        keeping.check_subject(tx, said, user)
    # Decoded before a transaction is open: it takes a while, and nobody waits for the register.
    shown = None if known else keeping.develop_within_limits(body)
    with db.begin(user.scope) as tx:
        click = Click(tx, user, idempotency_key, asked)
        known = click.earlier()
        if known is None and shown is not None:
            known = keeping.keep(tx, shown, said, by=user, now=datetime.now(UTC)).id
            click.made(known)
        return photograph_of(keeping.known(tx, known))


@router.get("", **right("tasks.read"))
def list_photographs(
    user: CurrentUser, tx: Tx, task_id: _Wanted = None, incident_id: _Wanted = None
) -> list[PhotographOut]:
    """What is known of the photographs of a task or an incident."""
    shown = keeping.listed(tx, by=user, task_id=task_id, incident_id=incident_id)
    return [photograph_of(each) for each in shown]


@router.get(
    "/{photograph_id}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
    **right("signed_in"),
)
def read_photograph(photograph_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """A photograph's picture; every reading is entered into the register."""
    if not (user.may("tasks.read") or user.may("handheld.use")):
        raise NotAllowed(right="tasks.read")
    shown = keeping.read(tx, photograph_id, by=user)
    headers = {"Cache-Control": "private, no-store", "Content-Disposition": "inline"}
    return Response(shown.content, media_type=shown.media_type, headers=headers)
