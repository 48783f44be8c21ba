"""What coverage is counted for, and the figures it gives: the shapes both engines share.

`gis.rastercover` counts cells (a city in a second), `gis.exactcover` overlays polygons (the
reported number). Metres in the scene's CRS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]

#: First axis of `Figures`: ground in m2, road in m, outline in m.
MEASURES: Final = ("area", "road", "outline")
#: Last axis of `Figures.seen`. certain = one + more: seen for sure by exactly one camera, by two
#: or more. possible: seen perhaps, and by none for sure. Not seen = total - certain - possible.
PARTS: Final = ("certain", "possible", "one", "more")


@dataclass(frozen=True, slots=True)
class Subjects:
    """Grids, villages or surroundings of key places, as object arrays of shape (n,)."""

    #: Polygon or MultiPolygon each; buildings on it are not counted as ground.
    areas: Shapes
    #: Roads inside each area, (Multi)LineString or empty.
    roads: Shapes
    #: Outline of a place to look at, (Multi)LineString or empty.
    outlines: Shapes

    def __post_init__(self) -> None:
        for name in ("roads", "outlines"):
            if len(getattr(self, name)) != len(self.areas):
                got = len(getattr(self, name))
                raise ArgumentError(name, got=got, allowed=f"{len(self.areas)}, one per area")

    def __len__(self) -> int:
        return len(self.areas)


@dataclass(frozen=True, slots=True)
class Figures:
    """Amounts in m2 (area) and m (road, outline), for n subjects and k bands."""

    px_per_m: tuple[float, ...]
    #: float64 (3, n): what there is of each of `MEASURES`; area without buildings.
    totals: Floats
    #: float64 (3, n, k, 4): measure, subject, band, one of `PARTS`.
    seen: Floats

    def shares(self) -> Floats:
        """`seen` over `totals`, shape (3, n, k, 4); nan where there is nothing to see."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(self.seen / self.totals[:, :, np.newaxis, np.newaxis])
