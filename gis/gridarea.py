"""Ground of polygons in m2 on the ellipsoid; edges are straight in lon/lat, as in the database.

A node put on an edge changes nothing, and parts add up to the whole: along a geodesic edge of 2 km
from west to east a new node would cost 70 m2, which is what `ST_Area(geography)` says.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]

_A_M = 6_378_137.0
_E2 = 0.00669437999014132
_E = _E2**0.5
_B2 = _A_M**2 * (1.0 - _E2)
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)


def area_m2(shapes: Sequence[BaseGeometry] | NDArray[np.object_]) -> Floats:
    """Area of each polygon.

    Parameters
    ----------
    shapes : sequence of n Polygon or MultiPolygon
        Lon/lat, EPSG:4326 degrees; rings that do not cross. Empty shapes have no ground.

    Returns
    -------
    numpy.ndarray of float64, shape (n,)
        Square metres on WGS-84 (CGCS2000 differs by 1e-10).

    Notes
    -----
    The ellipsoid's area between the equator and latitude p, per radian of longitude, is
    Q(p) = b2/2 (sin p / (1 - e2 sin2 p) + artanh(e sin p) / e) (Snyder 1987, 3-12). A ring's ground
    is the integral of Q dlon along it, by Gauss's rule with three nodes an edge: exact to 1e-9 m2
    for edges below 0.1 degrees. O(vertices).

    """
    array = np.empty(len(shapes), dtype=object)
    array[:] = list(shapes)
    parts, owner = shapely.get_parts(array, return_index=True)
    found = np.zeros(len(array))
    for part, at in zip(parts, owner, strict=True):
        if shapely.is_empty(part):
            continue
        shell, *holes = (
            _ring_m2(np.asarray(ring.coords)) for ring in (part.exterior, *part.interiors)
        )
        found[at] += shell - sum(holes)
    return found


def _ring_m2(ring: Floats) -> float:
    start, step = np.radians(ring[:-1, :2]), np.radians(np.diff(ring[:, :2], axis=0))
    middle = start[0, 1]
    along = (_NODES + 1.0) / 2.0
    lats = start[:, 1, None] + step[:, 1, None] * along
    # Beside the first corner's latitude, not the equator: else twelve digits cancel.
    heights = _strip(lats) - _strip(np.array(middle))
    return float(abs((heights @ (_WEIGHTS / 2.0) * step[:, 0]).sum()))


def _strip(lat_rad: Floats) -> Floats:
    sine = np.sin(lat_rad)
    return np.asarray(_B2 / 2.0 * (sine / (1.0 - _E2 * sine**2) + np.arctanh(_E * sine) / _E))
