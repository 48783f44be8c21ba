"""Where a camera could hang: on poles, at corners of buildings, along roads, in a drawn area.

Metres and grid azimuths of one metric CRS. Positions inside buildings are no candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import MultiPolygon, Polygon

from gis.compiled import compiled
from gis.errors import ArgumentError
from gis.footprints import footprints
from gis.obstacles import Obstacles, Walls, find_building

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Shapes = NDArray[np.object_]
Land = Polygon | MultiPolygon

#: What a candidate stands on; `Spots.source` indexes this.
SOURCES: Final = ("poles", "corners", "roads", "area")

#: How far a bracket holds the camera off the corner, and a pole stands off the road's centreline.
CORNER_OFF_M = 0.3
KERB_M = 4.0
#: A bend of less is a wall that goes on, not a corner.
_LEAST_BEND_DEG = 30.0


@dataclass(frozen=True, slots=True)
class Spots:
    """Candidate places, arrays of shape (n,)."""

    x: Floats
    y: Floats
    #: int8, an index into `SOURCES`.
    source: NDArray[np.int8]
    #: Middle and width of the side a camera can look to, grid degrees; width 360 = all round.
    facing_deg: Floats
    open_deg: Floats
    #: The caller's row of each spot.
    row: Indices

    def __len__(self) -> int:
        return len(self.x)

    def only(self, chosen: NDArray[np.bool_] | Indices) -> Spots:
        """The chosen rows."""
        return Spots(
            self.x[chosen],
            self.y[chosen],
            self.source[chosen],
            self.facing_deg[chosen],
            self.open_deg[chosen],
            self.row[chosen],
        )


def pole_spots(x: ArrayLike, y: ArrayLike, *, source: str = "poles") -> Spots:
    """Spots at given points, open all round."""
    xs, ys = (np.atleast_1d(np.asarray(axis, dtype=np.float64)) for axis in (x, y))
    if xs.shape != ys.shape or not (np.all(np.isfinite(xs)) and np.all(np.isfinite(ys))):
        raise ArgumentError("x, y", got=(xs.shape, ys.shape), allowed="one length, finite metres")
    kind = np.full(len(xs), SOURCES.index(source), dtype=np.int8)
    return Spots(xs, ys, kind, np.zeros(len(xs)), np.full(len(xs), 360.0), np.arange(len(xs)))


def corner_spots(obstacles: Obstacles, within: Land, *, height_m: float) -> Spots:
    """Spots on the convex corners of buildings that are at least as high as the camera hangs.

    Parameters
    ----------
    obstacles : Obstacles
        Buildings, metric CRS.
    within : Polygon or MultiPolygon
        Only corners in here, same CRS.
    height_m : float
        Above ground; a lower roof carries no camera.

    Returns
    -------
    Spots
        `CORNER_OFF_M` off the corner along its bisector; the open side is what the two walls leave.

    """
    low_x, low_y, high_x, high_y = within.bounds
    bounds = obstacles.bounds
    near = (bounds[:, 0] <= high_x) & (bounds[:, 2] >= low_x) & (bounds[:, 1] <= high_y)
    near &= (bounds[:, 3] >= low_y) & (obstacles.height_m >= height_m)
    polygons = shapely.get_parts(footprints(obstacles, np.flatnonzero(near)))
    rings = shapely.get_exterior_ring(shapely.orient_polygons(polygons, exterior_cw=False))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    if not len(points):
        return pole_spots([], [], source="corners")
    # A closed ring repeats its first point: every point but the first has both neighbours.
    last = np.append(ring[1:] != ring[:-1], True)
    first = np.append(True, ring[1:] != ring[:-1])
    here = np.flatnonzero(~first)
    after = np.where(last[here], np.flatnonzero(first)[ring[here]] + 1, here + 1)
    come = _unit(points[here] - points[here - 1])
    go = _unit(points[after] - points[here])
    bend_deg = np.degrees(
        np.arctan2(come[:, 0] * go[:, 1] - come[:, 1] * go[:, 0], (come * go).sum(axis=1))
    )
    out = _unit(come - go)
    spots = points[here] + CORNER_OFF_M * out
    shapely.prepare(within)
    kept = (bend_deg >= _LEAST_BEND_DEG) & shapely.contains_xy(within, spots[:, 0], spots[:, 1])
    spots, out, bend_deg = spots[kept], out[kept], bend_deg[kept]
    facing = np.degrees(np.arctan2(out[:, 0], out[:, 1])) % 360.0
    kind = np.full(len(spots), SOURCES.index("corners"), dtype=np.int8)
    row = np.arange(len(spots))
    return Spots(spots[:, 0].copy(), spots[:, 1].copy(), kind, facing, 180.0 + bend_deg, row)


def road_spots(roads: Shapes, within: Land, *, every_m: float = 50.0) -> Spots:
    """Spots along roads, `KERB_M` off the centreline on alternating sides.

    Parameters
    ----------
    roads : ndarray of LineString or MultiLineString
        Centrelines, metric CRS.
    within : Polygon or MultiPolygon
        Only spots in here.
    every_m : float
        Distance between spots along a road, at most; > 0.

    """
    if not every_m > 0.0:
        raise ArgumentError("every_m", got=every_m, allowed="above 0")
    lines = shapely.get_parts(roads)
    length = shapely.length(lines)
    count = np.ceil(length / every_m).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    at_m = (number + 0.5) * length[line] / count[line]
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], at_m + 0.5))
    behind = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[line], np.maximum(at_m - 0.5, 0.0))
    )
    along = _unit(ahead - behind)
    side = np.where(number % 2 == 0, KERB_M, -KERB_M)[:, np.newaxis]
    spots = (ahead + behind) / 2.0 + side * np.stack([along[:, 1], -along[:, 0]], axis=1)
    shapely.prepare(within)
    spots = spots[shapely.contains_xy(within, spots[:, 0], spots[:, 1])]
    return pole_spots(spots[:, 0], spots[:, 1], source="roads")


def area_spots(within: Land, *, every_m: float = 50.0) -> Spots:
    """Spots on a grid in a drawn area, `every_m` apart; the middle of the area at least."""
    x, y = grid_points(within, every_m)
    if not len(x):
        middle = within.representative_point()
        x, y = np.array([middle.x]), np.array([middle.y])
    return pole_spots(x, y, source="area")


def joined_spots(*parts: Spots) -> Spots:
    """All spots, one part after the other, numbered anew."""
    return Spots(
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.y for part in parts]),
        np.concatenate([part.source for part in parts]),
        np.concatenate([part.facing_deg for part in parts]),
        np.concatenate([part.open_deg for part in parts]),
        np.arange(sum(len(part) for part in parts)),
    )


def thinned(spots: Spots, apart_m: float) -> Spots:
    """The first spot in each square of `apart_m`: two on one kerb stone are one too many."""
    squares = np.floor(np.stack([spots.x, spots.y], axis=1) / apart_m).astype(np.int64)
    first = np.unique(squares, axis=0, return_index=True)[1]
    return spots.only(np.sort(first).astype(np.int64))


def are_outside(x: Floats, y: Floats, areas: Shapes) -> NDArray[np.bool_]:
    """Whether each point lies in none of the areas, nor on the border of one; shape (n,)."""
    outside = np.ones(len(x), dtype=bool)
    if len(areas):
        tree = shapely.STRtree(areas)
        outside[tree.query(shapely.points(x, y), predicate="intersects")[0]] = False
    return outside


def are_built(obstacles: Obstacles, x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Whether each point lies inside a building; shape (n,)."""
    return _are_built(obstacles.walls, np.ascontiguousarray(x), np.ascontiguousarray(y))


