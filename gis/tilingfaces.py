"""Overlaps and gaps of a tiling, from the faces that its unmatched edges enclose; plane metres.

Across a matched edge the ground passes from one grid to its neighbour, so the number of grids that
hold a place changes only at unmatched edges: it is one number for each face they enclose. None is
a gap, two and more an overlap.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.errors import GeometryError
from gis.tilingedges import Edges, edges_of, is_unmatched
from gis.tilingplane import METRES_PER_DEGREE, TilingPlane, greatest_bow_m
from gis.tilingspots import NOISE_M2, PIECE_M2, is_real, polygons_in

Shapes = NDArray[np.object_]
Rows = NDArray[np.int64]
#: Two rows, a < b, and the polygons both hold.
Pairs = dict[tuple[int, int], Shapes]

#: How near a grid must come to a gap to be its neighbour.
_TOUCH_M = 1e-4
_REST_SHARE = 1e-9
_OUTWARDS = np.array([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Faces:
    """Faces of the arrangement of unmatched edges.

    Attributes
    ----------
    polygons : ndarray of Polygon, shape (n,)
        Plane metres.
    holders : list of ndarray of int64
        Rows of the grids that hold a point inside each face.

    """

    polygons: Shapes
    holders: list[Rows]


class Tiles:
    """Grids of one tiling in lon/lat, those asked for also in metres: few ever are."""

    def __init__(self, shapes: Shapes, plane: TilingPlane) -> None:
        self.shapes = shapes
        self.plane = plane
        self._metric: dict[int, object] = {}

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Index of the grids in lon/lat."""
        return shapely.STRtree(self.shapes)

    @cached_property
    def edges(self) -> Edges:
        """Edges of the grids in lon/lat."""
        return edges_of(self.shapes)

    @cached_property
    def bow_m(self) -> float:
        """How far an edge straight in degrees may lie beside the one straight in the plane."""
        return greatest_bow_m(self.edges.longest2)

    def metric(self, rows: Rows) -> Shapes:
        """Grids of these rows in metres."""
        wanted = [row for row in dict.fromkeys(rows.tolist()) if row not in self._metric]
        if wanted:
            moved = self.plane.to_metric(self.shapes[np.array(wanted)])
            self._metric.update(zip(wanted, moved, strict=True))
        found = np.empty(len(rows), dtype=object)
        found[:] = [self._metric[row] for row in rows.tolist()]
        return found


def faces_of(tiles: Tiles) -> Faces:
    """Faces that the unmatched edges of a tiling enclose, and the grids that hold each.

    Raises
    ------
    GeometryError
        If a grid with such an edge is no valid polygon.

    """
    edges = tiles.edges
    unmatched = is_unmatched(edges)
    _refuse_invalid(tiles, np.unique(edges.owner[unmatched]))
    ends = edges.ends(unmatched)
    lines = tiles.plane.to_metric(np.asarray(shapely.linestrings(ends.reshape(-1, 2, 2))))
    polygons = shapely.get_parts(shapely.polygonize([shapely.union_all(lines)]))
    polygons = polygons[shapely.area(polygons) > PIECE_M2]
    points = shapely.point_on_surface(polygons)
    x, y = shapely.get_x(points), shapely.get_y(points)
    lonlat = tiles.plane.lonlat(x, y)
    # Found by their boxes in degrees, judged in the plane in which the faces were made.
    boxes = np.tile(lonlat, 2) + tiles.bow_m / METRES_PER_DEGREE * _OUTWARDS
    face, row = tiles.tree.query(shapely.box(*boxes.T))
    is_held = shapely.intersects(tiles.metric(row), points[face])
    face, row = face[is_held], row[is_held]
    order = np.lexsort([row, face])
    split = np.searchsorted(face[order], np.arange(1, len(polygons)))
    return Faces(polygons, np.split(row[order], split) if len(polygons) else [])


def overlaps_of(tiles: Tiles, faces: Faces) -> Pairs:
    """Pairs of grids (a < b) that overlap, with the polygons they share, plane metres."""
    count = np.array([len(holders) for holders in faces.holders], dtype=np.int64)
    shared = np.flatnonzero(count > 1)
    whole = _are_held_whole(tiles, faces, shared)
    pairs: dict[tuple[int, int], list[object]] = defaultdict(list)
    for face in shared[whole].tolist():
        for pair in combinations(faces.holders[face].tolist(), 2):
            pairs[pair].append(faces.polygons[face])
    _share_out(tiles, faces.polygons[shared[~whole]], pairs)
    pieces = np.array([piece for found in pairs.values() for piece in found], dtype=object)
    both = [pair for pair, found in pairs.items() for _ in found]
    one, other = np.array(both, dtype=np.int64).reshape(-1, 2).T

    def held_twice(lonlat: Shapes, at: Rows) -> Shapes:
        first = shapely.intersection(lonlat, tiles.shapes[one[at]])
        return np.asarray(shapely.intersection(first, tiles.shapes[other[at]]))

    real = is_real(pieces, tiles.plane, held_twice, bow_m=tiles.bow_m)
    ends = np.cumsum([len(found) for found in pairs.values()])
    kept = {
        pair: pieces[end - len(found) : end][real[end - len(found) : end]]
        for (pair, found), end in zip(pairs.items(), ends, strict=True)
    }
    return {pair: kept[pair] for pair in sorted(kept) if shapely.area(kept[pair]).sum() > NOISE_M2}


