"""Codes of grids: those given twice, and those that are not written as codes are."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

#: So many of the codes must share a layout for the others to count as deviating from it.
_MOST = 0.95
_FEWEST_ROWS = 10
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A code that several rows have; rows from 0."""

    code: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Malformed:
    """A code at fault: `reason` is blank, space, control, width or layout."""

    row: int
    code: str
    reason: str


def duplicate_codes(codes: Sequence[str | None]) -> list[Duplicate]:
    """Codes that more than one row has, in order of their first row; blanks are no codes."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, code in enumerate(codes):
        if code and code.strip():
            rows[code.strip()].append(row)
    return [Duplicate(code, tuple(held)) for code, held in rows.items() if len(held) > 1]


def malformed_codes(codes: Sequence[str | None], layout: str | None = None) -> list[Malformed]:
    """Codes that are blank, hold what no code holds, or differ from the layout.

    Parameters
    ----------
    codes : sequence of str or None
        One a row.
    layout : str, optional
        Regular expression of a whole code; without it the layout is what 95 % of the codes share:
        digits and letters at the same places. Where no 95 % do, none deviates.

    Returns
    -------
    list of Malformed
        By row; one reason each.

    """
    fits = _fitting(codes, layout)
    found = []
    for row, code in enumerate(codes):
        reason = _reason(code)
        if not reason and code is not None and not fits(code):
            reason = "layout"
        if reason:
            found.append(Malformed(row, code or "", reason))
    return found


def _reason(code: str | None) -> str:
    if code is None or not code.strip():
        return "blank"
    if any(unicodedata.category(sign) in ("Cc", "Cf") for sign in code):
        return "control"
    if code != code.strip() or re.search(r"\d\s+\d", code):
        return "space"
    return "width" if unicodedata.normalize("NFKC", code) != code else ""


def _fitting(codes: Sequence[str | None], layout: str | None) -> Callable[[str], bool]:
    if layout is not None:
        pattern = re.compile(layout)
        return lambda code: pattern.fullmatch(code) is not None
    sound = [code for code in codes if code and not _reason(code)]
    common = Counter(_signature(code) for code in sound).most_common(1)
    if len(sound) < _FEWEST_ROWS:
        return lambda _code: True
    signature, count = common[0]
    if count < _MOST * len(sound) or len(signature) < _SHORTEST:
        return lambda _code: True
    return lambda code: _signature(code) == signature


def _signature(code: str) -> str:
    kinds = ("9" if s.isdigit() else "A" if s.isalpha() else s for s in code)
    return "".join(kinds)
