"""What the coordinates of an export are: degrees on a datum, or metres in a CGCS2000 zone.

Everything enters as lon, lat on EPSG:4326. A zone is written with its number before the easting
(`cgcs2000-zone37`) or without (`cgcs2000-cm111`); `cgcs2000-zone` means the one of the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from gis.datum import gcj02_to_bd09, wgs84_to_gcj02
from gis.errors import ArgumentError
from gis.faults import FileRefused

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
#: The column in which a table states what its coordinates are.
DATUM_COLUMN = {"en": "datum", "zh": "坐标基准"}
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

    @property
    def statement(self) -> str:
        """What stands for it where a file states its coordinates: EPSG:n, GCJ-02 or BD-09."""
        return SHIFTED.get(self.name) or f"EPSG:{self.epsg}"

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


def stated_target(cells: Iterable[object]) -> Target | None:
    """The target that a table's column of datums states for all its rows.

    Parameters
    ----------
    cells : iterable
        Of that column; blank ones state nothing.

    Returns
    -------
    Target or None
        None when no cell names a target: a column of that name may hold anything.

    Raises
    ------
    FileRefused
        ``crs.mixed`` when some rows state another target than others.

    """
    told = {str(cell).strip().casefold() for cell in cells} - {"", "none"}
    # People write WGS-84 and GCJ-02 where exports write wgs84 and gcj02.
    found = {word: _known(word) or _known(word.replace("-", "")) for word in told}
    if not any(found.values()):
        return None
    if len(set(found.values())) > 1:
        raise FileRefused("crs.mixed", found=", ".join(sorted(told))[:120])
    return next(iter(found.values()))


def _known(name: str) -> Target | None:
    if name in ("cgcs2000-zone", "cgcs2000-cm"):
        return None  # whose zone is not told
    try:
        return target_of(name)
    except ArgumentError:
        return None


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
