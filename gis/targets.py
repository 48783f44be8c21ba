"""What the coordinates of an export are: degrees on a datum, or metres in a CGCS2000 zone.

Everything enters as lon, lat on EPSG:4326. A zone is written with its number before the easting
(`cgcs2000-zone37`) or without (`cgcs2000-cm111`); `cgcs2000-zone` means the one of the data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from gis.datum import gcj02_to_bd09, wgs84_to_gcj02
from gis.errors import ArgumentError

Floats = NDArray[np.float64]
#: What may be asked for, as the command line and the console list it.
TARGETS = (
    "wgs84",
    "cgcs2000",
    "gcj02",
    "bd09",
    "cgcs2000-zone",
    "cgcs2000-zone37",
    "cgcs2000-cm111",
)
SHIFTED = {"gcj02": "GCJ-02", "bd09": "BD-09"}
_DEGREES = {"wgs84": 4326, "cgcs2000": 4490}
_FORM = re.compile(r"cgcs2000-(zone|cm)(\d{2,3})?")
#: 3-degree zones of CGCS2000: EPSG 4513-4533 are 25-45, 4534-4554 the central meridians 75E-135E.
_FIRST_ZONE, _LAST_ZONE = 25, 45
_EPSG_OF_ZONE, _EPSG_OF_MERIDIAN = 4513, 4534


@dataclass(frozen=True, slots=True)
class Target:
    """What coordinates are written in.

    Attributes
    ----------
    name : str
        As asked for, with the zone filled in: ``gcj02``, ``cgcs2000-zone37``.
    epsg : int or None
        None for the two shifted datums, which no authority lists.
    is_metric : bool
        True for metres, easting before northing; False for degrees, lon before lat.

    """

    name: str
    epsg: int | None
    is_metric: bool = False

    @property
    def crs(self) -> CRS | None:
        """The coordinate reference system a file can state; None where there is none."""
        return None if self.epsg is None else CRS.from_epsg(self.epsg)

    def place(self, lonlat: Floats) -> Floats:
        """Coordinates in this target.

        Parameters
        ----------
        lonlat : ndarray of float64, shape (n, 2)
            Degrees on EPSG:4326.

        Returns
        -------
        ndarray of float64, shape (n, 2)
            Degrees or metres; `gis.crs.place` leads back to within a micrometre.

        Notes
        -----
        WGS 84 and CGCS2000 differ by centimetres and count as one, as in `gis.datum`.

        """
        if self.is_metric:
            x, y = _to_zone(int(self.epsg or 0)).transform(lonlat[:, 0], lonlat[:, 1])
            return np.column_stack((x, y))
        if self.name not in SHIFTED:
            return lonlat
        lon, lat = wgs84_to_gcj02(lonlat[:, 0], lonlat[:, 1])
        return np.column_stack(gcj02_to_bd09(lon, lat) if self.name == "bd09" else (lon, lat))


def target_of(name: str, *, lon: float = 105.0) -> Target:
    """The target of a name.

    Parameters
    ----------
    name : str
        One of the four datums, ``cgcs2000-zone`` or ``-cm``, or these with a number.
    lon : float
        Longitude of the middle of the data, degrees: chooses the zone where none is named.

    Raises
    ------
    ArgumentError
        If there is no such datum or zone.

    """
    if name in SHIFTED:
        return Target(name, None)
    if name in _DEGREES:
        return Target(name, _DEGREES[name])
    form = _FORM.fullmatch(name)
    if form is None:
        raise ArgumentError("datum", got=name, allowed=", ".join(TARGETS))
    return _zone(form[1], form[2], name, lon)


def _zone(form: str, number: str | None, name: str, lon: float) -> Target:
    nearest = min(max(round(lon / 3.0), _FIRST_ZONE), _LAST_ZONE)
    stated = nearest * (1 if form == "zone" else 3) if number is None else int(number)
    zone, rest = (stated, 0) if form == "zone" else divmod(stated, 3)
    if rest or not _FIRST_ZONE <= zone <= _LAST_ZONE:
        raise ArgumentError("datum", got=name, allowed="zones 25-45, meridians 75-135 by 3")
    first = _EPSG_OF_ZONE if form == "zone" else _EPSG_OF_MERIDIAN
    return Target(f"cgcs2000-{form}{stated}", first + zone - _FIRST_ZONE, is_metric=True)


@cache
def _to_zone(epsg: int) -> Transformer:
    # From CGCS2000's own degrees: a projection and nothing else, whatever grids PROJ may have.
    return Transformer.from_crs(4490, epsg, always_xy=True)
