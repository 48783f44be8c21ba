"""Presets of a head: kept here and in its device, named, gone to."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from video.errors import DeviceError
from video.ptz import PtzHead

from ...access import Principal
from ...audit.register import enter
from ...db import begin
from .. import registry
from ..models import Camera
from . import stated
from .keeping import entered, preset_of, require_name
from .keeping_schemas import PresetEdit, PresetNew
from .lines import lines
from .locking import take, tell
from .models import Preset, PresetTour
from .moving import told
from .planning import shape_of, view_at
from .refusals import failed
from .schemas import MoveAnswer, Stated
from .steering import Steered, go_to, steered_of
from .tours import halt


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
        require_name(session, Preset, camera_id, new.name)
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


def edit_preset(
    session: Session, camera: Camera, preset_id: int, change: PresetEdit, user: Principal
) -> Preset:
    """Change a preset's name or the angles stated of it."""
    preset = preset_of(session, camera.id, preset_id)
    given = change.model_dump(exclude_unset=True)
    name = given.get("name")
    if name is not None and name != preset.name:
        require_name(session, Preset, camera.id, name)
    for field, value in given.items():
        if field != "name" or value is not None:
            setattr(preset, field, value)
    session.flush()
    entered(session, camera, user, "ptz.preset.changed", {"preset": preset.name, **given})
    return preset


def drop_preset(user: Principal, camera_id: int, preset_id: int) -> None:
    """Remove a preset here and in the device; one the device has lost is removed all the same."""
    steered = steered_of(user, camera_id)
    halt(user, camera_id)
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
        entered(session, camera, user, "ptz.preset.removed", {"preset": name})
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
