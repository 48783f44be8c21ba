"""What each camera sees, and what only it sees: the loss if it failed. Counted on the raster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.coverage import Subjects
from gis.obstacles import Floats, Obstacles
from gis.poses import PoseTable
from gis.rasterplan import CoverPlan, Longs, Progress, cover_plan, each_tile, planes_of
from gis.rastertally import tally_sole, tally_sole_points, wanted_ground
from gis.sightline import TARGET_HEIGHT_M
from gis.terrain import Terrain


@dataclass(frozen=True, slots=True)
class CameraAmounts:
    """Of each pose's camera, float64 (poses, bands); 0 for poses that do not count.

    Every pose of one camera has the amounts of the camera.
    """

    px_per_m: tuple[float, ...]
    #: Ground of the subjects that the camera sees for sure.
    seen_m2: Floats
    #: That part of it that no other camera sees for sure.
    sole_m2: Floats
    #: Road of the subjects that only this camera sees for sure.
    sole_road_m: Floats


def camera_amounts(
    obstacles: Obstacles,
    poses: PoseTable,
    subjects: Subjects,
    *,
    px_per_m: ArrayLike,
    target_height_m: float = TARGET_HEIGHT_M,
    cell_m: float = 1.0,
    terrain: Terrain | None = None,
    threads: int = 2,
    use: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> CameraAmounts:
    """What each camera sees for sure, and what only it does.

    Parameters
    ----------
    obstacles, poses, subjects, px_per_m, target_height_m, cell_m, terrain, threads, use, progress
        As in `gis.rastercover.raster_figures`. Ground in several subjects counts once; roads
        count once per subject, so hand over subjects that do not overlap.

    Returns
    -------
    CameraAmounts

    Raises
    ------
    ArgumentError, GeometryError
        As `gis.rastercover.raster_figures`.

    """
    plan = cover_plan(
        obstacles,
        poses,
        subjects,
        px_per_m=px_per_m,
        target_height_m=target_height_m,
        cell_m=cell_m,
        terrain=terrain,
        use=use,
    )
    total = np.zeros((3, int(plan.casts.camera.max(initial=-1)) + 1, 8), dtype=np.int64)
    for cameras, counts in each_tile(plan, _tile_amounts, threads, progress):
        total[:, cameras] += counts
    # Seen is counted by the best band, which holds every band below it as well.
    total[0] = np.cumsum(total[0, :, ::-1], axis=1)[:, ::-1]
    k = len(plan.px_per_m)
    units = (cell_m**2, cell_m**2, 1e-6)
    amounts = np.zeros((3, len(poses), k))
    for out, counts, unit in zip(amounts, total, units, strict=True):
        out[plan.pose] = counts[plan.casts.camera, 1 : k + 1] * unit
    return CameraAmounts(plan.px_per_m, *amounts)


def _tile_amounts(plan: CoverPlan, tile: int) -> tuple[Longs, Longs]:
    """Cameras of a tile, and of each: cells seen, cells and road seen by it alone; (3, n, 8)."""
    at, walls, casts = plan.tiles[tile], plan.obstacles.walls, plan.casts_of_tile[tile]
    cameras = np.unique(plan.casts.camera[casts]).astype(np.int64)
    wanted = wanted_ground(walls, at.window, plan.laid.areas, at.subjects)
    planes = planes_of(plan, tile, wanted)
    sole = tally_sole(planes, wanted)
    road = tally_sole_points(planes, at.window, plan.laid.points, at.span)
    return cameras, np.stack([planes.seen, sole, road])[:, : len(cameras)]
