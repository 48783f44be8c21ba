"""Rows of a table of text: CSV of any common delimiter and encoding, or one sheet of an XLSX.

Each row comes with its number as the file counts it. What cannot be read is refused without a word
of what stands in it: a list of devices holds logins.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Generator
from pathlib import Path

from gis.encodings import choose_encoding
from gis.faults import FileRefused

from ...errors import Refused

Line = tuple[int, list[str]]

_ZIP = b"PK\x03\x04"
_MOST_BYTES = 8 * 1024 * 1024
_MOST_UNPACKED_BYTES = 64 * 1024 * 1024
_MOST_RATIO, _MOST_ENTRIES = 100.0, 200
_DELIMITERS = ",;\t|，；"


class TableRefused(Refused):
    code = "devices.table_refused"
    zh = "无法读取设备清单（{reason}）：请使用带表头的 CSV 或 XLSX 文件，至少有“地址”一列。"
    en = (
        "The list of devices cannot be read ({reason}):"
        " give a CSV or XLSX with a header and 'address'."
    )


def lines_of(raw: bytes) -> Generator[Line, None, None]:
    """Return the rows of a file as cells of text.

    Raises
    ------
    TableRefused
        Too large, an encoding nobody knows, or a workbook that breaks or has several tables.

    """
    if len(raw) > _MOST_BYTES:
        raise TableRefused(reason=f"> {_MOST_BYTES} B")
    return _of_workbook(raw) if raw.startswith(_ZIP) else _of_text(raw)


def _of_text(raw: bytes) -> Generator[Line, None, None]:
    text = _text(raw)
    lines = csv.reader(io.StringIO(text), delimiter=_delimiter(text))
    try:
        for cells in lines:
            yield lines.line_num, cells
    except csv.Error as broken:
        raise TableRefused(reason=f"{lines.line_num}") from broken


def _of_workbook(raw: bytes) -> Generator[Line, None, None]:
    from gis.archive import ArchiveLimits, inspect  # most lists are no workbooks
    from gis.workbooks import sheet_rows

    limits = ArchiveLimits(_MOST_UNPACKED_BYTES, _MOST_RATIO, _MOST_ENTRIES)
    with tempfile.TemporaryDirectory(prefix="gridlink-list-") as private:
        path = Path(private) / "list.xlsx"
        path.write_bytes(raw)
        try:
            inspect(path, limits, nested=True)
            for number, cells in enumerate(sheet_rows(path, None), start=1):
                yield number, [_shown(cell) for cell in cells]
        except FileRefused as refused:
            raise TableRefused(reason=refused.code) from refused


def _shown(cell: str | float | None) -> str:
    """Return a cell as it would stand in a CSV: a port or a password of digits is no fraction."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _text(raw: bytes) -> str:
    for mark, name in (
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
        (b"\xef\xbb\xbf", "utf-8-sig"),
    ):
        if raw.startswith(mark):
            return raw.decode(name, "replace")
    try:
        return raw.decode(choose_encoding([raw]).name)
    except FileRefused as refused:
        raise TableRefused(reason=refused.code) from refused


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda sign: (first.count(sign), sign == ","))
