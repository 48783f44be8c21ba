"""CSV and XLSX -> names, texts and points; the position stands in columns of degrees, or as WKT."""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.cells import unquoted
from gis.degrees import degrees_of
from gis.encodings import Encoding, choose_encoding
from gis.faults import FileRefused, Note
from gis.reading import Cell, Chooser, Columns, Layer, Source
from gis.shapes import points_of
from gis.targets import DATUM_COLUMN, stated_target
from gis.workbooks import sheet_rows

_DEGREES_RULE = "columns of degrees"
_CELL_LIMIT = 1 << 20
#: A title, a date and a department may stand above the header; more is no table.
_MOST_TITLES = 5
#: What Excel writes above a header so that it splits by this sign itself.
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
_DELIMITERS = ",;\t|"
#: No column is called 110.25 or 13900001111; a year is as good a name as any.
_VALUE = re.compile(r"[-+]?\d+\.\d+|\d{7,}[\dXx]?")


def read_table(source: Source, choose: Chooser) -> Layer:
    """Read a CSV or XLSX.

    Parameters
    ----------
    source : Source
        kind is csv or xlsx; its layer names the sheet.
    choose : callable
        Given all column names, returns those to read. Among them the reader finds the position
        by the names lon, lat or wkt, to which the caller has matched them.

    Returns
    -------
    Layer
        Without shapes yet: `locate` makes them once the position columns are known. Rows are
        counted below the header, blank ones too, and blank ones are left out. Its `crs` is what a
        column named `datum` or 坐标基准 says, as exports have it.

    Raises
    ------
    FileRefused
        ``table.empty``, ``table.no_header``, ``table.ragged``, ``layer.unknown``,
        ``layer.choose``, ``file.too_many_features``, ``file.unreadable``, ``crs.mixed``, and
        those of `choose_encoding`.

    """
    if source.kind == "csv":
        rows, encoding = _csv_rows(source)
    else:
        rows, encoding = sheet_rows(source.path, source.layer), Encoding("utf-8", "format")
    header, rows, titles = _header(rows)
    skipped = [Note("table.title_skipped", detail={"count": titles})] if titles else []
    names = _distinct([str(cell or "").strip() for cell in header])
    chosen = set(choose(names))
    at = [index for index, name in enumerate(names) if name in chosen]
    columns: Columns = {names[index]: [] for index in at}
    datums = [index for index, name in enumerate(names) if name in DATUM_COLUMN.values()]
    numbers: list[int] = []
    stated: set[Cell] = set()
    for number, row in _filled(rows, len(names)):
        if len(numbers) >= source.features_limit:
            raise FileRefused("file.too_many_features", found=number, limit=source.features_limit)
        numbers.append(number)
        stated.update(row[index] for index in datums if index < len(row))
        for index in at:
            columns[names[index]].append(row[index] if index < len(row) else None)
    target = stated_target(stated)
    return Layer(
        names=tuple(names),
        columns=columns,
        shapes=np.full(len(numbers), None, dtype=object),
        unreadable=np.zeros(len(numbers), dtype=bool),
        crs=target.statement if target else None,
        encoding=encoding,
        rule=None if target else _DEGREES_RULE,
        notes=(*encoding.notes, *skipped),
        numbers=np.array(numbers, dtype=np.int64),
    )


def locate(columns: Columns, *, lon: str | None, lat: str | None, wkt: str | None) -> NDArray[Any]:
    """Shapes of a table's rows, from the columns of these names.

    Returns
    -------
    ndarray of geometry, shape (n,)
        None where the position is blank or cannot be read.

    Raises
    ------
    FileRefused
        ``table.no_position`` when neither lon and lat nor wkt is there.

    """
    if wkt is not None and (lon is None or lat is None):
        texts = [value if isinstance(value, str) else None for value in columns[wkt]]
        return np.asarray(shapely.from_wkt(texts, on_invalid="ignore"), dtype=object)
    if lon is None or lat is None:
        raise FileRefused("table.no_position")
    return points_of(_degrees(columns[lon], "lon"), _degrees(columns[lat], "lat"))


def _degrees(column: Sequence[Cell], axis: Literal["lon", "lat"]) -> list[float]:
    numbers = (degrees_of(value, axis) for value in column)
    return [math.nan if number is None else number for number in numbers]


def _csv_rows(source: Source) -> tuple[Iterator[list[Cell]], Encoding]:
    raw = source.path.read_bytes()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = Encoding("utf-16", "declared")
    else:
        encoding = choose_encoding(raw.splitlines(), option=source.encoding, declared=source.cpg)
    name = "utf-8-sig" if encoding.name == "utf-8" else encoding.name
    csv.field_size_limit(_CELL_LIMIT)
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as cut:  # a file that ends inside a character is not whole
        raise FileRefused("encoding.wrong", encoding=name) from cut
    told = _SEPARATOR_LINE.match(text)
    if told:
        return _parsed(text[told.end() :], told[1]), encoding
    return _parsed(text, _delimiter(text)), encoding


def _parsed(text: str, delimiter: str) -> Iterator[list[Cell]]:
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [unquoted(cell) for cell in row]
    except csv.Error as broken:
        raise FileRefused("file.unreadable", reason=str(broken)) from broken


def _delimiter(text: str) -> str:
    """The sign that splits the first line that splits at all into most columns."""
    lines = text.split("\n", maxsplit=_MOST_TITLES + 1)[: _MOST_TITLES + 1]
    header = next((line for line in lines if any(sign in line for sign in _DELIMITERS)), "")
    return max(_DELIMITERS, key=header.count)


def _header(rows: Iterator[list[Cell]]) -> tuple[list[Cell], Iterator[list[Cell]], int]:
    """The line of names, the rows below it, and the number of title lines above.

    A line of one cell is a title when a fuller one follows: merged cells keep their first.
    """
    first = [row for row in itertools.islice(rows, _MOST_TITLES + 1)]
    filled = [sum(_is_filled(cell) for cell in row) for row in first]
    if not any(filled):
        raise FileRefused("table.empty")
    top = next(index for index, count in enumerate(filled) if count)
    fuller = next((index for index in range(top, len(first)) if filled[index] > 1), None)
    at = top if fuller is None else fuller
    if any(_VALUE.fullmatch(str(cell).strip()) for cell in first[at] if cell is not None):
        raise FileRefused("table.no_header")
    return first[at], itertools.chain(first[at + 1 :], rows), sum(map(bool, filled[:at]))


def _is_filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def _filled(rows: Iterator[list[Cell]], width: int) -> Iterator[tuple[int, list[Cell]]]:
    """Rows that hold anything, numbered; one longer than the header has slipped: refused."""
    for number, row in enumerate(rows, start=1):
        if any(_is_filled(cell) for cell in row[width:]):
            raise FileRefused("table.ragged", row=number, found=len(row), limit=width)
        if any(_is_filled(cell) for cell in row):
            yield number, row


def _distinct(names: list[str]) -> list[str]:
    shown: list[str] = []
    for index, name in enumerate(names):
        plain = name or f"column_{index + 1}"
        shown.append(plain if plain not in shown else f"{plain}_{index + 1}")
    return shown


def table_path_kind(path: Path) -> str | None:
    """Kind of table a file is by its name, None for none."""
    return {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx"}.get(path.suffix.lower())
