"""How far each camera's picture keeps a pixel density: the radius of every band on the ground.

Metres in the scene's CRS, heights above ground; densities in pixels per metre at the target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import ArgumentError
from gis.optics import assumed_range_m
from gis.poses import PoseTable
from gis.sightline import TARGET_HEIGHT_M

Floats = NDArray[np.float64]

#: Least densities coverage is computed for, ascending: IEC 62676-4:2025 overview 20, outline 40,
#: discern 80, perceive 125, and IEC 62676-4:2015 (DORI) detect 25, observe 62.5, recognise 125,
#: identify 250.
PLANNING_PX_PER_M = (20.0, 25.0, 40.0, 62.5, 80.0, 125.0, 250.0)

_WIDEST_FLAT_DEG = 179.0


@dataclass(frozen=True, slots=True)
class BandReach:
    """Radius in plan within which each band holds, float64 (poses, bands), metres; 0 = nowhere.

    `certain_m` holds for every field of view within its error, `possible_m` for some.
    """

    px_per_m: tuple[float, ...]
    certain_m: Floats
    possible_m: Floats


def band_reach(
    poses: PoseTable,
    px_per_m: ArrayLike = PLANNING_PX_PER_M,
    *,
    target_height_m: float = TARGET_HEIGHT_M,
) -> BandReach:
    """Radius in plan at which each pose's density falls to each band.

    Parameters
    ----------
    poses : PoseTable
        An unknown picture width (nan) reaches no band.
    px_per_m : array_like of float, shape (bands,)
        Ascending, > 0.
    target_height_m : float
        Above ground, on the camera's level.

    Returns
    -------
    BandReach
        Never beyond the pose's own range.

    Raises
    ------
    ArgumentError
        If the densities are not positive and ascending.

    Notes
    -----
    Density uses the slant range D = N / (2 p tan(HFOV / 2)); the plan radius is
    sqrt(D^2 - drop^2). A dome that turns is judged by the field of one picture (`lens_deg`).

    """
    bands = np.atleast_1d(np.asarray(px_per_m, np.float64))
    if not (np.all(bands > 0.0) and np.all(np.diff(bands) > 0.0)):
        raise ArgumentError("px_per_m", got=bands.tolist(), allowed="positive and ascending")
    lens = np.where(np.isnan(poses.lens_deg), poses.fov_deg, poses.lens_deg)
    drop = poses.height_m - target_height_m
    return BandReach(
        tuple(bands.tolist()),
        _plan_radius(poses, lens + poses.fov_error_deg, drop, bands),
        _plan_radius(poses, lens - poses.fov_error_deg, drop, bands),
    )


def _plan_radius(poses: PoseTable, fov_deg: Floats, drop_m: Floats, bands: Floats) -> Floats:
    fov = np.clip(fov_deg, 1.0, 360.0)
    # Between a flat picture's limit and a panorama the flat formula has no range left.
    fov = np.where((fov > _WIDEST_FLAT_DEG) & (fov < 180.0), _WIDEST_FLAT_DEG, fov)
    unit = np.asarray(assumed_range_m(fov, poses.width_px, px_per_m=1.0))
    slant = unit[:, np.newaxis] / bands
    plan = np.sqrt(np.maximum(slant**2 - drop_m[:, np.newaxis] ** 2, 0.0))
    return np.nan_to_num(np.minimum(plan, poses.range_m[:, np.newaxis]), nan=0.0)
