"""The board on which a change set is worked out: its grids and their neighbours, nothing written.

What is drawn on it decides preview and application alike.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import ArgumentError
from gis.gridedit import in_step
from gis.gridorder import proposed_codes

from ...db import as_owner
from ...settings import load
from .refusals import GridsChanged, NoCodes

_COLUMNS = "g.id, g.code, g.name, g.kind, g.division_code, g.households, ST_AsBinary(g.geom)"
_NAMED = text(
    f"SELECT {_COLUMNS} FROM grids g WHERE g.id = ANY(:ids) AND g.set_name = :set_name"  # noqa: S608
    " AND g.valid_to IS NULL AND g.division_code BETWEEN :low AND :high"
)
# Neighbours of the whole land: a border of the jurisdiction is common ground too.
_AROUND = text(
    f"SELECT DISTINCT ON (g.id) {_COLUMNS} FROM unnest(CAST(:boxes AS bytea[])) AS b (box)"  # noqa: S608
    " JOIN grids g ON g.geom && ST_Expand(ST_GeomFromWKB(b.box, 4326), 1e-6)"
    " AND g.set_name = :set_name AND g.valid_to IS NULL"
)
_CODES = text("SELECT DISTINCT code FROM grids WHERE set_name = :set_name")


@dataclass(frozen=True, slots=True)
class Cell:
    """A grid on the board; a negative id is one that this change set makes."""

    id: int
    code: str
    name: str
    kind: str
    division_code: int
    households: int | None
    shape: BaseGeometry


@dataclass(slots=True)
class Board:
    """Cells by id as they stand now, and as they were in force; `touched` are ids of the latter."""

    session: Session
    set_name: str
    span: tuple[int, int]
    cells: dict[int, Cell] = field(default_factory=dict)
    was: dict[int, Cell] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    _made: int = 0
    _codes: set[str] | None = None

    def lay_out(self, ids: Iterable[int], grounds: Sequence[BaseGeometry]) -> None:
        """Put on the board the grids named, which must be in force, and all around them.

        Raises
        ------
        GridsChanged
            If a grid is not in force, not of the set, or outside the jurisdiction.

        """
        wanted = sorted({number for number in ids if number > 0})
        low, high = self.span
        asked = {"ids": wanted, "set_name": self.set_name, "low": low, "high": high}
        for row in self.session.execute(_NAMED, asked):
            self.was[row[0]] = _cell(row)
        missing = [number for number in wanted if number not in self.was]
        if missing:
            raise GridsChanged(ids=", ".join(map(str, missing[:10])), grid_ids=missing[:100])
        shapes = [*(cell.shape for cell in self.was.values()), *grounds]
        boxes = [shapely.to_wkb(shapely.box(*shape.bounds)) for shape in shapes]
        with as_owner(self.session):
            around = {"boxes": boxes, "set_name": self.set_name}
            for row in self.session.execute(_AROUND, around).all():
                self.was.setdefault(row[0], _cell(row))
        self.cells = dict(self.was)

    def cell(self, number: int) -> Cell:
        """Return a cell that the caller may change.

        Raises
        ------
        GridsChanged
            If it is not there any more, or lies outside the jurisdiction.

        """
        found = self.cells.get(number)
        if found is None or not self.span[0] <= found.division_code <= self.span[1]:
            raise GridsChanged(ids=str(number), grid_ids=[number])
        return found

    def change(self, *cells: Cell) -> None:
        """Put changed cells in place of what they were; neighbours get their nodes."""
        ids = {cell.id for cell in cells}
        standing = [cell for cell in self.cells.values() if cell.id not in ids]
        shapes = in_step([cell.shape for cell in standing], [cell.shape for cell in cells])
        for cell, shape in zip(standing, shapes, strict=True):
            if shape is not cell.shape:
                self.cells[cell.id] = replace(cell, shape=shape)
        for cell in cells:
            self.cells[cell.id] = cell
        self.touched |= {number for number in ids if number in self.was}

    def end(self, *ids: int) -> None:
        """Take cells off the board."""
        for number in ids:
            del self.cells[number]
        self.touched |= {number for number in ids if number in self.was}

    def next_id(self) -> int:
        """Return the id of the next cell made: -1, -2 ..."""
        self._made += 1
        return -self._made

    def around(self, *cells: Cell) -> list[BaseGeometry]:
        """Return the shapes of all others of the same kind."""
        ids, kind = {cell.id for cell in cells}, cells[0].kind
        return [c.shape for c in self.cells.values() if c.id not in ids and c.kind == kind]

    def propose(self, division_code: int, count: int) -> list[str]:
        """Return free codes by the set's layout.

        Raises
        ------
        NoCodes
            If the layout has not so many.

        """
        if not count:
            return []
        if self._codes is None:
            self._codes = taken_codes(self.session, self.set_name)
        taken = self._codes | {cell.code for cell in self.cells.values()}
        return proposed(self.set_name, division_code, taken, count)


def proposed(set_name: str, division_code: int, taken: set[str], count: int) -> list[str]:
    """Return free codes of a division by the layout of a set.

    Raises
    ------
    NoCodes
        If the layout has not so many.

    """
    layouts = load().grids
    layout = layouts.code_layouts.get(set_name, layouts.code_layout)
    try:
        return proposed_codes(layout, division_code, taken, count)
    except ArgumentError as short:
        raise NoCodes(field="code", layout=layout) from short


def taken_codes(session: Session, set_name: str) -> set[str]:
    """Return all codes that grids of a set have or had, also beyond the jurisdiction."""
    with as_owner(session):
        return set(session.scalars(_CODES, {"set_name": set_name}).all())


def _cell(row: Sequence[Any]) -> Cell:
    number, code, name, kind, division_code, households, wkb = row
    shape = shapely.from_wkb(bytes(wkb))
    if shapely.get_num_geometries(shape) == 1:
        shape = shapely.get_parts(shape)[0]
    return Cell(number, code, name, kind, division_code, households, shape)
