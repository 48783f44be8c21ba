"""Requirements and alerts at the API."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from ...access import CurrentUser, Id, Tx, right
from ...divisions.extent import DIVISION_FORM, extent_of
from ...grids.whose import ByGrids
from .. import alerts
from . import editing, states
from .schemas import (
    AlertKind,
    AlertPage,
    AlertRow,
    RequirementEdit,
    RequirementNew,
    RequirementPage,
    RequirementRow,
    RequirementStatePage,
    State,
)

router = APIRouter(prefix="/api/patrol", tags=["patrol"])

Division = Annotated[str | None, Query(pattern=DIVISION_FORM)]
Offset = Annotated[int, Query(ge=0, le=2**31)]
Limit = Annotated[int, Query(ge=1, le=5000)]
OneId = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
_SHOWN = timedelta(days=1)
_BY_GRIDS = "of the grids of today, or of then: each window of the grid it began in"


@router.get("/requirements", **right("patrol.read"))
def list_requirements(
    user: CurrentUser, tx: Tx, division: Division = None, grid: OneId = None
) -> RequirementPage:
    """What is asked of the grids of a division, by default the jurisdiction."""
    return editing.page(tx, extent_of(tx, user, division), grid)


@router.post("/requirements", status_code=201, **right("patrol.edit"))
def add_requirement(new: RequirementNew, user: CurrentUser, tx: Tx) -> RequirementRow:
    """Ask something of one grid or of all grids of a division; judged within a minute."""
    return editing.row(editing.add(tx, new, by=user))


@router.patch("/requirements/{requirement_id}", **right("patrol.edit"))
def edit_requirement(
    requirement_id: Id, change: RequirementEdit, user: CurrentUser, tx: Tx
) -> RequirementRow:
    """Change a requirement as it was seen at `version`; windows under way are judged anew."""
    return editing.row(editing.edit(tx, requirement_id, change, by=user))


@router.delete("/requirements/{requirement_id}", status_code=204, **right("patrol.edit"))
def remove_requirement(requirement_id: Id, user: CurrentUser, tx: Tx) -> None:
    """Take a requirement away, with the states of its windows."""
    editing.remove(tx, requirement_id, by=user)


@router.get("/requirements/states", **right("patrol.read"))
def list_states(
    *,
    user: CurrentUser,
    tx: Tx,
    division: Division = None,
    grid: OneId = None,
    requirement: OneId = None,
    state: State | None = None,
    by: Annotated[ByGrids, Query(alias="grids", description=_BY_GRIDS)] = "today",
    start: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to")] = None,
    offset: Offset = 0,
    limit: Limit = 1000,
) -> RequirementStatePage:
    """Windows that touch a period, by default the last day, worst first."""
    until = end or datetime.now(UTC) + timedelta(seconds=1)
    asking = states.Asking(
        start=start or until - _SHOWN,
        end=until,
        grid_id=grid,
        requirement_id=requirement,
        state=state,
        offset=offset,
        limit=limit,
        by=by,
    )
    return states.page(tx, extent_of(tx, user, division), asking)


@router.get("/alerts", **right("patrol.read"))
def list_alerts(
    *,
    user: CurrentUser,
    tx: Tx,
    division: Division = None,
    kind: AlertKind | None = None,
    is_open: Annotated[bool, Query(description="false: those cleared since `from` as well")] = True,
    start: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    offset: Offset = 0,
    limit: Limit = 1000,
) -> AlertPage:
    """Alerts of a division: red first, then the newest."""
    since = start or datetime.now(UTC) - _SHOWN
    asking = alerts.Asking(kind=kind, is_open=is_open, since=since, offset=offset, limit=limit)
    return alerts.page(tx, extent_of(tx, user, division), asking)


@router.post("/alerts/{alert_id}/seen", **right("patrol.edit"))
def see_alert(alert_id: Id, user: CurrentUser, tx: Tx) -> AlertRow:
    """Say that an alert was seen; the first who does is named."""
    return alerts.see(tx, alert_id, by=user, now=datetime.now(UTC))
