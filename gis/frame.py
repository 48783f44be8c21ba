"""A local metric plane: lon/lat EPSG:4326 <-> x east, y north in metres around one centre.

A transverse Mercator with scale 1 on its own central meridian: lengths are true to 3e-5 within
50 km of the centre. CGCS2000 and WGS-84 differ by centimetres and are one here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """Transverse Mercator centred on `lon`, `lat` (degrees, EPSG:4326); see `frame_for`."""

    lon: float
    lat: float

    def __post_init__(self) -> None:
        if not (-180.0 <= self.lon <= 180.0 and -85.0 <= self.lat <= 85.0):
            got = f"lon {self.lon}, lat {self.lat}"
            raise ArgumentError("centre", got=got, allowed="lon -180 to 180, lat -85 to 85 degrees")

    @property
    def crs(self) -> pyproj.CRS:
        """The frame as a projected CRS, metres."""
        return pyproj.CRS.from_proj4(_definition(self))

    def to_metric(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        """X and y of points given in lon and lat.

        Parameters
        ----------
        lon, lat : array_like of float, same shape
            Degrees, EPSG:4326; finite.

        Returns
        -------
        x, y : numpy.ndarray of float64, that shape
            Metres east and north of the centre.

        Raises
        ------
        ArgumentError
            If a coordinate is not finite, or lies too far from the centre to be projected.

        """
        x, y = _to_metric(self).transform(_finite("lon", lon), _finite("lat", lat))
        return _finite("lon, lat", x), _finite("lon, lat", y)

    def to_lonlat(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Lon and lat of points given in metres; the inverse of `to_metric`.

        Parameters
        ----------
        x, y : array_like of float, same shape
            Metres in this frame; finite.

        Returns
        -------
        lon, lat : numpy.ndarray of float64, that shape
            Degrees, EPSG:4326.

        Raises
        ------
        ArgumentError
            If a coordinate is not finite.

        """
        lon, lat = _to_metric(self).transform(
            _finite("x", x), _finite("y", y), direction=pyproj.enums.TransformDirection.INVERSE
        )
        return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)

    def convergence_deg(self, lon: ArrayLike, lat: ArrayLike) -> Floats:
        """Angle from true north to grid north, clockwise: grid azimuth = true - convergence.

        Parameters
        ----------
        lon, lat : array_like of float, same shape
            Degrees, EPSG:4326.

        Returns
        -------
        numpy.ndarray of float64, that shape
            Degrees; positive east of the centre on the northern hemisphere.

        Raises
        ------
        ArgumentError
            If a coordinate is not finite.

        Notes
        -----
        Measured as the grid direction of a 22 m step along the meridian. PROJ's own factors agree
        to 1e-7 degrees but hang on an object that threads must not share.

        """
        lons, lats = _finite("lon", lon), _finite("lat", lat)
        south_x, south_y = self.to_metric(lons, lats - 1e-4)
        north_x, north_y = self.to_metric(lons, lats + 1e-4)
        return np.asarray(-np.degrees(np.arctan2(north_x - south_x, north_y - south_y)))

    def geometry_to_metric(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Geometries in metres, from an array of geometries in lon/lat (EPSG:4326)."""
        return _moved(geometry, self.to_metric)

    def geometry_to_lonlat(self, geometry: NDArray[np.object_]) -> NDArray[np.object_]:
        """Geometries in lon/lat (EPSG:4326), from an array of geometries in metres."""
        return _moved(geometry, self.to_lonlat)


def frame_for(lons: ArrayLike, lats: ArrayLike) -> LocalFrame:
    """The frame centred on the middle of the points' extent.

    Parameters
    ----------
    lons, lats : array_like of float
        Degrees, EPSG:4326; at least one point. An extent across the 180th meridian is not served.

    Returns
    -------
    LocalFrame
        Centre rounded to 1e-6 degrees, so that the same data give the same frame.

    Raises
    ------
    ArgumentError
        If there is no point or a coordinate is not finite.

    """
    lon, lat = _finite("lons", lons), _finite("lats", lats)
    if not lon.size or not lat.size:
        raise ArgumentError("lons, lats", got="no point", allowed="at least one")
    middle = [round(float((axis.min() + axis.max()) / 2.0), 6) for axis in (lon, lat)]
    return LocalFrame(middle[0], middle[1])


def _moved(
    geometry: NDArray[np.object_], move: Callable[[Floats, Floats], tuple[Floats, Floats]]
) -> NDArray[np.object_]:
    moved = shapely.transform(geometry, lambda points: np.stack(move(*points.T), axis=1))
    return np.asarray(moved, dtype=object)


def _finite(name: str, values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if not np.all(np.isfinite(array)):
        raise ArgumentError(name, got="nan, inf or out of reach", allowed="finite coordinates")
    return array


def _definition(frame: LocalFrame) -> str:
    return f"+proj=tmerc +lat_0={frame.lat!r} +lon_0={frame.lon!r} +k=1 +datum=WGS84 +units=m"


@lru_cache(maxsize=64)
def _to_metric(frame: LocalFrame) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("EPSG:4326", frame.crs, always_xy=True)
