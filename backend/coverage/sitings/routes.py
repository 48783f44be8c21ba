"""Sitings over HTTP: asked for, watched, called off, made into a scenario."""

import json
from typing import Annotated

import shapely
from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from ...access import CurrentUser, Id, Tx, right
from ...divisions.codes import text_of
from ...divisions.extent import DIVISION_FORM, extent_of
from ...divisions.locating import named
from ...spatial import from_db, lonlat
from ..scenarios import routes
from ..scenarios.schemas import ScenarioSheet
from . import asked
from .models import Proposal, Siting
from .schemas import (
    ProposalShape,
    SitingOrder,
    SitingPage,
    SitingRow,
    SitingSheet,
)

router = APIRouter(prefix="/api/sitings", tags=["coverage"])


@router.post("", status_code=202, **right("coverage.plan"))
def order_siting(wish: SitingOrder, user: CurrentUser, tx: Tx) -> SitingRow:
    """Ask where the next cameras should stand; a job works it out."""
    return SitingRow.model_validate(_row(tx, asked.order(tx, wish, user)))


@router.get("", **right("coverage.read"))
def list_sitings(
    user: CurrentUser,
    tx: Tx,
    division: Annotated[str | None, Query(pattern=DIVISION_FORM)] = None,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> SitingPage:
    """Sitings of a division, newest first."""
    extent = extent_of(tx, user, division)
    rows = asked.listed(tx, extent, offset=offset, limit=limit)
    return SitingPage(
        rows=[SitingRow.model_validate(_row(tx, each)) for each in rows],
        total=asked.count(tx, extent),
    )


@router.get("/{siting_id}", **right("coverage.read"))
def read_siting(siting_id: Id, user: CurrentUser, tx: Tx) -> SitingSheet:
    """A siting with its proposals, the most useful first."""
    return sheet_of(tx, asked.get(tx, siting_id, user))


@router.post("/{siting_id}/cancel", **right("coverage.plan"))
def cancel_siting(siting_id: Id, user: CurrentUser, tx: Tx) -> SitingRow:
    """Call a siting off; the job stops within a second or two."""
    return SitingRow.model_validate(_row(tx, asked.cancel(tx, siting_id, user)))


@router.post("/{siting_id}/scenario", status_code=201, **right("coverage.plan"))
def save_siting_as_scenario(siting_id: Id, user: CurrentUser, tx: Tx) -> ScenarioSheet:
    """Save the proposals as a draft scenario, to look at, change and apply."""
    return routes.sheet_of(tx, asked.to_scenario(tx, siting_id, user))


def sheet_of(session: Session, siting: Siting) -> SitingSheet:
    """Return a siting as the API shows it."""
    found = [_proposal(each) for each in asked.proposals(session, siting.id)]
    return SitingSheet.model_validate(_row(session, siting) | {"proposals": found})


def _row(session: Session, siting: Siting) -> dict[str, object]:
    division = named(session, siting.division_code) if siting.division_code else None
    own = ("division_code", "division_name", "wish")
    return {name: getattr(siting, name) for name in SitingRow.model_fields if name not in own} | {
        "division_code": text_of(siting.division_code),
        "division_name": division.name if division else None,
        "wish": asked.told_wish(siting),
    }


def _proposal(proposal: Proposal) -> ProposalShape:
    lon, lat = lonlat(proposal.geom)
    own = ("lon", "lat", "view")
    view = None if proposal.view is None else json.loads(shapely.to_geojson(from_db(proposal.view)))
    return ProposalShape.model_validate(
        {name: getattr(proposal, name) for name in ProposalShape.model_fields if name not in own}
        | {"lon": lon, "lat": lat, "view": view}
    )
