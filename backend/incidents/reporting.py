"""Reporting an incident: where it is, in which division and grids, and who sees it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ..access import Principal
from ..divisions.locating import division_at
from ..errors import InvalidField
from ..grids.locating import grids_at
from ..grids.models import Grid
from ..live import Notice, announce
from ..places.models import Place
from .models import Incident, IncidentCamera, IncidentEntry, IncidentGrid, IncidentKind
from .numbering import next_number

LINKED_CAMERAS = 10


class UnknownKind(InvalidField):
    code = "incidents.unknown_kind"
    zh = "没有事件类别 {kind}，请从列表中选择。"
    en = "There is no kind of incident {kind}: choose one from the list."


class PlaceMissing(InvalidField):
    code = "incidents.place_missing"
    zh = "缺少事发地点：请在地图上点选，或填写坐标、网格编码或地点。"
    en = "The place is missing: click the map, or give coordinates, a grid code or a place."


class PlaceUnknown(InvalidField):
    code = "incidents.place_unknown"
    zh = "辖区内没有 {wanted}，请检查网格编码或地点。"
    en = "Your jurisdiction has no {wanted}: check the grid code or the place."


class OutsideJurisdiction(InvalidField):
    code = "incidents.outside_jurisdiction"
    zh = "该地点不在您的辖区内，请转报所属辖区。"
    en = "The place lies outside your jurisdiction: pass it on to the one it belongs to."


@dataclass(frozen=True, slots=True)
class Report:
    """What the reporter says. The place is a point, or a named place, or a grid."""

    kind: str
    description: str
    severity: str | None = None
    lonlat: tuple[float, float] | None = None
    place_id: int | None = None
    grid_code: str | None = None
    observed_at: datetime | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """The place found: a point and what to call it."""

    lon: float
    lat: float
    text: str | None
    place_id: int | None = None


def report(session: Session, told: Report, *, by: Principal, now: datetime) -> Incident:
    """Store an incident with its grids, its first entry and the cameras that see it.

    A report repeated with the same key returns the incident it made the first time.

    Raises
    ------
    UnknownKind, PlaceMissing, PlaceUnknown, OutsideJurisdiction
        Each for its field.

    """
    earlier = _made_before(session, told.idempotency_key, by)
    if earlier is not None:
        return earlier
    kind = session.get(IncidentKind, told.kind)
    if kind is None:
        raise UnknownKind(field="kind", kind=told.kind)
    spot = _locate(session, told)
    division_code = division_at(session, spot.lon, spot.lat) or 0
    if not by.covers(division_code):
        raise OutsideJurisdiction(field="lon")
    incident = Incident(
        number=next_number(session, now, division_code),
        kind=kind.code,
        severity=told.severity or kind.severity,
        state="reported",
        geom=func.ST_SetSRID(func.ST_Point(spot.lon, spot.lat), 4326),
        place_id=spot.place_id,
        place_text=spot.text,
        division_code=division_code,
        description=told.description,
        reported_by=by.id,
        # A clock that runs ahead costs the report nothing but its own time.
        observed_at=min(told.observed_at, now) if told.observed_at else None,
        reported_at=now,
        idempotency_key=told.idempotency_key,
        version=1,
    )
    session.add(incident)
    session.flush()
    _place_into_grids(session, incident, spot, by)
    _link_cameras(session, incident, spot, by)
    _open_timeline(session, incident, by)
    announce(session, Notice("incident", incident.id, incident.version, division_code))
    return incident


def _made_before(session: Session, key: str | None, by: Principal) -> Incident | None:
    if key is None:
        return None
    # Two attempts of one click at the same moment: the second waits and finds the first.
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, :who))"),
        {"key": key, "who": by.id},
    )
    wanted = select(Incident).where(Incident.reported_by == by.id, Incident.idempotency_key == key)
    return session.scalars(wanted).one_or_none()


def _locate(session: Session, told: Report) -> Spot:
    if told.lonlat is not None:
        place = _place(session, told.place_id) if told.place_id is not None else None
        return Spot(*told.lonlat, place.text if place else None, place.place_id if place else None)
    if told.place_id is not None:
        return _place(session, told.place_id)
    if told.grid_code is not None:
        return _inside_grid(session, told.grid_code)
    raise PlaceMissing(field="lon")


def _place(session: Session, place_id: int) -> Spot:
    row = session.execute(
        select(func.ST_X(Place.geom), func.ST_Y(Place.geom), Place.name).where(Place.id == place_id)
    ).one_or_none()
    if row is None:
        raise PlaceUnknown(field="place_id", wanted=str(place_id))
    return Spot(row[0], row[1], row[2], place_id)


def _inside_grid(session: Session, code: str) -> Spot:
    inside = func.ST_PointOnSurface(Grid.geom)
    row = session.execute(
        select(func.ST_X(inside), func.ST_Y(inside), Grid.name)
        .where(Grid.code == code, Grid.valid_to.is_(None))
        .order_by(Grid.set_name)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise PlaceUnknown(field="grid_code", wanted=code)
    return Spot(row[0], row[1], row[2])


def _place_into_grids(session: Session, incident: Incident, spot: Spot, by: Principal) -> None:
    for grid in grids_at(session, spot.lon, spot.lat, (by.scope.low, by.scope.high)):
        session.add(
            IncidentGrid(
                incident_id=incident.id,
                set_name=grid.set_name,
                grid_id=grid.id,
                grid_code=grid.code,
                grid_name=grid.name,
            )
        )


def _link_cameras(session: Session, incident: Incident, spot: Spot, by: Principal) -> None:
    """Keep the ranking of this moment: poses and buildings change, the record does not."""
    from ..cameras.ranking import rank  # brings numba, which warm.py loads beside the start

    answer = rank(session, by.scope, spot.lon, spot.lat, limit=LINKED_CAMERAS, language=by.language)
    for position, camera in enumerate(answer.cameras, start=1):
        session.add(
            IncidentCamera(
                incident_id=incident.id,
                rank=position,
                camera_id=camera.camera_id,
                sight=camera.sight,
                answer=camera.model_dump(mode="json"),
            )
        )


def _open_timeline(session: Session, incident: Incident, by: Principal) -> None:
    session.add(
        IncidentEntry(
            incident_id=incident.id,
            actor_id=by.id,
            actor_name=by.display_name,
            act="report",
            from_state=None,
            to_state=incident.state,
            text=incident.description,
        )
    )
    session.flush()
