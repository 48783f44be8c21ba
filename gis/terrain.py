"""Ground heights on a regular north-up raster, sampled bilinearly; x, y and heights in metres."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.compiled import compiled
from gis.errors import ArgumentError
from gis.handle import Handle
from gis.obstacles import Obstacles

Floats = NDArray[np.float64]


class Relief(NamedTuple):
    """A terrain in the form kernels take; zero rows mean flat, unknown ground.

    `left`, `top` are the centre of the first cell; rows run south.
    """

    heights_m: Floats
    left: float
    top: float
    step_x: float
    step_y: float


@dataclass(frozen=True, slots=True)
class Terrain:
    """Ground heights above one datum, metric CRS of the scene; made by `build_terrain`."""

    #: float64 (rows, cols), metres; nan = unknown. Row 0 is the northernmost.
    heights_m: Floats
    #: `Relief` for kernels.
    handle: Handle


def build_terrain(heights_m: ArrayLike, affine: Sequence[float]) -> Terrain:
    """Terrain from an array and its geotransform.

    Parameters
    ----------
    heights_m : array_like of float, shape (rows, cols), at least 2 x 2
        Metres above a datum; nan = unknown.
    affine : sequence of six or nine floats (a, b, c, d, e, f, ...)
        x = a col + b row + c and y = d col + e row + f for the corner of a cell, as in
        `affine.Affine` and rasterio's `transform`; metres. North-up: b = d = 0, a > 0, e < 0.

    Returns
    -------
    Terrain

    Raises
    ------
    ArgumentError
        If the array is no plane of at least 2 x 2, holds inf, or the raster is turned.

    """
    heights = np.ascontiguousarray(heights_m, dtype=np.float64)
    if heights.ndim != 2 or min(heights.shape) < 2 or np.any(np.isinf(heights)):
        raise ArgumentError("heights_m", got=f"shape {heights.shape}", allowed="2 x 2 or more")
    a, b, c, d, e, f = (float(value) for value in tuple(affine)[:6])
    if b != 0.0 or d != 0.0 or not (a > 0.0 > e):
        raise ArgumentError(
            "affine", got=(a, b, c, d, e, f), allowed="north-up: a > 0 > e, b = d = 0"
        )
    handle = Handle(Relief(heights, c + a / 2.0, f + e / 2.0, a, -e))
    return Terrain(heights, handle)


def handle_of(terrain: Terrain | None) -> Handle:
    """The kernel form of a terrain; None gives flat ground."""
    return _flat() if terrain is None else terrain.handle


@cache
def _flat() -> Handle:
    return Handle(Relief(np.empty((0, 0)), 0.0, 0.0, 1.0, 1.0))


def ground_height_m(terrain: Terrain, x: ArrayLike, y: ArrayLike) -> Floats:
    """Bilinear ground heights at points.

    Parameters
    ----------
    terrain : Terrain
        Heights and their place.
    x, y : array_like of float, shape (n,)
        Metres, CRS of the terrain.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        Metres; nan outside the raster and where a cell of the four around is unknown.

    """
    xs, ys = np.atleast_1d(np.asarray(x, np.float64)), np.atleast_1d(np.asarray(y, np.float64))
    return sample_many(terrain.handle, np.ascontiguousarray(xs), np.ascontiguousarray(ys))


def ground_under(obstacles: Obstacles, terrain: Terrain) -> Floats:
    """Ground height of each building: the highest known ground under its corners.

    The highest, because a roof too high errs towards "blocked", and "certain" is a promise.
    Hand the result to `build_obstacles` as `ground_m`.

    Parameters
    ----------
    obstacles : Obstacles
        Buildings, in the CRS of the terrain.
    terrain : Terrain
        Heights and their place.

    Returns
    -------
    numpy.ndarray of float64, shape (buildings,)
        Metres; a building off the terrain takes the ground of the nearest known building, and 0
        when none is known.

    """
    if not len(obstacles):
        return np.empty(0)
    corners = ground_height_m(terrain, obstacles.x0, obstacles.y0)
    known = np.where(np.isnan(corners), -np.inf, corners)
    grounds = np.maximum.reduceat(known, obstacles.edge_starts[:-1])
    is_known = np.isfinite(grounds)
    if not is_known.any():
        return np.zeros(len(grounds))
    low, high = obstacles.bounds[:, :2], obstacles.bounds[:, 2:]
    middles = np.asarray(shapely.points((low + high) / 2.0), dtype=object)
    nearest = shapely.STRtree(middles[is_known]).nearest(middles[~is_known])
    grounds[~is_known] = grounds[is_known][nearest]
    return grounds


@compiled
def sample(relief: Relief, x: float, y: float) -> float:
    """Bilinear ground height at one point, nan where unknown.

    The outer half cell has no neighbour on one side and takes the height of the outermost centres.
    """
    rows, cols = relief.heights_m.shape
    if rows == 0:
        return math.nan
    col = (x - relief.left) / relief.step_x
    row = (relief.top - y) / relief.step_y
    if not (-0.5 <= col <= cols - 0.5 and -0.5 <= row <= rows - 0.5):
        return math.nan
    col, row = min(max(col, 0.0), cols - 1.0), min(max(row, 0.0), rows - 1.0)
    c, r = min(int(col), cols - 2), min(int(row), rows - 2)
    u, v = col - c, row - r
    upper = _mix(relief.heights_m[r, c], relief.heights_m[r, c + 1], u)
    lower = _mix(relief.heights_m[r + 1, c], relief.heights_m[r + 1, c + 1], u)
    return _mix(upper, lower, v)


@compiled
def _mix(first: float, second: float, share: float) -> float:
    # An unknown neighbour of weight zero must not spoil a known height.
    if share == 0.0:
        return first
    if share == 1.0:
        return second
    return first + (second - first) * share


@compiled
def sample_many(terrain: Handle, x: Floats, y: Floats) -> Floats:
    """Kernel of `ground_height_m`."""
    relief = terrain.arrays
    heights = np.empty(len(x))
    for i in range(len(x)):
        heights[i] = sample(relief, x[i], y[i])
    return heights
