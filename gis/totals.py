"""Sums that a table states itself, in rows or columns called total, held against what adds up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gis.cells import Cell, number_of, text_of

_GRAND = re.compile(r"(合计|总计|共计|总数|总和|grand\s*total|total|sum)\s*[:：]?", re.IGNORECASE)
_PART = re.compile(r"(小计|sub[\s-]*total)\s*[:：]?", re.IGNORECASE)
#: Figures written with two decimals may miss their sum by half a unit each.
_ROUNDING = 0.006
_MOST = 50


@dataclass(frozen=True, slots=True)
class Total:
    """A stated sum that is not the sum of its parts; `row` counts from 1 below the header."""

    row: int
    column: str
    stated: float
    parts: float


def faulty_totals(columns: Mapping[str, Sequence[Cell]]) -> tuple[Total, ...]:
    """Stated sums that do not add up, by rows and by columns.

    Parameters
    ----------
    columns : mapping of name to cells
        All of one length.

    Returns
    -------
    tuple of Total
        At most 50. A subtotal is held against the rows since the last one, a total against all
        rows that are neither; a column called total against the figures left of it.

    """
    names = list(columns)
    count = len(columns[names[0]]) if names else 0
    marks = [_mark(columns, row) for row in range(count)]
    found = _by_rows(columns, marks) + _by_columns(columns, marks)
    return tuple(found[:_MOST])


def summary_rows(columns: Mapping[str, Sequence[Cell]]) -> tuple[int, ...]:
    """Rows, from 0, that state sums and describe no thing of their own."""
    names = list(columns)
    count = len(columns[names[0]]) if names else 0
    return tuple(row for row in range(count) if _mark(columns, row))


def _mark(columns: Mapping[str, Sequence[Cell]], row: int) -> str:
    """Part, grand, or "" for a row of its own; told by the first text of the row."""
    for cells in columns.values():
        cell = cells[row]
        if isinstance(cell, str) and (text := re.sub(r"\s+", "", cell)):
            if _GRAND.fullmatch(text):
                return "grand"
            if _PART.fullmatch(text):
                return "part"
            if number_of(cell) is None:
                return ""
    return ""


def _by_rows(columns: Mapping[str, Sequence[Cell]], marks: Sequence[str]) -> list[Total]:
    found = []
    for name, cells in columns.items():
        if not any(marks):
            break
        whole = since = 0.0
        for row, (cell, mark) in enumerate(zip(cells, marks, strict=True), start=1):
            number = number_of(cell)
            if not mark:
                whole, since = whole + (number or 0.0), since + (number or 0.0)
                continue
            wanted = whole if mark == "grand" else since
            if number is not None and abs(number - wanted) > _ROUNDING * max(row, 1):
                found.append(Total(row, name, number, round(wanted, 6)))
            since = 0.0
    return found


def _by_columns(columns: Mapping[str, Sequence[Cell]], marks: Sequence[str]) -> list[Total]:
    names = list(columns)
    found: list[Total] = []
    for at, name in enumerate(names):
        if not _GRAND.fullmatch(re.sub(r"\s+", "", name)):
            continue
        left = _figures_beside(columns, names[:at])
        parts = left if len(left) > 1 else _figures_beside(columns, names[at + 1 :])
        if len(parts) < 2:
            continue
        wrong, right = [], 0
        for row in range(len(marks)):
            stated = number_of(columns[name][row])
            if stated is None:
                continue
            sums = sum(number_of(columns[part][row]) or 0.0 for part in parts)
            if abs(stated - sums) > _ROUNDING * len(parts):
                wrong.append(Total(row + 1, name, stated, round(sums, 6)))
            else:
                right += 1
        # Where hardly any row adds up, the figures beside are not the parts.
        if len(wrong) <= max(1, right):
            found += wrong
    return found


def _figures_beside(columns: Mapping[str, Sequence[Cell]], names: Sequence[str]) -> list[str]:
    """Columns of counts: whole numbers only, at least one, none of them a code or coordinate."""
    found = []
    for name in names:
        numbers = [number_of(cell) for cell in columns[name] if text_of(cell) is not None]
        counts = [n for n in numbers if n is not None and n.is_integer() and 0 <= n < 1e7]
        if counts and len(counts) == len(numbers):
            found.append(name)
    return found
