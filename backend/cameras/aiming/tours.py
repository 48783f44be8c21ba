"""Tours of presets: kept, changed, started, ended; running ones are moved on by the clock.

A tour that its device runs by itself is stopped there before anything about it changes.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from video.errors import DeviceError
from video.ptz_tours import operate_tour, remove_tour

from ...access import Principal
from ...audit.register import enter
from ...db import begin
from ...errors import NotFound
from .. import registry
from ..models import Camera
from . import stated
from .keeping import entered, preset_of, require_name
from .keeping_schemas import PresetTourEdit, PresetTourNew, PresetTourStop
from .lines import lines
from .locking import take, tell
from .models import PresetTour
from .refusals import TooShort, failed
from .schemas import Stated
from .steering import steered_of


def keep_tour(session: Session, camera: Camera, new: PresetTourNew, user: Principal) -> PresetTour:
    """Keep a tour over presets of this camera.

    Raises
    ------
    NameTaken, NotFound
        The name is taken, or a preset is not of this camera.

    """
    require_name(session, PresetTour, camera.id, new.name)
    tour = PresetTour(
        camera_id=camera.id,
        division_code=camera.division_code,
        name=new.name,
        stops=_stops(session, camera.id, new.stops),
    )
    session.add(tour)
    session.flush()
    detail = {"tour": new.name, "stops": len(new.stops)}
    entered(session, camera, user, "ptz.tour.kept", detail)
    return tour


def edit_tour(user: Principal, camera_id: int, tour_id: int, change: PresetTourEdit) -> PresetTour:
    """Change a tour's name or its stops; one that runs ends.

    Raises
    ------
    NameTaken, NotFound, HeadFailed
        As `keep_tour`; its device runs it and did not stop.

    """
    halt(user, camera_id, tour_id)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        tour = tour_of(session, camera_id, tour_id)
        if change.name is not None and change.name != tour.name:
            require_name(session, PresetTour, camera_id, change.name)
            tour.name = change.name
        if change.stops is not None:
            tour.stops = _stops(session, camera_id, change.stops)
        tour.due_at = None
        session.flush()
        detail = {"tour": tour.name, "stops": len(tour.stops)}
        entered(session, camera, user, "ptz.tour.changed", detail)
        return tour


def tour_of(session: Session, camera_id: int, tour_id: int) -> PresetTour:
    """Return a tour of a camera; another camera's is none."""
    tour = session.get(PresetTour, tour_id)
    if tour is None or tour.camera_id != camera_id:
        raise NotFound()
    return tour


def start_tour(user: Principal, camera_id: int, tour_id: int, order: Stated) -> PresetTour:
    """Let a tour run from its first stop; another one of the camera ends.

    Raises
    ------
    TooShort, Held, HeadFailed
        Its presets are gone, somebody else holds the head, or the device's own did not stop.

    """
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        tour = tour_of(session, camera_id, tour_id)
        if len(tour.stops) < 2:
            raise TooShort()
        why = stated.why_of(session, user, camera, order)
        take(session, camera, why, datetime.now(UTC))
    halt(user, camera_id)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        tour = tour_of(session, camera_id, tour_id)
        for other in _of(session, camera_id):
            other.due_at = None
        session.flush()  # one runs at a time: the old one ends before the new one begins
        tour.step, tour.due_at, tour.started_by = 0, datetime.now(UTC), user.id
        tour.purpose, tour.incident_id = why.purpose, why.incident_id
        session.flush()
        tell(session, camera)
        enter(session, why.act("ptz.tour.started", camera, {"tour": tour.name}))
        return tour


def stop_tour(user: Principal, camera_id: int, tour_id: int) -> PresetTour:
    """Let a tour end where it is.

    Raises
    ------
    HeadFailed
        The device runs it and did not stop.

    """
    halt(user, camera_id, tour_id)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        tour = tour_of(session, camera_id, tour_id)
        if tour.due_at is not None:
            tour.due_at = None
            session.flush()
            entered(session, camera, user, "ptz.tour.stopped", {"tour": tour.name})
        return tour


def drop_tour(user: Principal, camera_id: int, tour_id: int) -> None:
    """Remove a tour here and in its device; one the device has lost is removed all the same."""
    halt(user, camera_id, tour_id)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        tour = tour_of(session, camera_id, tour_id)
        token = tour.token
        session.delete(tour)
        entered(session, camera, user, "ptz.tour.removed", {"tour": tour.name})
    if token is None:
        return
    try:
        reach = steered_of(user, camera_id).reach
        lines().run(lines().on(reach, lambda head: remove_tour(head, token)))
    except DeviceError:
        return  # nothing here points to it any more


def halt(user: Principal, camera_id: int, tour_id: int | None = None) -> None:
    """Stop the tour the device runs, if it is this one; None: whichever it is.

    Raises
    ------
    HeadFailed
        The device did not obey: its tour goes on, here as well.

    """
    with begin(user.scope) as session:
        registry.get(session, camera_id)
        running = [tour for tour in _of(session, camera_id) if tour.on_device]
        token = next((t.token for t in running if tour_id in (None, t.id)), None)
    if token is None:
        return
    steered = steered_of(user, camera_id)
    try:
        lines().run(lines().on(steered.reach, lambda head: operate_tour(head, token, "Stop")))
    except DeviceError as error:
        raise failed(steered.facts.name, error) from None
    with begin(user.scope) as session:
        for tour in _of(session, camera_id):
            tour.on_device = False


def _of(session: Session, camera_id: int) -> list[PresetTour]:
    return list(session.scalars(select(PresetTour).where(PresetTour.camera_id == camera_id)))


def _stops(session: Session, camera_id: int, stops: list[PresetTourStop]) -> list[dict[str, int]]:
    for stop in stops:
        preset_of(session, camera_id, stop.preset_id)
    return [stop.model_dump() for stop in stops]
