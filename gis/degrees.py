"""Longitudes and latitudes as people write them -> degrees, west and south negative."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from gis.cells import Cell, number_of

_SIGNS = {
    **{"N": 1, "E": 1, "S": -1, "W": -1},
    **{"北纬": 1, "东经": 1, "南纬": -1, "西经": -1},
    **{"北": 1, "东": 1, "南": -1, "西": -1},
}
_SIDE = "|".join(_SIGNS)
_SIDES = {
    "lon": ("E", "W", "东经", "西经", "东", "西"),
    "lat": ("N", "S", "北纬", "南纬", "北", "南"),
}
#: Longer is no coordinate, and would cost the pattern its time.
_LONGEST = 40
_DEGREES = re.compile(
    rf"(?:(?P<before>{_SIDE})\s*:?)?\s*(?P<degrees>[-+]?\d{{1,3}}(?:\.\d+)?)"
    r"(?:\s*(?:°|度|D|:|\s)\s*(?P<minutes>\d{1,2}(?:\.\d+)?)"
    r"(?:\s*(?:\'|′|’|`|分|:|\s)\s*(?P<seconds>\d{1,2}(?:\.\d+)?))?)?"
    rf"\s*(?:°|度|D|\'\'|\'|′′|′|’’|’|\"|”|分|秒)?\s*(?P<after>{_SIDE})?",
    re.IGNORECASE,
)
#: 110-12-30.5, 110.12.30 and 110d12m30s: three groups, which no number and no date has so.
_GROUPS = re.compile(
    r"(\d{1,3})(?:([-.])(\d{1,2})\2|d(\d{1,2})m)(\d{1,2}(?:\.\d+)?)(?(4)s|(?![-.\d]))",
    re.IGNORECASE,
)
#: What compatibility folding would make a letter of.
_LOOKS = str.maketrans({"º": "°", "˚": "°", "〞": '"', "“": '"'})


def degrees_of(cell: Cell, axis: Literal["lon", "lat"]) -> float | None:
    """Degrees that a cell of a longitude or latitude column holds; None when it holds none.

    Parameters
    ----------
    cell : str, float, bool or None
        ``110.5``, ``110,5`` (in degrees a comma never parts thousands), ``110.5°E``,
        ``110°12'30.5"E``, ``110 12 30``, ``110-12-30``, ``110d12m30s``, ``东经110度12分30秒``.
    axis : {"lon", "lat"}
        Which of the two; a north in a longitude column is refused.

    Returns
    -------
    float or None
        Not checked for its range, which is another fault.

    """
    plain = number_of(cell) if not isinstance(cell, str) or "," not in cell else None
    if plain is not None or not isinstance(cell, str) or len(cell) > _LONGEST:
        return plain
    written = unicodedata.normalize("NFKC", cell.translate(_LOOKS)).strip()
    written = re.sub(r"^([-+]?\d{1,3}),(\d+)$", r"\1.\2", written)
    written = _GROUPS.sub(r"\1 \3\4 \5", written)
    found = _DEGREES.fullmatch(written) if len(written) <= _LONGEST else None
    if found is None or (found["before"] and found["after"]):
        return None
    side = (found["before"] or found["after"] or _SIDES[axis][0]).upper()
    minutes, seconds = (float(found[part] or 0.0) for part in ("minutes", "seconds"))
    if minutes >= 60.0 or seconds >= 60.0 or side not in _SIDES[axis]:
        return None
    degrees = float(found["degrees"])
    size = abs(degrees) + minutes / 60.0 + seconds / 3600.0
    return -size if (_SIGNS[side] < 0) != found["degrees"].startswith("-") else size