def gaps_of(tiles: Tiles, faces: Faces) -> list[tuple[object, Rows]]:
    """Faces that no grid holds, with the rows of the grids beside them."""
    found = [
        polygon
        for polygon, holders in zip(faces.polygons, faces.holders, strict=True)
        if not len(holders)
    ]
    gaps = np.array(found, dtype=object)
    gaps = gaps[shapely.area(gaps) > NOISE_M2]
    beside = beside_each(tiles, gaps)

    def held_by_none(lonlat: Shapes, at: Rows) -> Shapes:
        left = lonlat.copy()
        for turn in range(max(map(len, beside))):
            some = np.flatnonzero([len(beside[k]) > turn for k in at.tolist()])
            rows = np.array([beside[k][turn] for k in at[some].tolist()], dtype=np.int64)
            left[some] = shapely.difference(left[some], tiles.shapes[rows])
        return left

    real = is_real(gaps, tiles.plane, held_by_none, bow_m=tiles.bow_m)
    return [(gaps[k], beside[k]) for k in np.flatnonzero(real).tolist()]


def beside_each(tiles: Tiles, polygons: Shapes) -> list[Rows]:
    """Rows of the grids that touch or hold each polygon (plane metres), ascending."""
    if not len(polygons):
        return []
    wide = shapely.bounds(polygons) + (1.0 + tiles.bow_m) * _OUTWARDS
    boxes = np.asarray(shapely.box(*wide.T), dtype=object)
    at, row = tiles.tree.query(tiles.plane.to_lonlat(boxes))
    is_near = shapely.dwithin(tiles.metric(row), polygons[at], _TOUCH_M)
    at, row = at[is_near], row[is_near]
    order = np.lexsort([row, at])
    return np.split(row[order], np.searchsorted(at[order], np.arange(1, len(polygons))))


def _refuse_invalid(tiles: Tiles, rows: Rows) -> None:
    """Refuse what GEOS could not overlay; a grid all of whose edges match meets no overlay."""
    invalid = rows[~shapely.is_valid(tiles.shapes[rows])]
    if len(invalid):
        raise GeometryError("shapes", got=f"invalid polygon at {invalid[0]}", allowed="valid ones")


def _are_held_whole(tiles: Tiles, faces: Faces, chosen: Rows) -> NDArray[np.bool_]:
    """Whether each holder holds the whole face: then, being as many, no other holds any of it."""
    rows = [faces.holders[face] for face in chosen.tolist()]
    if not rows:
        return np.zeros(0, dtype=bool)
    at = np.repeat(np.arange(len(chosen)), [len(held) for held in rows])
    polygons = faces.polygons[chosen]
    outside = shapely.area(shapely.difference(polygons[at], tiles.metric(np.concatenate(rows))))
    worst = np.zeros(len(chosen))
    np.maximum.at(worst, at, outside)
    return np.asarray(worst <= np.maximum(PIECE_M2, _REST_SHARE * shapely.area(polygons)))


def _share_out(tiles: Tiles, polygons: Shapes, pairs: dict[tuple[int, int], list[object]]) -> None:
    """Faces across which matched edges pass: the holders differ from part to part."""
    found = beside_each(tiles, polygons)
    if not found:
        return
    at = np.repeat(np.arange(len(polygons)), [len(rows) for rows in found])
    rows = np.concatenate(found)
    held = shapely.intersection(tiles.metric(rows), polygons[at])
    is_held = shapely.area(held) > PIECE_M2
    at, rows, held = at[is_held], rows[is_held], held[is_held]
    # By an index: one grid over ten thousand others is ten thousand pairs, not fifty million.
    one, other = shapely.STRtree(held).query(held, predicate="intersects")
    meets = (rows[one] < rows[other]) & (at[one] == at[other])
    one, other = one[meets], other[meets]
    for i, j, shape in zip(one, other, shapely.intersection(held[one], held[other]), strict=True):
        pieces = polygons_in(shape)
        if len(pieces):
            pairs[int(rows[i]), int(rows[j])] += list(pieces)