def grid_points(within: Land, step_m: float) -> tuple[Floats, Floats]:
    """Middles of the squares of a grid, aligned to its multiples, that lie in an area; metres."""
    if not step_m > 0.0:
        raise ArgumentError("step_m", got=step_m, allowed="above 0")
    low_x, low_y, high_x, high_y = np.asarray(within.bounds) / step_m
    x, y = np.meshgrid(
        (np.arange(np.floor(low_x), np.ceil(high_x)) + 0.5) * step_m,
        (np.arange(np.floor(low_y), np.ceil(high_y)) + 0.5) * step_m,
    )
    shapely.prepare(within)
    inside = shapely.contains_xy(within, x.ravel(), y.ravel())
    return x.ravel()[inside], y.ravel()[inside]


@compiled
def _are_built(walls: Walls, x: Floats, y: Floats) -> NDArray[np.bool_]:
    found = np.zeros(len(x), dtype=np.bool_)
    for i in range(len(x)):
        found[i] = find_building(walls, x[i], y[i]) >= 0
    return found


def _unit(vectors: Floats) -> Floats:
    length = np.hypot(vectors[:, 0], vectors[:, 1])[:, np.newaxis]
    return np.asarray(vectors / np.where(length > 0.0, length, 1.0), dtype=np.float64)
