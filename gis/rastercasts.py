"""Camera poses in the form the raster's kernels take; metres, degrees."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.density import BandReach
from gis.fields import picture_fields
from gis.obstacles import Floats, Ints, Obstacles
from gis.poses import POSE, POSE_COLUMNS, PoseTable
from gis.rasterfill import TURN_DEG, to_raster
from gis.shadows import full_occluder_height_m
from gis.star import Looks, find_roofs_over

Longs = NDArray[np.int64]


class Casts(NamedTuple):
    """Poses in the form kernels take, arrays of one length; made by `casts_of`."""

    #: Place, grid azimuth, widest field, far edge, occluders: see `gis.star.Looks`.
    looks: Looks
    #: Place and azimuth on the raster.
    u: Floats
    v: Floats
    turned_deg: Floats
    height_m: Floats
    #: Half angle of the sure field, degrees; 0 = nothing is seen for sure.
    sure_deg: Floats
    near_m: Floats
    #: float64 (poses, bands), metres: radius of each band for sure and perhaps, descending.
    certain_m: Floats
    possible_m: Floats
    #: Number of the camera; poses of one camera follow one another.
    camera: Ints
    target_m: float
    #: `gis.poses.POSE` records, which lines of sight over terrain are judged by.
    rows: Any


def casts_of(
    obstacles: Obstacles,
    poses: PoseTable,
    wish: tuple[BandReach, float],
    *,
    use: NDArray[np.bool_] | None = None,
    over_terrain: bool = False,
) -> tuple[Casts, Longs]:
    """Poses that count, by camera, and the row of each in the table.

    `wish` is the radius of every band and the target's height; `use` as in `cover_plan`. Over
    terrain the picture's near and far edges are judged line by line, not here.
    """
    reach, target_height_m = wish
    fields = picture_fields(poses, target_height_m)
    # Nobody asks what lies beyond the least band: most ranges are much longer.
    far_m = np.minimum(poses.range_m if over_terrain else fields.far_m, reach.possible_m[:, 0])
    camera = _neighbour_numbers(poses)
    is_used = np.ones(len(poses), dtype=bool) if use is None else use
    chosen = np.flatnonzero(is_used)
    chosen = chosen[np.argsort(camera[chosen], kind="stable")]
    x, y, height_m = poses.x[chosen], poses.y[chosen], poses.height_m[chosen]
    looks = Looks(
        x,
        y,
        np.nan_to_num(poses.azimuth_deg - poses.convergence_deg)[chosen],
        2.0 * fields.widest_deg[chosen],
        # As in `gis.viewshed`: a picture that ends at the pole's foot keeps the sweep sound.
        np.maximum(far_m[chosen], 1e-3),
        full_occluder_height_m(height_m, target_height_m),
        find_roofs_over(obstacles.walls, x, y, height_m),
    )
    casts = Casts(
        looks,
        *to_raster(x, y),
        looks.azimuth_deg + TURN_DEG,
        height_m,
        fields.sure_deg[chosen],
        np.where(far_m > 0.0, 0.0 if over_terrain else fields.near_m, np.inf)[chosen],
        np.ascontiguousarray(reach.certain_m[chosen]),
        np.ascontiguousarray(reach.possible_m[chosen]),
        camera[chosen],
        float(target_height_m),
        _records(poses, chosen),
    )
    return casts, chosen


def _neighbour_numbers(poses: PoseTable) -> Ints:
    """Number of each pose's camera, neighbours one after another: strips of 200 m, then along them.

    They look at the same walls and cells, which are then in the cache: twice as fast.
    """
    _, first, camera = np.unique(poses.camera_index, return_index=True, return_inverse=True)
    u, v = to_raster(poses.x[first], poses.y[first])
    numbers = np.empty(len(first), dtype=np.int32)
    numbers[np.lexsort((u, np.floor(v / 200.0)))] = np.arange(len(first))
    return np.asarray(numbers[camera])


def _records(poses: PoseTable, chosen: Longs) -> NDArray[Any]:
    rows = np.zeros(len(chosen), dtype=POSE)
    for name in POSE_COLUMNS:
        rows[name] = getattr(poses, name)[chosen]
    rows["row"] = chosen
    return rows
