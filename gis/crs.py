"""Where the coordinates of a file are: from its own CRS, from a named reading, or not at all.

Everything leaves here as lon, lat in degrees, EPSG:4326. Nothing is guessed: what a file does not
say and the user does not name is refused, or, where a format fixes it, told as assumed.
`convert` is the door for arrays that go from any system of `gis.readings` to any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gis.datum import DATUMS, to_wgs84
from gis.faults import FileRefused
from gis.readings import Reading, from_lonlat, parse_reading, to_lonlat
from gis.targets import SHIFTED

Floats = NDArray[np.float64]
How = Literal["declared", "option", "assumed"]
_SHIFTED = ("gcj02", "bd09")
#: EPSG geographic systems that equal WGS 84 within centimetres (FACTS.md section 4).
_LIKE_WGS84 = {4326: "wgs84", 4979: "wgs84", 4490: "cgcs2000", 4480: "cgcs2000"}
#: How far a projected file may reach past its CRS's area of use before the two do not belong
#: together: a neighbouring 3-degree zone is still usual, another province is not.
_AREA_MARGIN_DEG = 3.0


@dataclass(frozen=True, slots=True)
class Placement:
    """How coordinates become EPSG:4326.

    Attributes
    ----------
    crs : str
        What the file's numbers are, in words.
    datum : str
        wgs84, cgcs2000, gcj02, bd09, or "" when the file's own CRS has another.
    how : {"declared", "option", "assumed"}
        Who said so: the file, the user, or the format's rule.
    source : pyproj.CRS or None
        The projection to undo; None for degrees on one of the four datums.
    reading : Reading or None
        How to read the numbers where the user, or an inspection, said so; it overrules the rest.

    """

    crs: str
    datum: str
    how: How
    source: CRS | None = None
    overrules: str = ""
    reading: Reading | None = None


def convert(xy: Floats, source: str, target: str) -> Floats:
    """Coordinates of one system in another.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
        Degrees as lon, lat, or metres (feet) as easting, northing, on `source`.
    source, target : str
        Names of `gis.readings.parse_reading`: wgs84, cgcs2000, gcj02, bd09, web (EPSG:3857),
        gcj02web, gcj02mc, bd09mc, or ``epsg:n`` of a projected system; with modifiers.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        NaN stays NaN.

    Raises
    ------
    FileRefused
        ``crs.no_such_datum`` for a name that is none, ``crs.unreadable`` when PROJ knows no way.

    Notes
    -----
    There and back again is exact to a millimetre wherever the target is defined (Baidu's metres to
    74 degrees of latitude). GCJ-02 and BD-09 are the identity outside the mainland's box.

    """
    return from_lonlat(to_lonlat(xy, parse_reading(source)), parse_reading(target))


def decide_reading(name: str, declared: str | None = None) -> Placement:
    """How to place a file whose numbers are to be read so, whatever it states itself.

    Raises
    ------
    FileRefused
        ``crs.no_such_datum`` for a name that is none.

    """
    reading = parse_reading(name)
    overrules = ""
    if declared is not None:
        try:
            overrules = _label(_parsed(declared))
        except FileRefused:
            overrules = declared[:80]
    words = f"lon/lat ({reading.name})" if reading.is_degrees else reading.name
    return Placement(words, reading.datum, "option", None, overrules, reading)


def decide_placement(
    declared: str | None, datum: str | None, *, rule: str | None = None
) -> Placement:
    """How to place a file.

    Parameters
    ----------
    declared : str or None
        The file's CRS as WKT or "EPSG:n", or the name of a shifted datum as exports write it,
        "GCJ-02" or "BD-09"; None when it states none.
    datum : {"wgs84", "cgcs2000", "gcj02", "bd09"} or None
        What the user names.
    rule : str or None
        The rule by which a format without CRS holds WGS 84 degrees, such as "RFC 7946".

    Raises
    ------
    FileRefused
        ``crs.unknown`` when nobody says, ``crs.unreadable``, ``crs.local`` for a CRS without a
        place on earth, ``crs.contradiction`` when a datum is named against a projected CRS.

    """
    if datum is not None and datum not in DATUMS:
        raise FileRefused("crs.no_such_datum", datum=datum, known=", ".join(DATUMS))
    if declared is None:
        if datum is not None:
            return Placement(f"lon/lat ({datum})", datum, "option")
        if rule is None:
            raise FileRefused("crs.unknown", known=", ".join(DATUMS))
        return Placement(f"lon/lat ({rule})", "wgs84", "assumed")
    if declared in SHIFTED.values():
        return _shifted(declared, datum)
    crs = _parsed(declared)
    own = _LIKE_WGS84.get(_epsg(crs.geodetic_crs or crs) or 0, "")
    if crs.is_geographic:
        return _geographic(crs, own, datum)
    if datum is not None and (datum in _SHIFTED or not own):
        raise FileRefused("crs.contradiction", crs=_label(crs), datum=datum)
    return Placement(_label(crs), own, "declared", crs)


def place(xy: Floats, placement: Placement) -> Floats:
    """Coordinates on EPSG:4326.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
        As the file has them.
    placement : Placement
        From `decide_placement`.

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Longitude, latitude in degrees; inf where the projection has no inverse.

    Raises
    ------
    FileRefused
        ``crs.unreadable`` if no transformation is known.

    """
    if placement.reading is not None:
        return to_lonlat(xy, placement.reading)
    if placement.source is None:
        if placement.datum not in _SHIFTED:
            return xy
        return np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], placement.datum))
    try:
        # always_xy: EPSG orders the axes of these systems north, east.
        transformer = Transformer.from_crs(placement.source, 4326, always_xy=True)
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    except ProjError as unknown:
        raise FileRefused("crs.unreadable", reason=str(unknown)[:200]) from unknown


def is_misplaced(xy: Floats, lonlat: Floats, placement: Placement) -> NDArray[np.bool_]:
    """True for each coordinate that cannot be in the CRS it is said to be in.

    Parameters
    ----------
    xy, lonlat : ndarray of float64, shape (n, 2)
        Before and after `place`.
    placement : Placement
        From `decide_placement`.

    Returns
    -------
    ndarray of bool, shape (n,)
        False for NaN, which is another fault.

    """
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    out = np.isinf(lon) | np.isinf(lat) | (np.abs(lon) > 180.0) | (np.abs(lat) > 90.0)
    if placement.reading is not None:
        return out | (np.isnan(lon) & ~np.isnan(xy[:, 0]))  # minutes or seconds that reach 60
    if placement.source is None:
        return out | (np.abs(xy[:, 0]) > 180.0) | (np.abs(xy[:, 1]) > 90.0)
    if placement.source.is_projected:
        # Degrees under a .prj in metres land beside its origin: a valid place, and wrong.
        out |= (np.abs(xy[:, 0]) <= 180.0) & (np.abs(xy[:, 1]) <= 90.0)
    area = placement.source.area_of_use
    if area is not None and area.west < area.east:
        west, east = area.west - _AREA_MARGIN_DEG, area.east + _AREA_MARGIN_DEG
        south, north = area.south - _AREA_MARGIN_DEG, area.north + _AREA_MARGIN_DEG
        out |= (lon < west) | (lon > east) | (lat < south) | (lat > north)
    return out


def _geographic(crs: CRS, own: str, datum: str | None) -> Placement:
    if datum is None:
        return Placement(_label(crs), own, "declared", None if own else crs)
    overrules = "" if own and datum not in _SHIFTED else _label(crs)
    return Placement(f"lon/lat ({datum})", datum, "option", None, overrules)


def _shifted(declared: str, datum: str | None) -> Placement:
    own = next(name for name, told in SHIFTED.items() if told == declared)
    if datum is None:
        return Placement(f"lon/lat ({own})", own, "declared")
    return Placement(f"lon/lat ({datum})", datum, "option", None, "" if datum == own else declared)


def _parsed(declared: str) -> CRS:
    try:
        crs = CRS.from_user_input(declared)
    except CRSError as unreadable:
        raise FileRefused("crs.unreadable", reason=declared[:120]) from unreadable
    if not (crs.is_geographic or crs.is_projected):
        raise FileRefused("crs.local", crs=_label(crs), known=", ".join(DATUMS))
    epsg = _epsg(crs)
    return CRS.from_epsg(epsg) if epsg else crs


def _epsg(crs: CRS) -> int | None:
    try:
        return crs.to_epsg(min_confidence=60)
    except CRSError:
        return None


def _label(crs: CRS) -> str:
    epsg = _epsg(crs)
    return f"EPSG:{epsg} {crs.name}" if epsg else str(crs.name)
