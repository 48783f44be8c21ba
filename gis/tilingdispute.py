"""Who gets the faces of a tiling that several grids hold, or none; see `gis.tilingmends`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.tilingedges import edges_of, shared_lengths
from gis.tilingspace import Space

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
class Parties:
    """Grids around some faults (`space` coordinates) with their rows, and the mends wished."""

    grids: Shapes
    rows: Rows
    mends: Sequence[Mend]
    faults: Shapes
    space: Space


class Dispute:
    """Faces, who holds each, and which mend each belongs to."""

    def __init__(self, faces: Shapes, parties: Parties) -> None:
        self.mends = parties.mends
        points = shapely.point_on_surface(faces)
        self.held: list[set[int]] = [set() for _ in range(len(faces))]
        face, grid = shapely.STRtree(parties.grids).query(points, predicate="intersects")
        for f, row in zip(face.tolist(), parties.rows[grid].tolist(), strict=True):
            self.held[f].add(row)
        self.mends_of: list[list[int]] = [[] for _ in range(len(faces))]
        near = _INSIDE_M / parties.space.unit_m
        tree = shapely.STRtree(parties.faults)
        face, fault = tree.query(points, predicate="dwithin", distance=near)
        for f, m in zip(face.tolist(), fault.tolist(), strict=True):
            if self._fits(self.mends[m], self.held[f]):
                self.mends_of[f].append(m)
        self.touched = {row for k in self._open() for row in self.held[k]}
        self.lengths = _neighbours(faces, parties.space)

    @staticmethod
    def _fits(mend: Mend, held: set[int]) -> bool:
        if mend.kind == "gap":
            return not held
        return set(mend.rows) <= held

    def _open(self) -> list[int]:
        return [k for k, mends in enumerate(self.mends_of) if mends]

    def settle(self) -> dict[int, set[int]]:
        """Who holds each face in dispute: the grid named, else the one with the longest border.

        Ground that nobody disputes counts first, so that a reference line parts what lies along
        it; what touches disputed ground only follows in further rounds.
        """
        settled: dict[int, set[int]] = {}
        waiting = self._open()
        for face in waiting:
            named = {self.mends[m].to for m in self.mends_of[face]} - {None}
            if named:
                settled[face] = self._kept(face, min(row for row in named if row is not None))
        waiting = [face for face in waiting if face not in settled]
        known: dict[int, set[int]] = {}
        while waiting:
            found: dict[int, set[int]] = {}
            for face in waiting:
                borders = self._borders(face, known)
                if borders:
                    found[face] = self._kept(face, max(sorted(borders), key=borders.__getitem__))
            settled |= found or {face: self._leftover(face) for face in waiting}
            known = settled
            waiting = [face for face in waiting if face not in settled]
        return settled

    def _leftover(self, face: int) -> set[int]:
        """A face that borders on no grid that may get it: it stays with the first of its own."""
        return {min(self.held[face])} if self.held[face] else set()

    def _kept(self, face: int, winner: int) -> set[int]:
        """The winner, and who holds the face without being part of a mend."""
        parties = {row for m in self.mends_of[face] for row in self._parties(self.mends[m])}
        return {winner} | (self.held[face] - parties)

    @staticmethod
    def _parties(mend: Mend) -> tuple[int, ...]:
        return () if mend.kind == "gap" else mend.rows

    def _borders(self, face: int, known: dict[int, set[int]]) -> dict[int, float]:
        """Length of border with the ground of each grid that may get the face."""
        allowed = self._candidates(face)
        borders: dict[int, float] = {}
        for other, length in self.lengths.get(face, ()):
            if self.mends_of[other] and other not in known:
                continue
            holders = known.get(other, self.held[other])
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


def _neighbours(faces: Shapes, space: Space) -> dict[int, list[tuple[int, float]]]:
    found: dict[int, list[tuple[int, float]]] = {}
    shared = shared_lengths(edges_of(faces), space.scale)
    for one, other, length in zip(*shared, strict=True):
        found.setdefault(int(one), []).append((int(other), float(length)))
    return found
