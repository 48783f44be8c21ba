"""A scenario becomes real: all its changes through the registry of cameras, or none of them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ...access import Principal
from ...cameras import registry
from ...cameras.models import Camera, Pose
from ...cameras.schemas import CameraEdit, CameraNew, PoseShape
from ..models import Scenario
from . import saved
from .aiming import AIM, aim_of
from .saved import CamerasChanged, Saved, as_it_is
from .schemas import Change


def apply(
    session: Session, scenario_id: int, version: int, by: Principal
) -> tuple[Scenario, dict[str, int]]:
    """Carry out a draft; return it and the ids of the new cameras by the key of their change.

    Raises
    ------
    NotFound, StaleScenario, AlreadyApplied
        If the scenario is not the draft that was looked at.
    CamerasChanged
        If a camera is not what it was when the change was saved; then nothing is written.

    """
    scenario = saved.draft(session, scenario_id, version, by)
    changes = saved.saved_changes(scenario)
    cameras = _unchanged(session, changes)
    added: dict[str, int] = {}
    for number, change in enumerate((each.change for each in changes), start=1):
        if change.op == "add":
            new = _new(change, f"{scenario.name} {number}")
            added[change.label] = registry.create(session, new, by=by).id
        elif change.camera_id is not None:
            camera = cameras[change.camera_id]
            if change.op == "remove":
                registry.remove(session, camera, by=by)
            else:
                registry.edit(session, camera, edit_of(camera, change), by=by)
    saved.mark_applied(session, scenario, by)
    return scenario, added


def edit_of(camera: Camera, change: Change) -> CameraEdit:
    """Return a `move` as the registry takes it: only what the change states is given."""
    given = change.model_dump(
        include={"lon", "lat", "height_m", "width_px", "name"}, exclude_none=True
    )
    number = change.sensor_no or min((p.sensor_no for p in camera.poses), default=1)
    poses = {pose.sensor_no: _shape(pose) for pose in camera.poses}
    before = poses.get(number, PoseShape(sensor_no=number))
    if aim := aim_of(change, before):
        poses[number] = before.model_copy(update=aim | {"source": "stated"})
        given["poses"] = [pose.model_dump() for _, pose in sorted(poses.items())]
    return CameraEdit.model_validate(given)


def _new(change: Change, name: str) -> CameraNew:
    given = change.model_dump(include={"lon", "lat", "height_m", "width_px"}, exclude_none=True)
    aim = change.model_dump(include=set(AIM), exclude_none=True)
    return CameraNew.model_validate(given | {"name": change.name or name, "poses": [aim]})


def _unchanged(session: Session, saved: Sequence[Saved]) -> dict[int, Camera]:
    """Return the cameras spoken of, locked in order of id and as they were when it was saved."""
    was = {each.change.camera_id: each.was for each in saved if each.change.camera_id is not None}
    if not was:
        return {}
    for key in (Camera.id, Pose.camera_id):
        # Both, because a turn writes the pose alone; read after the locks, what is read stays.
        session.execute(select(key).where(key.in_(was)).order_by(key).with_for_update()).all()
    found = session.scalars(select(Camera).where(Camera.id.in_(was)))
    cameras = {camera.id: camera for camera in found}
    differing = [i for i, then in was.items() if i not in cameras or as_it_is(cameras[i]) != then]
    if differing:
        raise CamerasChanged(cameras=", ".join(map(str, sorted(differing))), ids=sorted(differing))
    return cameras


def _shape(pose: Pose) -> PoseShape:
    assumed = {"fov_assumed", "range_assumed"}
    return PoseShape(**{n: getattr(pose, n) for n in PoseShape.model_fields if n not in assumed})
