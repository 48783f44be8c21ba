"""GCJ-02 and BD-09 to WGS 84 and back; lon, lat arrays in degrees.

WGS 84 and CGCS2000 differ by centimetres and count as one here. The forward formulas are the
public ones; the inverses are their fixed points, exact to well under a millimetre.

Both shifts end at a box around the mainland. Cut off there, as the formulas are usually written,
a strip of half a kilometre would be mapped upon another and could never come back; so they fade
out over the last tenth of a degree inside the box, all of which lies abroad or at sea.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]
Datum = Literal["wgs84", "cgcs2000", "gcj02", "bd09"]
DATUMS: tuple[str, ...] = get_args(Datum)
_Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

_A = 6378245.0
_EE = 0.00669342162296594323
#: Outside this box the shift is defined as the identity.
_MAINLAND = (72.004, 0.8293, 137.8347, 55.8271)
#: Over this much inside the box the shift grows to its full size: a tenth of what would let two
#: places share one image.
_FADE_DEG = 0.1
_BD_PI = np.pi * 3000.0 / 180.0
#: 0.3 mm remain after two steps and 1 µm after three; where the shift fades it takes more.
_MOST_STEPS = 60
_SETTLED_DEG = 1e-13


def to_wgs84(lon: Floats, lat: Floats, datum: str) -> tuple[Floats, Floats]:
    """Longitude and latitude on WGS 84 of coordinates given on `datum`.

    Parameters
    ----------
    lon, lat : ndarray of float64, shape (n,)
        Degrees. NaN stays NaN.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}
        What the coordinates refer to.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        Degrees on WGS 84.

    Raises
    ------
    ArgumentError
        If the datum is none of the four.

    """
    for step in reversed(_steps(datum)):
        lon, lat = _inverse(step, lon, lat)
    return lon, lat


def from_wgs84(lon: Floats, lat: Floats, datum: str) -> tuple[Floats, Floats]:
    """Longitude and latitude on `datum` of WGS 84 coordinates; the inverse of `to_wgs84`.

    Parameters
    ----------
    lon, lat : ndarray of float64, shape (n,)
        Degrees on WGS 84. NaN stays NaN.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"}
        What the result refers to.

    Raises
    ------
    ArgumentError
        If the datum is none of the four.

    """
    for step in _steps(datum):
        lon, lat = step(lon, lat)
    return lon, lat


def _steps(datum: str) -> tuple[_Shift, ...]:
    """Shifts that lead from WGS 84 to a datum."""
    steps: dict[str, tuple[_Shift, ...]] = {
        "wgs84": (),
        "cgcs2000": (),
        "gcj02": (wgs84_to_gcj02,),
        "bd09": (wgs84_to_gcj02, gcj02_to_bd09),
    }
    if datum not in steps:
        raise ArgumentError("datum", got=datum, allowed=", ".join(DATUMS))
    return steps[datum]


def wgs84_to_gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Shifted position of a WGS 84 one; the identity outside the mainland's bounding box.

    Notes
    -----
    FACTS.md section 4: a = 6378245, ee = 0.00669342162296594323; 360-560 m.

    """
    x, y = lon - 105.0, lat - 35.0
    phi = np.radians(lat)
    magic = 1.0 - _EE * np.sin(phi) ** 2
    root = np.sqrt(magic)
    dlat = np.degrees(_lat_shift(x, y) / (_A * (1.0 - _EE) / (magic * root)))
    dlon = np.degrees(_lon_shift(x, y) / (_A / root * np.cos(phi)))
    return _shifted(lon, lat, dlon, dlat)


def gcj02_to_bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Baidu's position of a GCJ-02 one; the identity outside the mainland's bounding box."""
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_PI)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_PI)
    dlon = radius * np.cos(angle) + 0.0065 - lon
    dlat = radius * np.sin(angle) + 0.006 - lat
    return _shifted(lon, lat, dlon, dlat)


def _shifted(lon: Floats, lat: Floats, dlon: Floats, dlat: Floats) -> tuple[Floats, Floats]:
    west, south, east, north = _MAINLAND
    depth = np.minimum(np.minimum(lon - west, east - lon), np.minimum(lat - south, north - lat))
    share = np.clip(depth / _FADE_DEG, 0.0, 1.0)
    inside = share > 0.0
    return np.where(inside, lon + share * dlon, lon), np.where(inside, lat + share * dlat, lat)


def _inverse(forward: _Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Solve forward(p) = (lon, lat) by p <- p + (target - forward(p)), which contracts."""
    x, y = lon.copy(), lat.copy()
    for _ in range(_MOST_STEPS):
        there = forward(x, y)
        east, north = lon - there[0], lat - there[1]
        x, y = x + east, y + north
        if not (np.maximum(np.abs(east), np.abs(north)) > _SETTLED_DEG).any():
            break
    return x, y


def _waves(value: Floats, first: float, second: float) -> Floats:
    swing = 20.0 * np.sin(value * np.pi) + 40.0 * np.sin(value / 3.0 * np.pi)
    slow = first * np.sin(value / 12.0 * np.pi) + second * np.sin(value / 30.0 * np.pi)
    return (swing + slow) * 2.0 / 3.0


def _ripple(x: Floats) -> Floats:
    return (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0


def _lat_shift(x: Floats, y: Floats) -> Floats:
    plane = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    return plane + _ripple(x) + _waves(y, 160.0, 320.0)


def _lon_shift(x: Floats, y: Floats) -> Floats:
    plane = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    return plane + _ripple(x) + _waves(x, 150.0, 300.0)
