"""Presets, tours, masked sectors and what planners state of a head: kept and entered."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from video.errors import DeviceError
from video.ptz import PtzHead

from ...access import Principal
from ...audit.register import Act, enter
from ...db import begin
from ...errors import Conflict, NotFound, Refused
from .. import registry
from ..models import Camera
from . import stated
from .lines import lines
from .locking import take, tell
from .models import Head, Mask, Preset, PresetTour
from .moving import told
from .planning import shape_of, view_at
from .refusals import NoHead, TooShort, failed
from .schemas import HeadEdit, MaskNew, MoveAnswer, PresetEdit, PresetNew, PresetTourNew, Stated
from .steering import Steered, go_to, steered_of


class NameTaken(Conflict):
    code = "ptz.name_taken"
    zh = "该摄像机已有名为“{name}”的项目：请换一个名称。"
    en = "This camera already has one called {name}: choose another name."


class LensReversed(Refused):
    code = "ptz.lens_reversed"
    zh = "最窄视场角不能大于最宽视场角。"
    en = "The narrowest field cannot be wider than the widest."


def keep_preset(user: Principal, camera_id: int, new: PresetNew) -> Preset:
    """Keep the present view as a preset, in the device and here.

    Raises
    ------
    NameTaken, Held, HeadFailed
        As their names say.

    """
    steered = steered_of(user, camera_id)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        _require_name(session, Preset, camera_id, new.name)
        why = stated.why_of(session, user, camera, new)
        take(session, camera, why, datetime.now(UTC))
        enter(session, why.act("ptz.preset.kept", camera, {"name": new.name}))

    async def keep(head: PtzHead) -> tuple[str, tuple[float, float, float] | None]:
        place = told(await head.status()) if head.skills.tells_position else None
        return await head.set_preset(new.name), place

    try:
        token, place = lines().run(lines().on(steered.reach, keep))
    except DeviceError as error:
        raise failed(steered.facts.name, error) from None
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        preset = _preset(camera, new, token, place, steered)
        session.add(preset)
        session.flush()
        tell(session, camera)
        return preset


def _preset(
    camera: Camera,
    new: PresetNew,
    token: str,
    place: tuple[float, float, float] | None,
    steered: Steered,
) -> Preset:
    view = shape_of(view_at(steered.facts, place))
    stated_angles = (new.azimuth_deg, new.tilt_deg, new.fov_deg)
    angles = stated_angles if view is None else (view.azimuth_deg, view.tilt_deg, view.fov_deg)
    pan, tilt, zoom = place or (None, None, None)
    return Preset(
        camera_id=camera.id,
        division_code=camera.division_code,
        name=new.name,
        token=token,
        pan=pan,
        tilt=tilt,
        zoom=zoom,
        azimuth_deg=angles[0],
        tilt_deg=angles[1],
        fov_deg=angles[2],
    )


def preset_of(session: Session, camera_id: int, preset_id: int) -> Preset:
    """Return a preset of a camera; another camera's is none."""
    preset = session.get(Preset, preset_id)
    if preset is None or preset.camera_id != camera_id:
        raise NotFound()
    return preset


def edit_preset(
    session: Session, camera: Camera, preset_id: int, change: PresetEdit, user: Principal
) -> Preset:
    """Change a preset's name or the angles stated of it."""
    preset = preset_of(session, camera.id, preset_id)
    given = change.model_dump(exclude_unset=True)
    name = given.get("name")
    if name is not None and name != preset.name:
        _require_name(session, Preset, camera.id, name)
    for field, value in given.items():
        if field != "name" or value is not None:
            setattr(preset, field, value)
    session.flush()
    _entered(session, camera, user, "ptz.preset.changed", {"preset": preset.name, **given})
    return preset


def drop_preset(user: Principal, camera_id: int, preset_id: int) -> None:
    """Remove a preset here and in the device; one the device has lost is removed all the same."""
    steered = steered_of(user, camera_id)
    with begin(user.scope) as session:
        camera = registry.get(session, camera_id)
        preset = preset_of(session, camera_id, preset_id)
        token, name = preset.token, preset.name
        for tour in session.scalars(select(PresetTour).where(PresetTour.camera_id == camera_id)):
            tour.stops = [stop for stop in tour.stops if stop["preset_id"] != preset_id]
            if len(tour.stops) < 2:
                tour.due_at = None
        session.delete(preset)
        session.flush()
        _entered(session, camera, user, "ptz.preset.removed", {"preset": name})
    try:
        lines().run(lines().on(steered.reach, lambda head: head.remove_preset(token)))
    except DeviceError:
        return  # nothing here points to it any more


def go_to_preset(user: Principal, camera_id: int, preset_id: int, order: Stated) -> MoveAnswer:
    """Send a head to one of its presets."""
    steered = steered_of(user, camera_id)
    with begin(user.scope) as session:
        preset = preset_of(session, camera_id, preset_id)
    return go_to(user, steered, order, preset)


