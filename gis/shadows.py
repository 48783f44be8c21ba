"""Ground that low buildings hide from cameras above them; metres in the plane CRS of the obstacles.

A camera C at height hc sees a target at ht over a point Q with a roof of hb: from there on the
ground T = C + k (Q - C) is hidden while the line passes below the roof. For hc > hb > ht that is
1 <= k < (hc - ht) / (hc - hb); for a camera below the target, hc < hb < ht, it is
k > (ht - hc) / (hb - hc). So a shadow is a footprint swept from scale `near` to `far` about C.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.footprints import Indices, Shapes, edges_of, footprints
from gis.obstacles import Floats, Ints, Obstacles, Walls

_ENDLESS = 1e4  # a scale that carries a footprint 1 m away beyond any range in question


@dataclass(frozen=True, slots=True)
class Lamps:
    """Cameras as shadow casters: float64 arrays of shape (n,), metres, heights above ground."""

    x: Floats
    y: Floats
    height_m: Floats
    range_m: Floats
    #: Grid azimuth and width of the widest field in question, degrees; shadows outside are left.
    azimuth_deg: Floats
    fov_deg: Floats


def full_occluder_height_m(camera_height_m: Floats, target_height_m: float) -> Floats:
    """Least roof that hides everything behind it, shape (n,).

    Every line from camera to target passes lower than such a roof: it is as high as the camera,
    or as the target where that is higher. On a level line touching the roof is not enough.
    """
    level = np.maximum(camera_height_m, target_height_m)
    return np.where(camera_height_m == target_height_m, np.nextafter(level, np.inf), level)


def cast_shadows(obstacles: Obstacles, lamps: Lamps, target_height_m: float) -> tuple[Shapes, Ints]:
    """Hidden ground of all low buildings in range.

    Returns
    -------
    shadows : ndarray of Polygon or MultiPolygon, shape (k,)
        One or more per pair of camera and building; they overlap. They reach beyond the range.
    camera : ndarray, int32, shape (k,), ascending
        The camera of each shadow.

    Notes
    -----
    A convex footprint sweeps the convex hull of its two ends. Any other sweeps itself at scale
    `near` and, behind each wall that faces away from the camera, a quadrilateral.

    """
    camera, building = pairs_in_range(
        obstacles.walls, (lamps.x, lamps.y, lamps.height_m, lamps.range_m), target_height_m
    )
    is_in_field = _are_in_field(lamps, camera, obstacles.bounds[building])
    camera, building = camera[is_in_field], building[is_in_field]
    if len(camera) == 0:
        return np.empty(0, dtype=object), camera
    near, far = _scales(lamps.height_m[camera], obstacles.height_m[building], target_height_m)
    used, index = np.unique(building, return_inverse=True)
    shapes = footprints(obstacles, used)
    is_convex = _are_convex(shapes)[index]
    place = np.stack([lamps.x[camera], lamps.y[camera]], axis=1)
    near_shapes = _scaled(shapes[index], place, near)
    far_shapes = _scaled(shapes[index[is_convex]], place[is_convex], far[is_convex])
    hulls = near_shapes.copy()
    hulls[is_convex] = shapely.convex_hull(
        shapely.geometrycollections(np.stack([near_shapes[is_convex], far_shapes], axis=1))
    )
    bent = np.flatnonzero(~is_convex)
    quads, pair_of_quad = _quads(obstacles, building[bent], (place[bent], near[bent], far[bent]))
    shadows = np.concatenate([hulls, quads])
    of_camera = np.concatenate([camera, camera[bent[pair_of_quad]]])
    order = np.argsort(of_camera, kind="stable")
    return shadows[order], of_camera[order]


def _are_in_field(lamps: Lamps, camera: Ints, bounds: Floats) -> NDArray[np.bool_]:
    """Whether each building's box, and so its shadow, can meet the field of its camera."""
    place = np.stack([lamps.x[camera], lamps.y[camera]], axis=1)
    low, high = bounds[:, :2] - place, bounds[:, 2:] - place
    azimuth, half = np.radians(lamps.azimuth_deg[camera]), np.radians(lamps.fov_deg[camera]) / 2.0
    meets = np.ones(len(camera), dtype=bool)
    for border, turn in ((azimuth - half, 1.0), (azimuth + half, -1.0)):
        # The corner that lies furthest inwards of this border of the field; a millimetre of slack.
        inwards = turn * np.stack([np.cos(border), -np.sin(border)], axis=1)
        meets &= np.sum(np.where(inwards > 0.0, high, low) * inwards, axis=1) > -1e-3
    # A field of more than half a turn is not what lies inside both its borders.
    is_wide: NDArray[np.bool_] = lamps.fov_deg[camera] >= 180.0
    return meets | is_wide


def _scales(camera_m: Floats, roof_m: Floats, target_m: float) -> tuple[Floats, Floats]:
    """Scales `near` and `far` between which each footprint hides the ground."""
    ratio = (camera_m - target_m) / (camera_m - roof_m)
    is_above = camera_m > target_m
    return np.where(is_above, 1.0, ratio), np.where(is_above, ratio, _ENDLESS)


def _are_convex(shapes: Shapes) -> NDArray[np.bool_]:
    area = shapely.area(shapes)
    is_convex: NDArray[np.bool_] = shapely.area(shapely.convex_hull(shapes)) - area <= 1e-9 * area
    return is_convex


def _scaled(shapes: Shapes, place: Floats, scale: Floats) -> Shapes:
    if np.all(scale == 1.0):
        return shapes
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    moved = place[owner] + scale[owner, None] * (points - place[owner])
    return np.asarray(shapely.set_coordinates(shapes.copy(), moved))


def _quads(
    obstacles: Obstacles, building: Ints, sweep: tuple[Floats, Floats, Floats]
) -> tuple[Shapes, Indices]:
    """Quadrilaterals swept by the walls that face away, and the pair that each belongs to."""
    place, near, far = sweep
    edge, pair = edges_of(obstacles, building)
    a = np.stack([obstacles.x0[edge], obstacles.y0[edge]], axis=1) - place[pair]
    b = np.stack([obstacles.x1[edge], obstacles.y1[edge]], axis=1) - place[pair]
    cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    faces_away = cross > 1e-9  # twice the triangle's area in m2; thinner ones hide nothing
    a, b, pair = a[faces_away], b[faces_away], pair[faces_away]
    n, f = near[pair, None], far[pair, None]
    corners = np.stack([n * a, f * a, f * b, n * b], axis=1) + place[pair][:, None, :]
    return np.asarray(shapely.polygons(corners)), pair


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
