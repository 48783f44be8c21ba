"""What a lens shows: fields of view, pixel density, ground edges of the picture, density bands.

Angles in degrees, lengths in metres, except sensor and focal length in millimetres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]

#: From here on a single flat picture no longer exists; panoramic cameras spread angle evenly.
PANORAMIC_DEG = 180.0


@dataclass(frozen=True, slots=True)
class DensityBand:
    """A named least pixel density: `least_px_per_m` and above, up to the next band."""

    name: str
    least_px_per_m: float


#: IEC 62676-4:2015, table of operational requirements (DORI).
DORI_2015 = (
    DensityBand("detect", 25.0),
    DensityBand("observe", 62.5),
    DensityBand("recognise", 125.0),
    DensityBand("identify", 250.0),
)

#: IEC 62676-4:2025. Planning here uses the first four.
IEC_2025 = (
    DensityBand("overview", 20.0),
    DensityBand("outline", 40.0),
    DensityBand("discern", 80.0),
    DensityBand("perceive", 125.0),
    DensityBand("characterise", 250.0),
    DensityBand("validate", 500.0),
    DensityBand("scrutinise", 1500.0),
)


def density_band(px_per_m: float, bands: tuple[DensityBand, ...] = IEC_2025) -> str | None:
    """Name of the highest band the density reaches, or None below the lowest.

    Parameters
    ----------
    px_per_m : float
        Pixels per metre at the target; nan gives None.
    bands : tuple of DensityBand
        Ascending; `DORI_2015` or `IEC_2025`.

    Returns
    -------
    str or None

    Examples
    --------
    >>> density_band(62.5, DORI_2015), density_band(62.5), density_band(19.9)
    ('observe', 'outline', None)

    """
    reached = [band.name for band in bands if px_per_m >= band.least_px_per_m]
    return reached[-1] if reached else None


def field_of_view_deg(sensor_mm: float, focal_mm: float) -> float:
    """Field of view across one side of the sensor: 2 atan(w / 2f).

    Parameters
    ----------
    sensor_mm : float
        Width of the sensor for the horizontal field, height for the vertical; > 0.
    focal_mm : float
        Focal length; > 0.

    Returns
    -------
    float
        Degrees, 0 to 180.

    Raises
    ------
    ArgumentError
        If a length is not positive.

    Examples
    --------
    >>> round(field_of_view_deg(5.37, 4.0), 1)
    67.7

    """
    _require_positive("sensor_mm", sensor_mm)
    _require_positive("focal_mm", focal_mm)
    return math.degrees(2.0 * math.atan(sensor_mm / (2.0 * focal_mm)))


def vertical_field_deg(fov_deg: float, *, aspect: float = 16.0 / 9.0) -> float:
    """Vertical field of view that belongs to a horizontal one, square pixels.

    Parameters
    ----------
    fov_deg : float
        Horizontal field, 0 < fov_deg < 180.
    aspect : float
        Width over height of the picture; > 0.

    Returns
    -------
    float
        Degrees.

    Raises
    ------
    ArgumentError
        If the field or the aspect is outside its range.

    Examples
    --------
    >>> round(vertical_field_deg(90.0), 2)
    58.72

    """
    _require_positive("aspect", aspect)
    if not 0.0 < fov_deg < PANORAMIC_DEG:
        raise ArgumentError("fov_deg", got=fov_deg, allowed="between 0 and 180, both excluded")
    return math.degrees(2.0 * math.atan(math.tan(math.radians(fov_deg) / 2.0) / aspect))


def pixels_per_m(width_px: ArrayLike, fov_deg: ArrayLike, slant_m: ArrayLike) -> Floats:
    """Pixels across one metre at the target: N / (2 D tan(HFOV / 2)) with slant range D.

    Parameters
    ----------
    width_px, fov_deg, slant_m : array_like of float, broadcast together
        Picture width, horizontal field (0 to 360 degrees), distance from lens to target (metres).

    Returns
    -------
    numpy.ndarray of float64
        nan where an input is nan, inf at distance 0.

    Notes
    -----
    From 180 degrees on the picture is taken as a panorama that spreads angle evenly: N / (D HFOV)
    with HFOV in radians.

    """
    width, slant = np.asarray(width_px, np.float64), np.asarray(slant_m, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(width / (slant * _width_per_m(np.asarray(fov_deg, np.float64))))


def assumed_range_m(fov_deg: ArrayLike, width_px: ArrayLike, *, px_per_m: float = 20.0) -> Floats:
    """Slant range at which the density falls to `px_per_m`: N / (2 p tan(HFOV / 2)).

    Parameters
    ----------
    fov_deg, width_px : array_like of float
        Horizontal field in degrees, picture width in pixels.
    px_per_m : float
        Least density wanted; default "overview" of IEC 62676-4:2025.

    Returns
    -------
    numpy.ndarray of float64
        Metres.

    Raises
    ------
    ArgumentError
        If `px_per_m` is not positive.

    Examples
    --------
    >>> round(float(assumed_range_m(90.0, 1920.0)), 9)
    48.0

    """
    _require_positive("px_per_m", px_per_m)
    # Density falls with 1 / D, so the density at one metre over p is the distance sought.
    return pixels_per_m(width_px, fov_deg, 1.0) / px_per_m


def near_edge_m(height_m: float, tilt_deg: float, vfov_deg: float) -> float:
    """Distance at which the picture's lower edge meets a plane: h / tan(tilt + VFOV / 2).

    Parameters
    ----------
    height_m : float
        Camera above the plane looked at: the ground, or the target's height; >= 0.
    tilt_deg : float
        Axis below the horizon, -90 to 90.
    vfov_deg : float
        Vertical field, 0 to 180.

    Returns
    -------
    float
        Metres along the plane; 0 when the view reaches the foot of the pole, inf when the
        lower edge looks at or above the horizon.

    """
    return _edge_m(height_m, tilt_deg + vfov_deg / 2.0)


def far_edge_m(height_m: float, tilt_deg: float, vfov_deg: float) -> float:
    """Distance at which the picture's upper edge meets a plane: h / tan(tilt - VFOV / 2).

    Parameters
    ----------
    height_m, tilt_deg, vfov_deg : float
        As in `near_edge_m`.

    Returns
    -------
    float
        Metres along the plane; inf when the upper edge looks at or above the horizon.

    """
    return _edge_m(height_m, tilt_deg - vfov_deg / 2.0)


def _edge_m(height_m: float, depression_deg: float) -> float:
    if depression_deg <= 0.0:
        return math.inf
    if depression_deg >= 90.0:
        return 0.0
    return height_m / math.tan(math.radians(depression_deg))


def _width_per_m(fov_deg: Floats) -> Floats:
    """Width of the picture in metres, one metre away."""
    flat = 2.0 * np.tan(np.radians(np.minimum(fov_deg, PANORAMIC_DEG - 1e-9)) / 2.0)
    return np.where(fov_deg < PANORAMIC_DEG, flat, np.radians(fov_deg))


def _require_positive(name: str, value: float) -> None:
    if not value > 0.0:
        raise ArgumentError(name, got=value, allowed="more than 0")
