"""Units at the API: who there is, their duty, their trackers."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime

from ...access import CurrentUser, Id, Tx, right
from ...divisions.codes import parse_jurisdiction, span
from . import duty, editing, listing, plans, trackers
from .schemas import (
    Division,
    DutyOrder,
    Kind,
    ShiftPage,
    ShiftPlanNew,
    ShiftPlanRow,
    ShiftRow,
    TrackerMade,
    TrackerNew,
    TrackerPage,
    TrackerRow,
    UnitEdit,
    UnitNew,
    UnitPage,
    UnitRow,
)

router = APIRouter(prefix="/api", tags=["units"])

_SHOWN = timedelta(days=8)


@router.get("/units", **right("patrol.read"))
def list_units(
    *,
    user: CurrentUser,
    tx: Tx,
    q: Annotated[str, Query(max_length=100)] = "",
    kind: Kind | None = None,
    on_duty: bool | None = None,
    grid: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="a home grid")] = None,
    division: Annotated[Division | None, Query()] = None,
    is_active: bool | None = True,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> UnitPage:
    """Units of the jurisdiction in order of code, with duty and place."""
    wanted = listing.Listing(
        q=q,
        kind=kind,
        on_duty=on_duty,
        grid=grid,
        is_active=is_active,
        span=None if division is None else span(parse_jurisdiction(division)),
        offset=offset,
        limit=limit,
    )
    return listing.page(tx, wanted, by=user, now=datetime.now(UTC))


@router.post("/units", status_code=201, **right("patrol.edit"))
def create_unit(new: UnitNew, user: CurrentUser, tx: Tx) -> UnitRow:
    """Add a unit."""
    unit = editing.create(tx, new, by=user)
    return listing.one(tx, unit.id, by=user, now=datetime.now(UTC))


@router.get("/units/{unit_id}", **right("patrol.read"))
def read_unit(unit_id: Id, user: CurrentUser, tx: Tx) -> UnitRow:
    """One unit."""
    return listing.one(tx, unit_id, by=user, now=datetime.now(UTC))


@router.patch("/units/{unit_id}", **right("patrol.edit"))
def edit_unit(unit_id: Id, change: UnitEdit, user: CurrentUser, tx: Tx) -> UnitRow:
    """Change the fields given of a unit as it was seen at `version`."""
    editing.edit(tx, unit_id, change, by=user)
    return listing.one(tx, unit_id, by=user, now=datetime.now(UTC))


@router.get("/units/{unit_id}/trackers", **right("patrol.edit"))
def list_trackers(unit_id: Id, tx: Tx) -> TrackerPage:
    """Trackers of a unit, ended ones too; no token is ever shown again."""
    rows = [
        TrackerRow.model_validate(t, from_attributes=True) for t in trackers.listed(tx, unit_id)
    ]
    return TrackerPage(rows=rows, total=len(rows))


@router.post("/units/{unit_id}/trackers", status_code=201, **right("patrol.edit"))
def issue_tracker(unit_id: Id, new: TrackerNew, user: CurrentUser, tx: Tx) -> TrackerMade:
    """Make a tracker; its token is shown this once."""
    tracker, token = trackers.issue(tx, unit_id, new, by=user)
    tx.refresh(tracker)
    shown = TrackerRow.model_validate(tracker, from_attributes=True)
    return TrackerMade(**shown.model_dump(), token=token)


@router.delete(
    "/trackers/{tracker_id}", status_code=204, response_class=Response, **right("patrol.edit")
)
def end_tracker(tracker_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """End a tracker."""
    trackers.end(tx, tracker_id, by=user)
    return Response(status_code=204)


@router.get("/units/{unit_id}/shifts", **right("patrol.read"))
def list_shifts(
    unit_id: Id,
    user: CurrentUser,
    tx: Tx,
    since: Annotated[AwareDatetime | None, Query(alias="from")] = None,
    until: Annotated[AwareDatetime | None, Query(alias="to")] = None,
) -> ShiftPage:
    """Duty periods that touch a span, by default eight days back and ahead, and the plans."""
    listing.get(tx, unit_id)
    now = datetime.now(UTC)
    found = duty.periods(tx, unit_id, since or now - _SHOWN, until or now + _SHOWN)
    return ShiftPage(
        rows=[ShiftRow.model_validate(each, from_attributes=True) for each in found],
        total=len(found),
        plans=[
            ShiftPlanRow.model_validate(each, from_attributes=True)
            for each in plans.of_unit(tx, unit_id)
        ],
    )


@router.post("/units/{unit_id}/shifts", **right("patrol.edit"))
def set_duty(unit_id: Id, order: DutyOrder, user: CurrentUser, tx: Tx) -> UnitRow:
    """Put a unit on or off duty, now or from an instant of the last three days."""
    now = datetime.now(UTC)
    at = order.at or now
    if order.on:
        duty.begin(tx, unit_id, at, "dispatcher", until=order.until)
    else:
        duty.end(tx, unit_id, at)
    told: dict[str, object] = {"at": at.isoformat(), "on": order.on}
    editing.enter_act(tx, "unit.duty", listing.get(tx, unit_id), user, told)
    return listing.one(tx, unit_id, by=user, now=now)


@router.post("/units/{unit_id}/shift-plans", status_code=201, **right("patrol.edit"))
def add_shift_plan(unit_id: Id, new: ShiftPlanNew, user: CurrentUser, tx: Tx) -> ShiftPlanRow:
    """Add a weekly plan; shifts of the next eight days follow at once."""
    plan = plans.add(tx, unit_id, new, datetime.now(UTC))
    told: dict[str, object] = {"plan_id": plan.id, **new.model_dump(mode="json")}
    editing.enter_act(tx, "unit.plan_added", listing.get(tx, unit_id), user, told)
    return ShiftPlanRow.model_validate(plan, from_attributes=True)


@router.delete(
    "/shift-plans/{plan_id}", status_code=204, response_class=Response, **right("patrol.edit")
)
def remove_shift_plan(plan_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Take a plan away with its shifts to come."""
    unit = plans.remove(tx, plan_id, datetime.now(UTC))
    editing.enter_act(tx, "unit.plan_removed", unit, user, {"plan_id": plan_id})
    return Response(status_code=204)
