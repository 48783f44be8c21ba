"""CSV and XLSX -> names, texts and points; the position stands in columns of degrees, or as WKT."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.cells import number_of
from gis.encodings import Encoding, choose_encoding
from gis.faults import FileRefused
from gis.reading import Cell, Chooser, Columns, Layer, Source
from gis.shapes import points_of

_DEGREES_RULE = "columns of degrees"
_CELL_LIMIT = 1 << 20


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
        Without shapes yet: `locate` makes them once the position columns are known.

    Raises
    ------
    FileRefused
        ``table.empty``, ``table.ragged``, ``layer.unknown``, ``file.too_many_features``,
        ``file.unreadable``, and those of `choose_encoding`.

    """
    rows, encoding = _csv_rows(source) if source.kind == "csv" else _sheet_rows(source)
    header = next(rows, None)
    if not header or not any(str(cell or "").strip() for cell in header):
        raise FileRefused("table.empty")
    names = _distinct([str(cell or "").strip() for cell in header])
    chosen = set(choose(names))
    at = [index for index, name in enumerate(names) if name in chosen]
    columns: Columns = {names[index]: [] for index in at}
    count = 0
    for count, row in enumerate(_filled(rows, len(names)), start=1):
        if count > source.features_limit:
            raise FileRefused("file.too_many_features", found=count, limit=source.features_limit)
        for index in at:
            columns[names[index]].append(row[index] if index < len(row) else None)
    shapes = np.full(count, None, dtype=object)
    unreadable = np.zeros(count, dtype=bool)
    return Layer(tuple(names), columns, shapes, unreadable, None, encoding, _DEGREES_RULE)


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
    return points_of(_degrees(columns[lon]), _degrees(columns[lat]))


def _degrees(column: Sequence[Cell]) -> list[float]:
    numbers = (number_of(value) for value in column)
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
    return _parsed(text, _delimiter(text)), encoding


def _parsed(text: str, delimiter: str) -> Iterator[list[Cell]]:
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield list(row)
    except csv.Error as broken:
        raise FileRefused("file.unreadable", reason=str(broken)) from broken


def _delimiter(text: str) -> str:
    """The sign that splits the header into most columns."""
    header = text.split("\n", maxsplit=1)[0]
    return max(",;\t|", key=header.count)


def _sheet_rows(source: Source) -> tuple[Iterator[list[Cell]], Encoding]:
    import openpyxl  # 0.2 s, and most imports are no workbooks
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(source.path, read_only=True, data_only=True)
    except (InvalidFileException, KeyError, ValueError, OSError) as broken:
        raise FileRefused("file.unreadable", reason=str(broken)[:200]) from broken
    known = book.sheetnames
    if source.layer is not None and source.layer not in known:
        raise FileRefused("layer.unknown", layer=source.layer, known=", ".join(known))
    sheet = book[source.layer or known[0]]
    # A sheet may declare a size of its own choosing; only what is there is read.
    sheet.reset_dimensions()
    return _cells(sheet.iter_rows(values_only=True)), Encoding("utf-8", "format")


def _cells(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[Cell]]:
    for row in rows:
        yield [
            value if value is None or isinstance(value, str | int | float) else str(value)
            for value in row
        ]


def _filled(rows: Iterator[list[Cell]], width: int) -> Iterator[list[Cell]]:
    """Rows that hold anything; one longer than the header is refused: its columns have slipped."""
    for number, row in enumerate(rows, start=1):
        if any(cell not in (None, "") for cell in row[width:]):
            raise FileRefused("table.ragged", row=number, found=len(row), limit=width)
        if any(cell not in (None, "") for cell in row):
            yield row


def _distinct(names: list[str]) -> list[str]:
    shown: list[str] = []
    for index, name in enumerate(names):
        plain = name or f"column_{index + 1}"
        shown.append(plain if plain not in shown else f"{plain}_{index + 1}")
    return shown


def table_path_kind(path: Path) -> str | None:
    """Kind of table a file is by its name, None for none."""
    return {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx"}.get(path.suffix.lower())
