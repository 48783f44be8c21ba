"""Calibration of a camera: landmarks -> pose with errors -> the registry.

Errors kept with a pose are two standard errors: 95 % of true values lie within them.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from gis import calibration
from gis.errors import ArgumentError, CalibrationError
from gis.frame import LocalFrame
from gis.terrain import ground_height_m

from ..access import Principal
from ..basemap.scene import Scene
from ..errors import InvalidField, NotFound, Refused
from ..spatial import lonlat
from . import lookout, registry
from .calibration_schemas import CalibrationOrder
from .models import Camera, Pose
from .schemas import CameraEdit, PoseShape


class CalibrationRefused(Refused):
    code = "calibration.too_unsure"
    zh = "这些标志点定不出可靠的朝向：请在画面的不同位置、远近各处再标几个。"
    en = "These landmarks leave the pose open: mark some more, in other parts of the picture."


class TooFewLandmarks(CalibrationRefused):
    code = "calibration.too_few"
    zh = "至少需要 4 个标志点：请继续标注。"
    en = "At least 4 landmarks are needed: mark some more."


class LandmarksTooClose(CalibrationRefused):
    code = "calibration.too_close"
    zh = "标志点挤在一处或有两个重合{named}：请分散到画面各处。"
    en = "The landmarks lie too close together{named}: spread them over the picture."


class LandmarkBehind(CalibrationRefused):
    code = "calibration.behind"
    zh = "标志点{named}落在镜头背后：请核对它在地图上的位置。"
    en = "Landmark{named} would lie behind the lens: check its place on the map."


class LandmarkMisplaced(CalibrationRefused):
    code = "calibration.misplaced"
    zh = "标志点{named}与其余各点矛盾：请核对它在画面和地图上是否为同一处。"
    en = "Landmark{named} contradicts the others: is it the same place in picture and map?"


class NoCommonPose(CalibrationRefused):
    code = "calibration.no_common_pose"
    zh = "没有一个朝向能解释这些标志点（误差 {rms_px} 像素）：请核对摄像机的位置和高度。"
    en = "No pose explains these landmarks (off by {rms_px} px): check the camera's own place."


class HeightUnknown(Refused):
    code = "calibration.height_unknown"
    zh = "“{name}”没有登记安装高度，无法校准：请先填写镜头离地高度。"
    en = "Camera {name} has no mounting height: state the height of the lens first."


_REFUSALS: dict[str, type[CalibrationRefused]] = {
    "too_few": TooFewLandmarks,
    "too_close": LandmarksTooClose,
    "too_unsure": CalibrationRefused,
    "behind": LandmarkBehind,
    "misplaced": LandmarkMisplaced,
    "no_common_pose": NoCommonPose,
}


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A pose found for one sensor; the azimuth is true, not the frame's."""

    camera: Camera
    pose: Pose
    height_m: float
    found: calibration.Calibration
    frame: LocalFrame
    scene: Scene


def calibrated(session: Session, camera: Camera, order: CalibrationOrder) -> Calibrated:
    """Return the pose that explains the landmarks; nothing is written."""
    pose = next((p for p in camera.poses if p.sensor_no == order.sensor_no), None)
    if pose is None:
        raise NotFound()
    height_m = order.camera_height_m or camera.height_m
    if height_m is None:
        raise HeightUnknown(name=camera.name)
    _refuse_outside(order)
    watch, scene = lookout.current(session)
    station = _station(camera, order, watch.frame, scene, height_m)
    picture = calibration.Picture(order.width_px, order.height_px)
    try:
        found = calibration.calibrate(picture, station, _landmarks(order, watch.frame, scene))
    except CalibrationError as refused:
        raise _refusal(refused) from refused
    except ArgumentError as refused:  # at the lens, or too far away for a plane
        raise InvalidField(field="landmarks", reason=refused.got) from refused
    lon, lat = lonlat(camera.geom)
    turn_deg = float(watch.frame.convergence_deg(lon, lat))
    true = replace(found.attitude, azimuth_deg=(found.attitude.azimuth_deg + turn_deg) % 360.0)
    found = replace(found, attitude=true)
    return Calibrated(camera, pose, height_m, found, watch.frame, scene)


def apply(
    session: Session, done: Calibrated, order: CalibrationOrder, *, by: Principal | None = None
) -> None:
    """Store the pose with its errors as a change of the camera; its viewshed follows by a job."""
    sheet = registry.sheet_of(done.camera)
    poses = [
        _pose_shape(shape, done) if shape.sensor_no == order.sensor_no else shape
        for shape in sheet.poses
    ]
    change: dict[str, Any] = {"poses": poses}
    if done.height_m != done.camera.height_m:
        change["height_m"] = done.height_m
    registry.edit(session, done.camera, CameraEdit(**change), by=by)


def _pose_shape(shape: PoseShape, done: Calibrated) -> PoseShape:
    attitude, sigma = done.found.attitude, done.found.sigma
    return shape.model_copy(
        update={
            "azimuth_deg": round(attitude.azimuth_deg, 2) % 360.0,
            "azimuth_error_deg": round(2.0 * sigma.azimuth_deg, 3),
            "tilt_deg": round(attitude.tilt_deg, 2),
            "tilt_error_deg": round(2.0 * sigma.tilt_deg, 3),
            "fov_deg": round(attitude.fov_deg, 2),
            "fov_error_deg": round(2.0 * sigma.fov_deg, 3),
            "fov_assumed": False,
            "source": "calibrated",
        }
    )


def _refuse_outside(order: CalibrationOrder) -> None:
    for number, mark in enumerate(order.landmarks, start=1):
        if mark.u > order.width_px or mark.v > order.height_px:
            reason = f"{number}: {mark.u:g}, {mark.v:g} > {order.width_px} x {order.height_px}"
            raise InvalidField(field="landmarks", reason=reason)


def _station(
    camera: Camera, order: CalibrationOrder, frame: LocalFrame, scene: Scene, height_m: float
) -> calibration.Station:
    x, y = frame.to_metric(*lonlat(camera.geom))
    ground_m = _ground_m(scene, x, y)
    return calibration.Station(
        float(x),
        float(y),
        float(ground_m[0]) + height_m,
        place_error_m=order.place_error_m,
        height_error_m=order.height_error_m,
    )


def _landmarks(order: CalibrationOrder, frame: LocalFrame, scene: Scene) -> calibration.Landmarks:
    u, v, lon, lat, height_m = (
        np.array([[m.u, m.v, m.lon, m.lat, m.height_m] for m in order.landmarks], np.float64)
        .reshape(-1, 5)
        .T
    )
    x, y = frame.to_metric(lon, lat)
    ground_m = _ground_m(scene, x, y)
    return calibration.Landmarks(u, v, x, y, ground_m + height_m, error_m=order.landmark_error_m)


def _ground_m(scene: Scene, x: Any, y: Any) -> Any:
    """Return ground heights; level ground where none are known."""
    if scene.terrain is None:
        return np.zeros(np.size(x))
    return np.nan_to_num(ground_height_m(scene.terrain, x, y), nan=0.0)


def _refusal(refused: CalibrationError) -> CalibrationRefused:
    numbers = [row + 1 for row in refused.landmarks]
    named = f" {', '.join(map(str, numbers))} " if numbers else ""
    rms_px = None if math.isnan(refused.rms_px) else round(refused.rms_px, 1)
    return _REFUSALS[refused.reason](named=named, landmarks=numbers, rms_px=rms_px)