def keep_tour(session: Session, camera: Camera, new: PresetTourNew, user: Principal) -> PresetTour:
    """Keep a tour over presets of this camera.

    Raises
    ------
    NameTaken, NotFound
        The name is taken, or a preset is not of this camera.

    """
    _require_name(session, PresetTour, camera.id, new.name)
    for stop in new.stops:
        preset_of(session, camera.id, stop.preset_id)
    tour = PresetTour(
        camera_id=camera.id,
        division_code=camera.division_code,
        name=new.name,
        stops=[stop.model_dump() for stop in new.stops],
    )
    session.add(tour)
    session.flush()
    detail = {"tour": new.name, "stops": len(new.stops)}
    _entered(session, camera, user, "ptz.tour.kept", detail)
    return tour


def tour_of(session: Session, camera_id: int, tour_id: int) -> PresetTour:
    """Return a tour of a camera; another camera's is none."""
    tour = session.get(PresetTour, tour_id)
    if tour is None or tour.camera_id != camera_id:
        raise NotFound()
    return tour


def start_tour(
    session: Session, camera: Camera, tour_id: int, why: stated.Why, now: datetime
) -> PresetTour:
    """Let a tour run from its first stop; another one of the camera ends.

    Raises
    ------
    TooShort, Held
        Its presets are gone, or somebody else holds the head.

    """
    tour = tour_of(session, camera.id, tour_id)
    if len(tour.stops) < 2:
        raise TooShort()
    take(session, camera, why, now)
    for other in session.scalars(select(PresetTour).where(PresetTour.camera_id == camera.id)):
        other.due_at = None
    session.flush()  # one runs at a time: the old one ends before the new one begins
    tour.step, tour.due_at, tour.started_by = 0, now, why.user.id
    tour.purpose, tour.incident_id = why.purpose, why.incident_id
    session.flush()
    tell(session, camera)
    enter(session, why.act("ptz.tour.started", camera, {"tour": tour.name}))
    return tour


def stop_tour(session: Session, camera: Camera, tour_id: int, user: Principal) -> PresetTour:
    """Let a tour end where it is."""
    tour = tour_of(session, camera.id, tour_id)
    if tour.due_at is not None:
        tour.due_at = None
        session.flush()
        _entered(session, camera, user, "ptz.tour.stopped", {"tour": tour.name})
    return tour


def drop_tour(session: Session, camera: Camera, tour_id: int, user: Principal) -> None:
    """Remove a tour."""
    tour = tour_of(session, camera.id, tour_id)
    session.delete(tour)
    _entered(session, camera, user, "ptz.tour.removed", {"tour": tour.name})


def keep_mask(session: Session, camera: Camera, new: MaskNew, user: Principal) -> Mask:
    """Keep a sector into which this camera never looks."""
    mask = Mask(camera_id=camera.id, division_code=camera.division_code, **new.model_dump())
    session.add(mask)
    session.flush()
    _entered(session, camera, user, "ptz.mask.kept", new.model_dump())
    return mask


def drop_mask(session: Session, camera: Camera, mask_id: int, user: Principal) -> None:
    """Remove a masked sector."""
    mask = session.get(Mask, mask_id)
    if mask is None or mask.camera_id != camera.id:
        raise NotFound()
    session.delete(mask)
    _entered(session, camera, user, "ptz.mask.removed", {"name": mask.name})


def edit_head(session: Session, camera: Camera, change: HeadEdit, user: Principal) -> None:
    """Keep what a planner states of a head: its fields, its home view.

    Raises
    ------
    NoHead, LensReversed, NotFound
        Its device was never asked, the fields contradict, or the preset is not of this camera.

    """
    head = session.get(Head, camera.id)
    if head is None:
        raise NoHead(name=camera.name)
    given = change.model_dump(exclude_unset=True)
    if given.get("home_preset_id") is not None:
        preset_of(session, camera.id, given["home_preset_id"])
    for field, value in given.items():
        setattr(head, field, value)
    if head.widest_deg and head.narrowest_deg and head.narrowest_deg > head.widest_deg:
        raise LensReversed(field="narrowest_deg")
    session.flush()
    _entered(session, camera, user, "ptz.head.changed", given)


def _require_name(
    session: Session, kind: type[Preset | PresetTour], camera_id: int, name: str
) -> None:
    taken = select(kind.id).where(kind.camera_id == camera_id, kind.name == name)
    if session.scalar(taken) is not None:
        raise NameTaken(field="name", name=name)


def _entered(
    session: Session, camera: Camera, user: Principal, act: str, detail: dict[str, Any]
) -> None:
    tell(session, camera)
    enter(
        session,
        Act(
            act,
            user.id,
            user.display_name,
            camera_id=camera.id,
            camera_name=camera.name,
            division_code=camera.division_code,
            detail=detail,
        ),
    )
