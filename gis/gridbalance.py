"""One cut that halves the work of a grid: along roads where they lead through, else straight.

Everything is in metres of one local frame (`gis.frame`), so that lengths and areas are true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from gis.errors import ArgumentError
from gis.roadpaths import Path, crossing_paths

Floats = NDArray[np.float64]

_OVER_M = 1.0
"""By how much a proposed line reaches over the outline, so that rounding leaves no end inside."""
_TURNS = np.deg2rad(np.arange(0.0, 180.0, 5.0))
_LEAST_AREA = 0.1
"""No part smaller than this share of the ground: half the work in one house is no grid."""
_MOST_TRIED = 800
"""All pairs of the 40 doors of `crossing_paths`: the short ways, tried first, cut off corners."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A line through a grid and what it parts.

    `line` reaches a metre over the outline at both ends. `share` and `area_share` are those of the
    first of `parts`. `road_share` is how much of the line within the grid follows roads.
    """

    line: LineString
    parts: tuple[Polygon, Polygon]
    share: float
    area_share: float
    road_share: float

    @property
    def balance(self) -> float:
        """The lighter part's work by the heavier one's; 1 is even."""
        return min(self.share, 1 - self.share) / max(self.share, 1 - self.share)


def balanced_cut(
    outline: BaseGeometry,
    xy: ArrayLike,
    weight: ArrayLike,
    roads: Iterable[LineString],
    *,
    tolerance: float = 0.1,
) -> Cut | None:
    """Cut that parts the weight of points as evenly as a short line along roads can.

    A way along roads is taken when its first part has 0.5 +- `tolerance` of the weight; of several
    the one with the lowest |share - 0.5| + length / perimeter. Without one, the straight line of
    36 directions through the weighted median with the lowest such sum; where a hole or a bay parts
    it, its pieces are tried and the whole.

    Parameters
    ----------
    outline : Polygon or MultiPolygon
        The grid, metres, valid; of several pieces the largest is cut.
    xy : array_like of float, shape (n, 2)
        Where the work is, metres; points outside the piece are left out. Without any the ground
        itself is halved.
    weight : array_like of float, shape (n,)
        Its amounts, 0 or more.
    roads : iterable of LineString
        Centrelines, metres; they may reach out of the grid.
    tolerance : float
        0 to 0.4.

    Returns
    -------
    Cut or None
        None when no line tried parts the grid in just two pieces of at least a tenth of its area.

    Raises
    ------
    ArgumentError
        If the outline is no polygon, or points and weights do not match.

    Notes
    -----
    Ways are the shortest between any two places where roads leave the grid (`crossing_paths`);
    at most 800 are tried, each O(points).

    """
    if not 0 <= tolerance <= 0.4:
        raise ArgumentError("tolerance", got=tolerance, allowed="0 to 0.4")
    ground = _largest(outline)
    spots, amounts = _within(ground, xy, weight)
    by_road = _tried(ground, spots, amounts, crossing_paths(ground, roads, over_m=_OVER_M))
    cuts = _even(by_road, tolerance)
    if not cuts:
        straight = list(_tried(ground, spots, amounts, _straight(ground, spots, amounts)))
        cuts = _even(straight, tolerance) or straight
    perimeter = ground.exterior.length
    return min(
        cuts, key=lambda cut: abs(cut.share - 0.5) + cut.line.length / perimeter, default=None
    )


def _even(cuts: Iterable[Cut], tolerance: float) -> list[Cut]:
    return [cut for cut in cuts if abs(cut.share - 0.5) <= tolerance]


def _largest(outline: BaseGeometry) -> Polygon:
    if isinstance(outline, MultiPolygon) and not outline.is_empty:
        return max(outline.geoms, key=lambda piece: float(piece.area))
    if not isinstance(outline, Polygon) or outline.is_empty:
        raise ArgumentError("outline", got=outline.geom_type, allowed="a polygon with an area")
    return outline


def _within(ground: Polygon, xy: ArrayLike, weight: ArrayLike) -> tuple[Floats, Floats]:
    """Return the points on the ground and their weights; without any, a lattice of equal ones."""
    spots = np.asarray(xy, dtype=np.float64).reshape(-1, 2)
    amounts = np.asarray(weight, dtype=np.float64).reshape(-1)
    if len(spots) != len(amounts) or np.any(~(amounts >= 0)):
        raise ArgumentError("weight", got=f"{len(amounts)} for {len(spots)}", allowed="0 or more")
    shapely.prepare(ground)
    is_in = shapely.contains_xy(ground, spots[:, 0], spots[:, 1]) & (amounts > 0)
    if is_in.any():
        return spots[is_in], amounts[is_in]
    west, south, east, north = ground.bounds
    x, y = np.meshgrid(np.linspace(west, east, 64), np.linspace(south, north, 64))
    lattice = np.column_stack((x.ravel(), y.ravel()))
    lattice = lattice[shapely.contains_xy(ground, lattice[:, 0], lattice[:, 1])]
    return lattice, np.ones(len(lattice))


def _tried(ground: Polygon, spots: Floats, amounts: Floats, paths: Iterable[Path]) -> Iterator[Cut]:
    total = float(amounts.sum())
    for number, path in enumerate(paths):
        if number == _MOST_TRIED:
            return
        parts = [part for part in split(ground, path.line).geoms if isinstance(part, Polygon)]
        if len(parts) != 2 or min(part.area for part in parts) < _LEAST_AREA * ground.area:
            continue
        first, second = parts
        shapely.prepare(first)
        is_first = shapely.contains_xy(first, spots[:, 0], spots[:, 1])
        share = float(amounts[is_first].sum()) / total
        area_share = float(first.area / ground.area)
        yield Cut(path.line, (first, second), share, area_share, path.road_share)


def _straight(ground: Polygon, spots: Floats, amounts: Floats) -> Iterator[Path]:
    """Yield a line for each direction, through the weighted median across it."""
    reach_m = float(np.hypot(*np.ptp(np.asarray(ground.exterior.coords), axis=0)))
    middle = np.asarray(ground.centroid.coords[0])
    for turn in _TURNS:
        along = np.array([np.cos(turn), np.sin(turn)])
        across = np.array([-along[1], along[0]])
        foot = middle + (_median(spots @ across, amounts) - middle @ across) * across
        long_line = LineString([foot - reach_m * along, foot + reach_m * along])
        inside = [
            np.asarray(line.coords)[[0, -1]]
            for line in shapely.get_parts(long_line.intersection(ground))
            if isinstance(line, LineString)
        ]
        for ends in [*inside, *_across(inside)]:
            over = np.sign((ends[1] - ends[0]) @ along) * _OVER_M * along
            yield Path(LineString([ends[0] - over, ends[1] + over]), 0.0)


def _across(inside: list[Floats]) -> list[Floats]:
    """Return the line over all pieces at once: a hole or a bay is passed to the ground beyond."""
    return [np.array([inside[0][0], inside[-1][-1]])] if len(inside) > 1 else []


def _median(values: Floats, amounts: Floats) -> float:
    """Return the middle of the gap where half of the weight is passed; no point lies on it."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(amounts[order])
    place = int(np.searchsorted(passed, passed[-1] / 2))
    after = min(place + 1, len(order) - 1)
    return float((values[order[place]] + values[order[after]]) / 2)
