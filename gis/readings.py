"""Ways to read the numbers of a file: a system, the order of axes, the unit, packed degrees.

A reading has a name that fits on a command line: ``gcj02``, ``epsg:4546``, ``epsg:4546+swapped``,
``gcj02+packed``, ``epsg:32649+usft``. Degrees of CGCS2000 count as WGS 84, centimetres off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gis.datum import DATUMS, from_wgs84, to_wgs84
from gis.faults import FileRefused
from gis.mercators import from_baidu, from_web, to_baidu, to_web

Floats = NDArray[np.float64]

#: Metres of map makers: the datum under each, and whether the plane is Baidu's.
PLANES = {"web": "wgs84", "gcj02web": "gcj02", "gcj02mc": "gcj02", "bd09mc": "bd09"}
_BAIDU = ("gcj02mc", "bd09mc")
UNITS_M = {"m": 1.0, "ft": 0.3048, "usft": 1200.0 / 3937.0}
#: 1101230.5 is 110°12'30.5", 110.12305 the same, and 11012.508 is 110°12.508'.
PACKINGS = ("packed", "dotted", "minutes")
_EPSG = re.compile(r"epsg:(\d{4,6})")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read the numbers of a file.

    Attributes
    ----------
    system : str
        wgs84, gcj02, bd09 (degrees), web, gcj02web, gcj02mc, bd09mc (metres), or epsg:n.
    is_swapped : bool
        True when the first number is the northing or latitude.
    unit : {"m", "ft", "usft"}
        Of a plane's numbers, where it is not the system's own.
    packing : {"", "packed", "dotted", "minutes"}
        How degrees hold their minutes and seconds; "" for plain decimals.

    """

    system: str
    is_swapped: bool = False
    unit: str = "m"
    packing: str = ""

    @property
    def name(self) -> str:
        """As written on a command line; see `parse_reading`."""
        turned = ("swapped",) if self.is_swapped else ()
        unit = (self.unit,) if self.unit != "m" else ()
        return "+".join((self.system, *turned, *unit, *filter(None, (self.packing,))))

    @property
    def is_degrees(self) -> bool:
        """True for longitude and latitude, on whichever datum."""
        return self.system in DATUMS

    @property
    def datum(self) -> str:
        """wgs84, gcj02 or bd09: what the place refers to once the plane is undone."""
        return PLANES.get(self.system, self.system if self.is_degrees else "wgs84")


def parse_reading(written: str) -> Reading:
    """Reading of that name.

    Parameters
    ----------
    written : str
        A system, then modifiers joined by ``+``: swapped, ft, usft, packed, dotted, minutes.

    Raises
    ------
    FileRefused
        ``crs.no_such_datum`` for a name that is none.

    """
    system, *modifiers = written.strip().lower().split("+")
    system = {"cgcs2000": "wgs84", "epsg:3857": "web"}.get(system, system)
    known = system in DATUMS or system in PLANES or _is_epsg(system)
    units = [name for name in modifiers if name in ("ft", "usft")]
    packings = [name for name in modifiers if name in PACKINGS]
    rest = set(modifiers) - set(units) - set(packings) - {"swapped"}
    fits = not (packings and system not in DATUMS) and not (units and not _is_epsg(system))
    if not known or rest or len(units) > 1 or len(packings) > 1 or not fits:
        raise FileRefused("crs.no_such_datum", datum=written[:60], known=", ".join(DATUMS))
    return Reading(system, "swapped" in modifiers, *(units or ["m"]), *packings)


