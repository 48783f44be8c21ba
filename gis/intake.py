"""A file from outside -> matched columns and judged shapes, in one pass; EPSG:4326, lon, lat.

`take_in` runs anywhere; for files that nobody vouches for, `gis.sandbox.take_in_contained` runs it
in a process with limits.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from gis.cells import is_blank
from gis.columns import POSITION, STATED_POSITION, Field, Matching, match_columns
from gis.crs import Placement, decide_placement, decide_reading
from gis.encodings import Encoding
from gis.faults import FileRefused, Note, RowFault
from gis.reading import Cell, Columns, Layer, Source, read_vector
from gis.readings import parse_reading
from gis.shapes import Judged, MendedRow, ShapeLimits, Wanted, judge_shapes
from gis.tables import locate, read_table
from gis.targets import DATUM_COLUMN

_TABLES = ("csv", "xlsx")
_SAMPLE_CHARACTERS = 24
#: Told the stage, how far it is, and of how many.
Progress = Callable[[str, int, int], None]
_Row = TypeVar("_Row", RowFault, MendedRow)


@dataclass(frozen=True, slots=True)
class Order:
    """What to read, as what, and within which limits.

    `reading` is a name of `gis.readings`; it says how to read the numbers, whatever the file
    states, and leaves `datum` without a say.
    """

    source: Source
    wanted: Wanted
    fields: tuple[Field, ...]
    datum: str | None = None
    reading: str | None = None
    overrides: dict[str, str] = dataclasses.field(default_factory=dict)
    limits: ShapeLimits = dataclasses.field(default_factory=ShapeLimits)


@dataclass(frozen=True, slots=True)
class Intake:
    """What a file holds.

    Attributes
    ----------
    shapes : ndarray of geometry, shape (n,)
        On EPSG:4326; None where the row was refused.
    columns : dict of str to list
        Values by field name, one a row; fields without a column are absent.
    faults, mended, notes
        Rows refused, rows put right, and what the user must know.
    numbers : tuple of int
        Number of each row in the file; empty when no blank row was left out.

    """

    shapes: NDArray[np.object_]
    columns: Columns
    faults: tuple[RowFault, ...]
    mended: tuple[MendedRow, ...]
    notes: tuple[Note, ...]
    matching: Matching
    encoding: Encoding
    crs: str
    datum: str
    datum_how: str
    numbers: tuple[int, ...] = ()

    def number(self, index: int) -> int:
        """Number of a row in the file, from 1."""
        return self.numbers[index] if self.numbers else index + 1

    def __len__(self) -> int:
        return len(self.shapes)


def take_in(order: Order, on_progress: Progress | None = None) -> Intake:
    """Read, match, place and judge one file.

    Parameters
    ----------
    order : Order
        What to read; its files are laid out already.
    on_progress : callable, optional
        Told stages as they pass.

    Returns
    -------
    Intake
        All rows of the file, good and bad.

    Raises
    ------
    FileRefused
        When the file as a whole cannot be taken; see the parts of this package it passes through.

    """
    tell = on_progress or (lambda _stage, _done, _total: None)
    is_table = order.source.kind in _TABLES
    matching = Matching((), (), ())

    def choose(names: Sequence[str]) -> Sequence[str]:
        nonlocal matching
        position = _position(names) if is_table else ()
        matching = match_columns(names, (*order.fields, *position), order.overrides)
        return [match.column for match in matching.matched]

    tell("read", 0, 0)
    reader = read_table if is_table else read_vector
    layer = reader(order.source, choose)
    if is_table:
        layer = _located(layer, matching, is_swapped=_is_swapped(order))
    placement = _placement(order, layer, is_in_columns=is_table and _in_columns(matching))
    total = len(layer.shapes)
    tell("judge", 0, total)
    judged = judge_shapes(
        layer.shapes,
        layer.unreadable,
        placement,
        wanted=order.wanted,
        limits=order.limits,
        on_progress=lambda done: tell("mend", done, total),
    )
    tell("judge", total, total)
    return _intake(order, layer, placement, judged, matching)


def _intake(
    order: Order, layer: Layer, placement: Placement, judged: Judged, matching: Matching
) -> Intake:
    columns = _by_field(order.fields, layer.columns, matching)
    return Intake(
        shapes=judged.shapes,
        columns=columns,
        faults=_renumbered(judged.faults, layer.numbers),
        mended=_renumbered(judged.mended, layer.numbers),
        notes=(*layer.notes, *_placement_notes(placement)),
        matching=matching,
        encoding=dataclasses.replace(layer.encoding, sample=_sample(columns, matching)),
        crs=placement.crs,
        datum=placement.datum,
        datum_how=placement.how,
        numbers=() if layer.numbers is None else tuple(layer.numbers.tolist()),
    )


def _renumbered(rows: tuple[_Row, ...], numbers: NDArray[np.int64] | None) -> tuple[_Row, ...]:
    if numbers is None:
        return rows
    return tuple(dataclasses.replace(row, row=int(numbers[row.row - 1])) for row in rows)


def _in_columns(matching: Matching) -> bool:
    """True when a table's position stands in two columns, not in a WKT."""
    return {"lon", "lat"} <= {match.field for match in matching.matched}


