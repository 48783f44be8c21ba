"""What the pictures of many cameras take in: half angles and ranges on the ground, as arrays.

Degrees and metres, flat ground. The same rule as one camera's in `gis.viewshed`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Cameras(Protocol):
    """Columns of `gis.poses.PoseTable` that the picture hangs on, float64 (n,)."""

    @property
    def height_m(self) -> Floats: ...
    @property
    def azimuth_deg(self) -> Floats: ...
    @property
    def fov_deg(self) -> Floats: ...
    @property
    def range_m(self) -> Floats: ...
    @property
    def azimuth_error_deg(self) -> Floats: ...
    @property
    def fov_error_deg(self) -> Floats: ...
    @property
    def tilt_deg(self) -> Floats: ...
    @property
    def vfov_deg(self) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Fields:
    """Field of each pose, float64 (poses,)."""

    #: Half angle that is in the picture for every pose within the errors; 0 = none is.
    sure_deg: Floats
    #: Half angle that is in the picture for some pose within the errors.
    widest_deg: Floats
    #: Nearest distance in plan at which a target shows; inf = at none.
    near_m: Floats
    #: Farthest such distance, at most the range.
    far_m: Floats


def picture_fields(poses: Cameras, target_height_m: float) -> Fields:
    """Field of each pose on the ground.

    Parameters
    ----------
    poses : Cameras, such as a PoseTable
        Tilt and vertical field nan: neither near nor far edge of the picture is judged.
    target_height_m : float
        Above ground, >= 0.

    Returns
    -------
    Fields
        A field of 360 degrees is sure all round; an unknown azimuth is sure nowhere and possible
        all round.

    """
    slack = poses.azimuth_error_deg + poses.fov_error_deg / 2.0
    is_round, is_unknown = poses.fov_deg >= 360.0, np.isnan(poses.azimuth_deg)
    sure = np.where(is_unknown, 0.0, np.maximum(poses.fov_deg / 2.0 - slack, 0.0))
    widest = np.where(is_unknown, 180.0, np.minimum(poses.fov_deg / 2.0 + slack, 180.0))
    drop = poses.height_m - target_height_m
    # A target above the camera is the same picture upside down.
    tilt = np.where(drop >= 0.0, poses.tilt_deg, -poses.tilt_deg)
    is_judged = np.isfinite(poses.tilt_deg) & np.isfinite(poses.vfov_deg)
    near = np.where(is_judged, _edge_m(np.abs(drop), tilt + poses.vfov_deg / 2.0), 0.0)
    far = np.where(is_judged, _edge_m(np.abs(drop), tilt - poses.vfov_deg / 2.0), np.inf)
    return Fields(
        np.where(is_round, 180.0, sure),
        np.where(is_round, 180.0, widest),
        near,
        np.minimum(poses.range_m, far),
    )


def _edge_m(height_m: Floats, depression_deg: Floats) -> Floats:
    """`gis.optics.near_edge_m` and `far_edge_m` for many."""
    slope = np.tan(np.radians(np.clip(depression_deg, 1e-9, 90.0)))
    edge = np.where(depression_deg >= 90.0, 0.0, height_m / slope)
    return np.where(depression_deg <= 0.0, np.inf, edge)
