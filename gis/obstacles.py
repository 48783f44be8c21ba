"""Buildings as flat arrays of wall edges under a uniform grid; x and y in metres of a metric CRS.

Walls run with their building on the left: outer rings counter-clockwise, holes clockwise. Both the
sightline and the visible sector work on these arrays. Buildings may touch; overlaps are tolerated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry.base import BaseGeometry

from gis.compiled import compiled
from gis.edgegrid import is_passed, is_touched, list_boxes_by_cell, list_edges_by_cell
from gis.errors import ArgumentError, GeometryError
from gis.handle import Handle
from gis.town import Town, pack_buildings, pack_walls

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]

#: Largest edge grid, in cells; a wider scene gets larger cells rather than more of them.
MAX_CELLS = 4_000_000


class Walls(NamedTuple):
    """The arrays of `Obstacles` in the form kernels take; same names, same meaning."""

    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    owner: Ints
    height_m: Floats
    ground_m: Floats
    edge_starts: Ints
    bounds: Floats
    origin_x: float
    origin_y: float
    cell_m: float
    ncols: int
    nrows: int
    starts: Ints
    items: Ints
    box_starts: Ints
    box_items: Ints
    #: WALL (`gis.town`) by cell: those of cell c are listed[starts[c]:starts[c + 1]].
    listed: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Obstacles:
    """Wall edges of buildings and the grid that finds them; made by `build_obstacles`."""

    #: Ends of each edge, float64 (edges,), metres; the building lies left of start -> end.
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    #: Index of the building of each edge, int32 (edges,), ascending.
    owner: Ints
    #: Roof above the building's own ground, float64 (buildings,), metres; inf = never seen over.
    height_m: Floats
    #: Ground under the building, float64 (buildings,), metres of the terrain's datum; 0 if unknown.
    ground_m: Floats
    #: Caller's number of each building, int64 (buildings,).
    ids: NDArray[np.int64]
    #: Edges of building b are edge_starts[b]:edge_starts[b + 1], int32 (buildings + 1,).
    edge_starts: Ints
    #: min x, min y, max x, max y of each building, float64 (buildings, 4), metres.
    bounds: Floats
    #: Lower left corner of the grid and side of a cell, metres.
    origin_x: float
    origin_y: float
    cell_m: float
    ncols: int
    nrows: int
    #: Edges of cell c = row * ncols + col: items[starts[c]:starts[c + 1]], int32. An edge is listed
    #: in every cell it comes nearer to than 1 mm, so in several.
    starts: Ints
    items: Ints
    #: Buildings whose bounds meet cell c: box_items[box_starts[c]:box_starts[c + 1]], int32.
    box_starts: Ints
    box_items: Ints
    #: The same for kernels: as these arrays; packed for lines of sight; and that held for calls.
    walls: Walls = field(init=False, repr=False, compare=False)
    town: Town = field(init=False, repr=False, compare=False)
    handle: Handle = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        packed = pack_walls(np.stack([self.x0, self.y0, self.x1, self.y1]), self.owner)
        names = Walls._fields[:-1]
        values: dict[str, Any] = {name: getattr(self, name) for name in names}
        values["listed"] = packed[self.items]
        object.__setattr__(self, "walls", Walls(**values))
        columns = (self.height_m, self.ground_m)
        values["buildings"] = pack_buildings(columns, self.bounds, self.edge_starts)
        values["walls"] = packed
        town = Town(**{name: values[name] for name in Town._fields})
        object.__setattr__(self, "town", town)
        object.__setattr__(self, "handle", Handle(town))

    def __len__(self) -> int:
        return len(self.height_m)


def build_obstacles(
    polygons: Sequence[BaseGeometry] | NDArray[np.object_],
    height_m: ArrayLike,
    ids: ArrayLike,
    *,
    ground_m: ArrayLike | None = None,
    cell_m: float = 50.0,
) -> Obstacles:
    """Edges and grid of a set of building footprints.

    Parameters
    ----------
    polygons : sequence of Polygon or MultiPolygon
        Valid footprints in one metric CRS, metres. Holes (courtyards) are kept.
    height_m : array_like of float, shape (n,)
        Roof height above the building's ground, metres, >= 0; inf for "never seen over".
    ids : array_like of int, shape (n,)
        The caller's number of each building.
    ground_m : array_like of float, shape (n,), optional
        Ground height under each building; see `gis.terrain.ground_under`. Default 0.
    cell_m : float
        Wished side of a grid cell, 1 to 10,000 m; doubled while the grid would pass `MAX_CELLS`.

    Returns
    -------
    Obstacles
        With no polygons: an empty scene, in which everything is seen.

    Raises
    ------
    GeometryError
        If a footprint is missing, empty, no polygon, or has a coordinate that is not finite.
    ArgumentError
        If lengths differ, or a height, ground or cell size is outside its range.

    Notes
    -----
    Linear in edges plus cells entered; 40,000 buildings in about 0.2 s once compiled.
    Without overlaps the interiors are disjoint, which the sector sweep assumes.

    """
    footprints = _checked_footprints(polygons)
    count = len(footprints)
    heights = _checked_column("height_m", height_m, count)
    if np.any(np.isnan(heights)) or np.any(heights < 0):
        raise ArgumentError("height_m", got="nan or negative", allowed="0 or more, or inf")
    grounds = _checked_column("ground_m", np.zeros(count) if ground_m is None else ground_m, count)
    if not np.all(np.isfinite(grounds)):
        raise ArgumentError("ground_m", got="nan or inf", allowed="finite metres")
    if not 1.0 <= cell_m <= 10_000.0:
        raise ArgumentError("cell_m", got=cell_m, allowed="1 to 10,000")
    numbers = np.asarray(ids)
    if numbers.shape != (count,) or (count and numbers.dtype.kind not in "iu"):
        got = f"{numbers.dtype} {numbers.shape}"
        raise ArgumentError("ids", got=got, allowed=f"integers of shape ({count},)")
    edges, owner = _edges(footprints)
    return _gridded(edges, owner, (heights, grounds, numbers.astype(np.int64)), cell_m)


def _checked_footprints(
    polygons: Sequence[BaseGeometry] | NDArray[np.object_],
) -> NDArray[np.object_]:
    footprints = np.empty(len(polygons), dtype=object)
    footprints[:] = list(polygons)
    allowed = "Polygon or MultiPolygon, not empty, finite coordinates"
    kinds = shapely.get_type_id(footprints)
    wrong = ~np.isin(kinds, (3, 6)) | shapely.is_empty(footprints)
    if np.any(wrong):
        row = int(np.argmax(wrong))
        raise GeometryError("polygons", got=f"{footprints[row]!r:.60} at {row}", allowed=allowed)
    if not np.all(np.isfinite(shapely.get_coordinates(footprints))):
        finite = np.isfinite(shapely.bounds(footprints)).all(axis=1)
        got = f"a coordinate that is not finite at {int(np.argmin(finite))}"
        raise GeometryError("polygons", got=got, allowed=allowed)
    return footprints


def _checked_column(name: str, values: ArrayLike, count: int) -> Floats:
    column = np.ascontiguousarray(values, dtype=np.float64)
    if column.shape != (count,):
        raise ArgumentError(name, got=f"shape {column.shape}", allowed=f"shape ({count},)")
    return column


def _edges(footprints: NDArray[np.object_]) -> tuple[Floats, Ints]:
    """Edges (4, n) as rows x0, y0, x1, y1 with the building on the left, and the owner of each."""
    if not len(footprints):
        return np.empty((4, 0)), np.empty(0, dtype=np.int32)
    parts, part_owner = shapely.get_parts(footprints, return_index=True)
    oriented = shapely.orient_polygons(parts, exterior_cw=False)
    _, points, (ring_starts, part_starts) = shapely.to_ragged_array(oriented, include_z=False)
    rings_per_part = np.diff(part_starts)
    points_per_ring = np.diff(ring_starts)
    point_owner = np.repeat(np.repeat(part_owner, rings_per_part), points_per_ring)
    is_start = np.ones(len(points), dtype=bool)
    is_start[ring_starts[1:] - 1] = False
    first = np.flatnonzero(is_start)
    keep = first[np.any(points[first] != points[first + 1], axis=1)]
    edges = np.concatenate([points[keep].T, points[keep + 1].T])
    return np.ascontiguousarray(edges, dtype=np.float64), point_owner[keep].astype(np.int32)


def _gridded(
    edges: Floats,
    owner: Ints,
    columns: tuple[Floats, Floats, NDArray[np.int64]],
    cell_m: float,
) -> Obstacles:
    heights, grounds, ids = columns
    x0, y0, x1, y1 = edges
    edge_starts = np.searchsorted(owner, np.arange(len(ids) + 1)).astype(np.int32)
    bounds = _bounds(edges, edge_starts)
    low_x, low_y, high_x, high_y = _extent(bounds)
    while (high_x - low_x + 2 * cell_m) * (high_y - low_y + 2 * cell_m) > MAX_CELLS * cell_m**2:
        cell_m *= 2.0
    # A margin keeps every coordinate off the outer cell border, whatever the rounding.
    origin_x, origin_y = low_x - 0.01 * cell_m, low_y - 0.01 * cell_m
    ncols = int((high_x - origin_x) / cell_m + 0.01) + 1
    nrows = int((high_y - origin_y) / cell_m + 0.01) + 1
    grid = (origin_x, origin_y, cell_m, ncols, nrows)
    starts, items = list_edges_by_cell(x0, y0, x1, y1, grid)
    box_starts, box_items = list_boxes_by_cell(bounds, grid)
    return Obstacles(
        x0=x0,
        y0=y0,
        x1=x1,
        y1=y1,
        owner=owner,
        height_m=heights,
        ground_m=grounds,
        ids=ids,
        edge_starts=edge_starts,
        bounds=bounds,
        origin_x=origin_x,
        origin_y=origin_y,
        cell_m=cell_m,
        ncols=ncols,
        nrows=nrows,
        starts=starts,
        items=items,
        box_starts=box_starts,
        box_items=box_items,
    )


def _bounds(edges: Floats, edge_starts: Ints) -> Floats:
    if len(edge_starts) == 1:
        return np.empty((0, 4))
    first = edge_starts[:-1]
    x0, y0 = edges[0], edges[1]
    reduce = (np.minimum, np.minimum, np.maximum, np.maximum)
    # Rings are closed, so the starts of the edges are all the vertices.
    columns = [by.reduceat(axis, first) for by, axis in zip(reduce, (x0, y0, x0, y0), strict=True)]
    return np.ascontiguousarray(np.stack(columns, axis=1))


def _extent(bounds: Floats) -> tuple[float, float, float, float]:
    if not len(bounds):
        return 0.0, 0.0, 0.0, 0.0
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def building_at(obstacles: Obstacles, x: float, y: float) -> int:
    """Index of a building that holds the point in its interior, or -1.

    Parameters
    ----------
    obstacles : Obstacles
        Metric CRS.
    x, y : float
        Metres, CRS of the obstacles.

    Returns
    -------
    int
        The lowest index where buildings overlap; -1 for open ground, courtyards and walls.
        On a wall means: nearer to one of the building's edges than `gis.edgegrid.TOUCH_M`.

    """
    return find_building(obstacles.walls, float(x), float(y))


@compiled
def find_building(walls: Walls, x: float, y: float) -> int:
    """Kernel of `building_at`."""
    cell = cell_of(walls, x, y)
    if cell < 0:
        return -1
    for k in range(walls.box_starts[cell], walls.box_starts[cell + 1]):
        if holds_point(walls, walls.box_items[k], x, y):
            return int(walls.box_items[k])
    return -1


@compiled
def cell_of(walls: Walls, x: float, y: float) -> int:
    """Number of the grid cell under the point, or -1 outside the grid."""
    col = math.floor((x - walls.origin_x) / walls.cell_m)
    row = math.floor((y - walls.origin_y) / walls.cell_m)
    if col < 0 or row < 0 or col >= walls.ncols or row >= walls.nrows:
        return -1
    return int(row * walls.ncols + col)


@compiled
def holds_point(walls: Walls, building: int, x: float, y: float) -> bool:
    """Whether the point lies inside the footprint, off its walls: even-odd rule over its edges."""
    if x < walls.bounds[building, 0] or x > walls.bounds[building, 2]:
        return False
    if y < walls.bounds[building, 1] or y > walls.bounds[building, 3]:
        return False
    is_inside = False
    for e in range(walls.edge_starts[building], walls.edge_starts[building + 1]):
        start, end = (walls.x0[e], walls.y0[e]), (walls.x1[e], walls.y1[e])
        if is_touched(start, end, x, y):
            return False
        if is_passed(start, end, x, y):
            is_inside = not is_inside
    return is_inside
