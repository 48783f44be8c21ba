"""Grids and the larger areas they belong to: what leaves its parent, and what no grid fills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.tilingedges import edges_of
from gis.tilingplane import TilingPlane, greatest_bow_m
from gis.tilingspots import NOISE_M2, Spot, is_real, polygons_in, spots_of

Shapes = NDArray[np.object_]
Rows = NDArray[np.int64]

#: Widest a parent may be drawn beside its children and still be the one they lie in.
_BY_PLACE = 0.5


@dataclass(frozen=True, slots=True)
class Leaving:
    """A grid (row) that lies partly outside its parent (row of the parents), and which share."""

    row: int
    parent: int
    share: float
    spot: Spot


@dataclass(frozen=True, slots=True)
class Unfilled:
    """Ground of a parent that none of its grids holds, and which share of it."""

    parent: int
    share: float
    spot: Spot


def match_parents(
    codes: Sequence[str | None],
    parent_codes: Sequence[str | None],
    stated: Sequence[str | None] | None,
    *,
    shapes: Shapes,
    parents: Shapes,
) -> Rows:
    """Which parent each grid belongs to.

    Parameters
    ----------
    codes, parent_codes : sequence of str or None
        Codes of grids and of parents.
    stated : sequence of str or None, optional
        The parent each row states, where the file says so.
    shapes, parents : ndarray of polygon
        Lon/lat, EPSG:4326; None where a row has none.

    Returns
    -------
    ndarray of int64, shape (n,)
        Row of the parent: the one stated; else the one with whose code the grid's own begins, the
        longest such; else the one that holds more than half of it; else -1.

    """
    known = {code: row for row, code in reversed(list(enumerate(parent_codes))) if code}
    lengths = sorted({len(code) for code in known}, reverse=True)
    found = np.full(len(codes), -1, dtype=np.int64)
    for row, code in enumerate(codes):
        wished = stated[row] if stated is not None else None
        if wished is not None:
            found[row] = known.get(wished, -1)
            continue
        starts = (code[:length] for length in lengths if code and len(code) > length)
        found[row] = next((known[start] for start in starts if start in known), -1)
    for row in np.flatnonzero(found < 0).tolist():
        if shapes[row] is not None:
            found[row] = _holding(shapes[row], parents)
    return found


def leaving_parents(
    shapes: Shapes, parents: Shapes, parent_of: Rows, plane: TilingPlane
) -> list[Leaving]:
    """Grids that reach beyond their parent, from large to small.

    Parameters
    ----------
    shapes, parents : ndarray of valid polygon
        Lon/lat, EPSG:4326; None where a row has none.
    parent_of : ndarray of int64
        From `match_parents`; -1 for a grid without one.
    plane : TilingPlane
        Where areas are measured.

    """
    rows = _with_parent(shapes, parents, parent_of)
    shapely.prepare(parents)
    rows = rows[~shapely.covers(parents[parent_of[rows]], shapes[rows])]
    metric, metric_parents = plane.to_metric(shapes[rows]), plane.to_metric(parents)
    shapely.prepare(metric_parents)
    groups, held = [], []
    for row, own in zip(rows.tolist(), metric, strict=True):
        parent = int(parent_of[row])
        beyond = shapely.difference(own, metric_parents[parent])
        pieces = _real_pieces(beyond, plane, (shapes[row], parents[parent]))
        if len(pieces):
            groups.append(pieces)
            held.append((row, float(own.area)))
    spots = spots_of(groups, plane)
    found = [
        Leaving(row, int(parent_of[row]), spot.area_m2 / area, spot)
        for (row, area), spot in zip(held, spots, strict=True)
    ]
    return sorted(found, key=lambda leaving: -leaving.spot.area_m2)


def unfilled_parents(
    shapes: Shapes, parents: Shapes, parent_of: Rows, plane: TilingPlane
) -> list[Unfilled]:
    """Ground of each parent that its own grids leave out, from large to small.

    Parameters as for `leaving_parents`. A parent without any grid is left out as a whole.
    """
    rows = _with_parent(shapes, parents, parent_of)
    metric, metric_parents = plane.to_metric(shapes[rows]), plane.to_metric(parents)
    groups, held = [], []
    for parent in np.unique(parent_of[rows]).tolist():
        is_own = parent_of[rows] == parent
        bare = shapely.difference(metric_parents[parent], shapely.union_all(metric[is_own]))
        union = shapely.union_all(shapes[rows[is_own]])
        pieces = _real_pieces(bare, plane, (parents[parent], union))
        if len(pieces):
            groups.append(pieces)
            held.append(parent)
    spots = spots_of(groups, plane)
    found = [
        Unfilled(parent, spot.area_m2 / float(metric_parents[parent].area), spot)
        for parent, spot in zip(held, spots, strict=True)
    ]
    return sorted(found, key=lambda unfilled: -unfilled.spot.area_m2)


def _with_parent(shapes: Shapes, parents: Shapes, parent_of: Rows) -> Rows:
    has_shape = ~shapely.is_missing(shapes)
    parent_has = ~shapely.is_missing(parents)
    rows = np.flatnonzero(has_shape & (parent_of >= 0))
    return np.asarray(rows[parent_has[parent_of[rows]]], dtype=np.int64)


def _real_pieces(
    shape: BaseGeometry, plane: TilingPlane, lonlat: tuple[BaseGeometry, BaseGeometry]
) -> Shapes:
    """Pieces of a fault that are there in degrees too: the first of `lonlat` less the second."""
    pieces = polygons_in(shape)
    if not len(pieces):
        return pieces
    held, less = lonlat

    def beyond(found: Shapes, _at: Rows) -> Shapes:
        return np.asarray(shapely.difference(shapely.intersection(found, held), less))

    bow_m = greatest_bow_m(edges_of(np.array(lonlat, dtype=object)).longest2)
    pieces = pieces[is_real(pieces, plane, beyond, bow_m=bow_m)]
    is_enough = float(shapely.area(pieces).sum()) > NOISE_M2
    return pieces if is_enough else pieces[:0]


def _holding(shape: BaseGeometry, parents: Shapes) -> int:
    held = shapely.area(shapely.intersection(parents, shape))
    best = int(np.nan_to_num(held).argmax()) if len(held) else -1
    area = float(shapely.area(shape))
    return best if best >= 0 and area > 0.0 and held[best] > _BY_PLACE * area else -1
