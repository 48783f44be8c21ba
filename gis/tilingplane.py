"""The metric plane in which the faults of a tiling are measured, and the way back to lon/lat.

A file in degrees is measured in the UTM zone of its middle, one in a projected CRS in its own:
the figures are those any desktop GIS gives there. Ground area is told beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from gis.errors import CrsError

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

#: A projected CRS that stretches areas more than this is no plane to measure in: Web Mercator.
_MOST_STRETCH = 0.01
METRES_PER_DEGREE = 111_195.0


@dataclass(frozen=True)
class TilingPlane:
    """A plane in metres over EPSG:4326.

    Attributes
    ----------
    crs : pyproj.CRS
        Projected; any linear unit.
    is_own : bool
        True where it is the plane in which the file's edges are straight.

    """

    crs: pyproj.CRS
    is_own: bool = False

    @cached_property
    def _there(self) -> pyproj.Transformer:
        # always_xy: EPSG orders the axes of some of these systems north, east.
        return pyproj.Transformer.from_crs(4326, self.crs, always_xy=True)

    @cached_property
    def unit_m(self) -> float:
        """Metres in one unit of the CRS."""
        return float(self.crs.axis_info[0].unit_conversion_factor)

    @property
    def name(self) -> str:
        """The CRS in words, such as ``EPSG:32610``."""
        code = self.crs.to_epsg()
        return f"EPSG:{code}" if code else str(self.crs.name)

    def to_metric(self, shapes: Shapes) -> Shapes:
        """Shapes in metres, from lon/lat; the same corner gives the same number each time."""
        return _moved(shapes, self._metres)

    def to_lonlat(self, shapes: Shapes) -> Shapes:
        """Shapes in lon/lat, from metres."""
        return _moved(shapes, self._degrees)

    def lonlat(self, x: Floats, y: Floats) -> Floats:
        """Lon and lat, shape (n, 2), of points in metres."""
        return self._degrees(np.column_stack([x, y]))

    def ground_scale(self, lonlat: Floats) -> Floats:
        """Square metres of ground for one of the plane, at each place (n, 2) in degrees."""
        if not len(lonlat):
            return np.empty(0)
        projection = pyproj.Proj(self.crs)
        factors = projection.get_factors(lonlat[:, 0], lonlat[:, 1])
        return np.asarray(1.0 / np.asarray(factors.areal_scale, dtype=np.float64))

    def _metres(self, lonlat: Floats) -> Floats:
        x, y = self._there.transform(lonlat[:, 0], lonlat[:, 1])
        return np.column_stack([x, y]) * self.unit_m

    def _degrees(self, xy: Floats) -> Floats:
        x, y = xy[:, 0] / self.unit_m, xy[:, 1] / self.unit_m
        inverse = pyproj.enums.TransformDirection.INVERSE
        return np.column_stack(self._there.transform(x, y, direction=inverse))


def plane_for(bounds: tuple[float, float, float, float], declared: str = "") -> TilingPlane:
    """Plane in which a tiling is measured.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north of the tiling, degrees, EPSG:4326.
    declared : str
        The file's CRS, beginning with ``EPSG:n``, or "" when it is in degrees or unknown.

    Returns
    -------
    TilingPlane
        The file's own projected CRS; else, and where that one stretches areas by more than 1 %,
        the UTM zone of the middle.

    Raises
    ------
    CrsError
        If the bounds are not finite degrees.

    """
    if not np.isfinite(bounds).all():
        raise CrsError("the tiling has no place: its bounds are not finite degrees")
    lon, lat = (bounds[0] + bounds[2]) / 2.0, (bounds[1] + bounds[3]) / 2.0
    own = _projected(declared)
    if own is not None:
        plane = TilingPlane(own, is_own=True)
        stretch = plane.ground_scale(np.array([[lon, lat]]))[0]
        if abs(stretch - 1.0) <= _MOST_STRETCH:
            return plane
    zone = min(int((lon + 180.0) // 6.0) + 1, 60)
    return TilingPlane(pyproj.CRS.from_epsg((32600 if lat >= 0.0 else 32700) + zone))


def greatest_bow_m(longest_deg2: float) -> float:
    """How far an edge straight in degrees may lie beside the one straight in a plane.

    L^2 tan(lat) / 8 for an edge of length L on a sphere of radius 1, taken five times as large
    as at 40 degrees: enough to 77 degrees, and a tenth of a metre for an edge of a kilometre.
    `longest_deg2` is the square of the greatest length, degrees.
    """
    return METRES_PER_DEGREE * (1e-9 + 0.01 * longest_deg2)


def area_in_degrees_m2(shapes: Shapes) -> Floats:
    """Areas, m2, of shapes in degrees whose edges are straight in degrees; good to 1 %."""
    middle = np.nan_to_num(shapely.bounds(shapes)[:, 1::2].mean(axis=1))
    return np.asarray(shapely.area(shapes) * METRES_PER_DEGREE**2 * np.cos(np.radians(middle)))


def _projected(declared: str) -> pyproj.CRS | None:
    name = declared.split(" ", maxsplit=1)[0]
    if not name.startswith("EPSG:"):
        return None
    crs = pyproj.CRS.from_user_input(name)
    return crs if crs.is_projected else None


def _moved(shapes: Shapes, move: Callable[[Floats], Floats]) -> Shapes:
    xy = shapely.get_coordinates(shapes)
    if not len(xy):
        return shapes.copy()
    return np.asarray(shapely.set_coordinates(shapes.copy(), move(xy)), dtype=object)
