"""Ground each camera sees at each density band, as polygons; metres in the plane CRS of the scene.

Certain is what is seen however pose and field err within their stated errors, at the least density
they allow; possible is what is seen beside that for some of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from gis.errors import ArgumentError

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class SeenGrounds:
    """Polygons of n cameras and k bands, made by `seen_grounds`; shared, never changed."""

    px_per_m: tuple[float, ...]
    #: int64 (n,), ascending, each camera once; cameras that see nothing may be among them.
    camera_index: Longs
    #: Object arrays (n, k) of Polygon or MultiPolygon, empty where nothing is seen. A camera's own
    #: certain and possible ground do not overlap; band b + 1 lies inside band b.
    certain: Shapes
    possible: Shapes
    #: min x, min y, max x, max y of all a camera may see, float64 (n, 4); nan for nothing.
    bounds: Floats = field(repr=False)

    def without(self, cameras: ArrayLike) -> SeenGrounds:
        """The same less the cameras of these numbers; numbers not among them do not matter."""
        gone = np.asarray(cameras, dtype=np.int64)
        return self._picked(np.flatnonzero(~np.isin(self.camera_index, gone)))

    def with_cameras(self, other: SeenGrounds) -> SeenGrounds:
        """The same with `other`'s cameras added; those that are in both are taken from `other`."""
        if other.px_per_m != self.px_per_m:
            raise ArgumentError("other", got=other.px_per_m, allowed=f"bands {self.px_per_m}")
        place = np.searchsorted(self.camera_index, other.camera_index)
        is_known = np.isin(other.camera_index, self.camera_index)
        columns = [column.copy() for column in _columns(self)]
        for column, theirs in zip(columns, _columns(other), strict=True):
            column[place[is_known]] = theirs[is_known]
        same = SeenGrounds(self.px_per_m, *columns)
        if is_known.all():
            return same
        new = (theirs[~is_known] for theirs in _columns(other))
        pairs = zip(columns, new, strict=True)
        joined = SeenGrounds(self.px_per_m, *(np.concatenate(pair) for pair in pairs))
        return joined._picked(np.argsort(joined.camera_index, kind="stable"))

    def near(self, box: ArrayLike) -> Longs:
        """Rows of the cameras whose bounds meet the box min x, min y, max x, max y."""
        low_x, low_y, high_x, high_y = np.asarray(box, dtype=np.float64)
        b = self.bounds
        meets = (b[:, 0] <= high_x) & (b[:, 2] >= low_x) & (b[:, 1] <= high_y) & (b[:, 3] >= low_y)
        return np.flatnonzero(meets)

    def _picked(self, rows: Longs) -> SeenGrounds:
        return SeenGrounds(self.px_per_m, *(column[rows] for column in _columns(self)))


def _columns(grounds: SeenGrounds) -> tuple[NDArray[Any], ...]:
    return grounds.camera_index, grounds.certain, grounds.possible, grounds.bounds


def seen_grounds(
    px_per_m: tuple[float, ...], camera_index: ArrayLike, certain: Shapes, possible: Shapes
) -> SeenGrounds:
    """`SeenGrounds` of ready polygons.

    Parameters
    ----------
    px_per_m : tuple of float
        Ascending.
    camera_index : array_like of int, shape (n,)
        Each camera once.
    certain, possible : ndarray of Polygon or MultiPolygon, shape (n, bands)
        Valid, metric CRS; empty where nothing is seen.

    Returns
    -------
    SeenGrounds
        Cameras in ascending order.

    Raises
    ------
    ArgumentError
        If shapes do not fit or a camera comes twice.

    """
    index = np.asarray(camera_index, dtype=np.int64)
    shape = (len(index), len(px_per_m))
    for name, grounds in (("certain", certain), ("possible", possible)):
        if grounds.shape != shape:
            raise ArgumentError(name, got=f"shape {grounds.shape}", allowed=f"shape {shape}")
    if len(np.unique(index)) < len(index):
        raise ArgumentError("camera_index", got="a number twice", allowed="each camera once")
    # The lowest density reaches furthest.
    sure, perhaps = shapely.bounds(certain[:, 0]), shapely.bounds(possible[:, 0])
    low, high = np.fmin(sure[:, :2], perhaps[:, :2]), np.fmax(sure[:, 2:], perhaps[:, 2:])
    bounds = np.concatenate([low, high], axis=1)
    return SeenGrounds(px_per_m, index, certain, possible, bounds)._picked(np.argsort(index))
