"""Ground that cameras see at each density band, from their poses; metres of the scene's CRS."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.bandground import SAGITTA_SHARE, areal, cut_to_bands, nothing
from gis.density import BandReach
from gis.obstacles import Obstacles
from gis.poses import PoseTable
from gis.seenground import SeenGrounds, seen_grounds
from gis.sightline import TARGET_HEIGHT_M
from gis.terrain import Terrain
from gis.viewshed import Mount, viewsheds
from gis.visibility import View

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Shapes = NDArray[np.object_]
Bools = NDArray[np.bool_]


def grounds_of(
    obstacles: Obstacles,
    poses: PoseTable,
    rows: ArrayLike,
    *,
    reach: BandReach,
    target_height_m: float = TARGET_HEIGHT_M,
    terrain: Terrain | None = None,
) -> SeenGrounds:
    """Ground seen by the cameras of some poses, for every band.

    Parameters
    ----------
    obstacles : Obstacles
        Buildings with heights, metric CRS.
    poses : PoseTable
        Same CRS.
    rows : array_like of int
        Rows of `poses`: for a camera either all of its poses or none.
    reach : BandReach
        `gis.density.band_reach(poses, ...)`, a row per row of `poses`.
    target_height_m : float
        Above ground, >= 0.
    terrain : Terrain, optional
        Same CRS; then outlines follow cells, see `gis.reliefshed.terrain_viewsheds`.

    Returns
    -------
    SeenGrounds
        A row per camera: what any of its poses sees.

    Raises
    ------
    ArgumentError
        If a number is outside its range.

    Notes
    -----
    The viewsheds of `gis.viewshed` within the discs of each band. Arcs are chords, inside the true
    arc for certain ground and outside it for possible ground, by 1e-4 of the radius and 5 cm at
    most.

    """
    chosen = np.asarray(rows, dtype=np.int64)
    certain, possible = _of_poses(obstacles, poses, chosen, (reach, target_height_m, terrain))
    index, camera = np.unique(poses.camera_index[chosen], return_inverse=True)
    if len(index) < len(chosen):
        certain, possible = _merged(certain, possible, camera)
    else:
        order = np.argsort(camera)
        certain, possible = certain[order], possible[order]
    return seen_grounds(reach.px_per_m, index, certain, possible)


def _of_poses(
    obstacles: Obstacles,
    poses: PoseTable,
    rows: Longs,
    scene: tuple[BandReach, float, Terrain | None],
) -> tuple[Shapes, Shapes]:
    reach, target_height_m, terrain = scene
    near_m, far_m = reach.certain_m[rows], reach.possible_m[rows]
    certain, possible = nothing(near_m.shape), nothing(near_m.shape)
    seeing = np.flatnonzero(far_m[:, 0] > 0.0)
    if not len(seeing):
        return certain, possible
    # One that errs nowhere sees exactly as far as its range; for the others the sweep goes so far
    # that its chords stay outside the arc of what is possible.
    wide_m = far_m[:, 0] * np.where(_may_err(poses, rows), 1.0 + 2.0 * SAGITTA_SHARE, 1.0)
    sheds = viewsheds(
        obstacles,
        [_view(poses, int(rows[i]), float(wide_m[i])) for i in seeing],
        [_mount(poses, int(rows[i])) for i in seeing],
        target_height_m=target_height_m,
        terrain=terrain,
    )
    sure, perhaps = nothing((len(seeing),)), nothing((len(seeing),))
    sure[:], perhaps[:] = [s.certain for s in sheds], [s.possible for s in sheds]
    spots = np.stack([poses.x[rows[seeing]], poses.y[rows[seeing]]], axis=1)
    radii = (near_m[seeing], far_m[seeing], wide_m[seeing])
    certain[seeing], possible[seeing] = cut_to_bands(spots, radii, (sure, perhaps))
    return certain, possible


def _may_err(poses: PoseTable, rows: Longs) -> Bools:
    errs = (poses.azimuth_error_deg[rows] > 0.0) | (poses.fov_error_deg[rows] > 0.0)
    is_blind = np.isnan(poses.azimuth_deg[rows]) & (poses.fov_deg[rows] < 360.0)
    return np.asarray(errs | is_blind)


def _view(poses: PoseTable, row: int, range_m: float) -> View:
    return View(
        float(poses.x[row]),
        float(poses.y[row]),
        float(poses.azimuth_deg[row] - poses.convergence_deg[row]),
        float(poses.fov_deg[row]),
        range_m,
    )


def _mount(poses: PoseTable, row: int) -> Mount:
    return Mount(
        float(poses.height_m[row]),
        float(poses.tilt_deg[row]),
        float(poses.vfov_deg[row]),
        float(poses.azimuth_error_deg[row]),
        float(poses.fov_error_deg[row]),
    )


def _merged(certain: Shapes, possible: Shapes, camera: Longs) -> tuple[Shapes, Shapes]:
    """Ground (cameras, bands) of cameras with several poses: certain for any, else possible."""
    shape = (int(camera.max()) + 1, certain.shape[1])
    sure, perhaps = nothing(shape), nothing(shape)
    order = np.argsort(camera, kind="stable")
    for poses in np.split(order, np.flatnonzero(np.diff(camera[order])) + 1):
        row = camera[poses[0]]
        if len(poses) == 1:
            sure[row], perhaps[row] = certain[poses[0]], possible[poses[0]]
            continue
        sure[row] = shapely.union_all(certain[poses], axis=0)
        perhaps[row] = shapely.difference(shapely.union_all(possible[poses], axis=0), sure[row])
    return areal(sure.ravel()).reshape(shape), areal(perhaps.ravel()).reshape(shape)