def to_lonlat(xy: Floats, reading: Reading) -> Floats:
    """Coordinates on EPSG:4326 of numbers read so.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
        As the file has them, in the file's order.
    reading : Reading
        How to read them.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Longitude, latitude in degrees; nan or inf where the reading has no place.

    Raises
    ------
    FileRefused
        ``crs.unreadable`` when PROJ does not know the system.

    """
    east, north = (xy[:, 1], xy[:, 0]) if reading.is_swapped else (xy[:, 0], xy[:, 1])
    if reading.packing:
        east, north = unpack(east, reading.packing), unpack(north, reading.packing)
    if reading.is_degrees:
        return np.column_stack(to_wgs84(east, north, reading.system))
    if reading.system in PLANES:
        undo = from_baidu if reading.system in _BAIDU else from_web
        return np.column_stack(to_wgs84(*undo(east, north), reading.datum))
    scale = UNITS_M[reading.unit]
    return _by_proj(east * scale, north * scale, reading.system, is_inverse=True)


def from_lonlat(lonlat: Floats, reading: Reading) -> Floats:
    """Numbers a file would hold, written so; the inverse of `to_lonlat`.

    Parameters
    ----------
    lonlat : ndarray of float64, shape (n, 2)
        Degrees, EPSG:4326.
    reading : Reading
        How to write them.

    Raises
    ------
    FileRefused
        ``crs.unreadable`` when PROJ does not know the system.

    """
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    if reading.is_degrees or reading.system in PLANES:
        east, north = from_wgs84(lon, lat, reading.datum)
        if reading.system in PLANES:
            draw = to_baidu if reading.system in _BAIDU else to_web
            east, north = draw(east, north)
    else:
        plane = _by_proj(lon, lat, reading.system, is_inverse=False)
        east, north = (plane / UNITS_M[reading.unit]).T
    if reading.packing:
        east, north = pack(east, reading.packing), pack(north, reading.packing)
    return np.column_stack([north, east] if reading.is_swapped else [east, north])


def unpack(numbers: Floats, packing: str) -> Floats:
    """Degrees of numbers that hold minutes and seconds as digits; nan where those reach 60."""
    size = np.abs(numbers)
    if packing == "minutes":
        degrees = np.floor(size / 100.0)
        minutes, seconds = size - degrees * 100.0, np.zeros_like(size)
    else:
        # 110.1230 ends in binary as 110.12299999: the tenth decimal of a second is no loss.
        whole = np.round(size * 1e4, 7) if packing == "dotted" else size
        degrees = np.floor(whole / 1e4)
        minutes = np.floor((whole - degrees * 1e4) / 100.0)
        seconds = whole - degrees * 1e4 - minutes * 100.0
    plain = degrees + minutes / 60.0 + seconds / 3600.0
    return np.where((minutes < 60.0) & (seconds < 60.0), np.copysign(plain, numbers), np.nan)


def pack(degrees: Floats, packing: str) -> Floats:
    """Numbers that hold minutes and seconds as digits; the inverse of `unpack`."""
    size = np.abs(degrees)
    whole = np.floor(size)
    minutes = (size - whole) * 60.0
    if packing == "minutes":
        return np.copysign(whole * 100.0 + minutes, degrees)
    full = np.floor(minutes)
    digits = whole * 1e4 + full * 100.0 + (minutes - full) * 60.0
    return np.copysign(digits / 1e4 if packing == "dotted" else digits, degrees)


def _by_proj(first: Floats, second: Floats, system: str, *, is_inverse: bool) -> Floats:
    try:
        transformer = _transformer(system, is_inverse)
        return np.column_stack(transformer.transform(first, second))
    except (ProjError, CRSError) as unknown:
        raise FileRefused("crs.unreadable", reason=str(unknown)[:200]) from unknown


@lru_cache(maxsize=512)
def _transformer(system: str, is_inverse: bool) -> Transformer:
    # always_xy: EPSG orders the axes of these systems north, east.
    ends = (system, "epsg:4326") if is_inverse else ("epsg:4326", system)
    return Transformer.from_crs(*ends, always_xy=True)


def _is_epsg(system: str) -> bool:
    if not _EPSG.fullmatch(system):
        return False
    try:
        return bool(CRS.from_user_input(system).is_projected)
    except CRSError:
        return False
