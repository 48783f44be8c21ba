"""Changes as poses: what the cameras of a plan would be, beside what they are today."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, lazyload

from gis.frame import LocalFrame
from gis.poses import PoseTable

from ...cameras.lookout import Stated, poses_as_stated
from ...cameras.models import Camera, Pose
from ...spatial import lonlat
from .aiming import aim_of
from .saved import CameraUnknown, check_sensor
from .schemas import Change


@dataclass(frozen=True, slots=True)
class Plan:
    """The cameras of some changes as they would be; a new camera has a negative number."""

    changes: tuple[Change, ...]
    #: Number in `poses` of each change's camera; that of a removed one has no pose.
    camera_index: NDArray[np.int64]
    #: Where each change's camera would stand, degrees; nan for a removed one.
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    #: Every sensor of the moved and the new cameras, in the frame of the lookout.
    poses: PoseTable

    @property
    def touched(self) -> NDArray[np.int64]:
        """Numbers of all cameras that change, come or go."""
        return np.unique(self.camera_index)


class _Sensor(NamedTuple):
    """A row of `Stated`, in its order; None = not known."""

    camera_id: int
    lon: float
    lat: float
    height_m: float | None
    width_px: float | None
    azimuth_deg: float | None
    azimuth_error_deg: float
    fov_deg: float | None
    range_m: float | None
    tilt_deg: float | None
    fov_error_deg: float = 0.0
    tilt_error_deg: float = 0.0


def plan(session: Session, frame: LocalFrame, changes: Sequence[Change]) -> Plan:
    """Return the changes as poses in `frame`.

    Raises
    ------
    CameraUnknown, SensorUnknown
        If a change speaks of what the caller's jurisdiction does not have.

    """
    cameras = _known(session, changes)
    sensors: dict[int, list[_Sensor]] = {}
    index = np.zeros(len(changes), dtype=np.int64)
    for number, change in enumerate(changes):
        if change.camera_id is None:
            index[number] = -1 - number
            sensors[-1 - number] = [_added(-1 - number, change)]
            continue
        index[number] = camera_id = change.camera_id
        camera = cameras[camera_id]
        check_sensor(camera, change, f"changes.{number}.sensor_no")
        if change.op == "move":
            sensors[camera_id] = _moved(sensors.get(camera_id) or _standing(camera), camera, change)
    spots = [sensors[int(i)][0] if int(i) in sensors else None for i in index]
    return Plan(
        tuple(changes),
        index,
        np.array([math.nan if s is None else s.lon for s in spots]),
        np.array([math.nan if s is None else s.lat for s in spots]),
        _table(frame, [row for rows in sensors.values() for row in rows]),
    )


def _known(session: Session, changes: Sequence[Change]) -> dict[int, Camera]:
    ids = {change.camera_id for change in changes if change.camera_id is not None}
    # One round trip, and nothing of devices: a dragged camera is asked for many times a second.
    wanted = select(Camera).options(joinedload(Camera.poses), lazyload(Camera.device))
    found = session.scalars(wanted.where(Camera.id.in_(ids))).unique() if ids else ()
    cameras = {camera.id: camera for camera in found}
    for number, change in enumerate(changes):
        if change.camera_id is not None and change.camera_id not in cameras:
            field = f"changes.{number}.camera_id"
            raise CameraUnknown(field=field, camera_id=change.camera_id)
    return cameras


def _added(camera_id: int, change: Change) -> _Sensor:
    body = (camera_id, *change.spot, change.height_m, change.width_px)
    aim = (change.azimuth_deg, 0.0, change.fov_deg, change.range_m, change.tilt_deg)
    return _Sensor(*body, *aim)


def _standing(camera: Camera) -> list[_Sensor]:
    lon, lat = lonlat(camera.geom)
    body = (camera.id, lon, lat, camera.height_m, camera.width_px)
    aims = _Sensor._fields[len(body) :]
    poses = camera.poses or [Pose(azimuth_error_deg=0.0, fov_error_deg=0.0, tilt_error_deg=0.0)]
    return [_Sensor(*body, **{name: getattr(pose, name) for name in aims}) for pose in poses]


def _moved(sensors: list[_Sensor], camera: Camera, change: Change) -> list[_Sensor]:
    """Return a camera's sensors after one change, as `applying.edit_of` would make them real."""
    body = change.model_dump(include={"lon", "lat", "height_m", "width_px"}, exclude_none=True)
    numbers = [pose.sensor_no for pose in camera.poses]
    turned = numbers.index(change.sensor_no) if change.sensor_no in numbers else 0
    moved = [sensor._replace(**body) for sensor in sensors]
    moved[turned] = moved[turned]._replace(**aim_of(change, moved[turned]))
    return moved


def _table(frame: LocalFrame, rows: list[_Sensor]) -> PoseTable:
    columns = list(zip(*rows, strict=True)) or [()] * len(_Sensor._fields)
    floats = (np.array(column, dtype=np.float64) for column in columns[1:])
    return poses_as_stated(frame, Stated(np.array(columns[0], dtype=np.int64), *floats))
