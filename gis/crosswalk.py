"""Two tilings of one land laid over each other: which ground of one lies in which of the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon
from shapely.geometry.base import BaseGeometry

from gis.gridarea import area_m2

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """Pairs of shapes with common ground, in ascending order; see `crosswalk`.

    Attributes
    ----------
    one, other : numpy.ndarray of int64, shape (n,)
        Places in the two sequences; -1 in `other` is ground that none of the others has.
    area_m2 : numpy.ndarray of float64, shape (n,)
        Common ground.
    share : numpy.ndarray of float64, shape (n,)
        Of the ground of `one`, 0 to 1; the shares of one shape add up to 1 where the others tile.

    """

    one: Ints
    other: Ints
    area_m2: Floats
    share: Floats


def crosswalk(
    shapes: Sequence[BaseGeometry], others: Sequence[BaseGeometry], *, least_m2: float = 0.1
) -> Crosswalk:
    """Common ground of every pair of shapes.

    Parameters
    ----------
    shapes, others : sequence of Polygon or MultiPolygon
        Lon/lat, EPSG:4326; each a tiling, which the other need not follow.
    least_m2 : float
        Square metres; less common ground than this is where two borders differ by rounding.

    Returns
    -------
    Crosswalk

    Notes
    -----
    An exact overlay of the pairs whose boxes meet, found by an R-tree; areas as `area_m2` has them.

    """
    one, other = _array(shapes), _array(others)
    at, to = shapely.STRtree(other).query(one, predicate="intersects")
    ground = area_m2(_polygonal(shapely.intersection(one[at], other[to])))
    whole = area_m2(one)
    rest = whole - np.bincount(at, weights=ground, minlength=len(one))
    at = np.concatenate([at, np.arange(len(one))])
    to = np.concatenate([to, np.full(len(one), -1)])
    ground = np.concatenate([ground, rest])
    kept = ground >= least_m2
    at, to, ground = at[kept], to[kept], ground[kept]
    order = np.lexsort((to < 0, -ground, at))
    at, to, ground = at[order], to[order], ground[order]
    share = np.minimum(ground / np.maximum(whole[at], 1e-9), 1.0)
    return Crosswalk(at.astype(np.int64), to.astype(np.int64), ground, share)


def _polygonal(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return the polygons of overlays: borders that merely touch give lines and points as well."""
    made = np.empty(len(shapes), dtype=object)
    for at, shape in enumerate(shapes):
        parts = shapely.get_parts(shapely.get_parts(shape))
        is_ground = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
        made[at] = MultiPolygon(list(parts[is_ground]))
    return made


def _array(shapes: Sequence[BaseGeometry]) -> NDArray[np.object_]:
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    return array
