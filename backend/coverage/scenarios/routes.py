"""Scenarios over HTTP: nothing real changes before `apply`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from ...access import CurrentUser, Id, Tx, right
from ...accounts.models import User
from ...divisions.codes import parse_jurisdiction, text_of
from ...divisions.locating import named
from ..models import Scenario
from . import applying, saved
from .schemas import (
    ScenarioApplied,
    ScenarioApply,
    ScenarioEdit,
    ScenarioNew,
    ScenarioPage,
    ScenarioRow,
    ScenarioSheet,
)

router = APIRouter(prefix="/api/scenarios", tags=["scenarios"])


@router.get("", **right("coverage.read"))
def list_scenarios(
    user: CurrentUser,
    tx: Tx,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> ScenarioPage:
    """Scenarios of the jurisdiction, those touched last first."""
    rows = saved.listed(tx, user, offset=offset, limit=limit)
    return ScenarioPage(
        rows=[ScenarioRow.model_validate(_row(tx, each)) for each in rows],
        total=saved.count(tx, user),
    )


@router.post("", status_code=201, **right("coverage.plan"))
def create_scenario(new: ScenarioNew, user: CurrentUser, tx: Tx) -> ScenarioSheet:
    """Save changes under a name; each keeps what its camera is now."""
    division = user.division_code if new.division is None else parse_jurisdiction(new.division)
    return sheet_of(tx, saved.create(tx, new, division, user))


@router.get("/{scenario_id}", **right("coverage.read"))
def read_scenario(scenario_id: Id, user: CurrentUser, tx: Tx) -> ScenarioSheet:
    """A scenario with its changes, and which cameras are no longer what they were."""
    return sheet_of(tx, saved.get(tx, scenario_id, user))


@router.put("/{scenario_id}", **right("coverage.plan"))
def edit_scenario(
    scenario_id: Id, change: ScenarioEdit, user: CurrentUser, tx: Tx
) -> ScenarioSheet:
    """Change a draft as it was seen at `version`."""
    return sheet_of(tx, saved.edit(tx, scenario_id, change, user))


@router.delete("/{scenario_id}", status_code=204, response_class=Response, **right("coverage.plan"))
def delete_scenario(scenario_id: Id, user: CurrentUser, tx: Tx) -> Response:
    """Discard a draft; an applied scenario is a record and stays."""
    saved.discard(tx, scenario_id, user)
    return Response(status_code=204)


@router.post("/{scenario_id}/apply", **right("cameras.edit"))
def apply_scenario(
    scenario_id: Id, order: ScenarioApply, user: CurrentUser, tx: Tx
) -> ScenarioApplied:
    """Make the changes real: all of them or none; 409 when a camera changed since it was saved."""
    scenario, added = applying.apply(tx, scenario_id, order.version, user)
    return ScenarioApplied(**sheet_of(tx, scenario).model_dump(), added=added)


def _row(session: Session, scenario: Scenario) -> dict[str, object]:
    division = named(session, scenario.division_code)
    author = session.scalar(select(User.display_name).where(User.id == scenario.author_id))
    return {
        "id": scenario.id,
        "name": scenario.name,
        "note": scenario.note,
        "division_code": text_of(scenario.division_code),
        "division_name": division.name if division else None,
        "state": scenario.state,
        "changes": [each.change for each in saved.saved_changes(scenario)],
        "author_id": scenario.author_id,
        "author": author,
        "created_at": scenario.created_at,
        "updated_at": scenario.updated_at,
        "applied_at": scenario.applied_at,
        "version": scenario.version,
    }


def sheet_of(session: Session, scenario: Scenario) -> ScenarioSheet:
    """Return a scenario as the API shows it."""
    # What was applied differs from what it was saved against, as it should.
    outdated = saved.outdated(session, scenario) if scenario.state == "draft" else []
    return ScenarioSheet.model_validate(_row(session, scenario) | {"outdated": outdated})
