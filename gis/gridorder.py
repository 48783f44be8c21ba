"""The order in which grids are numbered, and the codes proposed for new ones.

从西到东、从北到南: rows from north to south, each read from west to east.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.errors import ArgumentError

_PART = re.compile(r"\{(\w+)(?::(\d))?\}")
_DIGITS = {"division": (0, 12), "county": (0, 6), "township": (6, 9), "village": (9, 12)}
_PLAIN = re.compile(r"[^{}\s]*")


def reading_order(shapes: Sequence[BaseGeometry]) -> list[int]:
    """Places of the shapes in the order in which they are numbered.

    Parameters
    ----------
    shapes : sequence of n Polygon or MultiPolygon
        Lon/lat, EPSG:4326.

    Returns
    -------
    list of int, length n
        Rows from north to south, each from west to east. A row is as high as half of the shapes
        are: those whose middle lies within that height below the northernmost tip still left.

    """
    array = np.array(list(shapes), dtype=object)
    if not len(array):
        return []
    west, south, east, north = shapely.bounds(array).T
    middle_lon, middle_lat = (west + east) / 2.0, (south + north) / 2.0
    height = float(np.median(north - south))
    left = sorted(range(len(array)), key=lambda i: (-north[i], middle_lon[i]))
    order: list[int] = []
    while left:
        floor = north[left[0]] - height
        row = [i for i in left if i == left[0] or middle_lat[i] > floor]
        order += sorted(row, key=lambda i: (middle_lon[i], -middle_lat[i]))
        left = [i for i in left if i not in set(row)]
    return order


def proposed_codes(
    layout: str, division_code: int, taken: Collection[str], count: int
) -> list[str]:
    """Free codes for new grids of a division, in ascending order.

    Parameters
    ----------
    layout : str
        A pattern with named parts: `{division}` (12 digits), `{county}` (6), `{township}` (3),
        `{village}` (3) of the division's code, and once `{serial:n}`, the running number with n
        digits; all else stands for itself. Beijing's is `{county}{township}{village}{serial:3}`.
    division_code : int
        12 digits, GB/T 2260 and 10114.
    taken : collection of str
        Codes of the set, also those no longer in force: a code is not given twice.
    count : int
        How many, 0 or more.

    Returns
    -------
    list of str, length count
        Serials from the highest one taken on; when these run out, the gaps below it.

    Raises
    ------
    ArgumentError
        If the layout is none, or has not so many free serials.

    """
    before, width, after = _around(layout, f"{division_code:012d}")
    used = {
        int(code[len(before) : len(before) + width])
        for code in taken
        if len(code) == len(before) + width + len(after)
        and code.startswith(before)
        and code.endswith(after)
        and code[len(before) : len(before) + width].isdigit()
    }
    top = max(used, default=0)
    free = [*range(top + 1, 10**width), *(n for n in range(1, top) if n not in used)][:count]
    if len(free) < count:
        raise ArgumentError("count", got=count, allowed=f"{len(free)} serials of {width} digits")
    return [f"{before}{serial:0{width}d}{after}" for serial in free]


def _around(layout: str, division: str) -> tuple[str, int, str]:
    """Return what stands before the serial, its width, and what stands after it."""
    sides, width, at = ["", ""], 0, 0
    for part in _PART.finditer(layout):
        sides[bool(width)] += _plain(layout, at, part.start())
        name, digits = part[1], part[2]
        if name == "serial" and digits and int(digits) and not width:
            width = int(digits)
        elif name in _DIGITS and digits is None:
            sides[bool(width)] += division[slice(*_DIGITS[name])]
        else:
            raise ArgumentError("layout", got=part[0], allowed="see proposed_codes")
        at = part.end()
    sides[bool(width)] += _plain(layout, at, len(layout))
    if not width:
        raise ArgumentError(
            "layout", got=layout, allowed="a pattern with {serial:n}, n from 1 to 9"
        )
    return sides[0], width, sides[1]


def _plain(layout: str, start: int, end: int) -> str:
    if not _PLAIN.fullmatch(layout, start, end):
        raise ArgumentError("layout", got=layout, allowed="named parts in braces, no blanks")
    return layout[start:end]
