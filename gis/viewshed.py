"""Ground that a camera sees: sectors with building, camera and target heights (2.5D).

Metres in the plane CRS of the obstacles, heights above flat ground, grid azimuths in degrees.
Certain is what the camera sees however its pose errs within its stated errors; possible is what
it sees for some pose within them and not for all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon

from gis.errors import ArgumentError
from gis.fields import Fields, picture_fields
from gis.footprints import Shapes
from gis.groundsweep import trace_grounds
from gis.obstacles import Floats, Ints, Obstacles, build_obstacles
from gis.ringshapes import polygons_of_looks
from gis.shadows import full_occluder_height_m
from gis.sightline import TARGET_HEIGHT_M
from gis.star import Looks, find_roofs_over
from gis.terrain import Terrain
from gis.visibility import ARC_SAGITTA_M, Standing, View, Views, visible_areas

Ground = Polygon | MultiPolygon
_STANDINGS = tuple(Standing)  # their values are 0, 1, 2


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
    cameras = _cameras(views, mounts)
    if not views:
        return []
    if terrain is not None:
        # It builds on the shapes of this module, and most places have no terrain.
        from gis.reliefshed import terrain_viewsheds

        return terrain_viewsheds(obstacles, views, mounts, terrain, target_height_m=target_height_m)
    certain, possible, standings = _grounds(obstacles, cameras, target_height_m)
    named = map(_STANDINGS.__getitem__, standings.tolist())
    return list(map(Viewshed, certain.tolist(), possible.tolist(), named))


def warm_up() -> None:
    """Compile every kernel of sectors and viewsheds (some 15 s), or load it (1 to 2 s)."""
    houses = shapely.box([20.0, 0.0], [0.0, 20.0], [24.0, 4.0], [4.0, 24.0])
    obstacles = build_obstacles(houses, [4.0, 20.0], [1, 2])
    viewshed(obstacles, View(0.0, 0.0, 45.0, 90.0, 50.0), Mount(6.0))
    visible_areas(obstacles, Views(*np.ones((5, 1))))


class _Cameras(NamedTuple):
    """Views and mounts as float64 arrays of shape (n,); fields as theirs."""

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


def _cameras(views: Sequence[View], mounts: Sequence[Mount]) -> _Cameras:
    seen = attrgetter(*_Cameras._fields[:5])
    hung = attrgetter(*_Cameras._fields[5:])
    rows = [np.array(list(map(seen, views)), dtype=np.float64).reshape(-1, 5)]
    rows.append(np.array(list(map(hung, mounts)), dtype=np.float64).reshape(-1, 5))
    cameras = _Cameras(*np.ascontiguousarray(np.concatenate(rows, axis=1).T))
    c, finite = cameras, np.isfinite
    _require("view", c.x + c.y, finite(c.x) & finite(c.y), "finite x and y")
    azimuth = c.azimuth_deg
    _require("azimuth_deg", azimuth, ~np.isinf(azimuth), "finite, or nan: unknown")
    is_field = (c.fov_deg > 0.0) & (c.fov_deg <= 360.0)
    _require("fov_deg", c.fov_deg, is_field, "above 0, up to 360")
    is_range = (c.range_m > 0.0) & finite(c.range_m)
    _require("range_m", c.range_m, is_range, "finite, above 0")
    is_height = (c.height_m >= 0.0) & finite(c.height_m)
    _require("height_m", c.height_m, is_height, "finite, 0 or more")
    _require("azimuth_error_deg", c.azimuth_error_deg, c.azimuth_error_deg >= 0.0, "0 or more")
    _require("fov_error_deg", c.fov_error_deg, c.fov_error_deg >= 0.0, "0 or more")
    return cameras


def _require(name: str, values: Floats, is_allowed: NDArray[np.bool_], allowed: str) -> None:
    if not is_allowed.all():
        raise ArgumentError(name, got=float(values[int(np.argmin(is_allowed))]), allowed=allowed)


def _grounds(
    obstacles: Obstacles, cameras: _Cameras, target_height_m: float
) -> tuple[Shapes, Shapes, Ints]:
    """Certain and possible ground, and standings, shape (n,)."""
    x, y, height_m = cameras.x, cameras.y, cameras.height_m
    fields = picture_fields(cameras, target_height_m)
    own = find_roofs_over(obstacles.walls, x, y, height_m)
    fans = _fans(cameras, fields, own)
    looks = Looks(
        x[fans.camera],
        y[fans.camera],
        fans.azimuth_deg,
        fans.fov_deg,
        # A picture that ends before it begins (far edge at the pole's foot) shows nothing; a
        # millimetre keeps the sweep sound, and the near edge takes that away again.
        np.maximum(fields.far_m, 1e-3)[fans.camera],
        full_occluder_height_m(height_m, target_height_m)[fans.camera],
        own[fans.camera],
    )
    heights = (height_m[fans.camera], fields.near_m[fans.camera], float(target_height_m))
    rings, stood = trace_grounds(obstacles.walls, looks, heights, ARC_SAGITTA_M)
    standings = np.empty(len(x), np.int32)
    standings[fans.camera] = stood
    standings[own >= 0] = Standing.INSIDE_BUILDING
    certain, possible = (
        polygons_of_looks(rings, 2 * fans.camera + ~fans.is_sure, 2 * len(x)).reshape(-1, 2).T
    )
    return certain, possible, standings


class _Fans(NamedTuple):
    """Fields swept one by one: each camera's sure one, and what is doubtful beside it."""

    camera: NDArray[np.int64]
    is_sure: NDArray[np.bool_]
    azimuth_deg: Floats
    fov_deg: Floats


def _fans(cameras: _Cameras, fields: Fields, own: Ints) -> _Fans:
    sure, widest = fields.sure_deg, fields.widest_deg
    azimuth = np.nan_to_num(cameras.azimuth_deg)
    may_be_sure = (own < 0) & (sure > 0.0)
    is_split = may_be_sure & (sure < widest)
    whole, split = np.flatnonzero(~is_split), np.flatnonzero(is_split)
    # Doubt all round behind the camera is one field, else one on each side.
    behind = split[widest[split] >= 180.0]
    beside = split[widest[split] < 180.0]
    aside, wide = (sure[beside] + widest[beside]) / 2.0, widest[beside] - sure[beside]
    fans = (
        (whole, may_be_sure[whole], azimuth[whole], 2.0 * widest[whole]),
        (split, True, azimuth[split], 2.0 * sure[split]),
        (behind, False, azimuth[behind] + 180.0, 360.0 - 2.0 * sure[behind]),
        (beside, False, azimuth[beside] - aside, wide),
        (beside, False, azimuth[beside] + aside, wide),
    )
    is_sure = [np.broadcast_to(fan[1], fan[0].shape) for fan in fans]
    columns = [np.concatenate([fan[k] for fan in fans]) for k in (0, 2, 3)]
    return _Fans(columns[0], np.concatenate(is_sure), columns[1], columns[2])
