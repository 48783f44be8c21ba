"""XLSX -> rows of cells of the one sheet that is meant. Formulas give their stored values."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from defusedxml.ElementTree import iterparse

from gis.columns import POSITION, match_columns
from gis.faults import FileRefused
from gis.reading import Cell

#: What a formula leaves in a cell when it fails.
_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!")
#: Lines at the top of a sheet in which its header is sought.
_TOP = 6


def sheet_rows(path: Path, layer: str | None) -> Iterator[list[Cell]]:
    """Rows of one sheet.

    Parameters
    ----------
    path : Path
        The workbook, its archive already judged.
    layer : str or None
        The sheet; without it, the only one that holds anything, or the only one with a position.

    Raises
    ------
    FileRefused
        ``layer.unknown``, ``layer.choose``, ``file.unreadable``.

    """
    import openpyxl  # 0.2 s, and most imports are no workbooks

    with _readable():
        _refuse_document_types(path)
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheets = {sheet.title: sheet for sheet in book.worksheets}
    if layer is not None and layer not in sheets:
        raise FileRefused("layer.unknown", layer=layer, known=", ".join(sheets))
    return _rows(sheets[layer] if layer is not None else _meant(sheets))


def _refuse_document_types(path: Path) -> None:
    """Refuse a workbook with a part that declares a document type; the format has none.

    openpyxl forbids entities and lets a bare or external declaration pass.
    """
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.lower().endswith((".xml", ".rels", ".vml")):
                with archive.open(name) as part:
                    # As far as the root element: what declares a type stands before it.
                    next(iterparse(part, events=("start",), forbid_dtd=True), None)


def _meant(sheets: dict[str, Any]) -> Any:
    """The sheet that is meant when nobody names one; never a guess between two."""
    tops = {name: list(itertools.islice(_rows(sheet), _TOP)) for name, sheet in sheets.items()}
    filled = [name for name, top in tops.items() if any(any(row) for row in top)]
    if len(filled) > 1:
        placed = [name for name in filled if any(_has_position(row) for row in tops[name])]
        filled = placed if placed else filled
    if len(filled) > 1:
        raise FileRefused("layer.choose", known=", ".join(filled))
    if not filled:
        raise FileRefused("table.empty")
    return sheets[filled[0]]


def _has_position(row: list[Cell]) -> bool:
    names = [str(cell).strip() for cell in row if cell is not None]
    found = {match.field for match in match_columns(names, POSITION, {}).matched}
    return "wkt" in found or {"lon", "lat"} <= found


def _rows(sheet: Any) -> Iterator[list[Cell]]:
    # A sheet may declare a size of its own choosing; only what is there is read.
    sheet.reset_dimensions()
    with _readable():
        for row in sheet.iter_rows(values_only=True):
            yield [_plain(value) for value in row]


def _plain(value: Any) -> Cell:
    if isinstance(value, str):
        return None if value in _ERRORS else value
    return value if value is None or isinstance(value, int | float) else str(value)


@contextmanager
def _readable() -> Iterator[None]:
    """Refuse a workbook that breaks on the way; the reason never quotes what stands in it."""
    try:
        yield
    except (ET.ParseError, zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError) as broken:
        if isinstance(broken, FileRefused):
            raise
        raise FileRefused("file.unreadable", reason=f"xlsx, {type(broken).__name__}") from broken
    except Exception as broken:
        if type(broken).__module__.startswith(("openpyxl", "defusedxml")):
            raise FileRefused(
                "file.unreadable", reason=f"xlsx, {type(broken).__name__}"
            ) from broken
        raise
