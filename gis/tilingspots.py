"""Where a fault of a tiling lies and how large it is; areas in m2, shapes in lon/lat, EPSG:4326."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.tilingplane import TilingPlane, area_in_degrees_m2

Shapes = NDArray[np.object_]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

#: Smaller than this is rounding: two borders drawn apart by 1e-9 degrees hold 0.0001 m2 a metre.
NOISE_M2 = 0.001
#: A piece of a fault may be smaller than a fault, down to what GEOS itself leaves behind.
PIECE_M2 = 1e-6
#: Mean width of what a projection there and back can leave along a border.
ROUNDING_M = 1e-6
_MILLIMETRE_DEG = 1e-8
#: Thinner than this on the average is a sliver: a border drawn twice.
SLIVER_M = 2.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Size and place of a fault.

    Attributes
    ----------
    area_m2, ground_m2 : float
        In the plane of the check, and on the ellipsoid.
    width_m : float
        Mean width: twice the area by the perimeter.
    lon, lat : float
        A point inside its largest piece, degrees, EPSG:4326.
    shape : MultiPolygon
        Its pieces, lon/lat, EPSG:4326.

    """

    area_m2: float
    ground_m2: float
    width_m: float
    lon: float
    lat: float
    shape: BaseGeometry

    @property
    def is_sliver(self) -> bool:
        """Whether it is thinner than `SLIVER_M`."""
        return self.width_m < SLIVER_M


def is_real(
    pieces: Shapes,
    plane: TilingPlane,
    rest: Callable[[Shapes, NDArray[np.int64]], Shapes],
    *,
    bow_m: float = 0.0,
) -> Flags:
    """Whether each piece (plane metres) is a fault and not rounding.

    Parameters
    ----------
    pieces : ndarray of Polygon, shape (n,)
        Plane metres.
    plane : TilingPlane
        Where they were found.
    rest : callable
        Given what surrounds some of the pieces in lon/lat, and their rows, returns what of each
        is a fault there.
    bow_m : float
        From `gis.tilingplane.greatest_bow_m`: pieces up to that width are thin as well.

    Notes
    -----
    A corner that only one of two neighbours has lies on the straight edge in the file's own
    coordinates and beside it in any other plane (1 mm for an edge of 500 m, 1.5 m for 10 km). So
    in a file in degrees a thin piece counts only when it is a fault in degrees as well.

    """
    real = _is_wide(shapely.area(pieces), shapely.length(pieces))
    if plane.is_own or not real.any():
        return np.asarray(real, dtype=bool)
    length = shapely.length(pieces)
    widest_m = max(SLIVER_M, bow_m)
    thin = np.flatnonzero(real & (2.0 * shapely.area(pieces) < widest_m * length))
    # A piece may turn over on the way to degrees; a millimetre around it is sound again.
    around = shapely.buffer(plane.to_lonlat(pieces[thin]), _MILLIMETRE_DEG, quad_segs=1)
    real[thin] = _is_wide(area_in_degrees_m2(rest(around, thin)), length[thin])
    return np.asarray(real, dtype=bool)


def _is_wide(area_m2: Floats, length_m: Floats) -> Flags:
    return np.asarray(area_m2 > np.maximum(PIECE_M2, ROUNDING_M * length_m))


def spots_of(groups: list[Shapes], plane: TilingPlane) -> list[Spot]:
    """One spot for each group of polygons (plane metres); no group is empty."""
    if not groups:
        return []
    area = np.array([float(shapely.area(group).sum()) for group in groups])
    length = np.array([float(shapely.length(group).sum()) for group in groups])
    largest = np.array([group[int(np.argmax(shapely.area(group)))] for group in groups])
    inside = _points_inside(largest)
    lonlat = plane.lonlat(shapely.get_x(inside), shapely.get_y(inside))
    ground = area * plane.ground_scale(lonlat)
    shapes = plane.to_lonlat(np.array([shapely.multipolygons(group) for group in groups]))
    return [
        Spot(
            area_m2=float(area[k]),
            ground_m2=float(ground[k]),
            width_m=float(2.0 * area[k] / length[k]) if length[k] > 0.0 else 0.0,
            lon=round(float(lonlat[k, 0]), 9),
            lat=round(float(lonlat[k, 1]), 9),
            shape=shapes[k],
        )
        for k in range(len(groups))
    ]


def polygons_in(shape: BaseGeometry) -> Shapes:
    """The polygons of any geometry, those of no area left out."""
    parts = shapely.get_parts(shape)
    if (shapely.get_type_id(parts) == 6).any():
        parts = shapely.get_parts(parts)
    return np.asarray(parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 0.0)])


def _points_inside(polygons: Shapes) -> Shapes:
    """The centroid where it lies inside, else a point of the surface."""
    centroid = shapely.centroid(polygons)
    beside = ~shapely.contains(polygons, centroid)
    centroid[beside] = shapely.point_on_surface(polygons[beside])
    return np.asarray(centroid)
