"""Faults of a tiling of grids: overlaps, gaps, slivers, pieces apart; lon/lat in, m2 out.

Grids of one kind must cover their ground once and without a gap; exclusive grids lie on basic
ones by their nature and are checked among themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.errors import GeometryError
from gis.tilingfaces import Pairs, Tiles, faces_of, gaps_of, overlaps_of
from gis.tilingplane import METRES_PER_DEGREE, TilingPlane, plane_for
from gis.tilingspots import SLIVER_M, Spot, spots_of

Shapes = NDArray[np.object_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two grids (rows, a < b) that hold the same ground."""

    a: int
    b: int
    spot: Spot


@dataclass(frozen=True, slots=True)
class Gap:
    """Ground inside the tiling that no grid holds, and the rows of the grids around it."""

    neighbours: tuple[int, ...]
    spot: Spot


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a grid that lies apart from its largest, or is a sliver; `is_whole` when alone."""

    row: int
    is_whole: bool
    spot: Spot


@dataclass(frozen=True, slots=True)
class TilingFaults:
    """What is wrong with a tiling; all lists run from large to small."""

    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    pieces: tuple[Piece, ...]
    plane: TilingPlane


def check_tiling(
    shapes: Shapes,
    *,
    layers: Sequence[int] | None = None,
    declared: str = "",
    on_progress: Callable[[str], None] | None = None,
) -> TilingFaults:
    """Faults of a tiling.

    Parameters
    ----------
    shapes : ndarray of Polygon or MultiPolygon, shape (n,)
        Valid, lon/lat, EPSG:4326; None where a row has none.
    layers : sequence of int, optional
        Which grids belong together: overlaps are sought within a layer, gaps in layer 0.
    declared : str
        The file's CRS, ``EPSG:n ...``; see `gis.tilingplane.plane_for`.
    on_progress : callable, optional
        Told each stage as it begins.

    Returns
    -------
    TilingFaults
        Nothing in any list for a clean tiling. Pieces below 0.001 m2 are rounding.

    Raises
    ------
    GeometryError
        If a shape is no polygon, or one that is not shared edge by edge is invalid.

    Notes
    -----
    Most of the work is O(edges log edges); GEOS sees the unmatched edges only. A hole in a grid
    of a single tiling that no other grid fills is a gap like any other.

    """
    tell = on_progress or (lambda _stage: None)
    present = _present(shapes)
    if not len(present):
        return TilingFaults((), (), (), plane_for((0.0, 0.0, 0.0, 0.0)))
    plane = plane_for(tuple(shapely.total_bounds(shapes[present])), declared)
    layer_of = np.zeros(len(shapes), np.int64) if layers is None else np.asarray(layers, np.int64)
    overlaps: list[Overlap] = []
    gaps: list[Gap] = []
    for layer in np.unique(layer_of[present]).tolist():
        tell("edges")
        rows = present[layer_of[present] == layer]
        tiles = Tiles(shapes[rows], plane)
        faces = faces_of(tiles)
        tell("overlaps")
        overlaps += _overlaps(tiles, rows, overlaps_of(tiles, faces))
        if layer == 0:
            tell("gaps")
            gaps += _gaps(tiles, rows, gaps_of(tiles, faces))
    tell("pieces")
    return TilingFaults(
        tuple(sorted(overlaps, key=lambda found: -found.spot.area_m2)),
        tuple(sorted(gaps, key=lambda found: -found.spot.area_m2)),
        tuple(sorted(_pieces(shapes, present, plane), key=lambda found: -found.spot.area_m2)),
        plane,
    )


def _present(shapes: Shapes) -> Rows:
    types = shapely.get_type_id(shapes)
    wrong = np.flatnonzero(~np.isin(types, (-1, 3, 6)))
    if len(wrong):
        raise GeometryError("shapes", got=f"type {types[wrong[0]]}", allowed="polygons")
    present = np.flatnonzero((types != -1) & ~shapely.is_empty(shapes))
    return np.asarray(present, dtype=np.int64)


def _overlaps(tiles: Tiles, rows: Rows, pairs: Pairs) -> list[Overlap]:
    groups = list(pairs.values())
    return [
        Overlap(int(rows[a]), int(rows[b]), spot)
        for (a, b), spot in zip(pairs, spots_of(groups, tiles.plane), strict=True)
    ]


def _gaps(tiles: Tiles, rows: Rows, found: list[tuple[object, Rows]]) -> list[Gap]:
    groups = [np.array([gap], dtype=object) for gap, _ in found]
    return [
        Gap(tuple(rows[beside].tolist()), spot)
        for (_, beside), spot in zip(found, spots_of(groups, tiles.plane), strict=True)
    ]


def _pieces(shapes: Shapes, present: Rows, plane: TilingPlane) -> list[Piece]:
    """Parts apart from the largest of their grid, and grids that are nothing but a sliver."""
    parts, at = shapely.get_parts(shapes[present], return_index=True)
    count = np.bincount(at, minlength=len(present))
    # In degrees first: only what may be a piece or a sliver is measured in the plane.
    area, length = shapely.area(parts), shapely.length(parts)
    largest = np.lexsort([-area, at])[np.concatenate([[0], np.cumsum(count)[:-1]])]
    is_apart = count[at] > 1
    is_apart[largest] = False
    width_deg = np.divide(2.0 * area, length, out=np.zeros_like(area), where=length > 0.0)
    is_thin = width_deg * METRES_PER_DEGREE < 3.0 * SLIVER_M
    chosen = np.flatnonzero(is_apart | (is_thin & (count[at] == 1)))
    spots = spots_of(list(plane.to_metric(parts[chosen])[:, None]), plane)
    return [
        Piece(int(present[at[k]]), not is_apart[k], spot)
        for k, spot in zip(chosen.tolist(), spots, strict=True)
        if is_apart[k] or spot.is_sliver
    ]
