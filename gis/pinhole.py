"""The picture of a pinhole camera: directions in space <-> pixels of the picture.

Square pixels, the principal point in the middle, no distortion. Pixels count from the upper left
corner, u to the right and v downwards; offsets are metres east, north and up from the lens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]

#: A point is drawn as if it lay at least this share of its distance before the lens: a fit that
#: has it behind gets a large, smooth error instead of a mirrored picture.
_LEAST_DEPTH_SHARE = 0.02


@dataclass(frozen=True, slots=True)
class Picture:
    """Size of a picture in pixels; both > 0."""

    width_px: float
    height_px: float

    def __post_init__(self) -> None:
        for name, value in (("width_px", self.width_px), ("height_px", self.height_px)):
            if not 0.0 < value < math.inf:
                raise ArgumentError(name, got=value, allowed="finite and more than 0")

    def focal_px(self, fov_deg: float) -> float:
        """Focal length in pixels of a horizontal field, 0 < fov_deg < 180: W / (2 tan(HFOV/2))."""
        return self.width_px / (2.0 * math.tan(math.radians(fov_deg) / 2.0))


@dataclass(frozen=True, slots=True)
class Attitude:
    """Where the lens looks, degrees.

    Azimuth clockwise from the frame's north (+y), tilt of the axis below the horizon, roll
    positive when the camera's right side hangs low.
    """

    azimuth_deg: float
    tilt_deg: float
    fov_deg: float
    roll_deg: float = 0.0


def project(picture: Picture, attitude: Attitude, offsets_m: Floats) -> tuple[Floats, Floats]:
    """Pixels at which points appear, and how far they lie before the lens.

    Parameters
    ----------
    picture : Picture
        Size the pixels are counted in.
    attitude : Attitude
        0 < fov_deg < 180.
    offsets_m : numpy.ndarray of float64, shape (n, 3)
        Metres east, north, up from the lens; none of length 0.

    Returns
    -------
    marks_px : numpy.ndarray of float64, shape (n, 2)
        u, v; may lie outside the picture.
    depth_m : numpy.ndarray of float64, shape (n,)
        Along the axis; 0 or less = behind the lens, where the pixels mean nothing.

    Examples
    --------
    >>> marks, depth = project(Picture(1920, 1080), Attitude(90.0, 0.0, 90.0),
    ...                        np.array([[10.0, -10.0, 0.0]]))
    >>> marks.round(6).tolist(), depth.round(6).tolist()
    ([[1920.0, 540.0]], [10.0])

    """
    angles = np.radians([attitude.azimuth_deg, attitude.tilt_deg, attitude.roll_deg])
    centred, depth = project_centred(angles, picture.focal_px(attitude.fov_deg), offsets_m)
    return centred + np.array([picture.width_px, picture.height_px]) / 2.0, depth


def project_centred(
    angles_rad: Floats, focal_px: float, offsets_m: Floats
) -> tuple[Floats, Floats]:
    """`project` with azimuth, tilt and roll in radians; pixels from the middle of the picture."""
    seen = offsets_m @ axes(angles_rad).T
    least = _LEAST_DEPTH_SHARE * np.linalg.norm(offsets_m, axis=1)
    return focal_px * seen[:, :2] / np.maximum(seen[:, 2], least)[:, np.newaxis], seen[:, 2]


def axes(angles_rad: Floats) -> Floats:
    """Right, down and forward of the camera as rows (3, 3), in east, north, up.

    `angles_rad` holds azimuth, tilt and roll, radians.
    """
    (sin_a, sin_t, sin_r), (cos_a, cos_t, cos_r) = np.sin(angles_rad), np.cos(angles_rad)
    right = np.array([cos_a, -sin_a, 0.0])
    forward = np.array([sin_a * cos_t, cos_a * cos_t, -sin_t])
    down = np.array([-sin_a * sin_t, -cos_a * sin_t, -cos_t])
    return np.array([cos_r * right + sin_r * down, cos_r * down - sin_r * right, forward])
