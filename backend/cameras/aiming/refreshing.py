"""A device asked anew: what its head can do, where it stands, which presets it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from video.errors import DeviceError
from video.ptz import DevicePreset, PtzHead
from video.ptz_skills import Skills
from video.ptz_tours import DeviceTour, device_tours

from ...access import Principal
from ...db import begin
from .. import registry
from ..models import Camera
from .asking import ensure_asked
from .calibrations import apply, fitted, shape_of_fit
from .facts import heads
from .headrows import reach_of
from .keeping import entered
from .keeping_schemas import CalibrationShape, HeadCalibrationOrder, PositionShape, PtzSheet
from .lines import lines
from .listening import mark
from .models import HeadPosition
from .moving import Arrival, standing, told
from .planning import view_at
from .refusals import Moving, NoHead, NoPosition, failed
from .sheet import position_shape, sheet
from .steering import commanded_on, steered_of
from .storing import store_arrival, store_failure, store_skills
from .takingover import directions, take_over, take_over_tours


@dataclass(frozen=True, slots=True)
class Told:
    """What a device answered."""

    skills: Skills
    position: tuple[float, float, float] | None
    presets: tuple[DevicePreset, ...]
    tours: tuple[DeviceTour, ...]


def refresh(user: Principal, camera_id: int) -> PtzSheet:
    """Ask a device of its head and keep the answers.

    Presets and tours the device keeps and nobody named here are taken over; angles of presets
    follow from their positions where the head's directions are known.

    Raises
    ------
    NoHead, HeadFailed
        There is none, or the device did not answer.

    """
    answer = _asked(user, camera_id)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        now = datetime.now(UTC)
        store_skills(session, camera, answer.skills, now)
        facts = heads(session, [camera_id])[camera_id]
        take_over(session, camera, facts, answer.presets)
        take_over_tours(session, camera, answer.tours)
        running = mark(session, camera, answer.tours, now)
        if running is not None:
            entered(session, camera, user, "ptz.tour.found", {"tour": running})
        _keep_position(
            session, camera, Arrival(answer.position, view_at(facts, answer.position), None)
        )
        session.flush()
        return sheet(session, user, camera_id, now)


def position_now(user: Principal, camera_id: int) -> PositionShape:
    """Return where a head stands, as its device says once it has come to a stand.

    Raises
    ------
    NoHead, HeadFailed, NoPosition, Moving
        There is none, it did not answer, tells no position, or still moves.

    """
    steered = steered_of(user, camera_id)
    if not steered.facts.skills.tells_position:
        raise NoPosition(name=steered.facts.name)
    status = commanded_on(user, steered, lambda head: standing(head, None))
    place = told(status) if status is not None else None
    if place is None:
        raise Moving()
    view = view_at(steered.facts, place)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        _keep_position(session, camera, Arrival(place, view, None))
        return position_shape(session.get_one(HeadPosition, camera_id))


def _keep_position(session: Session, camera: Camera, arrival: Arrival) -> None:
    """Keep a position told: to be asked is no use that puts the way home off."""
    last = session.get(HeadPosition, camera.id)
    method, due = (last.method, last.home_due_at) if last is not None else ("told", None)
    store_arrival(session, camera, arrival, datetime.now(UTC), method=method)
    session.get_one(HeadPosition, camera.id).home_due_at = due


def calibrate(
    user: Principal, camera_id: int, order: HeadCalibrationOrder, *, keeps: bool
) -> CalibrationShape:
    """Return what landmarks say of a head; kept when asked to be.

    Raises
    ------
    NoHead, HeadFailed, NotCalibrated
        As their names say.

    """
    with begin(user.scope) as session:
        registry.get(session, camera_id)
    refused = ensure_asked(user.scope, [camera_id])
    if camera_id in refused:
        raise refused[camera_id]
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        facts = heads(session, [camera_id]).get(camera_id)
        if facts is None:
            raise NoHead(name=camera.name)
        found = fitted(session, facts, order, user)
        if keeps:
            apply(session, camera, found, user)
            session.flush()
            directions(session, heads(session, [camera_id])[camera_id])
        return shape_of_fit(found)


def _asked(user: Principal, camera_id: int) -> Told:
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        name = camera.name
        reach = reach_of(camera, None)

    async def ask(head: PtzHead) -> Told:
        place = told(await head.status()) if head.skills.tells_position else None
        presets = await head.presets() if head.skills.presets_max else ()
        tours = await device_tours(head) if head.skills.tours_max else ()
        return Told(head.skills, place, presets, tours)

    async def anew() -> Told:
        await lines().drop(camera_id)
        return await lines().on(reach, ask)

    try:
        return lines().run(anew())
    except DeviceError as error:
        with begin(user.scope) as session:
            store_failure(session, camera_id, error)
        raise failed(name, error) from None
