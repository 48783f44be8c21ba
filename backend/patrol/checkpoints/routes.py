"""Checkpoints at the API: points that units must come by, and who did."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from ...access import CurrentUser, Id, Tx, right
from ...divisions.extent import DIVISION_FORM, extent_of
from . import editing
from .schemas import (
    CheckInNew,
    CheckpointEdit,
    CheckpointNew,
    CheckpointPage,
    CheckpointRow,
    CheckpointVisitPage,
)

router = APIRouter(prefix="/api/patrol/checkpoints", tags=["patrol"])

Division = Annotated[str | None, Query(pattern=DIVISION_FORM)]


@router.get("", **right("patrol.read"))
def list_checkpoints(
    *,
    user: CurrentUser,
    tx: Tx,
    division: Division = None,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> CheckpointPage:
    """Checkpoints of a division by name, with who came last."""
    return editing.page(tx, extent_of(tx, user, division), offset, limit)


@router.post("", status_code=201, **right("patrol.edit"))
def add_checkpoint(new: CheckpointNew, user: CurrentUser, tx: Tx) -> CheckpointRow:
    """Add a checkpoint; its division is found by place."""
    return editing.one(tx, editing.add(tx, new, by=user).id, user)


@router.patch("/{checkpoint_id}", **right("patrol.edit"))
def edit_checkpoint(
    checkpoint_id: Id, change: CheckpointEdit, user: CurrentUser, tx: Tx
) -> CheckpointRow:
    """Change a checkpoint as it was seen at `version`."""
    return editing.one(tx, editing.edit(tx, checkpoint_id, change, by=user).id, user)


@router.delete("/{checkpoint_id}", status_code=204, **right("patrol.edit"))
def remove_checkpoint(checkpoint_id: Id, user: CurrentUser, tx: Tx) -> None:
    """Take a checkpoint away with its visits."""
    editing.remove(tx, checkpoint_id, by=user)


@router.get("/{checkpoint_id}/visits", **right("patrol.read"))
def list_checkpoint_visits(
    checkpoint_id: Id,
    *,
    user: CurrentUser,
    tx: Tx,
    start: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> CheckpointVisitPage:
    """Who was at a checkpoint in a period, by default the last week; the newest first."""
    editing.one(tx, checkpoint_id, user)
    until = end or datetime.now(UTC) + timedelta(minutes=5)
    return editing.visits(tx, checkpoint_id, start or until - timedelta(days=7), until, limit)


@router.post("/{checkpoint_id}/check-ins", status_code=201, **right("handheld.use"))
def check_in(checkpoint_id: Id, new: CheckInNew, user: CurrentUser, tx: Tx) -> CheckpointRow:
    """Sign in with the handheld where one stands; said twice it counts once."""
    return editing.check_in(tx, checkpoint_id, new, by=user, now=datetime.now(UTC))
