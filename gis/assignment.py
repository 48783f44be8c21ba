"""Which grid each of very many points lies in; any one plane, metres or degrees.

Most points fall into a small cell that one grid holds whole: one look-up. The others meet the few
edges of their row of cells, with an orientation test that is exact, so that a point on a border or
corner is judged as GEOS judges it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.assignmentcells import Layout, list_bands, list_grids
from gis.compiled import compiled
from gis.errors import GeometryError
from gis.exactsign import orientation
from gis.polygonedges import corners_of, ends_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
Shapes = NDArray[np.object_]
Flags = NDArray[np.bool_]

_CELLS_PER_SIDE = 20.0
_MAX_CELLS = 8_000_000
#: Edges (m, 4), answers by cell, starts and items of the grids of cells that are cut, whether a
#: grid holds the whole cell, first row and first band of each grid, starts and edges of bands.
Arrays = tuple[Floats, Ints, Ints, Ints, Flags, Ints, Ints, Ints, Ints]


@dataclass(frozen=True, slots=True)
class AssignmentIndex:
    """Grids ready for `assign`; built once, never changed."""

    count: int
    layout: Layout
    arrays: Arrays


def index_for_assignment(grids: Shapes) -> AssignmentIndex:
    """Index of grids.

    Parameters
    ----------
    grids : ndarray of valid polygon or multipolygon, shape (n,)
        One plane, metres or degrees; None and empty ones hold nothing. They may overlap.

    Returns
    -------
    AssignmentIndex
        Grids are known by their place in `grids`.

    Raises
    ------
    GeometryError
        If a shape is no polygon.

    Notes
    -----
    Cells measure a twentieth of a middling grid's side, eight million at most: 5,000 grids of 48
    corners take 0.2 s and 40 MB.

    """
    types = shapely.get_type_id(grids)
    wrong = np.flatnonzero(~np.isin(types, (-1, 3, 6)))
    if len(wrong):
        got = f"{grids[wrong[0]]!r:.60} at {wrong[0]}"
        raise GeometryError("grids", got=got, allowed="polygons")
    xy, start, owner = corners_of(grids)
    edges = ends_of(xy, start)
    firsts = np.searchsorted(owner, np.arange(len(grids) + 1)).astype(np.int32)
    layout = _layout(grids, edges)
    starts, items, is_whole = list_grids(edges, firsts, layout)
    first_row, first_band, band_starts, band_edges = list_bands(edges, firsts, layout)
    answers = _answers(starts, items, is_whole)
    bands = (first_row, first_band, band_starts, band_edges)
    return AssignmentIndex(len(grids), layout, (edges, answers, starts, items, is_whole, *bands))


def assign(index: AssignmentIndex, x: Floats, y: Floats) -> Ints:
    """The grid that covers each point.

    Parameters
    ----------
    index : AssignmentIndex
        From `index_for_assignment`.
    x, y : ndarray of float64, shape (n,)
        In the plane of the grids.

    Returns
    -------
    ndarray of int32, shape (n,)
        Place of the grid, the first of several that cover the point, borders included, as
        `shapely.covers` has it; -1 where none does, and for coordinates that are not finite.

    """
    return _assigned(
        index.layout,
        index.arrays,
        np.ascontiguousarray(x, np.float64),
        np.ascontiguousarray(y, np.float64),
    )


def _layout(grids: Shapes, edges: Floats) -> Layout:
    if not len(edges):
        return 0.0, 0.0, 1.0, 1, 1
    low_x, low_y = float(edges[:, 0].min()), float(edges[:, 1].min())
    wide, high = float(edges[:, 0].max()) - low_x, float(edges[:, 1].max()) - low_y
    areas = shapely.area(grids)
    side = math.sqrt(float(np.median(areas[areas > 0.0])))
    cell = max(side / _CELLS_PER_SIDE, math.sqrt(wide * high / _MAX_CELLS))
    cell = max(cell, (wide + high) / _MAX_CELLS)
    columns, rows = int(wide / cell) + 2, int(high / cell) + 2
    return low_x - 0.5 * cell, low_y - 0.5 * cell, 1.0 / cell, columns, rows


def _answers(starts: Ints, items: Ints, is_whole: Flags) -> Ints:
    """For each cell: the grid that holds it whole before any other; -1 no grid; -2 look closer."""
    count = np.diff(starts)
    answers = np.where(count == 0, -1, -2).astype(np.int32)
    held = np.flatnonzero(count > 0)
    first = starts[held]
    whole = is_whole[first]
    answers[held[whole]] = items[first[whole]]
    return answers


@compiled
def _assigned(layout: Layout, arrays: Arrays, x: Floats, y: Floats) -> Ints:
    origin_x, origin_y, per_unit, columns, rows = layout
    edges, answers, starts, items, is_whole, first_row, first_band, band_starts, band_edges = arrays
    found = np.full(x.size, -1, dtype=np.int32)
    for p in range(x.size):
        col_at, row_at = (x[p] - origin_x) * per_unit, (y[p] - origin_y) * per_unit
        if not (0.0 <= col_at < columns and 0.0 <= row_at < rows):
            continue
        row = int(row_at)
        cell = row * columns + int(col_at)
        answer = answers[cell]
        if answer != -2:
            found[p] = answer
            continue
        for k in range(starts[cell], starts[cell + 1]):
            grid = items[k]
            if is_whole[k]:
                found[p] = grid
                break
            band = first_band[grid] + row - first_row[grid]
            low, high = band_starts[band], band_starts[band + 1]
            if _covers(edges, band_edges[low:high], x[p], y[p]):
                found[p] = grid
                break
    return found


@compiled
def _covers(edges: Floats, band: Ints, x: float, y: float) -> bool:
    """Whether the point lies in the rings or on them: rays towards +x, as in JTS."""
    is_inside = False
    for e in band:
        x0, y0, x1, y1 = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
        if x0 < x and x1 < x:
            continue
        if x1 == x and y1 == y:
            return True
        if y0 == y and y1 == y:
            if min(x0, x1) <= x <= max(x0, x1):
                return True
            continue
        if (y0 > y) != (y1 > y):
            side = orientation((x0, y0), (x1, y1), (x, y))
            if side == 0:
                return True
            if (side > 0) == (y1 > y0):
                is_inside = not is_inside
    return is_inside
