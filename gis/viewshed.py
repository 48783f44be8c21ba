"""Ground that a camera sees: sectors with building, camera and target heights (2.5D).

Metres in the plane CRS of the obstacles, heights above flat ground, grid azimuths in degrees.
Certain is what the camera sees however its pose errs within its stated errors; possible is what
it sees for some pose within them and not for all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis.errors import ArgumentError
from gis.footprints import Indices, Shapes, footprints
from gis.obstacles import Floats, Ints, Obstacles, build_obstacles
from gis.optics import far_edge_m, near_edge_m
from gis.shadows import Lamps, cast_shadows, full_occluder_height_m
from gis.sightline import TARGET_HEIGHT_M
from gis.star import Looks, find_roofs_over, trace_stars
from gis.terrain import Terrain
from gis.visibility import (
    ARC_SAGITTA_M,
    Standing,
    View,
    Views,
    polygons_of_rings,
    visible_areas,
)

Ground = Polygon | MultiPolygon


@dataclass(frozen=True, slots=True)
class Mount:
    """How a camera hangs and how well that is known; degrees and metres."""

    #: Above its ground, >= 0.
    height_m: float
    #: Axis below the horizon and vertical field; nan when unknown, then neither near nor far
    #: edge of the picture is judged.
    tilt_deg: float = math.nan
    vfov_deg: float = math.nan
    #: Largest errors, either way, of `View.azimuth_deg` and `View.fov_deg`.
    azimuth_error_deg: float = 0.0
    fov_error_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class Viewshed:
    """Ground seen for sure, and ground seen perhaps; disjoint, either may be empty."""

    certain: Ground
    possible: Ground
    standing: Standing


def viewshed(
    obstacles: Obstacles,
    view: View,
    mount: Mount,
    *,
    target_height_m: float = TARGET_HEIGHT_M,
    terrain: Terrain | None = None,
) -> Viewshed:
    """Ground on which the camera sees a target of the given height, by certainty.

    Parameters
    ----------
    obstacles : Obstacles
        Buildings with heights, metric CRS. Their `ground_m` is used with terrain alone.
    view : View
        Same CRS; `azimuth_deg` nan when unknown: then the whole circle is possible.
    mount : Mount
        Height, tilt and errors.
    target_height_m : float
        Above ground, >= 0.
    terrain : Terrain, optional
        Same CRS; default flat ground.

    Returns
    -------
    Viewshed
        A camera inside a building below its roof sees nothing for certain; possible is what it
        would see were that building not there (it more likely hangs outside on its wall), the
        building's own footprint left out, and standing is INSIDE_BUILDING.

    Raises
    ------
    ArgumentError
        If a number is not finite or outside its range.

    Notes
    -----
    The same rule as `gis.sightline` on flat ground. Differences: arcs are drawn as chords that
    stay up to 5 cm inside the range. Over terrain the outline follows cells, see
    `gis.reliefshed.terrain_viewsheds`.

    """
    height_m = target_height_m
    return viewsheds(obstacles, [view], [mount], target_height_m=height_m, terrain=terrain)[0]


def viewsheds(
    obstacles: Obstacles,
    views: Sequence[View],
    mounts: Sequence[Mount],
    *,
    target_height_m: float = TARGET_HEIGHT_M,
    terrain: Terrain | None = None,
) -> list[Viewshed]:
    """`viewshed` of many cameras, in their order; faster per camera than one by one."""
    if len(views) != len(mounts):
        raise ArgumentError("mounts", got=len(mounts), allowed=f"{len(views)}, one per view")
    if not 0.0 <= target_height_m < math.inf:
        raise ArgumentError("target_height_m", got=target_height_m, allowed="finite, 0 or more")
    fields = [
        _field(view, mount, target_height_m) for view, mount in zip(views, mounts, strict=True)
    ]
    if not fields:
        return []
    if terrain is not None:
        # It builds on the shapes of this module, and most places have no terrain.
        from gis.reliefshed import terrain_viewsheds

        return terrain_viewsheds(obstacles, views, mounts, terrain, target_height_m=target_height_m)
    seen, standings = _seen_grounds(obstacles, views, mounts, (fields, target_height_m))
    return [
        _by_certainty(view, field, (ground, Standing(int(standing))))
        for view, field, ground, standing in zip(views, fields, seen, standings, strict=True)
    ]


def warm_up() -> None:
    """Compile every kernel of sectors and viewsheds (some 15 s), or load it (1 to 2 s)."""
    houses = shapely.box([20.0, 0.0], [0.0, 20.0], [24.0, 4.0], [4.0, 24.0])
    obstacles = build_obstacles(houses, [4.0, 20.0], [1, 2])
    viewshed(obstacles, View(0.0, 0.0, 45.0, 90.0, 50.0), Mount(6.0))
    visible_areas(obstacles, Views(*np.ones((5, 1))))


@dataclass(frozen=True, slots=True)
class _Field:
    """What the picture takes in: half angles of the sure and of the widest field, and ranges."""

    sure_deg: float
    widest_deg: float
    near_m: float
    far_m: float


def _field(view: View, mount: Mount, target_height_m: float) -> _Field:
    _check(view, mount)
    slack_deg = mount.azimuth_error_deg + mount.fov_error_deg / 2.0
    sure_deg, widest_deg = view.fov_deg / 2.0 - slack_deg, view.fov_deg / 2.0 + slack_deg
    if view.fov_deg >= 360.0:
        sure_deg = widest_deg = 180.0  # all round, wherever the axis points
    elif math.isnan(view.azimuth_deg):
        sure_deg, widest_deg = 0.0, 180.0
    near_m, far_m = 0.0, view.range_m
    if math.isfinite(mount.tilt_deg) and math.isfinite(mount.vfov_deg):
        drop_m = mount.height_m - target_height_m
        # A target above the camera is the same picture upside down.
        tilt_deg = mount.tilt_deg if drop_m >= 0.0 else -mount.tilt_deg
        near_m = near_edge_m(abs(drop_m), tilt_deg, mount.vfov_deg)
        far_m = min(far_m, far_edge_m(abs(drop_m), tilt_deg, mount.vfov_deg))
    return _Field(max(sure_deg, 0.0), min(widest_deg, 180.0), near_m, far_m)


def _check(view: View, mount: Mount) -> None:
    if not (math.isfinite(view.x) and math.isfinite(view.y)):
        raise ArgumentError("view", got=(view.x, view.y), allowed="finite x and y")
    if math.isinf(view.azimuth_deg):
        raise ArgumentError("azimuth_deg", got=view.azimuth_deg, allowed="finite, or nan: unknown")
    if not 0.0 < view.fov_deg <= 360.0:
        raise ArgumentError("fov_deg", got=view.fov_deg, allowed="above 0, up to 360")
    if not 0.0 < view.range_m < math.inf:
        raise ArgumentError("range_m", got=view.range_m, allowed="finite, above 0")
    if not 0.0 <= mount.height_m < math.inf:
        raise ArgumentError("height_m", got=mount.height_m, allowed="finite, 0 or more")
    for name in ("azimuth_error_deg", "fov_error_deg"):
        if not getattr(mount, name) >= 0.0:
            raise ArgumentError(name, got=getattr(mount, name), allowed="0 or more")


def _seen_grounds(
    obstacles: Obstacles,
    views: Sequence[View],
    mounts: Sequence[Mount],
    scene: tuple[list[_Field], float],
) -> tuple[Shapes, Ints]:
    """Ground seen within each widest field, and standings, shape (n,)."""
    fields, target_height_m = scene
    x, y = _column(v.x for v in views), _column(v.y for v in views)
    height_m = _column(m.height_m for m in mounts)
    azimuth = np.nan_to_num(_column(v.azimuth_deg for v in views))
    range_m = _column(f.far_m for f in fields)
    own = find_roofs_over(obstacles.walls, x, y, height_m)
    looks = Looks(
        x,
        y,
        azimuth,
        _column(2.0 * f.widest_deg for f in fields),
        # A picture that ends before it begins (far edge at the pole's foot) shows nothing; a
        # millimetre keeps the sweep sound, and the near edge takes that away again.
        np.maximum(range_m, 1e-3),
        full_occluder_height_m(height_m, target_height_m),
        own,
    )
    xy, starts, _, standings = trace_stars(obstacles.walls, looks, ARC_SAGITTA_M)
    standings[own >= 0] = Standing.INSIDE_BUILDING
    grounds = polygons_of_rings(xy, starts)
    lamps = Lamps(x, y, height_m, range_m, azimuth, looks.fov_deg)
    hidden, camera = cast_shadows(obstacles, lamps, target_height_m)
    grounds = _without(grounds, hidden, camera)
    inside = np.flatnonzero(own >= 0)
    grounds = _without(grounds, footprints(obstacles, own[inside]), inside)
    near = np.array([f.near_m for f in fields])
    steep = np.flatnonzero(near > 0.0)
    return _without(grounds, _discs(x[steep], y[steep], near[steep]), steep), standings


def _column(values: Iterable[float]) -> Floats:
    return np.fromiter(values, dtype=np.float64)


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
    # Drawn round the circle, not in it: what is too near is never called seen. An infinite near
    # edge (a camera that looks above the horizon) needs no more than any range in use.
    quarter = 32
    outer = np.minimum(radius_m, 1e6) / math.cos(math.pi / (4 * quarter))
    return np.asarray(shapely.buffer(shapely.points(x, y), outer, quad_segs=quarter))


def _by_certainty(view: View, field: _Field, seen: tuple[BaseGeometry, Standing]) -> Viewshed:
    ground, standing = _areal(seen[0]), seen[1]
    if standing is Standing.INSIDE_BUILDING or field.sure_deg <= 0.0:
        return Viewshed(Polygon(), ground, standing)
    if field.sure_deg >= field.widest_deg:
        return Viewshed(ground, Polygon(), standing)
    wedge = _wedge(view, field.sure_deg)
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
