"""Mends of a tiling: the ground of an overlap, a gap or a sliver given to one grid; lon/lat.

The grids around the faults are cut into faces along all their borders, and along a reference line
where one is given. Each face in dispute goes to one grid, and the grids are put together anew:
what leaves here shares every corner with its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.tilingedges import edges_of, shared_lengths
from gis.tilingfaces import Tiles, beside_each
from gis.tilingplane import TilingPlane
from gis.tilingspots import NOISE_M2

Shapes = NDArray[np.object_]
Rows = NDArray[np.int64]
Kind = Literal["overlap", "gap", "sliver"]

#: Taken for lying in a fault though its edge is a rounding away.
_INSIDE_M = 1e-5


@dataclass(frozen=True, slots=True)
class Mend:
    """One fault to be mended.

    Attributes
    ----------
    kind : {"overlap", "gap", "sliver"}
        What it is; a sliver is a piece of a grid, or a whole one.
    rows : tuple of int
        Rows concerned: the two of an overlap, the neighbours of a gap, the grid of a sliver.
    shape : MultiPolygon
        Where it lies, lon/lat, EPSG:4326.
    to : int or None
        Row that gets the ground; None for the one that shares the longest border with it.

    """

    kind: Kind
    rows: tuple[int, ...]
    shape: BaseGeometry
    to: int | None = None


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
    faults = plane.to_metric(np.array([mend.shape for mend in mends], dtype=object))
    near = np.unique(np.concatenate(beside_each(tiles, faults)))
    grids = tiles.metric(near)
    rows = present[near]
    faces = _faces(grids, faults, _metric_lines(lines, faults, plane))
    dispute = _Dispute(faces, grids, rows, mends, faults)
    owner = dispute.settle()
    rebuilt = _rebuilt(faces, owner, dispute.held, rows)
    corners = _Corners(shapes[rows], grids, plane)
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
            changed[row] = corners.back(new)
    return MendedTiling(changed, dispute.owners(owner)), vanished


def _metric_lines(lines: Shapes | None, faults: Shapes, plane: TilingPlane) -> Shapes:
    """Reference lines within the faults, metres."""
    if lines is None or not len(lines):
        return np.empty(0, dtype=object)
    metric = plane.to_metric(lines)
    line, fault = shapely.STRtree(faults).query(metric, predicate="intersects")
    return np.asarray(shapely.intersection(metric[line], faults[fault]))


def _faces(grids: Shapes, faults: Shapes, lines: Shapes) -> Shapes:
    borders = shapely.union_all(np.concatenate([shapely.boundary(grids), lines]))
    return np.asarray(shapely.get_parts(shapely.polygonize([borders])))


class _Dispute:
    """Faces, who holds each, and which mend each belongs to."""

    def __init__(
        self, faces: Shapes, grids: Shapes, rows: Rows, mends: Sequence[Mend], faults: Shapes
    ) -> None:
        self.mends = mends
        self.rows = rows
        points = shapely.point_on_surface(faces)
        face, grid = shapely.STRtree(grids).query(points, predicate="intersects")
        self.held: list[set[int]] = [set() for _ in range(len(faces))]
        for f, g in zip(face.tolist(), rows[grid].tolist(), strict=True):
            self.held[f].add(g)
        self.mends_of: list[list[int]] = [[] for _ in range(len(faces))]
        face, fault = shapely.STRtree(faults).query(points, predicate="dwithin", distance=_INSIDE_M)
        for f, m in zip(face.tolist(), fault.tolist(), strict=True):
            if self._fits(mends[m], self.held[f]):
                self.mends_of[f].append(m)
        self.touched = {row for k in self._open() for row in self.held[k]}
        self.lengths = _neighbours(faces)

    @staticmethod
    def _fits(mend: Mend, held: set[int]) -> bool:
        if mend.kind == "gap":
            return not held
        return set(mend.rows) <= held

    def _open(self) -> list[int]:
        return [k for k, mends in enumerate(self.mends_of) if mends]

    def settle(self) -> dict[int, set[int]]:
        """Who holds each face in dispute; those with the longest settled border come first."""
        settled: dict[int, set[int]] = {}
        waiting = dict.fromkeys(self._open())
        for face in list(waiting):
            wished = {self.mends[m].to for m in self.mends_of[face]} - {None}
            if wished:
                settled[face] = self._kept(face, {row for row in wished if row is not None})
                del waiting[face]
        while waiting:
            best = max(
                waiting, key=lambda face: max(self._borders(face, settled).values(), default=-1.0)
            )
            borders = self._borders(best, settled)
            if borders:
                settled[best] = self._kept(best, {max(sorted(borders), key=borders.__getitem__)})
            else:
                settled[best] = self._kept(best, set(sorted(self.held[best])[:1]))
            del waiting[best]
        return settled

    def _kept(self, face: int, winners: set[int]) -> set[int]:
        """The winner of each mend, and who holds the face without being part of any."""
        parties = {row for m in self.mends_of[face] for row in self._parties(self.mends[m])}
        return {min(winners)} | (self.held[face] - parties) if winners else set(self.held[face])

    @staticmethod
    def _parties(mend: Mend) -> tuple[int, ...]:
        return () if mend.kind == "gap" else mend.rows

    def _borders(self, face: int, settled: dict[int, set[int]]) -> dict[int, float]:
        """Length of border with the ground of each grid that may get the face."""
        allowed = self._candidates(face)
        borders: dict[int, float] = {}
        for other, length in self.lengths.get(face, ()):
            if self.mends_of[other] and other not in settled:
                continue
            holders = settled.get(other, self.held[other])
            for row in holders:
                if allowed is None or row in allowed:
                    borders[row] = borders.get(row, 0.0) + length
        slivers = {
            self.mends[m].rows[0] for m in self.mends_of[face] if self.mends[m].kind == "sliver"
        }
        return {row: length for row, length in borders.items() if row not in slivers}

    def _candidates(self, face: int) -> set[int] | None:
        """Rows that may get a face; None for any beside it."""
        rows: set[int] = set()
        for m in self.mends_of[face]:
            if self.mends[m].kind != "overlap":
                return None
            rows |= set(self.mends[m].rows)
        return rows

    def owners(self, settled: dict[int, set[int]]) -> tuple[tuple[int, ...], ...]:
        """For each mend the rows that hold its ground now."""
        found: list[set[int]] = [set() for _ in self.mends]
        for face, holders in settled.items():
            for m in self.mends_of[face]:
                found[m] |= holders
        return tuple(tuple(sorted(rows)) for rows in found)


def _neighbours(faces: Shapes) -> dict[int, list[tuple[int, float]]]:
    found: dict[int, list[tuple[int, float]]] = {}
    for one, other, length in zip(*shared_lengths(edges_of(faces)), strict=True):
        found.setdefault(int(one), []).append((int(other), float(length)))
    return found


def _rebuilt(
    faces: Shapes, owner: dict[int, set[int]], held: list[set[int]], rows: Rows
) -> list[BaseGeometry]:
    of_row: dict[int, list[int]] = {row: [] for row in rows.tolist()}
    for face in range(len(faces)):
        for row in owner.get(face, held[face]):
            of_row[row].append(face)
    return [_union(faces[of_row[row]]) for row in rows.tolist()]


def _union(faces: Shapes) -> BaseGeometry:
    """The union of faces that share their corners; lone crumbs of rounding are left out."""
    union = shapely.coverage_union_all(faces)
    parts = shapely.get_parts(union)
    parts = parts[shapely.area(parts) > NOISE_M2]
    joined: BaseGeometry = parts[0] if len(parts) == 1 else shapely.MultiPolygon(list(parts))
    return joined


class _Corners:
    """Metres back to degrees, old corners to what they were to the last bit."""

    def __init__(self, lonlat: Shapes, metric: Shapes, plane: TilingPlane) -> None:
        keys = map(tuple, shapely.get_coordinates(metric).tolist())
        self._old = dict(zip(keys, shapely.get_coordinates(lonlat).tolist(), strict=True))
        self._plane = plane

    def back(self, shape: BaseGeometry) -> BaseGeometry:
        xy = shapely.get_coordinates(shape)
        moved = self._plane.lonlat(xy[:, 0], xy[:, 1])
        for k, key in enumerate(map(tuple, xy.tolist())):
            if key in self._old:
                moved[k] = self._old[key]
        result: BaseGeometry = shapely.set_coordinates(shapely.transform(shape, lambda c: c), moved)
        return result
