"""Division codes (GB/T 2260, 10114): province 2 digits, city 2, county 2, township 3, village 3.

A division's descendants are a contiguous range of codes, so a jurisdiction is two numbers.
"""

from enum import IntEnum

DIGITS = 12


class Level(IntEnum):
    """The five levels of a centre; the number of leading digits that name one is in `_WIDTH`."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5


_WIDTH = {
    Level.PROVINCE: 2,
    Level.CITY: 4,
    Level.COUNTY: 6,
    Level.TOWNSHIP: 9,
    Level.VILLAGE: 12,
}
LEVEL_NAME = {
    Level.PROVINCE: "province",
    Level.CITY: "city",
    Level.COUNTY: "county",
    Level.TOWNSHIP: "township",
    Level.VILLAGE: "village",
}


def parse(code: str) -> int:
    """Return the code as a number; 2, 4, 6, 9 or 12 digits, shorter ones padded with zeros.

    Raises
    ------
    ValueError
        If it is not digits of one of those lengths.

    """
    digits = code.strip()
    if not digits.isdigit() or len(digits) not in _WIDTH.values():
        raise ValueError(f"{code!r} is not a division code of 2, 4, 6, 9 or 12 digits")
    return int(digits.ljust(DIGITS, "0"))


def parse_jurisdiction(code: str) -> int:
    """Return the code of a jurisdiction as a number: a division's, or 0 for the whole land.

    Raises
    ------
    ValueError
        If it is neither.

    """
    return 0 if code.strip() == "0" else parse(code)


def text_of(code: int) -> str:
    """Return the 12-digit text of a code."""
    return str(code).zfill(DIGITS)


def level_of(code: int) -> Level | None:
    """Return the level of a code, None for 0 (the whole land)."""
    if code == 0:
        return None
    digits = text_of(code)
    return next(level for level, width in _WIDTH.items() if not digits[width:].strip("0"))


def span(code: int) -> tuple[int, int]:
    """Return the first and last code inside a division; 0 spans the whole land."""
    level = level_of(code)
    size = 10 ** (DIGITS - _WIDTH[level]) if level else 10**DIGITS
    return code, code + size - 1


def parent(code: int) -> int | None:
    """Return the code one level up, None above a province."""
    level = level_of(code)
    if level is None or level is Level.PROVINCE:
        return None
    size: int = 10 ** (DIGITS - _WIDTH[Level(level - 1)])
    return code // size * size
