"""Web Mercator and Baidu's metres: longitude and latitude in degrees <-> x east, y north in metres.

Baidu's plane is a polynomial of the latitude in five bands of 15 degrees. Map makers use it on
BD-09 (BD09MC) and on GCJ-02 (GCJ02MC) alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RADIUS_M = 6378137.0
#: Beyond, Web Mercator is drawn by nobody; Baidu ends at 74, before its sixth polynomial, which
#: does not join on.
_LAST_DEG, _LAST_BAIDU_DEG = 85.0, 74.0
_BANDS_DEG = np.array([0.0, 15.0, 30.0, 45.0, 60.0])
#: A band's row: two terms of x, seven of y, the latitude that y is counted in.
_COEFFICIENTS = """
-0.0003218135878613132 111320.7020701615 0.00369383431289 823725.6402795718
0.46104986909093 2351.343141331292 1.58060784298199 8.77738589078284 0.37238884252424 7.45
-0.0003441963504368392 111320.7020576856 278.2353980772752 2485758.690035394
6070.750963243378 54821.18345352118 9540.606633304236 -2710.55326746645 1405.483844121726 22.5
0.00220636496208 111320.7020209128 51751.86112841131 3796837.749470245
992013.7397791013 -1221952.21711287 1340652.697009075 -620943.6990984312 144416.9293806241 37.5
0.00337398766765 111320.7020202162 4481351.045890365 -23393751.19931662
79682215.47186455 -115964993.2797253 97236711.15602145 -43661946.33752821 8477230.501135234 52.5
0.0008277824516172526 111320.7020463578 647795574.6671607 -4082003173.641316
10774905663.51142 -15171875531.51559 12053065338.62167 -5124939663.577472 913311935.9512032 67.5
"""
_BANDS = np.array(_COEFFICIENTS.split(), dtype=np.float64).reshape(5, 10)
_STEPS = 8


def to_web(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Web Mercator (EPSG:3857) of degrees, metres; nan beyond 85 degrees."""
    phi = np.radians(_drawn(lat, _LAST_DEG))
    return _RADIUS_M * np.radians(lon), _RADIUS_M * np.arctanh(np.sin(phi))


def from_web(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Degrees of Web Mercator metres; the inverse of `to_web`."""
    lat = np.degrees(np.arctan(np.sinh(np.clip(y / _RADIUS_M, -50.0, 50.0))))
    return np.degrees(x / _RADIUS_M), lat


def to_baidu(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Baidu's metres of degrees on BD-09 (or GCJ-02, for GCJ02MC); nan beyond 74 degrees.

    Parameters
    ----------
    lon, lat : ndarray of float64, shape (n,)
        Degrees.

    Returns
    -------
    x, y : ndarray of float64, shape (n,)
        Metres.

    Notes
    -----
    The coefficients are those every reader of Baidu's tiles uses; checked against 664 published
    positions (gcoord, MIT) to 1e-5 degrees.

    """
    size = np.abs(_drawn(lat, _LAST_BAIDU_DEG))
    band = _band_of(size)
    x = _BANDS[band, 0] + _BANDS[band, 1] * np.abs(lon)
    return np.copysign(x, lon), np.copysign(_northing(size, band), lat)


def from_baidu(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Degrees of Baidu's metres; the inverse of `to_baidu`.

    Parameters
    ----------
    x, y : ndarray of float64, shape (n,)
        Metres.

    Returns
    -------
    lon, lat : ndarray of float64, shape (n,)
        Degrees; nan beyond 74 degrees.

    Notes
    -----
    The published inverse polynomials miss by centimetres; this solves the forward one by Newton's
    method within its band.

    """
    north = np.abs(np.asarray(y, dtype=np.float64))
    edges = _northing(_BANDS_DEG, np.arange(len(_BANDS_DEG)))
    band = np.clip(np.searchsorted(edges, north, side="right") - 1, 0, len(_BANDS_DEG) - 1)
    low = _BANDS_DEG[band]
    lat = low + 7.5
    for _ in range(_STEPS):
        step = (_northing(lat, band) - north) / _steepness(lat, band)
        lat = np.clip(lat - step, low, low + 15.0)
    last = float(_northing(np.array([_LAST_BAIDU_DEG]), np.array([4]))[0])
    lat = np.where(north <= last, lat, np.nan)
    lon = (np.abs(x) - _BANDS[band, 0]) / _BANDS[band, 1]
    return np.copysign(lon, x), np.copysign(lat, y)


def _drawn(lat: Floats, last_deg: float) -> Floats:
    return np.where(np.abs(lat) <= last_deg, lat, np.nan)


def _band_of(size: Floats) -> NDArray[np.int64]:
    return np.clip(np.searchsorted(_BANDS_DEG, size, side="right") - 1, 0, len(_BANDS_DEG) - 1)


def _northing(size: Floats, band: NDArray[np.int64]) -> Floats:
    at = np.asarray(size / _BANDS[band, 9], dtype=np.float64)
    total = np.zeros_like(at)
    for power in range(6, -1, -1):
        total = np.asarray(total) * at + _BANDS[band, 2 + power]
    return total


def _steepness(size: Floats, band: NDArray[np.int64]) -> Floats:
    at = np.asarray(size / _BANDS[band, 9], dtype=np.float64)
    total = np.zeros_like(at)
    for power in range(6, 0, -1):
        total = np.asarray(total) * at + power * _BANDS[band, 2 + power]
    return np.asarray(total / _BANDS[band, 9])
