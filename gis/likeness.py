"""How well points lie on what is known, and how often chance would do as well; metres.

The reference is drawn into a raster of distances once. A set of points is then moved about by many
small offsets: what it scores where it stands, against what it scores when moved, is the evidence.
This needs no model of the town: streets a hundred metres apart, or few of them, raise the scores of
the moved points too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Finest and usual sizes, metres, at which "lies on" is judged.
SCALES_M = (6.0, 20.0, 60.0, 180.0)
#: Room around the file in which it can be moved.
ROOM_M = 2600.0
_MOST_CELLS = 1800
_FINEST_CELL_M = 2.0
_SHIFTS = 240
#: Moves are at least this many scales long, so that they leave what they stand on.
_LEAST_SCALES = 4.0
_LONGEST_M = 1500.0


@dataclass(frozen=True, slots=True)
class DistanceField:
    """Distance to the nearest reference line or point, on a raster.

    Attributes
    ----------
    metres : ndarray of float32, shape (rows, columns)
        Row 0 is the south.
    west_m, south_m, cell_m : float
        Corner and cell in the plane of the points.

    """

    metres: NDArray[np.float32]
    west_m: float
    south_m: float
    cell_m: float

    def at(self, x: Floats, y: Floats) -> Floats:
        """Distance of points; of those off the raster that of its edge cell."""
        rows, columns = self.metres.shape
        column = np.clip(((x - self.west_m) / self.cell_m).astype(np.int64), 0, columns - 1)
        row = np.clip(((y - self.south_m) / self.cell_m).astype(np.int64), 0, rows - 1)
        return self.metres[row, column].astype(np.float64)


@dataclass(frozen=True, slots=True)
class Likeness:
    """How a set of points fares where it stands.

    Attributes
    ----------
    score : float
        Mean of exp(-d²/2s²) over the points, 0 to 1.
    by_chance : float
        Mean score of the moved points.
    log_p : float
        Natural logarithm of how probable such a score is by chance, <= 0.
    scale_m : float
        The s that tells most.

    """

    score: float
    by_chance: float
    log_p: float
    scale_m: float


def draw_field(
    shapes: NDArray[np.object_], bounds_m: tuple[float, float, float, float]
) -> DistanceField | None:
    """Distances to `shapes` over the bounds and the room around them.

    Parameters
    ----------
    shapes : ndarray of geometry, shape (n,)
        Points, lines or polygons (of which the outline counts), metres.
    bounds_m : (west, south, east, north)
        Where the points lie.

    Returns
    -------
    DistanceField or None
        None when no shape lies within.

    """
    import cv2  # only where a file is inspected

    west, south = bounds_m[0] - ROOM_M, bounds_m[1] - ROOM_M
    width, height = bounds_m[2] + ROOM_M - west, bounds_m[3] + ROOM_M - south
    cell = max(_FINEST_CELL_M, max(width, height) / _MOST_CELLS)
    size = (int(height / cell) + 1, int(width / cell) + 1)
    free = np.full(size, 255, dtype=np.uint8)
    for path in _paths(shapes):
        corners = np.round((path - (west, south)) / cell * 16.0 - 8.0)
        corners = np.clip(corners, -(2**27), 2**27).astype(np.int32)
        cv2.polylines(free, [corners.reshape(-1, 1, 2)], False, 0, 1, cv2.LINE_8, 4)
    if free.all():
        return None
    metres = cv2.distanceTransform(free, cv2.DIST_L2, cv2.DIST_MASK_5) * np.float32(cell)
    return DistanceField(np.asarray(metres, dtype=np.float32), west, south, cell)


def _paths(shapes: NDArray[np.object_]) -> list[Floats]:
    parts = shapely.get_parts(np.asarray(shapes, dtype=object))
    solid = shapely.get_type_id(parts) == 3
    lines = shapely.get_parts(np.where(solid, shapely.boundary(parts), parts))
    xy, index = shapely.get_coordinates(lines, return_index=True)
    if not len(xy):
        return []
    return np.split(xy, np.flatnonzero(np.diff(index)) + 1)


def likeness(field: DistanceField, xy: Floats) -> Likeness | None:
    """How the points fare, at the scale that tells most.

    Parameters
    ----------
    field : DistanceField
        Of the reference.
    xy : ndarray of float64, shape (n, 2)
        Metres, in the plane of the field.

    Returns
    -------
    Likeness or None
        None when every scale is finer than the raster.

    Notes
    -----
    With m and v mean and variance of the scores of the moved points, n = m(1-m)/v is the number of
    independent trials they amount to, whatever hangs together among them; the chance of a score s
    is then at most exp(-n KL(s|m)) (Chernoff). The least of the scales is taken times their number.

    """
    scales = [scale for scale in SCALES_M if scale >= 0.7 * field.cell_m]
    found = [_at_scale(field, xy, scale) for scale in scales]
    if not found:
        return None
    best = min(found, key=lambda one: one.log_p)
    log_p = min(0.0, best.log_p + float(np.log(len(found))))
    return Likeness(best.score, best.by_chance, log_p, best.scale_m)


def _at_scale(field: DistanceField, xy: Floats, scale_m: float) -> Likeness:
    here = float(_nearness(field.at(xy[:, 0], xy[:, 1]), scale_m).mean())
    moved = _moved_scores(field, xy, _shifts(_LEAST_SCALES * scale_m), scale_m)
    return judge(here, moved, len(xy), scale_m)


def judge(here: float, moved: Floats, count: int, scale_m: float) -> Likeness:
    """A score against those of the moved points; see `likeness`."""
    by_chance = float(np.clip(moved.mean(), 1.0 / (4.0 * len(moved)), 0.999))
    spread = max(float(moved.var()), by_chance * (1.0 - by_chance) / count)
    trials = by_chance * (1.0 - by_chance) / spread
    return Likeness(here, by_chance, -trials * _divergence(here, by_chance), scale_m)


def _divergence(score: float, by_chance: float) -> float:
    """Kullback-Leibler divergence of two coins; 0 when the score is no better than chance."""
    if score <= by_chance:
        return 0.0
    score = min(score, 1.0 - 1e-9)
    return float(
        score * np.log(score / by_chance) + (1.0 - score) * np.log((1.0 - score) / (1 - by_chance))
    )


def _moved_scores(field: DistanceField, xy: Floats, shifts: Floats, scale_m: float) -> Floats:
    x = xy[:, 0][np.newaxis, :] + shifts[:, 0][:, np.newaxis]
    y = xy[:, 1][np.newaxis, :] + shifts[:, 1][:, np.newaxis]
    return np.asarray(_nearness(field.at(x, y), scale_m).mean(axis=1))


def _nearness(distance_m: Floats, scale_m: float) -> Floats:
    return np.asarray(np.exp(-0.5 * (distance_m / scale_m) ** 2))


@lru_cache(maxsize=16)
def _shifts(least_m: float) -> Floats:
    """Moves spread evenly over a ring, by the golden angle."""
    turn = np.arange(_SHIFTS) + 0.5
    longest = max(_LONGEST_M, 1.6 * least_m)
    radius = np.sqrt(least_m**2 + (longest**2 - least_m**2) * turn / _SHIFTS)
    angle = turn * np.pi * (3.0 - np.sqrt(5.0))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def best_offset(field: DistanceField, xy: Floats, scale_m: float) -> tuple[float, float, float]:
    """Offset within 1.6 km that lets the points fit best, and the score there.

    Returns
    -------
    east_m, north_m, score : float
        To be added to the points.

    """
    centre, reach, step = np.zeros(2), 1600.0, max(scale_m, 40.0)
    wide = max(scale_m, step * 0.8)
    score = 0.0
    while True:
        steps = np.arange(-reach, reach + step / 2.0, step)
        grid = np.array(np.meshgrid(steps, steps)).reshape(2, -1).T + centre
        scores = _moved_scores(field, xy, grid, wide)
        top = scores >= scores.max() * (1.0 - 1e-6)
        centre = grid[top].mean(axis=0) if top.sum() < 50 else grid[np.argmax(scores)]
        score = float(scores.max())
        if step <= max(field.cell_m, 2.0) or (wide <= scale_m * 1.01 and step <= scale_m / 3.0):
            return float(centre[0]), float(centre[1]), score
        reach, step = step * 2.0, step / 3.0
        wide = max(scale_m, step * 0.8)
