"""Kernels that judge camera poses against one target; see `gis.sight` for the rules and units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.edgegrid import TOUCH_M
from gis.handle import Handle
from gis.poses import PoseArrays, nearest_out_of_range, reaching
from gis.sightray import Line, line_between
from gis.sighttrace import trace
from gis.terrain import Relief
from gis.town import Town

Ints = NDArray[np.int32]
Records = NDArray[Any]
#: x, y, height above ground
Target = tuple[float, float, float]

#: One row of `gis.sight.Seen`, where the columns are explained.
SEEN = np.dtype(
    [
        ("blocked_at_m", "f8"),
        ("distance_m", "f8"),
        ("bearing_deg", "f8"),
        ("pixels_per_m", "f8"),
        ("pose", "i4"),
        ("blocked_by", "i4"),
        ("verdict", "i1"),
        ("reason", "i1"),
        ("line_clear", "?"),
    ],
    align=True,
)

_CERTAIN, _POSSIBLE, _BLOCKED = 0, 1, 2
_SEES, _POSE_UNCERTAIN, _AZIMUTH_UNKNOWN, _INSIDE_BUILDING = 0, 1, 2, 3
_OUT_OF_RANGE, _OUT_OF_FIELD, _TOO_NEAR = 4, 5, 6
_BY_BUILDING, _BY_TERRAIN = 7, 8
_CLEAR, _TERRAIN, _CAMERA_INSIDE = 0, 2, 3

#: Rounding of angles may move a target out of "possible", never into "certain".
_ANGLE_SLACK_DEG = 1e-9


@compiled
def judge_around(
    cameras: Handle,
    obstacles: Handle,
    terrain: Handle,
    target: Target,
    search: tuple[float, int],
) -> Records:
    """Poses in reach of the target, then at most search[1] out of range within search[0] metres."""
    poses, (x, y, _) = cameras.arrays, target
    in_reach = reaching(poses, x, y)
    near = nearest_out_of_range(poses, (x, y), search[0], search[1])
    chosen = np.concatenate((in_reach, near))
    return _judged(poses, obstacles.arrays, terrain.arrays, target, chosen)


@compiled
def judge_all(
    cameras: Handle, obstacles: Handle, terrain: Handle, target: Target, chosen: Ints
) -> Records:
    """The chosen rows of the pose table."""
    poses = cameras.arrays
    return _judged(poses, obstacles.arrays, terrain.arrays, target, poses.places[chosen])


@compiled
def judge_facing(cameras: Handle, obstacles: Handle, terrain: Handle, target: Target) -> Records:
    """Poses in reach whose field holds the target, less those blocked."""
    poses, town, relief = cameras.arrays, obstacles.arrays, terrain.arrays
    chosen = reaching(poses, target[0], target[1])
    seen = np.empty(len(chosen), dtype=SEEN)
    count = 0
    for p in chosen:
        pose, row = poses.rows[p], seen[count]
        line = _measure(relief, pose, target, row)
        placed, why = picture_verdict(pose, line.length_m, row.bearing_deg, line.z0 - line.z1)
        if placed == _BLOCKED:
            continue
        row.pose, row.pixels_per_m = pose.row, _density(pose, line)
        _fill(row, (placed, why), sight_end_of(town, relief, line))
        if row.verdict != _BLOCKED:
            count += 1
    return seen[:count]


@compiled
def _judged(poses: PoseArrays, town: Town, relief: Relief, target: Target, chosen: Ints) -> Records:
    """Verdict, reason and measures of the chosen poses, as SEEN records."""
    seen = np.empty(len(chosen), dtype=SEEN)
    for i in range(len(chosen)):
        pose, row = poses.rows[chosen[i]], seen[i]
        line = _measure(relief, pose, target, row)
        row.pose, row.pixels_per_m = pose.row, _density(pose, line)
        placed = picture_verdict(pose, line.length_m, row.bearing_deg, line.z0 - line.z1)
        _fill(row, placed, sight_end_of(town, relief, line))
    return seen


@compiled
def _measure(relief: Relief, pose: Any, target: Target, row: Any) -> Line:
    """Fill distance and bearing of one row; returns the line they were taken from."""
    ends = (pose.x, pose.y, pose.height_m, target[0], target[1], target[2])
    line = line_between(relief, ends)
    row.distance_m = line.length_m
    row.bearing_deg = bearing_of(line.ux, line.uy, line.length_m, pose.convergence_deg)
    return line


@compiled
def _fill(row: Any, placed: tuple[int, int], sight_end: tuple[int, int, float, bool]) -> None:
    cause, row.blocked_by, row.blocked_at_m, is_inside = sight_end
    row.line_clear = cause == _CLEAR
    row.verdict, row.reason = _verdict(cause, is_inside, placed[0], placed[1])


@compiled
def sight_end_of(town: Town, relief: Relief, line: Line) -> tuple[int, int, float, bool]:
    """Cause, building and distance where the line ends; and whether the camera is in a building.

    A camera placed inside a footprint most likely hangs on its wall and was surveyed roughly:
    its own building is passed over, and the verdict is never more than possible.
    """
    cause, building, at_m, _ = trace(town, relief, line, -1)
    is_inside = cause == _CAMERA_INSIDE
    if is_inside:
        cause, building, at_m, _ = trace(town, relief, line, building)
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
def picture_verdict(
    pose: Any, distance_m: float, bearing_deg: float, drop_m: float
) -> tuple[int, int]:
    """Verdict and reason by range and field alone: what the camera would show of open country."""
    if distance_m > pose.range_m:
        return _BLOCKED, _OUT_OF_RANGE
    verdict, reason = _across_field(pose, distance_m, bearing_deg)
    half_deg = pose.vfov_deg / 2.0
    if verdict == _BLOCKED or math.isnan(half_deg) or math.isnan(pose.tilt_deg):
        return verdict, reason
    below_axis_deg = math.degrees(math.atan2(drop_m, distance_m)) - pose.tilt_deg
    if below_axis_deg > half_deg:
        return _BLOCKED, _TOO_NEAR
    if below_axis_deg < -half_deg:
        return _BLOCKED, _OUT_OF_FIELD
    return verdict, reason


@compiled
def _across_field(pose: Any, distance_m: float, bearing_deg: float) -> tuple[int, int]:
    if pose.fov_deg >= 360.0:
        return _CERTAIN, _SEES
    if math.isnan(pose.azimuth_deg):
        return _POSSIBLE, _AZIMUTH_UNKNOWN
    if distance_m <= TOUCH_M:
        return _POSSIBLE, _POSE_UNCERTAIN
    off_deg = abs((bearing_deg - pose.azimuth_deg + 180.0) % 360.0 - 180.0)
    error_deg = pose.azimuth_error_deg + pose.fov_error_deg / 2.0
    half_deg = pose.fov_deg / 2.0
    if half_deg - error_deg > 0.0 and off_deg <= half_deg - error_deg:
        return _CERTAIN, _SEES
    if off_deg <= half_deg + error_deg + _ANGLE_SLACK_DEG:
        return _POSSIBLE, _POSE_UNCERTAIN
    return _BLOCKED, _OUT_OF_FIELD


@compiled
def bearing_of(ux: float, uy: float, length_m: float, convergence_deg: float) -> float:
    """Return the true bearing of a line's direction, degrees; 0 right under the camera."""
    if length_m <= TOUCH_M:
        return 0.0
    bearing = (math.degrees(math.atan2(ux, uy)) + convergence_deg) % 360.0
    # A tiny negative angle rounds to 360 itself.
    return bearing if bearing < 360.0 else 0.0


@compiled
def _density(pose: Any, line: Line) -> float:
    """`gis.optics.pixels_per_m` for one pose."""
    slant_m = math.hypot(line.length_m, line.z0 - line.z1)
    field_rad = math.radians(pose.lens_deg)
    width = 2.0 * math.tan(field_rad / 2.0) if field_rad < math.pi else field_rad
    return float(pose.width_px / (slant_m * width))