def _placement(order: Order, layer: Layer, *, is_in_columns: bool) -> Placement:
    if order.reading is None:
        return decide_placement(layer.crs, order.datum, rule=layer.rule)
    placement = decide_reading(order.reading, layer.crs)
    if placement.reading is not None and is_in_columns:
        # The columns changed places already: a cell is read by the axis it is meant for.
        plain = dataclasses.replace(placement.reading, is_swapped=False)
        return dataclasses.replace(placement, reading=plain)
    return placement


def _is_swapped(order: Order) -> bool:
    return order.reading is not None and parse_reading(order.reading).is_swapped


def _position(names: Sequence[str]) -> tuple[Field, ...]:
    return POSITION if set(DATUM_COLUMN.values()).isdisjoint(names) else STATED_POSITION


def _located(layer: Layer, matching: Matching, *, is_swapped: bool) -> Layer:
    by_field = {match.field: match.column for match in matching.matched}
    lon, lat, wkt = (by_field.get(name) for name in ("lon", "lat", "wkt"))
    if is_swapped:
        lon, lat = lat, lon
    is_unstated = layer.crs is None and _is_taken_by_axis(matching)
    if is_unstated or ((lon is None or lat is None) and wkt is None):
        raise FileRefused("table.no_position", known=", ".join(layer.names))
    shapes = locate(layer.columns, lon=lon, lat=lat, wkt=wkt)
    position = [name for name in (lon, lat) if name] or [str(wkt)]
    written = np.array(
        [
            any(not is_blank(layer.columns[name][row]) for name in position)
            for row in range(len(shapes))
        ],
        dtype=bool,
    )
    missing = np.array([shape is None for shape in shapes], dtype=bool)
    return dataclasses.replace(layer, shapes=shapes, unreadable=written & missing)


def _is_taken_by_axis(matching: Matching) -> bool:
    """True when columns called x and y were taken although nobody mapped them."""
    return any(m.column.casefold() in ("x", "y") and m.how == "alias" for m in matching.matched)


def _by_field(fields: Sequence[Field], columns: Columns, matching: Matching) -> Columns:
    """Columns under the names of their fields; of several, each row takes the first filled."""
    by_field: Columns = {}
    for field in fields:
        found = [columns[match.column] for match in matching.matched if match.field == field.name]
        if found:
            by_field[field.name] = [_first_filled(cells) for cells in zip(*found, strict=True)]
    return by_field


def _sample(columns: Columns, matching: Matching) -> str:
    """A text by which the encoding can be judged, from what is kept: a value, else a header."""
    values = (cell for column in columns.values() for cell in column if isinstance(cell, str))
    headers = (match.column for match in matching.matched)
    telling = (text.strip() for text in chain(values, headers) if not text.isascii())
    return next(telling, "")[:_SAMPLE_CHARACTERS]


def _first_filled(cells: tuple[Cell, ...]) -> Cell:
    return next((cell for cell in cells if not is_blank(cell)), cells[0])


def _placement_notes(placement: Placement) -> list[Note]:
    notes = []
    if placement.how == "assumed":
        notes.append(Note("crs.assumed", detail={"crs": placement.crs}))
    if placement.overrules:
        detail = {"crs": placement.overrules, "datum": placement.datum}
        notes.append(Note("crs.overruled", detail=detail))
    return notes
