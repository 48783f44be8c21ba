"""What the cells of a tile amount to: by subject, and by camera. Kernels; see `gis.rastertile`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis.compiled import compiled
from gis.obstacles import Floats, Ints, Walls
from gis.rasterfill import (
    Cells,
    Window,
    cross_rows,
    mark_inside,
    new_crossings,
    rows_between,
    tally,
)
from gis.rastertile import BUILT, Planes, paint_buildings

Longs = NDArray[np.int64]

#: A cell's code: best band for sure + 8 * second best + 64 * best perhaps; `BUILT` cells 512.
N_CODES = 513


class Areas(NamedTuple):
    """Edges of the areas: those of area s are edges[starts[s]:starts[s + 1]], u0, v0, u1, v1."""

    edges: Floats
    starts: Longs
    low_v: Floats
    high_v: Floats


class Points(NamedTuple):
    """Pieces of roads and outlines by the cell that stands for each; arrays of one length."""

    row: Longs
    col: Longs
    subject: Ints
    #: 1 road, 2 outline: place in `gis.coverage.MEASURES`.
    measure: Ints
    #: Micrometres: whole numbers, so that sums do not depend on their order.
    length_um: Longs


@compiled
def wanted_ground(walls: Walls, tile: Window, areas: Areas, chosen: Ints) -> Cells:
    """1 for the cells that lie in some chosen area and under no building."""
    wanted = np.zeros((tile.row1 - tile.row0, tile.col1 - tile.col0), np.uint8)
    crossed = new_crossings(tile.row1 - tile.row0)
    for s in chosen:
        first, stop = areas.starts[s], areas.starts[s + 1]
        around = rows_between(tile, areas.low_v[s], areas.high_v[s])
        crossed = cross_rows(areas.edges[first:stop], stop - first, around, crossed)
        mark_inside(wanted[around.row0 - tile.row0 : around.row1 - tile.row0], crossed)
    paint_buildings(walls, wanted, tile, 0)
    return wanted


@compiled
def codes_of(planes: Planes) -> NDArray[np.uint16]:
    """What is known of each cell as one number; see `N_CODES`."""
    rows, cols = planes.first.shape
    codes = np.empty((rows, cols), np.uint16)
    for row in range(rows):
        for col in range(cols):
            if planes.perhaps[row, col] == BUILT:
                codes[row, col] = N_CODES - 1
                continue
            codes[row, col] = (
                planes.first[row, col] + 8 * planes.second[row, col] + 64 * planes.perhaps[row, col]
            )
    return codes


@compiled
def tally_areas(codes: NDArray[np.uint16], tile: Window, areas: Areas, chosen: Ints) -> Longs:
    """Cells of each code in each chosen area, int64 (chosen, `N_CODES`)."""
    counts = np.zeros((chosen.size, N_CODES), np.int64)
    crossed = new_crossings(tile.row1 - tile.row0)
    for k in range(chosen.size):
        s = chosen[k]
        first, stop = areas.starts[s], areas.starts[s + 1]
        around = rows_between(tile, areas.low_v[s], areas.high_v[s])
        crossed = cross_rows(areas.edges[first:stop], stop - first, around, crossed)
        tally(codes[around.row0 - tile.row0 : around.row1 - tile.row0], crossed, counts[k])
    return counts


@compiled
def tally_points(
    codes: NDArray[np.uint16], tile: Window, points: Points, chosen: Ints, span: tuple[int, int]
) -> NDArray[np.int64]:
    """Length of the points span[0]:span[1] by code, int64 (3, chosen, `N_CODES`), micrometres.

    `chosen` are the subjects of these points and perhaps others, ascending.
    """
    lengths = np.zeros((3, chosen.size, N_CODES), np.int64)
    for p in range(span[0], span[1]):
        code = codes[points.row[p] - tile.row0, points.col[p] - tile.col0]
        k = np.searchsorted(chosen, points.subject[p])
        lengths[points.measure[p], k, code] += points.length_um[p]
    return lengths


@compiled
def tally_sole(planes: Planes, wanted: Cells) -> Longs:
    """Cells of wanted ground by camera and band, int64 (cameras, 8), that only this camera sees.

    Column b counts the band with number b - 1; column 0 is empty.
    """
    sole = np.zeros_like(planes.seen)
    for row in range(wanted.shape[0]):
        for col in range(wanted.shape[1]):
            if wanted[row, col]:
                for band in range(planes.second[row, col], planes.first[row, col]):
                    sole[planes.owner[row, col], band + 1] += 1
    return sole


@compiled
def tally_sole_points(planes: Planes, tile: Window, points: Points, span: tuple[int, int]) -> Longs:
    """Road by camera and band that only this camera sees, as `tally_sole`, micrometres."""
    sole = np.zeros_like(planes.seen)
    for p in range(span[0], span[1]):
        row, col = points.row[p] - tile.row0, points.col[p] - tile.col0
        if points.measure[p] != 1 or planes.perhaps[row, col] == BUILT:
            continue
        for band in range(planes.second[row, col], planes.first[row, col]):
            sole[planes.owner[row, col], band + 1] += points.length_um[p]
    return sole
