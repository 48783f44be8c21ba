"""Incidents at the API: report, read, act."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, status
from pydantic import StringConstraints
from sqlalchemy import select

from ..access import CurrentUser, Id, Tx, right
from ..cameras.schemas import SightAnswer
from ..grids.whose import ByGrids
from . import lifecycle, listing, reporting
from .models import IncidentKind, Transition
from .reporting import PlaceMissing
from .schemas import (
    EntryOut,
    IncidentPage,
    IncidentRow,
    IncidentSheet,
    KindOut,
    KindsOut,
    QueueQuery,
    ReportIn,
    StepIn,
    TimelineOut,
    TransitionOut,
    row_of,
    sheet_of,
)

router = APIRouter(prefix="/api/incidents", tags=["incidents"])

_Key = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,200}$")]


@router.get("/kinds", **right("incidents.read"))
def read_kinds(session: Tx) -> KindsOut:
    """Return the kinds, and which act leads from which state to which."""
    kinds = session.scalars(select(IncidentKind).order_by(IncidentKind.position))
    steps = session.scalars(select(Transition).order_by(Transition.from_state, Transition.act))
    return KindsOut(
        kinds=[
            KindOut(code=k.code, name_zh=k.name_zh, name_en=k.name_en, severity=k.severity)
            for k in kinds
        ],
        transitions=[
            TransitionOut(
                from_state=step.from_state,
                act=step.act,
                to_state=step.to_state,
                needs_result=step.needs_result,
                right="incidents.act",
            )
            for step in steps
        ],
        severities=["red", "yellow", "blue"],
    )


@router.post("", status_code=status.HTTP_201_CREATED, **right("incidents.report"))
def report_incident(
    told: ReportIn,
    user: CurrentUser,
    session: Tx,
    idempotency_key: Annotated[_Key | None, Header()] = None,
) -> IncidentSheet:
    """Report an incident; division, grids, number and the cameras that see it are found here."""
    if (told.lon is None) != (told.lat is None):
        raise PlaceMissing(field="lat" if told.lat is None else "lon")
    lonlat = None if told.lon is None or told.lat is None else (told.lon, told.lat)
    report = reporting.Report(
        kind=told.kind,
        description=told.description,
        severity=told.severity,
        lonlat=lonlat,
        place_id=told.place_id,
        grid_code=told.grid_code,
        observed_at=told.observed_at,
        idempotency_key=idempotency_key,
    )
    made = reporting.report(session, report, by=user, now=datetime.now(UTC))
    return _sheet(session, user, made.id)


@router.get("", **right("incidents.read"))
def list_incidents(
    user: CurrentUser, session: Tx, wanted: Annotated[QueueQuery, Query()]
) -> IncidentPage:
    """List incidents of the jurisdiction, newest first."""
    as_of = datetime.now(UTC)
    found = listing.page(session, listing.Listing(**wanted.model_dump()), by=user)
    return IncidentPage(incidents=[IncidentRow(**row_of(each)) for each in found], as_of=as_of)


@router.get("/{incident_id}", **right("incidents.read"))
def read_incident(
    incident_id: Id, user: CurrentUser, session: Tx, grids: ByGrids = "then"
) -> IncidentSheet:
    """Return one incident with the cameras linked at the time."""
    return _sheet(session, user, incident_id, grids)


@router.get("/{incident_id}/timeline", **right("incidents.read"))
def read_timeline(incident_id: Id, user: CurrentUser, session: Tx) -> TimelineOut:
    """Return every act on an incident, oldest first."""
    listing.one(session, incident_id, by=user)
    entries = listing.timeline(session, incident_id)
    return TimelineOut(entries=[EntryOut.of(entry) for entry in entries])


@router.get("/{incident_id}/cameras", **right("sight.read"))
def read_cameras(
    incident_id: Id,
    user: CurrentUser,
    session: Tx,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> SightAnswer:
    """Return which cameras see the incident's place now, best first."""
    from ..cameras.ranking import rank  # brings numba, which warm.py loads beside the start

    found = listing.one(session, incident_id, by=user)
    return rank(session, user.scope, found.lon, found.lat, limit=limit, language=user.language)


@router.post("/{incident_id}/acts", **right("incidents.act"))
def act_on_incident(
    incident_id: Id, wanted: StepIn, user: CurrentUser, session: Tx
) -> IncidentSheet:
    """Handle, close, reject or annotate an incident as it was seen at `version`."""
    step = lifecycle.Step(
        act=wanted.act, version=wanted.version, text=wanted.text, result=wanted.result
    )
    lifecycle.take(session, incident_id, step, by=user, now=datetime.now(UTC))
    return _sheet(session, user, incident_id)


def _sheet(
    session: Tx, user: CurrentUser, incident_id: int, grids: ByGrids = "then"
) -> IncidentSheet:
    found = listing.one(session, incident_id, by=user, grids=grids)
    may_know = user.may("sight.read")  # who reports from the street is not told of cameras
    return sheet_of(found, listing.linked_cameras(session, incident_id) if may_know else [])
