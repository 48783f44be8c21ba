"""Mends of a tiling: the ground of an overlap, a gap or a sliver given to one grid; lon/lat.

The grids around the faults are cut into faces along all their borders, and along a reference line
where one is given. Each face in dispute goes to one grid, and the grids are put together anew:
what leaves here shares every corner with its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.tilingdispute import Dispute, Mend, Parties
from gis.tilingfaces import Tiles, beside_each
from gis.tilingplane import TilingPlane
from gis.tilingspace import Space
from gis.tilingspots import NOISE_M2

__all__ = ["Mend", "MendedTiling", "mend_tiling"]

Shapes = NDArray[np.object_]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class MendedTiling:
    """What mending gives.

    Attributes
    ----------
    changed : dict of int to geometry
        New outline by row, lon/lat, of the grids that change.
    owners : tuple of tuple of int
        For each mend the rows that got ground by it; empty when it was left alone because a grid
        would have vanished, or nobody was beside it.

    """

    changed: dict[int, BaseGeometry]
    owners: tuple[tuple[int, ...], ...]


def mend_tiling(
    shapes: Shapes,
    mends: Sequence[Mend],
    *,
    plane: TilingPlane,
    lines: Shapes | None = None,
) -> MendedTiling:
    """Outlines of the grids after some faults are mended.

    Parameters
    ----------
    shapes : ndarray of valid polygon, shape (n,)
        All grids of one layer, lon/lat, EPSG:4326; None where a row has none or is of another.
    mends : sequence of Mend
        From the faults of `gis.tiling.check_tiling` on the same shapes.
    plane : TilingPlane
        That of the faults.
    lines : ndarray of line, optional
        Roads or rivers, lon/lat: where one passes through a fault the ground is parted along it.

    Returns
    -------
    MendedTiling
        Only what changes; corners that stay are the same to the last bit.

    """
    if not mends:
        return MendedTiling({}, ())
    left = list(mends)
    alone: set[int] = set()
    while True:
        chosen = [k for k in range(len(left)) if k not in alone]
        result, vanished = _mended(shapes, [left[k] for k in chosen], plane, lines)
        doomed = {k for k in chosen if vanished & set(left[k].rows)}
        if not doomed:
            owners = dict(zip(chosen, result.owners, strict=True))
            return MendedTiling(result.changed, tuple(owners.get(k, ()) for k in range(len(left))))
        alone |= doomed


def _mended(
    shapes: Shapes, mends: Sequence[Mend], plane: TilingPlane, lines: Shapes | None
) -> tuple[MendedTiling, set[int]]:
    """The mended tiling and the rows of which nothing is left (slivers given away apart)."""
    if not mends:
        return MendedTiling({}, ()), set()
    present = np.flatnonzero(~shapely.is_missing(shapes)).astype(np.int64)
    tiles = Tiles(shapes[present], plane)
    drawn = np.array([mend.shape for mend in mends], dtype=object)
    near = np.unique(np.concatenate(beside_each(tiles, plane.to_metric(drawn))))
    rows = present[near]
    space = Space(plane, shapes[rows])
    grids, faults = space.there(shapes[rows]), space.there(drawn)
    faces = _faces(grids, space.lines(lines, faults))
    dispute = Dispute(faces, Parties(grids, rows, mends, faults, space))
    owner = dispute.settle()
    rebuilt = _rebuilt(faces, owner, dispute.held, rows, space)
    changed = {}
    vanished = set()
    emptied = {mend.rows[0] for mend in mends if mend.kind == "sliver"}
    for k, row in enumerate(rows.tolist()):
        new = rebuilt[k]
        if new.is_empty:
            if row not in emptied:
                vanished.add(row)
            changed[row] = new
        elif row in dispute.touched or not shapely.equals_identical(
            shapely.normalize(new), shapely.normalize(grids[k])
        ):
            changed[row] = space.back(new)
    return MendedTiling(changed, dispute.owners(owner)), vanished


def _faces(grids: Shapes, lines: Shapes) -> Shapes:
    borders = shapely.union_all(np.concatenate([shapely.boundary(grids), lines]))
    return np.asarray(shapely.get_parts(shapely.polygonize([borders])))


def _rebuilt(
    faces: Shapes,
    owner: dict[int, set[int]],
    held: list[set[int]],
    rows: Rows,
    space: Space,
) -> list[BaseGeometry]:
    of_row: dict[int, list[int]] = {row: [] for row in rows.tolist()}
    for face in range(len(faces)):
        for row in owner.get(face, held[face]):
            of_row[row].append(face)
    return [_union(faces[of_row[row]], space) for row in rows.tolist()]


def _union(faces: Shapes, space: Space) -> BaseGeometry:
    """The union of faces that share their corners; lone crumbs of rounding are left out."""
    union = shapely.coverage_union_all(faces)
    parts = shapely.get_parts(union)
    parts = parts[shapely.area(parts) * space.unit_m2 > NOISE_M2]
    joined: BaseGeometry = parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts))
    return joined
