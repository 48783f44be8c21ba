"""The register at the API: read by those who supervise, written by the acts themselves."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select

from .. import db
from ..access import CurrentUser, Tx, right
from .models import RegisterEntry
from .register import Act, enter, verify
from .schemas import RegisterEntryOut, RegisterOut, VerdictOut

router = APIRouter(prefix="/api/register", tags=["register"])

_Id = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


@router.get("", **right("register.read"))
def read_register(
    session: Tx,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    before: _Id = None,
    camera_id: _Id = None,
    incident_id: _Id = None,
) -> RegisterOut:
    """Return entries of the jurisdiction, newest first; `before` continues from a number."""
    rows = select(RegisterEntry).order_by(RegisterEntry.seq.desc()).limit(limit)
    if before is not None:
        rows = rows.where(RegisterEntry.seq < before)
    if camera_id is not None:
        rows = rows.where(RegisterEntry.camera_id == camera_id)
    if incident_id is not None:
        rows = rows.where(RegisterEntry.incident_id == incident_id)
    return RegisterOut(entries=[RegisterEntryOut.of(row) for row in session.scalars(rows)])


@router.get("/verify", **right("register.read"))
def verify_register(user: CurrentUser) -> VerdictOut:
    """Walk the whole chain and tell whether it holds; the check itself is entered."""
    with db.begin() as session:
        verdict = verify(session)
    with db.begin(user.scope) as session:
        enter(
            session,
            Act(
                "register.verified",
                user.id,
                user.username,
                division_code=user.division_code,
                detail={"ok": verdict.ok, "count": verdict.count},
            ),
        )
    return VerdictOut(
        ok=verdict.ok,
        count=verdict.count,
        first_bad=verdict.first_bad,
        reason=verdict.reason,
    )
