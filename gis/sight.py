"""Which cameras see a point: range, field, picture edges and the exact line of sight of each.

x and y in metres of the scene's CRS; azimuths and bearings in degrees clockwise from true north.
`CERTAIN` is a promise: the line is clear by `gis.sightline` and the target lies in the field for
every pose within the stated errors. Curvature of the field's edge under tilt is left out: the
picture is taken as the wedge of azimuths and the band of depressions its axis shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import box

from gis.errors import ArgumentError
from gis.obstacles import Obstacles, build_obstacles, building_at
from gis.poses import PoseColumns, PoseTable, build_poses
from gis.sightjudge import judge_all, judge_around, judge_facing
from gis.sightline import TARGET_HEIGHT_M, Spot, plan_sightline, sightline, sightlines
from gis.terrain import Terrain, build_terrain, ground_height_m, handle_of

__all__ = [
    "NEAR_LIMIT",
    "PoseColumns",
    "PoseTable",
    "Reason",
    "Seen",
    "Verdict",
    "build_poses",
    "judged",
    "seeing",
    "warm_up",
    "watching",
]

Floats = NDArray[np.float64]

#: Cameras out of range are told of, nearest first, up to this many.
NEAR_LIMIT = 16


class Verdict(IntEnum):
    """Whether a camera sees the point, best first."""

    CERTAIN = 0
    POSSIBLE = 1
    BLOCKED = 2


class Reason(IntEnum):
    """Why the verdict is so: the first that holds of range, field, line and pose."""

    SEES = 0
    #: In the field for some pose within the errors, not for all; or right under the camera.
    POSE_UNCERTAIN = 1
    AZIMUTH_UNKNOWN = 2
    #: The camera's place is inside a footprint taller than the camera; its building is ignored.
    INSIDE_BUILDING = 3
    OUT_OF_RANGE = 4
    #: Beside the picture, or above its upper edge.
    OUT_OF_FIELD = 5
    #: Below the lower edge of the picture.
    TOO_NEAR = 6
    BLOCKED_BY_BUILDING = 7
    BLOCKED_BY_TERRAIN = 8


@dataclass(frozen=True, slots=True)
class Seen:
    """One row per pose that was asked; the columns are arrays of one length."""

    #: `gis.sightjudge.SEEN` records, the columns below side by side.
    rows: NDArray[Any]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def pose(self) -> NDArray[np.int32]:
        """Row of the pose table."""
        return self.rows["pose"]

    @property
    def verdict(self) -> NDArray[np.int8]:
        """`Verdict` values."""
        return self.rows["verdict"]

    @property
    def reason(self) -> NDArray[np.int8]:
        """`Reason` values."""
        return self.rows["reason"]

    @property
    def blocked_by(self) -> NDArray[np.int32]:
        """First blocking building, an index into the obstacles; -1 for none."""
        return self.rows["blocked_by"]

    @property
    def blocked_at_m(self) -> Floats:
        """Distance from the camera at which the line ends, metres; nan for a clear line."""
        return self.rows["blocked_at_m"]

    @property
    def distance_m(self) -> Floats:
        """Distance in plan, metres."""
        return self.rows["distance_m"]

    @property
    def bearing_deg(self) -> Floats:
        """From camera to point, true degrees, 0 <= bearing < 360; 0 right under the camera."""
        return self.rows["bearing_deg"]

    @property
    def pixels_per_m(self) -> Floats:
        """Density at the target by slant range; nan for an unknown picture width."""
        return self.rows["pixels_per_m"]

    @property
    def line_clear(self) -> NDArray[np.bool_]:
        """Whether the line itself is clear, whatever range and field say: could it turn and see?"""
        return self.rows["line_clear"]


def seeing(
    poses: PoseTable,
    obstacles: Obstacles,
    terrain: Terrain | None,
    x: float,
    y: float,
    *,
    target_height_m: float = TARGET_HEIGHT_M,
    search_radius_m: float = 500.0,
) -> Seen:
    """Cameras in reach of a point, each with verdict and reason; then near ones out of range.

    Parameters
    ----------
    poses : PoseTable
        Sensor poses, CRS of the scene.
    obstacles : Obstacles
        Buildings; with terrain, built with `ground_under` as `ground_m`.
    terrain : Terrain or None
        None is flat ground.
    x, y : float
        The place, metres, finite.
    target_height_m : float
        Height looked at above the ground, metres, >= 0.
    search_radius_m : float
        Cameras within this radius whose range ends before the point follow as OUT_OF_RANGE, at
        most `NEAR_LIMIT`, nearest first; 0 for none.

    Returns
    -------
    Seen
        Every pose whose range circle holds the point, in order of the index, then the near ones.
        Empty arrays when there is none.

    Raises
    ------
    ArgumentError
        If a number is not finite or is negative where that makes no sense.

    Notes
    -----
    Field: with d the angle between azimuth and bearing, e the two errors summed (half the field's
    error), CERTAIN needs d <= fov / 2 - e, POSSIBLE d <= fov / 2 + e. A field of 360 degrees needs
    no azimuth. Picture edges are judged when tilt and vertical field are known: the depression to
    the target must lie within tilt +- vfov / 2.

    """
    target = _checked_target(x, y, target_height_m)
    if not 0.0 <= search_radius_m < math.inf:
        raise ArgumentError("search_radius_m", got=search_radius_m, allowed="0 or more, finite")
    return Seen(
        judge_around(
            poses.handle,
            obstacles.handle,
            handle_of(terrain),
            target,
            (float(search_radius_m), NEAR_LIMIT),
        )
    )


def watching(
    poses: PoseTable,
    obstacles: Obstacles,
    terrain: Terrain | None,
    x: float,
    y: float,
    *,
    target_height_m: float = TARGET_HEIGHT_M,
) -> Seen:
    """The CERTAIN and POSSIBLE rows of `seeing` alone, at about half the cost.

    For many points: gaps, files of places. Lines of cameras that look elsewhere are not followed.

    Parameters
    ----------
    poses, obstacles, terrain, x, y, target_height_m
        As in `seeing`.

    Returns
    -------
    Seen
        Rows in the order of `seeing`; empty when no camera sees the point.

    Raises
    ------
    ArgumentError
        As `seeing`.

    """
    target = _checked_target(x, y, target_height_m)
    return Seen(judge_facing(poses.handle, obstacles.handle, handle_of(terrain), target))


def judged(
    poses: PoseTable,
    obstacles: Obstacles,
    terrain: Terrain | None,
    x: float,
    y: float,
    *,
    chosen: ArrayLike,
    target_height_m: float = TARGET_HEIGHT_M,
) -> Seen:
    """`seeing` for chosen poses wherever they stand: the nearest PTZ, the cameras of an incident.

    Parameters
    ----------
    poses, obstacles, terrain, x, y, target_height_m
        As in `seeing`.
    chosen : array_like of int, shape (n,)
        Rows of the pose table.

    Returns
    -------
    Seen
        n rows in the order of `chosen`.

    Raises
    ------
    ArgumentError
        As `seeing`, or if a row does not exist.

    """
    rows = np.atleast_1d(np.asarray(chosen))
    if rows.size and (rows.dtype.kind not in "iu" or rows.min() < 0 or rows.max() >= len(poses)):
        raise ArgumentError("chosen", got=rows, allowed=f"integers, 0 to {len(poses) - 1}")
    target = _checked_target(x, y, target_height_m)
    return Seen(
        judge_all(
            poses.handle,
            obstacles.handle,
            handle_of(terrain),
            target,
            np.ascontiguousarray(rows, dtype=np.int32),
        )
    )


def warm_up() -> None:
    """Compile every kernel of sight, or load it from the cache, before the first incident."""
    scene = build_obstacles([box(10.0, -5.0, 20.0, 5.0)], [5.0], [1])
    hill = build_terrain(np.zeros((3, 3)), (20.0, 0.0, -30.0, 0.0, -20.0, 30.0))
    poses = build_poses(PoseColumns([1], [0.0], [0.0], 6.0, 90.0, 60.0, 100.0))
    for terrain in (None, hill):
        seeing(poses, scene, terrain, 30.0, 0.0)
        watching(poses, scene, terrain, 30.0, 0.0)
    judged(poses, scene, None, 30.0, 0.0, chosen=[0])
    camera, target = Spot(0.0, 0.0, 6.0), Spot(30.0, 0.0)
    sightline(scene, camera, target)
    plan_sightline(scene, camera, target)
    sightlines(scene, [[0.0, 0.0, 6.0]], [[30.0, 0.0, 1.5]])
    building_at(scene, 15.0, 0.0)
    ground_height_m(hill, [0.0], [0.0])


def _checked_target(x: float, y: float, height_m: float) -> tuple[float, float, float]:
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ArgumentError("x, y", got=(x, y), allowed="finite metres")
    if not 0.0 <= height_m < math.inf:
        raise ArgumentError("target_height_m", got=height_m, allowed="0 or more, finite")
    return float(x), float(y), float(height_m)
