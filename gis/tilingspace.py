"""Where the edges of a file are straight: degrees, or its own plane in metres."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.tilingplane import METRES_PER_DEGREE, TilingPlane

Shapes = NDArray[np.object_]
#: How far a reference line is taken beyond the fault it parts, so that it reaches the border.
_BEYOND_M = 0.5


class Space:
    """The coordinates in which a tiling is mended.

    Elsewhere two borders that lie on one another would cross a millimetre apart.

    Attributes
    ----------
    unit_m, unit_m2 : float
        Metres in a unit, m2 in its square.
    scale : tuple of float
        What x and y are multiplied by before lengths are compared.

    """

    def __init__(self, plane: TilingPlane, lonlat: Shapes) -> None:
        self._plane = plane
        cosine = float(np.cos(np.radians(shapely.total_bounds(lonlat)[1::2].mean())))
        self.unit_m = 1.0 if plane.is_own else METRES_PER_DEGREE
        self.unit_m2 = self.unit_m**2 * (1.0 if plane.is_own else cosine)
        self.scale = (1.0, 1.0) if plane.is_own else (cosine, 1.0)
        self._old: dict[tuple[float, ...], list[float]] = {}
        if plane.is_own:
            keys = map(tuple, shapely.get_coordinates(plane.to_metric(lonlat)).tolist())
            self._old = dict(zip(keys, shapely.get_coordinates(lonlat).tolist(), strict=True))

    def there(self, lonlat: Shapes) -> Shapes:
        """Shapes of lon/lat in these coordinates."""
        return self._plane.to_metric(lonlat) if self._plane.is_own else lonlat

    def back(self, shape: BaseGeometry) -> BaseGeometry:
        """A shape in lon/lat; old corners are what they were to the last bit."""
        if not self._plane.is_own:
            return shape
        xy = shapely.get_coordinates(shape)
        moved = self._plane.lonlat(xy[:, 0], xy[:, 1])
        for k, key in enumerate(map(tuple, xy.tolist())):
            if key in self._old:
                moved[k] = self._old[key]
        result: BaseGeometry = shapely.set_coordinates(shapely.transform(shape, lambda c: c), moved)
        return result

    def lines(self, lonlat: Shapes | None, faults: Shapes) -> Shapes:
        """Reference lines within the faults and a little beyond, so that they reach the border."""
        if lonlat is None or not len(lonlat):
            return np.empty(0, dtype=object)
        lines = self.there(lonlat)
        wide = shapely.buffer(faults, _BEYOND_M / self.unit_m, quad_segs=1)
        line, fault = shapely.STRtree(faults).query(lines, predicate="intersects")
        return np.asarray(shapely.intersection(lines[line], wide[fault]))
