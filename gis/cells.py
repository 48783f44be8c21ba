"""What a cell of a table says: text, number, whole number, yes or no. None when it says nothing."""

from __future__ import annotations

import math
import re
import unicodedata

Cell = str | int | float | bool | None

_BLANK = {"", "-", "--", "null", "none", "nan", "n/a", "na", "nil", "未知", "不详", "无", "空"}
_YES = {"1", "1.0", "true", "yes", "y", "t", "是", "有", "支持", "√", "on"}
_NO = {"0", "0.0", "false", "no", "n", "f", "否", "不支持", "×", "off"}
_NUMBER = re.compile(
    r"([-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?)\s*(?:m|米|°|度|deg|层|层楼|户|px)?", re.IGNORECASE
)

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
#: What a spreadsheet program takes for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?\D*")


def text_of(cell: Cell) -> str | None:
    """The text of a cell without surrounding space; whole numbers without a decimal point.

    A word for "unknown" is a text here: 无 may be a name.
    """
    if cell is None:
        return None
    if isinstance(cell, float):
        if math.isnan(cell):
            return None
        return str(int(cell)) if cell.is_integer() else repr(cell)
    # No database stores a NUL, and a terminal obeys the others.
    return _CONTROL.sub("", str(cell)).strip() or None


def is_blank(cell: Cell) -> bool:
    """True when the cell holds nothing, or a word that says so."""
    text = text_of(cell)
    return text is None or text.casefold() in _BLANK


def number_of(cell: Cell) -> float | None:
    """The number a cell holds, its unit dropped; None when blank or no finite number."""
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else None
    plain = unicodedata.normalize("NFKC", cell).strip()
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    found = _NUMBER.fullmatch(plain)
    if found is None:
        return None
    number = float(found[1])
    return number if math.isfinite(number) else None


def yes_of(cell: Cell) -> bool | None:
    """Yes, no, or None when the cell says neither."""
    if isinstance(cell, bool):
        return cell
    text = (text_of(cell) or "").casefold()
    if text in _YES:
        return True
    return False if text in _NO else None


def quoted(text: str) -> str:
    """A text as a cell of a CSV that no spreadsheet takes for a formula: with ' before it."""
    return f"'{text}" if text.lstrip("'").startswith(FORMULA_STARTS) else text


def unquoted(text: str) -> str:
    """The text that `quoted` was given, and people who write '+86 into a cell meant."""
    is_marked = text.startswith("'") and text.lstrip("'").startswith(FORMULA_STARTS)
    return text[1:] if is_marked else text
