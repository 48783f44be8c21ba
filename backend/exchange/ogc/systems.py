"""Coordinate reference systems of OGC API - Features Part 2: which, and in which order of axes.

EPSG orders latitude before longitude in 4326 and 4490; CRS84 is longitude first.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ...errors import Malformed

_OGC = "http://www.opengis.net/def/crs"


@dataclass(frozen=True, slots=True)
class System:
    """One system by its URI; WGS 84 and CGCS2000 count as one, as everywhere here."""

    uri: str
    is_lat_first: bool


CRS84 = System(f"{_OGC}/OGC/1.3/CRS84", is_lat_first=False)
SYSTEMS = (
    CRS84,
    System(f"{_OGC}/EPSG/0/4326", is_lat_first=True),
    System(f"{_OGC}/EPSG/0/4490", is_lat_first=True),
)


def system_of(uri: str | None, field: str) -> System:
    """Return the system of a URI; CRS84 where none is asked for.

    Raises
    ------
    Malformed
        If it is not offered.

    """
    if uri is None:
        return CRS84
    found = next((system for system in SYSTEMS if system.uri == uri), None)
    if found is None:
        raise Malformed(field=field, reason=", ".join(system.uri for system in SYSTEMS))
    return found


def turned(shapes: NDArray[np.object_], system: System) -> NDArray[np.object_]:
    """Return shapes with their axes in the order of a system."""
    if not system.is_lat_first:
        return shapes
    return np.asarray(shapely.transform(shapes, lambda xy: xy[:, ::-1]), dtype=object)
