"""Which low buildings can hide ground from cameras; metres in the plane CRS of the obstacles.

A camera C at height hc sees a target at ht over a point Q with a roof of hb: from there on the
ground T = C + k (Q - C) is hidden while the line passes below the roof. For hc > hb > ht that is
1 <= k < (hc - ht) / (hc - hb); for a camera below the target, hc < hb < ht, it is
k > (ht - hc) / (hb - hc). So a shadow is a footprint swept from one scale to another about C.
"""

from __future__ import annotations

import math

import numpy as np

from gis.compiled import compiled
from gis.obstacles import Floats, Ints, Walls


def full_occluder_height_m(camera_height_m: Floats, target_height_m: float) -> Floats:
    """Least roof that hides everything behind it, shape (n,).

    Every line from camera to target passes lower than such a roof: it is as high as the camera,
    or as the target where that is higher. On a level line touching the roof is not enough.
    """
    level = np.maximum(camera_height_m, target_height_m)
    return np.where(camera_height_m == target_height_m, np.nextafter(level, np.inf), level)


@compiled
def pairs_in_range(
    walls: Walls, cameras: tuple[Floats, Floats, Floats, Floats], target_m: float
) -> tuple[Ints, Ints]:
    """Pairs of camera and low building whose bounds come within the camera's range."""
    x, y, height_m, range_m = cameras
    n, camera, building = 0, np.empty(256, np.int32), np.empty(256, np.int32)
    for i in range(x.size):
        low, high = min(height_m[i], target_m), max(height_m[i], target_m)
        col0, col1 = _cells(x[i], range_m[i], walls.origin_x, walls.cell_m, walls.ncols)
        row0, row1 = _cells(y[i], range_m[i], walls.origin_y, walls.cell_m, walls.nrows)
        first = n
        for row in range(row0, row1 + 1):
            for col in range(col0, col1 + 1):
                cell = row * walls.ncols + col
                for k in range(walls.box_starts[cell], walls.box_starts[cell + 1]):
                    b = walls.box_items[k]
                    if not low < walls.height_m[b] < high:
                        continue
                    if _gap2(walls.bounds[b], x[i], y[i]) > range_m[i] * range_m[i]:
                        continue
                    if n == camera.size:
                        camera, building = _doubled(camera), _doubled(building)
                    camera[n], building[n] = i, b
                    n += 1
        # A building over several cells came up in each.
        kept = np.unique(building[first:n])
        building[first : first + kept.size] = kept
        n = first + kept.size
    return camera[:n].copy(), building[:n].copy()


@compiled
def _cells(centre: float, range_m: float, origin: float, cell_m: float, n: int) -> tuple[int, int]:
    first = math.floor((centre - range_m - origin) / cell_m)
    last = math.floor((centre + range_m - origin) / cell_m)
    return max(first, 0), min(last, n - 1)


@compiled
def _gap2(bounds: Floats, x: float, y: float) -> float:
    """Squared distance from a point to a box."""
    dx = max(bounds[0] - x, x - bounds[2], 0.0)
    dy = max(bounds[1] - y, y - bounds[3], 0.0)
    return float(dx * dx + dy * dy)


@compiled
def _doubled(values: Ints) -> Ints:
    larger = np.empty(2 * values.size, np.int32)
    larger[: values.size] = values
    return larger
