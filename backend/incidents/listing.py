"""Reading incidents: the queue, one incident with all that hangs on it, its timeline."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ..access import Principal
from ..divisions.locating import DivisionRef, named
from ..errors import NotFound
from ..grids.locating import grids_at_each
from ..grids.whose import ByGrids
from .models import Incident, IncidentCamera, IncidentEntry, IncidentGrid

_STATES = {
    "open": ("reported", "handling"),
    "closed": ("closed", "rejected"),
    "all": ("reported", "handling", "closed", "rejected"),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """Which incidents a queue shows."""

    state: Literal["open", "closed", "all"] = "open"
    severity: str | None = None
    before: int | None = None
    limit: int = 100
    grids: ByGrids = "then"


@dataclass(frozen=True, slots=True)
class InGrid:
    """A grid of an incident; one for each set."""

    grid_id: int
    set_name: str
    grid_code: str
    grid_name: str


@dataclass(frozen=True, slots=True)
class Dressed:
    """An incident with what its row refers to."""

    incident: Incident
    lon: float
    lat: float
    division: DivisionRef | None
    grids: tuple[InGrid, ...]
    reporter: str


def page(session: Session, wanted: Listing, *, by: Principal) -> list[Dressed]:
    """Return incidents of the jurisdiction, newest first; `before` continues after an id."""
    chosen = (
        select(Incident)
        .where(
            Incident.state.in_(_STATES[wanted.state]),
            Incident.division_code.between(by.scope.low, by.scope.high),
        )
        .order_by(Incident.id.desc())
        .limit(wanted.limit)
    )
    if wanted.severity is not None:
        chosen = chosen.where(Incident.severity == wanted.severity)
    if wanted.before is not None:
        chosen = chosen.where(Incident.id < wanted.before)
    return dressed(session, session.scalars(chosen).all(), wanted.grids, by=by)


def one(session: Session, incident_id: int, *, by: Principal, grids: ByGrids = "then") -> Dressed:
    """Return one incident of the jurisdiction.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    found = session.scalars(
        select(Incident).where(
            Incident.id == incident_id,
            Incident.division_code.between(by.scope.low, by.scope.high),
        )
    ).all()
    if not found:
        raise NotFound()
    return dressed(session, found, grids, by=by)[0]


def dressed(
    session: Session, incidents: Sequence[Incident], grids: ByGrids, *, by: Principal
) -> list[Dressed]:
    """Return the incidents with positions, divisions, grids and reporters, in four queries."""
    ids = [incident.id for incident in incidents]
    at = {
        row[0]: (row[1], row[2])
        for row in session.execute(
            select(Incident.id, func.ST_X(Incident.geom), func.ST_Y(Incident.geom)).where(
                Incident.id.in_(ids)
            )
        )
    }
    held = _today(session, at, by) if grids == "today" else _then(session, ids)
    divisions = {code: named(session, code) for code in {i.division_code for i in incidents}}
    reporters = _reporters(session, ids)
    return [
        Dressed(
            incident,
            *at[incident.id],
            division=divisions[incident.division_code],
            grids=tuple(held.get(incident.id, ())),
            reporter=reporters.get(incident.id, ""),
        )
        for incident in incidents
    ]


def _then(session: Session, ids: list[int]) -> dict[int, list[InGrid]]:
    held: dict[int, list[InGrid]] = defaultdict(list)
    rows = select(IncidentGrid).where(IncidentGrid.incident_id.in_(ids))
    for row in session.scalars(rows.order_by(IncidentGrid.set_name)):
        told = InGrid(row.grid_id, row.set_name, row.grid_code, row.grid_name)
        held[row.incident_id].append(told)
    return held


def _today(
    session: Session, at: dict[int, tuple[float, float]], by: Principal
) -> dict[int, list[InGrid]]:
    found = grids_at_each(session, at, (by.scope.low, by.scope.high))
    return {
        key: [InGrid(grid.id, grid.set_name, grid.code, grid.name) for grid in grids]
        for key, grids in found.items()
    }


def linked_cameras(session: Session, incident_id: int) -> list[IncidentCamera]:
    """Return the cameras linked at the time of the report, best first."""
    wanted = select(IncidentCamera).where(IncidentCamera.incident_id == incident_id)
    return list(session.scalars(wanted.order_by(IncidentCamera.rank)))


def timeline(session: Session, incident_id: int) -> list[IncidentEntry]:
    """Return every act on an incident, oldest first."""
    wanted = select(IncidentEntry).where(IncidentEntry.incident_id == incident_id)
    return list(session.scalars(wanted.order_by(IncidentEntry.id)))


def _reporters(session: Session, ids: list[int]) -> dict[int, str]:
    # From the timeline: the account may belong to another jurisdiction and be invisible here.
    rows = select(IncidentEntry.incident_id, IncidentEntry.actor_name).where(
        IncidentEntry.incident_id.in_(ids), IncidentEntry.act == "report"
    )
    return {incident_id: name for incident_id, name in session.execute(rows)}
