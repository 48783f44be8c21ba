"""Readings that a file's numbers could have: by what the digits allow and where they would lie.

Answers with candidates only; which of them is true is weighed in `gis.weighing`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import Proj
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from gis.faults import FileRefused
from gis.readings import PACKINGS, PLANES, UNITS_M, Reading, parse_reading, to_lonlat

Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

#: How far beyond what is known a file may still lie and be compared, degrees.
_REACH_DEG = 0.05
#: Two readings that place every point within this are one answer.
_SAME_M = 1.0
_METRES_PER_DEGREE = 111_195.0
_PROBES = 64


@dataclass(frozen=True, slots=True)
class Suspect:
    """A reading under which the file lies where something is known.

    Attributes
    ----------
    reading : Reading
        How the numbers would be read.
    prior : float
        How usual it is before looking, relative to the others.
    alike : tuple of str
        Names of readings that place every point within a metre of this one.
    is_declared : bool
        True when the file itself says so.

    """

    reading: Reading
    prior: float
    alike: tuple[str, ...] = ()
    is_declared: bool = False


def suspects_of(xy: Floats, known: Bounds, *, declared: str | None = None) -> tuple[Suspect, ...]:
    """Readings under which most of the file lies within the known land.

    Parameters
    ----------
    xy : ndarray of float64, shape (n, 2)
        Numbers as the file has them; nan rows are left out.
    known : (west, south, east, north)
        Bounds of what the file is compared with, degrees on EPSG:4326.
    declared : str or None
        The system the file states, as a name of `gis.readings`.

    Returns
    -------
    tuple of Suspect
        Readings that give the same places merged into one; empty when nothing fits.

    """
    probes = _probes(xy)
    if not len(probes):
        return ()
    found: list[tuple[Suspect, Floats]] = []
    stated = [(parse_reading(declared), 0.4)] if declared else []
    seen: set[str] = set()
    for reading, prior in (*stated, *_possible(probes, known)):
        if reading.name in seen:
            continue
        seen.add(reading.name)
        is_declared = reading.name == declared
        placed = _placed(probes, reading)
        if not _is_within(placed, known):
            continue
        weight = prior * (8.0 if is_declared else 1.0)
        _admit(found, Suspect(reading, weight, (), is_declared), placed)
    return tuple(suspect for suspect, _ in found)


def _probes(xy: Floats) -> Floats:
    finite: Floats = np.asarray(xy[np.isfinite(xy).all(axis=1)], dtype=np.float64)
    if not len(finite):
        return finite
    chosen = np.linspace(0, len(finite) - 1, min(_PROBES, len(finite))).astype(int)
    return np.asarray(finite[chosen])


def _possible(probes: Floats, known: Bounds) -> Iterator[tuple[Reading, float]]:
    """Readings worth a try, with how usual they are."""
    largest = float(np.abs(probes).max())
    if largest <= 360.0:
        yield from _with_axes((("wgs84", 0.45), ("gcj02", 0.3), ("bd09", 0.15)), "")
        yield from _with_axes((("wgs84", 0.1), ("gcj02", 0.04), ("bd09", 0.02)), "dotted")
        return
    if largest < 1_900_000.0:
        for packing in ("packed", "minutes"):
            yield from _with_axes((("wgs84", 0.2), ("gcj02", 0.1), ("bd09", 0.05)), packing)
    planes = (("web", 0.2), ("gcj02web", 0.1), ("gcj02mc", 0.05), ("bd09mc", 0.15))
    yield from _with_axes(planes, "")
    for system, prior in _zones_near(probes, known):
        for turned in (False, True):
            for unit in UNITS_M:
                weight = prior * (0.3 if turned else 1.0) * (0.05 if unit != "m" else 1.0)
                yield Reading(system, turned, unit), weight
    for system in _foot_systems(*_rounded(known)):
        for turned in (False, True):
            yield Reading(system, turned), 0.3 * (0.1 if turned else 1.0)


def _with_axes(
    systems: Iterable[tuple[str, float]], packing: str
) -> Iterator[tuple[Reading, float]]:
    for system, prior in systems:
        for turned in (False, True):
            yield Reading(system, turned, "m", packing), prior * (0.2 if turned else 1.0)


def _zones_near(probes: Floats, known: Bounds) -> Iterator[tuple[str, float]]:
    """Transverse Mercator zones that put the middle of the file on the known land."""
    middle = np.median(probes, axis=0)
    for system, definition, prior in zones():
        projection = _projection(definition)
        for east, north in (middle, middle[::-1]):
            spots = (projection(east * s, north * s, inverse=True) for s in UNITS_M.values())
            if any(_is_near(spot, known) for spot in spots):
                yield system, prior
                break


@lru_cache(maxsize=1)
def zones() -> tuple[tuple[str, str, float], ...]:
    """Name, PROJ definition and prior of every zone of CGCS2000 (4491-4554) and UTM."""
    gauss = "+proj=tmerc +lon_0={} +k=1 +x_0={} +ellps=GRS80"
    found = []
    for number in range(25, 46):
        meridian = 3 * number
        prefixed = gauss.format(meridian, number * 1_000_000 + 500_000)
        found.append((f"epsg:{4513 + number - 25}", prefixed, 0.4))
        found.append((f"epsg:{4534 + number - 25}", gauss.format(meridian, 500_000), 0.4))
    for number in range(13, 24):
        meridian = 6 * number - 3
        prefixed = gauss.format(meridian, number * 1_000_000 + 500_000)
        found.append((f"epsg:{4491 + number - 13}", prefixed, 0.2))
        found.append((f"epsg:{4502 + number - 13}", gauss.format(meridian, 500_000), 0.2))
    for number in range(1, 61):
        for side, code in (("", 32600), (" +south", 32700)):
            utm = f"+proj=utm +zone={number}{side} +ellps=WGS84"
            found.append((f"epsg:{code + number}", utm, 0.2))
    return tuple(found)


@lru_cache(maxsize=256)
def _projection(definition: str) -> Proj:
    return Proj(definition)


@lru_cache(maxsize=16)
def _foot_systems(west: float, south: float, east: float, north: float) -> tuple[str, ...]:
    """Systems in feet whose area holds the place.

    Of the realisations of one zone's datum, a metre apart, the first stands for all; NAD27 is
    another datum.
    """
    rows = query_crs_info(
        auth_name="EPSG",
        pj_types=[PJType.PROJECTED_CRS],
        area_of_interest=AreaOfInterest(west, south, east, north),
    )
    feet = [row for row in rows if "(ft" in row.name and "NAD27" not in row.name]
    first: dict[str, str] = {}
    for row in sorted(feet, key=lambda row: int(row.code)):
        first.setdefault(row.name.split(" / ")[-1], f"epsg:{row.code}")
    return tuple(first.values())


def _rounded(known: Bounds) -> Bounds:
    west, south, east, north = known
    middle = (round((west + east) / 2.0, 1), round((south + north) / 2.0, 1))
    return middle[0] - 0.1, middle[1] - 0.1, middle[0] + 0.1, middle[1] + 0.1


def _placed(probes: Floats, reading: Reading) -> Floats:
    try:
        with np.errstate(all="ignore"):
            return to_lonlat(probes, reading)
    except FileRefused:
        return np.full_like(probes, np.nan)


def _is_within(lonlat: Floats, known: Bounds) -> bool:
    """True when most points lie on the known land or just beside it."""
    west, south, east, north = known
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    inside = (lon > west - _REACH_DEG) & (lon < east + _REACH_DEG)
    inside &= (lat > south - _REACH_DEG) & (lat < north + _REACH_DEG)
    # Packed seconds that reach 60 even once are no packed seconds.
    return bool(np.isfinite(lonlat).all()) and float(inside.mean()) >= 0.5


def _is_near(spot: tuple[float, float], known: Bounds) -> bool:
    west, south, east, north = known
    reach = 0.5
    return bool(
        west - reach <= spot[0] <= east + reach and south - reach <= spot[1] <= north + reach
    )


def _admit(found: list[tuple[Suspect, Floats]], new: Suspect, placed: Floats) -> None:
    """Add `new`, or join it to one that places everything alike."""
    for index, (old, there) in enumerate(found):
        apart = np.abs(there - placed).max() * _METRES_PER_DEGREE
        if apart < _SAME_M:
            alike = (*old.alike, new.reading.name)
            if new.is_declared:
                alike = (*old.alike, old.reading.name)
            kept = new.reading if new.is_declared else old.reading
            is_declared = old.is_declared or new.is_declared
            prior = max(old.prior, new.prior)
            found[index] = (Suspect(kept, prior, alike, is_declared), there)
            return
    found.append((new, placed))


def reading_of_crs(epsg: int | None) -> str | None:
    """Name of the reading that a declared EPSG code means; None for none of these."""
    if epsg is None:
        return None
    name = {4326: "wgs84", 4490: "wgs84", 4979: "wgs84", 3857: "web"}.get(epsg, f"epsg:{epsg}")
    try:
        return parse_reading(name).name
    except FileRefused:
        return None


__all__ = ["PACKINGS", "PLANES", "Suspect", "reading_of_crs", "suspects_of", "zones"]
