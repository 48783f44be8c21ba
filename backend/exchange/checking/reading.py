"""A file of grids -> a tiling to be checked; read in a bounded process like any import."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gis.cells import text_of
from gis.columns import Field
from gis.faults import FileRefused
from gis.intake import Intake, Order
from gis.sandbox import take_in_contained
from gis.shapes import ShapeLimits, Wanted

from ...grids.importing import FIELDS, is_exclusive
from ...grids.tiling.checking import EXCLUSIVE_LAYER, InvalidRow, Parents, Tiling
from ...settings import load
from ..laying import laid_out

Shapes = NDArray[np.object_]
#: Columns that may hold the code of a row or of its parent; numbers of the program are no codes.
_LIKELY_CODE = re.compile(r"(id|code|no|key)\d*$|[码号]$", re.IGNORECASE)
_ROW_NUMBER = re.compile(r"^(object_?id|fid|ogc_fid|oid|global_?id|.*_fid)$", re.IGNORECASE)
_MOST_CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class Wish:
    """How the user wants a file read."""

    layer: str | None = None
    encoding: str | None = None
    datum: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    parent_column: str | None = None
    keeps_columns: bool = False


@dataclass(frozen=True, slots=True)
class Read:
    """A file as read: its rows, their codes, and the other columns by name."""

    intake: Intake
    codes: list[str | None] | None
    others: dict[str, list[str | None]]
    is_assumed: bool = False
    """True where nobody said which datum the degrees are on: for the faults it does not matter."""


def read_grids(path: Path, wish: Wish) -> Read:
    """Read the polygons of a file with their codes.

    The code is the column an import would take; else the first that is named like one, is filled
    in every row and never the same twice; else there is none.

    Raises
    ------
    FileRefused
        As an import; degrees without any datum are taken as they are.

    """
    first, is_assumed = _taken(path, wish, "polygon", FIELDS, wish.columns)
    wanted = _candidates(first, wish)
    if not wanted:
        return Read(first, _codes(first, "code"), {}, is_assumed)
    names = {f"column_{k}": column for k, column in enumerate(wanted)}
    fields = (*FIELDS, *(Field(name, ()) for name in names))
    intake, is_assumed = _taken(path, wish, "polygon", fields, {**wish.columns, **names})
    others = {column: _texts(intake, name) for name, column in names.items()}
    codes = _codes(intake, "code") or next(filter(_are_codes, _likely(others)), None)
    return Read(intake, codes, others, is_assumed)


def read_lines(path: Path) -> Shapes:
    """Read the lines of a file: roads or rivers to mend along."""
    intake, _ = _taken(path, Wish(), "line", (), {})
    return np.array([shape for shape in intake.shapes if shape is not None], dtype=object)


def as_tiling(read: Read, parents: Read | None = None, *, stated: str | None = None) -> Tiling:
    """Return the grids of a file, and their parents, as a tiling.

    Raises
    ------
    FileRefused
        ``columns.no_such_column`` when the column said to state the parent is not there.

    """
    intake = read.intake
    numbers = [intake.number(index) for index in range(len(intake))]
    kinds = _texts(intake, "kind") if "kind" in intake.columns else [None] * len(intake)
    return Tiling(
        shapes=intake.shapes,
        numbers=numbers,
        codes=read.codes or [None] * len(intake),
        layers=[EXCLUSIVE_LAYER if is_exclusive(kind) else 0 for kind in kinds],
        is_coded=read.codes is not None,
        declared=intake.crs,
        invalid=_invalid(intake),
        parents=None if parents is None else _parents(read, parents, stated),
    )


def _taken(
    path: Path, wish: Wish, wanted: Wanted, fields: Sequence[Field], columns: dict[str, str]
) -> tuple[Intake, bool]:
    try:
        return _take_in(path, wish, wanted, fields, columns), False
    except FileRefused as refused:
        if refused.code != "crs.unknown" or wish.datum is not None:
            raise
        try:
            degrees = replace(wish, datum="wgs84")
            return _take_in(path, degrees, wanted, fields, columns), True
        except FileRefused as again:
            raise (refused if again.code == "crs.mismatch" else again) from again


def _take_in(
    path: Path, wish: Wish, wanted: Wanted, fields: Sequence[Field], columns: dict[str, str]
) -> Intake:
    with laid_out(path, layer=wish.layer, encoding=wish.encoding) as laid:
        order = Order(
            source=laid.source,
            wanted=wanted,
            fields=tuple(fields),
            datum=wish.datum,
            overrides=columns,
            limits=ShapeLimits(vertices=load().imports.vertices_per_feature),
        )
        intake = take_in_contained(order, laid.folder, laid.child)
    if not len(intake):
        raise FileRefused("file.empty")
    return intake


def _candidates(intake: Intake, wish: Wish) -> list[str]:
    """Columns to read beside those an import takes."""
    ignored = intake.matching.ignored
    if wish.keeps_columns:
        return list(ignored)
    found = [name for name in ignored if _is_likely(name)][:_MOST_CANDIDATES]
    if wish.parent_column in ignored and wish.parent_column not in found:
        found.append(str(wish.parent_column))
    return found


def _is_likely(name: str) -> bool:
    return bool(_LIKELY_CODE.search(name.strip())) and not _ROW_NUMBER.match(name.strip())


def _likely(others: dict[str, list[str | None]]) -> list[list[str | None]]:
    return [texts for name, texts in others.items() if _is_likely(name)]


def _are_codes(texts: list[str | None]) -> bool:
    return all(texts) and len(set(texts)) == len(texts)


def _codes(intake: Intake, name: str) -> list[str | None] | None:
    return _texts(intake, name) if name in intake.columns else None


def _texts(intake: Intake, name: str) -> list[str | None]:
    return [text_of(cell) for cell in intake.columns[name]]


def _invalid(intake: Intake) -> list[InvalidRow]:
    """Rows put right on reading and rows that could not be, in the order of the file."""
    rows = [InvalidRow(row.row, row.reason, row.lon, row.lat, True) for row in intake.mended]
    rows += [InvalidRow(row.row, row.code, row.lon, row.lat, False) for row in intake.faults]
    return sorted(rows, key=lambda row: row.number)


def _parents(read: Read, parents: Read, stated: str | None) -> Parents:
    """The parents and what each grid states: the column named, else one that holds their codes."""
    codes = parents.codes
    if codes is None:
        codes = [str(parents.intake.number(index)) for index in range(len(parents.intake))]
    columns = dict(read.others)
    for match in read.intake.matching.matched:
        if match.field in read.intake.columns:
            columns.setdefault(match.column, _texts(read.intake, match.field))
    if stated is not None and stated not in columns:
        raise FileRefused("columns.no_such_column", column=stated, known=", ".join(sorted(columns)))
    chosen = columns[stated] if stated else _stating(columns, read.codes, codes)
    return Parents(codes, parents.intake.shapes, chosen)


def _stating(
    columns: dict[str, list[str | None]],
    own: list[str | None] | None,
    parent_codes: list[str | None],
) -> list[str | None] | None:
    known = {code for code in parent_codes if code}
    for texts in columns.values():
        told = {text for text in texts if text}
        if texts is not own and told and told <= known:
            return texts
    return None
