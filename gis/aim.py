"""Where a camera must look so that a place fills its picture.

Azimuths in degrees clockwise from true north, tilts below the horizon, horizontal fields; metres in
the scene's CRS, heights on one datum. All functions take n targets or views at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]

#: Width over height of a picture.
ASPECT = 16.0 / 9.0
#: Metres; nearer to the lens than this there is no direction.
_LEAST_SLANT_M = 0.1


@dataclass(frozen=True, slots=True)
class Mount:
    """Where the lens of a head is: metres of the scene's CRS, height on the targets' datum."""

    x: float
    y: float
    height_m: float
    #: Grid azimuth = true azimuth - convergence; `LocalFrame.convergence_deg`.
    convergence_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Lens:
    """Widest and narrowest horizontal field, 0 < narrowest_deg <= widest_deg < 180."""

    widest_deg: float
    narrowest_deg: float

    def __post_init__(self) -> None:
        if not 0.0 < self.narrowest_deg <= self.widest_deg < 180.0:
            got = f"{self.narrowest_deg} to {self.widest_deg}"
            raise ArgumentError("lens", got=got, allowed="0 < narrowest <= widest < 180")


@dataclass(frozen=True, slots=True)
class Views:
    """n directions with fields, degrees; arrays of one length."""

    azimuth_deg: Floats
    tilt_deg: Floats
    fov_deg: Floats

    def __len__(self) -> int:
        return len(self.azimuth_deg)

    def chosen(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Views:
        """Some of them."""
        return Views(self.azimuth_deg[rows], self.tilt_deg[rows], self.fov_deg[rows])

    def with_field(self, fov_deg: ArrayLike) -> Views:
        """The same directions with another field."""
        field = np.broadcast_to(np.asarray(fov_deg, np.float64), self.azimuth_deg.shape)
        return Views(self.azimuth_deg, self.tilt_deg, np.array(field))


def views(azimuth_deg: ArrayLike, tilt_deg: ArrayLike, fov_deg: ArrayLike) -> Views:
    """Directions and fields as arrays of one length.

    Parameters
    ----------
    azimuth_deg, tilt_deg, fov_deg : array_like of float, broadcast together
        Degrees; finite; -90 <= tilt <= 90, 0 < fov < 180.

    Returns
    -------
    Views
        Azimuths in [0, 360).

    Raises
    ------
    ArgumentError
        If a number is outside its range.

    """
    columns = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(c, np.float64)) for c in (azimuth_deg, tilt_deg, fov_deg))
    )
    azimuth, tilt, fov = (np.array(c) for c in columns)
    if not (np.all(np.isfinite(azimuth)) and np.all(np.abs(tilt) <= 90.0)):
        raise ArgumentError("azimuth, tilt", got="not so", allowed="finite, tilt -90 to 90")
    if not np.all((fov > 0.0) & (fov < 180.0)):
        raise ArgumentError("fov_deg", got=fov, allowed="between 0 and 180, both excluded")
    return Views(azimuth % 360.0, tilt, fov)


def aimed(
    mount: Mount, lens: Lens, targets: ArrayLike, *, width_m: ArrayLike
) -> tuple[Views, Floats]:
    """Views that have the targets in their middle, and the slant ranges.

    Parameters
    ----------
    mount : Mount
        Where the lens is.
    lens : Lens
        The field is clamped to what it can.
    targets : array_like of float, shape (n, 3)
        x, y, height; metres, finite, none at the lens.
    width_m : array_like of float
        Width across the line of sight that fills the picture at the target, > 0.

    Returns
    -------
    views : Views
    slant_m : numpy.ndarray of float64, shape (n,)
        Metres from lens to target.

    Raises
    ------
    ArgumentError
        If a number is not finite, a width not positive, or a target is at the lens.

    Notes
    -----
    HFOV = 2 atan(w / 2D) with slant range D.

    Examples
    --------
    >>> v, d = aimed(Mount(0, 0, 11.5), Lens(60, 2), [[10, 0, 1.5]], width_m=8)
    >>> v.azimuth_deg.tolist(), v.tilt_deg.round(1).tolist(), v.fov_deg.round(1).tolist()
    ([90.0], [45.0], [31.6])

    """
    spots = np.atleast_2d(np.asarray(targets, np.float64))
    if spots.ndim != 2 or spots.shape[1] != 3 or not np.all(np.isfinite(spots)):
        raise ArgumentError("targets", got=spots.shape, allowed="finite, shape (n, 3)")
    width = np.broadcast_to(np.asarray(width_m, np.float64), (len(spots),))
    if not np.all((width > 0.0) & np.isfinite(width)):
        raise ArgumentError("width_m", got=width_m, allowed="more than 0, finite")
    east, north, up = (spots - [mount.x, mount.y, mount.height_m]).T
    plan_m = np.hypot(east, north)
    slant_m = np.hypot(plan_m, up)
    if np.any(slant_m < _LEAST_SLANT_M):
        raise ArgumentError("targets", got="one at the lens", allowed="10 cm off and more")
    azimuth = np.degrees(np.arctan2(east, north)) + mount.convergence_deg
    fov = np.degrees(2.0 * np.arctan(width / 2.0 / slant_m))
    wanted = np.clip(fov, lens.narrowest_deg, lens.widest_deg)
    return views(azimuth, np.degrees(np.arctan2(-up, plan_m)), wanted), slant_m


def dragged(view: Views, across: float, down: float, *, zoom: float = 1.0) -> Views:
    """The view with another point of the picture in its middle, and the field over `zoom`.

    Parameters
    ----------
    view : Views
        One view.
    across, down : float
        The point, in halves of the picture's width and height from its middle: -1 is the left or
        upper edge, 1 the right or lower one.
    zoom : float
        2 halves the width shown; > 0.

    Returns
    -------
    Views
        One view; the tilt ends at nadir and zenith.

    Raises
    ------
    ArgumentError
        If a number is not finite or zoom is not positive.

    Examples
    --------
    >>> dragged(views(10.0, 0.0, 90.0), 1.0, 0.0).azimuth_deg.tolist()
    [55.0]

    """
    if not (math.isfinite(across) and math.isfinite(down) and 0.0 < zoom < math.inf):
        raise ArgumentError("across, down, zoom", got=(across, down, zoom), allowed="finite")
    half = np.tan(np.radians(view.fov_deg) / 2.0)
    right, below = across * half, down * half / ASPECT
    tilt = np.radians(view.tilt_deg)
    ahead = np.cos(tilt) - below * np.sin(tilt)
    sunk = np.sin(tilt) + below * np.cos(tilt)
    azimuth = view.azimuth_deg + np.degrees(np.arctan2(right, ahead))
    depression = np.degrees(np.arctan2(sunk, np.hypot(right, ahead)))
    field = np.degrees(2.0 * np.arctan(half / zoom))
    return views(azimuth, np.clip(depression, -90.0, 90.0), field)


def offsets(view: Views, azimuth_deg: ArrayLike, tilt_deg: ArrayLike) -> tuple[Floats, Floats]:
    """Where directions appear in pictures, in halves of width and height from the middle.

    Parameters
    ----------
    view : Views
        n views.
    azimuth_deg, tilt_deg : array_like of float, shape (n,) or one
        Directions, degrees.

    Returns
    -------
    across, down : numpy.ndarray of float64, shape (n,)
        -1 to 1 within the picture; nan behind the lens.

    """
    turn = np.radians(np.asarray(azimuth_deg, np.float64) - view.azimuth_deg)
    sunk = np.radians(np.asarray(tilt_deg, np.float64))
    tilt = np.radians(view.tilt_deg)
    right = np.sin(turn) * np.cos(sunk)
    ahead = np.cos(turn) * np.cos(sunk)
    depth = ahead * np.cos(tilt) + np.sin(sunk) * np.sin(tilt)
    below = np.sin(sunk) * np.cos(tilt) - ahead * np.sin(tilt)
    half = np.tan(np.radians(view.fov_deg) / 2.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        across, down = right / depth / half, below / depth / half * ASPECT
    is_before = depth > 1e-9
    return np.where(is_before, across, np.nan), np.where(is_before, down, np.nan)


def nearest_view(presets: Views, azimuth_deg: float, tilt_deg: float) -> int:
    """The view that shows a direction best: the nearest to its middle.

    Parameters
    ----------
    presets : Views
        Those to choose from; may be none.
    azimuth_deg, tilt_deg : float
        The direction, degrees.

    Returns
    -------
    int
        Row of the view; -1 when none shows it.

    Notes
    -----
    The distance from the middle counts in halves of the picture, so that of two views centred alike
    the wider one does not win by being wide; equal ones: the narrower.

    """
    across, down = offsets(presets, azimuth_deg, tilt_deg)
    off = np.maximum(np.abs(across), np.abs(down))
    shows = np.flatnonzero(off <= 1.0)
    if not shows.size:
        return -1
    order = np.lexsort((presets.fov_deg[shows], np.round(off[shows], 3)))
    return int(shows[order[0]])
