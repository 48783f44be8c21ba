"""dBase tables of shapefiles, written byte by byte: no text and no name is cut inside a character.

GDAL cuts names at 10 bytes of whatever encoding it writes and recodes with the libraries it finds;
here the encoding is Python's, and what does not fit is refused or told.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gis.outform import OutField, OutRefused, Value, text_of

Cells = NDArray[np.bytes_]
#: Bytes of a field's name, and of the longest text a field can hold.
NAME_BYTES, TEXT_BYTES = 10, 254
#: Language byte of the header: 0x4D is code page 936, 0 leaves it to the .cpg.
_LANGUAGE = {"gbk": 0x4D}
_CPG = {"gbk": "GBK", "gb18030": "GB18030", "utf-8": "UTF-8"}
_TYPES = {"text": b"C", "instant": b"C", "whole": b"N", "number": b"N", "yes": b"N", "day": b"D"}
#: Bytes that a field takes however little it holds.
_LEAST = {"day": 8, "number": 3}


def cut_names(names: Sequence[str], encoding: str) -> list[str]:
    """Names of at most 10 bytes in `encoding`, distinct, no character cut in two.

    Parameters
    ----------
    names : sequence of str
        As they would be without the limit.
    encoding : str
        Of the table.

    Returns
    -------
    list of str
        A name that another one is already cut to ends with a digit instead.

    """
    cut: list[str] = []
    for name in names:
        short, number = _cut(name, NAME_BYTES, encoding), 1
        while short in cut:
            number += 1
            short = _cut(name, NAME_BYTES - len(str(number)), encoding) + str(number)
        cut.append(short)
    return cut


class Table:
    """Rows gathered for a .dbf; widths are those of the longest value, known at the end."""

    def __init__(self, fields: Sequence[OutField], encoding: str) -> None:
        self._fields = tuple(fields)
        self._encoding = encoding
        self._columns: list[list[Cells]] = [[] for _ in fields]
        self._rows = 0
        self.cuts: dict[str, int] = {}
        """Texts that were longer than 254 bytes and were cut, by field."""

    def add(self, columns: Sequence[Sequence[Value]]) -> None:
        """Take a batch, one sequence of values for each field.

        Raises
        ------
        OutRefused
            ``encoding.cannot`` when a text holds a character that the encoding lacks.

        """
        for number, (field, values) in enumerate(zip(self._fields, columns, strict=True)):
            cells = [self._cell(field, value) for value in values]
            self._columns[number].append(np.array(cells, dtype=np.bytes_))
        self._rows += len(columns[0])

    def write(self, dbf: Path, *, on: dt.date) -> None:
        """Write the table, and beside it the .cpg that names its encoding."""
        widths = [
            max([_LEAST.get(field.kind, 1), *(cells.itemsize for cells in column)])
            for field, column in zip(self._fields, self._columns, strict=True)
        ]
        names = cut_names([field.name for field in self._fields], self._encoding)
        with dbf.open("wb") as stream:
            stream.write(self._header(widths, on))
            for field, name, width in zip(self._fields, names, widths, strict=True):
                stream.write(self._descriptor(field, name, width))
            stream.write(b"\r")
            for number in range(len(self._columns[0])):
                batch = [column[number] for column in self._columns]
                stream.write(_records(self._fields, batch, widths))
            stream.write(b"\x1a")
        dbf.with_suffix(".cpg").write_text(_CPG[self._encoding], "ascii")

    def _header(self, widths: Sequence[int], on: dt.date) -> bytes:
        sizes = 33 + 32 * len(widths), 1 + sum(widths)
        head = struct.pack("<4BIHH", 3, on.year - 1900, on.month, on.day, self._rows, *sizes)
        return head + bytes(17) + bytes([_LANGUAGE.get(self._encoding, 0)]) + bytes(2)

    def _descriptor(self, field: OutField, name: str, width: int) -> bytes:
        decimals = 0
        if field.kind == "number":
            # Readers take a column of numbers for whole ones unless it states decimals.
            decimals = min(15, max(width - 2, 1))
        told = name.encode(self._encoding).ljust(11, b"\0") + _TYPES[field.kind]
        return told + bytes(4) + bytes([width, decimals]) + bytes(14)

    def _cell(self, field: OutField, value: Value) -> bytes:
        if value is None:
            return b""
        if field.kind == "day":
            return str(value).replace("-", "").encode()
        written = text_of(value)
        try:
            raw = written.encode(self._encoding)
        except UnicodeEncodeError as lacking:
            sign = written[lacking.start]
            raise OutRefused(
                "encoding.cannot", encoding=self._encoding, field=field.name, sign=sign
            ) from lacking
        if len(raw) <= TEXT_BYTES:
            return raw
        self.cuts[field.name] = self.cuts.get(field.name, 0) + 1
        return _cut(written, TEXT_BYTES, self._encoding).encode(self._encoding)


def _records(fields: Sequence[OutField], batch: Sequence[Cells], widths: Sequence[int]) -> bytes:
    """Rows as they stand in the file: a blank for "not deleted", then padded cells."""
    parts = [np.full(len(batch[0]), b" ", dtype="S1")]
    for field, cells, width in zip(fields, batch, widths, strict=True):
        pad = np.char.rjust if _TYPES[field.kind] == b"N" else np.char.ljust
        parts.append(pad(cells, width).astype(f"S{width}"))
    table = np.zeros(len(batch[0]), dtype=[(f"f{n}", part.dtype) for n, part in enumerate(parts)])
    for number, part in enumerate(parts):
        table[f"f{number}"] = part
    return table.tobytes()


def _cut(text: str, limit: int, encoding: str) -> str:
    """The longest beginning of a text whose bytes fit; characters stay whole."""
    while len(text.encode(encoding)) > limit:
        text = text[:-1]
    return text
