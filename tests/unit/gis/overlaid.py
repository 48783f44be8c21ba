"""Viewsheds by overlaying polygons: the rule of `gis.viewshed` a second time, another way.

Every low building's shadow is a polygon, the shadows are united by GEOS and taken from the star of
the tall ones. Slow, and nothing in it knows sweeps with heights.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis.fields import Fields, picture_fields
from gis.footprints import Indices, Shapes, edges_of, footprints
from gis.obstacles import Floats, Ints, Obstacles
from gis.shadows import full_occluder_height_m, pairs_in_range
from gis.star import Looks, find_roofs_over, trace_stars
from gis.viewshed import Ground, Mount, Viewshed
from gis.visibility import ARC_SAGITTA_M, Standing, View, polygons_of_rings

_ENDLESS = 1e4  # a scale that carries a footprint 1 m away beyond any range in question


def overlaid_viewsheds(
    obstacles: Obstacles, views: list[View], mounts: list[Mount], target_height_m: float
) -> list[Viewshed]:
    """What `gis.viewshed.viewsheds` should say."""
    seen = [[getattr(view, name) for view in views] for name in View.__slots__]
    hung = [[getattr(mount, name) for mount in mounts] for name in Mount.__slots__]
    names = (*View.__slots__, *Mount.__slots__)
    cameras = _Cameras(**dict(zip(names, map(np.array, (*seen, *hung)), strict=True)))
    fields = picture_fields(cameras, target_height_m)
    grounds, standings = _seen_grounds(obstacles, cameras, (fields, target_height_m))
    return [
        _by_certainty(views[i], fields, i, (ground, Standing(int(standings[i]))))
        for i, ground in enumerate(grounds)
    ]


@dataclass(frozen=True)
class _Cameras:
    x: Floats
    y: Floats
    azimuth_deg: Floats
    fov_deg: Floats
    range_m: Floats
    height_m: Floats
    tilt_deg: Floats
    vfov_deg: Floats
    azimuth_error_deg: Floats
    fov_error_deg: Floats


def _seen_grounds(
    obstacles: Obstacles, cameras: _Cameras, scene: tuple[Fields, float]
) -> tuple[Shapes, Ints]:
    """Ground seen within each widest field, and standings, shape (n,)."""
    fields, target_height_m = scene
    x, y, height_m = cameras.x, cameras.y, cameras.height_m
    azimuth = np.nan_to_num(cameras.azimuth_deg)
    own = find_roofs_over(obstacles.walls, x, y, height_m)
    fov, far = 2.0 * fields.widest_deg, np.maximum(fields.far_m, 1e-3)
    tall = full_occluder_height_m(height_m, target_height_m)
    looks = Looks(x, y, azimuth, fov, far, tall, own)
    xy, starts, _, standings = trace_stars(obstacles.walls, looks, ARC_SAGITTA_M)
    standings[own >= 0] = Standing.INSIDE_BUILDING
    grounds = polygons_of_rings(xy, starts)
    lamps = Lamps(x, y, height_m, fields.far_m, azimuth, fov)
    hidden, camera = cast_shadows(obstacles, lamps, target_height_m)
    grounds = _without(grounds, hidden, camera)
    inside = np.flatnonzero(own >= 0)
    grounds = _without(grounds, footprints(obstacles, own[inside]), inside)
    steep = np.flatnonzero(fields.near_m > 0.0)
    discs = _discs(x[steep], y[steep], fields.near_m[steep])
    return _without(grounds, discs, steep), standings


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


def _without(grounds: Shapes, hidden: Shapes, camera: Indices) -> Shapes:
    """Grounds less what is hidden from each; `camera` ascending, one entry per hidden shape."""
    grounds = grounds.copy()
    shapely.prepare(grounds)
    meets = shapely.intersects(grounds[camera], hidden)
    hidden, camera = hidden[meets], camera[meets]
    cameras, first = np.unique(camera, return_index=True)
    for i, shadows in zip(cameras, np.split(hidden, first[1:]), strict=False):
        shadow = shadows[0] if len(shadows) == 1 else shapely.union_all(shadows)
        grounds[i] = shapely.difference(grounds[i], shadow)
    return grounds


def _discs(x: Floats, y: Floats, radius_m: Floats) -> Shapes:
    quarter = 32
    outer = np.minimum(radius_m, 1e6) / math.cos(math.pi / (4 * quarter))
    return np.asarray(shapely.buffer(shapely.points(x, y), outer, quad_segs=quarter))


def _by_certainty(
    view: View, fields: Fields, i: int, seen: tuple[BaseGeometry, Standing]
) -> Viewshed:
    ground, standing = _areal(seen[0]), seen[1]
    sure_deg, widest_deg = fields.sure_deg[i], fields.widest_deg[i]
    if standing is Standing.INSIDE_BUILDING or sure_deg <= 0.0:
        return Viewshed(Polygon(), ground, standing)
    if sure_deg >= widest_deg:
        return Viewshed(ground, Polygon(), standing)
    wedge = _wedge(view, sure_deg)
    certain, possible = ground.intersection(wedge), ground.difference(wedge)
    return Viewshed(_areal(certain), _areal(possible), standing)


def _wedge(view: View, half_deg: float) -> Polygon:
    """A fan round the azimuth that reaches beyond the range."""
    n = max(math.ceil(2.0 * half_deg / 60.0), 1)
    angles = np.radians(view.azimuth_deg + np.linspace(-half_deg, half_deg, n + 1))
    # cos 30 of the radius is the nearest that a chord of 60 degrees comes.
    rim = 2.0 * view.range_m * np.stack([np.sin(angles), np.cos(angles)], axis=1)
    return Polygon([(view.x, view.y), *(rim + np.array([view.x, view.y]))])


def _areal(shape: BaseGeometry) -> Ground:
    """The shape's polygons alone: overlays leave points and lines where borders touch."""
    if isinstance(shape, Polygon | MultiPolygon):
        return shape
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon | MultiPolygon)]
    joined = shapely.union_all(parts)
    return joined if isinstance(joined, Polygon | MultiPolygon) else Polygon()
