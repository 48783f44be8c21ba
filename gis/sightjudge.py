"""Kernels that judge camera poses against one target; see `gis.sight` for the rules and units."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.edgegrid import TOUCH_M
from gis.obstacles import Walls
from gis.poses import PoseArrays, nearest_out_of_range, reaching
from gis.sighttrace import line_between, trace
from gis.terrain import Relief

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Bytes = NDArray[np.int8]
#: x, y, height above ground
Target = tuple[float, float, float]
Judged = tuple[
    Ints, Bytes, Bytes, Ints, Floats, Floats, Floats, Floats, NDArray[np.bool_]
]  # in the order of gis.sight.Seen

_CERTAIN, _POSSIBLE, _BLOCKED = 0, 1, 2
_SEES, _POSE_UNCERTAIN, _AZIMUTH_UNKNOWN, _INSIDE_BUILDING = 0, 1, 2, 3
_OUT_OF_RANGE, _OUT_OF_FIELD, _TOO_NEAR = 4, 5, 6
_BY_BUILDING, _BY_TERRAIN = 7, 8
_CLEAR, _TERRAIN, _CAMERA_INSIDE = 0, 2, 3

#: Rounding of angles may move a target out of "possible", never into "certain".
_ANGLE_SLACK_DEG = 1e-9


@compiled
def judge_around(
    poses: PoseArrays,
    walls: Walls,
    relief: Relief,
    target: Target,
    search: tuple[float, int],
) -> Judged:
    """Poses in reach of the target, then at most search[1] out of range within search[0] metres."""
    x, y, _ = target
    in_reach = reaching(poses, x, y)
    near = nearest_out_of_range(poses, (x, y), search[0], search[1])
    return judge_all(poses, walls, relief, target, np.concatenate((in_reach, near)))


@compiled
def judge_all(
    poses: PoseArrays, walls: Walls, relief: Relief, target: Target, chosen: Ints
) -> Judged:
    """Verdict, reason and measures of the chosen poses."""
    count = len(chosen)
    verdict, reason = np.empty(count, dtype=np.int8), np.empty(count, dtype=np.int8)
    blocked_by = np.empty(count, dtype=np.int32)
    blocked_at_m, distance_m = np.empty(count), np.empty(count)
    bearing_deg, pixels_per_m = np.empty(count), np.empty(count)
    line_clear = np.empty(count, dtype=np.bool_)
    for i in range(count):
        p = chosen[i]
        ends = (poses.x[p], poses.y[p], poses.height_m[p], target[0], target[1], target[2])
        line = line_between(relief, ends)
        drop_m = line.z0 - line.z1
        distance_m[i] = line.length_m
        bearing_deg[i] = _bearing(line.ux, line.uy, line.length_m, poses.convergence_deg[p])
        pixels_per_m[i] = _density(poses, p, math.hypot(line.length_m, drop_m))
        cause, blocked_by[i], blocked_at_m[i], is_inside = _sight_end(walls, relief, ends)
        line_clear[i] = cause == _CLEAR
        placed, why = _placed(poses, p, (line.length_m, bearing_deg[i], drop_m))
        verdict[i], reason[i] = _verdict(cause, is_inside, placed, why)
    return (
        chosen,
        verdict,
        reason,
        blocked_by,
        blocked_at_m,
        distance_m,
        bearing_deg,
        pixels_per_m,
        line_clear,
    )


@compiled
def _sight_end(
    walls: Walls, relief: Relief, ends: tuple[float, ...]
) -> tuple[int, int, float, bool]:
    """Cause, building and distance where the line ends; and whether the camera is in a building.

    A camera placed inside a footprint most likely hangs on its wall and was surveyed roughly:
    its own building is passed over, and the verdict is never more than possible.
    """
    cause, building, at_m, _ = trace(walls, relief, ends, -1)
    is_inside = cause == _CAMERA_INSIDE
    if is_inside:
        cause, building, at_m, _ = trace(walls, relief, ends, building)
    return cause, building, at_m, is_inside


@compiled
def _verdict(cause: int, is_inside: bool, placed: int, why: int) -> tuple[int, int]:
    if placed == _BLOCKED:
        return _BLOCKED, why
    if cause != _CLEAR:
        return _BLOCKED, (_BY_TERRAIN if cause == _TERRAIN else _BY_BUILDING)
    if is_inside:
        return _POSSIBLE, _INSIDE_BUILDING
    return placed, why


@compiled
def _placed(poses: PoseArrays, p: int, seen_at: tuple[float, float, float]) -> tuple[int, int]:
    """Verdict and reason by range and field alone: what the camera would show of open country."""
    distance_m, bearing_deg, drop_m = seen_at
    if distance_m > poses.range_m[p]:
        return _BLOCKED, _OUT_OF_RANGE
    verdict, reason = _across_field(poses, p, distance_m, bearing_deg)
    half_deg = poses.vfov_deg[p] / 2.0
    if verdict == _BLOCKED or math.isnan(half_deg) or math.isnan(poses.tilt_deg[p]):
        return verdict, reason
    below_axis_deg = math.degrees(math.atan2(drop_m, distance_m)) - poses.tilt_deg[p]
    if below_axis_deg > half_deg:
        return _BLOCKED, _TOO_NEAR
    if below_axis_deg < -half_deg:
        return _BLOCKED, _OUT_OF_FIELD
    return verdict, reason


@compiled
def _across_field(
    poses: PoseArrays, p: int, distance_m: float, bearing_deg: float
) -> tuple[int, int]:
    if poses.fov_deg[p] >= 360.0:
        return _CERTAIN, _SEES
    if math.isnan(poses.azimuth_deg[p]):
        return _POSSIBLE, _AZIMUTH_UNKNOWN
    if distance_m <= TOUCH_M:
        return _POSSIBLE, _POSE_UNCERTAIN
    off_deg = abs((bearing_deg - poses.azimuth_deg[p] + 180.0) % 360.0 - 180.0)
    error_deg = poses.azimuth_error_deg[p] + poses.fov_error_deg[p] / 2.0
    half_deg = poses.fov_deg[p] / 2.0
    if half_deg - error_deg > 0.0 and off_deg <= half_deg - error_deg:
        return _CERTAIN, _SEES
    if off_deg <= half_deg + error_deg + _ANGLE_SLACK_DEG:
        return _POSSIBLE, _POSE_UNCERTAIN
    return _BLOCKED, _OUT_OF_FIELD


@compiled
def _bearing(ux: float, uy: float, length_m: float, convergence_deg: float) -> float:
    if length_m <= TOUCH_M:
        return 0.0
    bearing = (math.degrees(math.atan2(ux, uy)) + convergence_deg) % 360.0
    # A tiny negative angle rounds to 360 itself.
    return bearing if bearing < 360.0 else 0.0


@compiled
def _density(poses: PoseArrays, p: int, slant_m: float) -> float:
    """`gis.optics.pixels_per_m` for one pose."""
    field_rad = math.radians(poses.lens_deg[p])
    width = 2.0 * math.tan(field_rad / 2.0) if field_rad < math.pi else field_rad
    return float(poses.width_px[p] / (slant_m * width))
