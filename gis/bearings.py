"""Bearings as people write them -> azimuths in degrees clockwise from true north, with an error.

Degrees are taken as certain; a compass point is as wide as its share of the rose; a carriageway
(`N/B`, `West Bound`) names the direction of travel, along which the camera is taken to look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from gis.errors import ArgumentError

#: Half the width of one of eight directions: what an imported octant may be off by.
OCTANT_ERROR_DEG = 22.5
#: Half the width of one of sixteen compass points.
POINT_ERROR_DEG = 11.25
#: GB/T 28181 DirectionType -> the direction the camera looks along (FACTS.md section 5).
DIRECTION_TYPE_DEG = {1: 90.0, 2: 270.0, 3: 180.0, 4: 0.0, 5: 135.0, 6: 45.0, 7: 225.0, 8: 315.0}
#: Two turns: beyond that a number is no bearing.
_LARGEST_DEG = 720.0

_POINTS = (
    *("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE"),
    *("S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"),
)
_WORDS = {"NORTH": "N", "EAST": "E", "SOUTH": "S", "WEST": "W", "BOUND": "B"}
_CHINESE = {
    **{"北": "N", "东北": "NE", "东": "E", "东南": "SE"},
    **{"南": "S", "西南": "SW", "西": "W", "西北": "NW"},
    **{"北东": "NE", "南东": "SE", "南西": "SW", "北西": "NW"},
    **{"正北": "N", "正东": "E", "正南": "S", "正西": "W"},
    **{"北北东": "NNE", "东北东": "ENE", "东东北": "ENE", "东南东": "ESE", "东东南": "ESE"},
    **{"南南东": "SSE", "南南西": "SSW", "西南西": "WSW", "西西南": "WSW"},
    **{"西北西": "WNW", "西西北": "WNW", "北北西": "NNW"},
}
_TRAVEL = {"由东向西": "W", "由西向东": "E", "由南向北": "N", "由北向南": "S"}
_UNKNOWN = {"", "-", "--", "NA", "N/A", "NULL", "NONE", "NAN", "UNKNOWN", "未知", "不详", "无"}
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_DEGREES = re.compile(rf"({_NUMBER})\s*(?:°|度|DEG|DEGREES)?")
_RANGE = re.compile(r"(\d+(?:\.\d+)?)\s*°?\s*[-~～至]\s*(\d+(?:\.\d+)?)\s*°?")
_SEPARATOR = re.compile(r"[;；,，、|]|/(?!B\b)")


@dataclass(frozen=True, slots=True)
class Bearing:
    """One direction: true degrees in [0, 360), the error to either side, the width if stated."""

    azimuth_deg: float
    error_deg: float = 0.0
    fov_deg: float | None = None


def parse_bearings(text: str | float | None) -> tuple[Bearing, ...]:
    """Directions written in `text`, one for each sensor; empty when it says nothing.

    Parameters
    ----------
    text : str, float or None
        ``135``, ``-45``, ``90°``, ``NE``, ``N/B``, ``West Bound``, ``东南``, ``朝东``, ``90;180``,
        or a sector ``0-88`` (looks along its middle, as wide as it says; ``0-360`` all round).

    Returns
    -------
    tuple of Bearing
        Empty for a blank or a word for "unknown": unknown is never north.

    Raises
    ------
    ArgumentError
        If the text is there but cannot be read as a direction.

    Notes
    -----
    A direction of travel fixes the axis of the road only; the camera may look against it. The
    error of 22.5 degrees states the octant and not that doubt, which a planner must settle.

    """
    written = "" if text is None else str(text).strip()
    if written.upper() in _UNKNOWN:
        return ()
    parts = [part.strip() for part in _SEPARATOR.split(written.upper()) if part.strip()]
    return tuple(_bearing(part, written) for part in parts)


def bearing_of_direction_type(value: str | float | None) -> Bearing | None:
    """Direction of a GB/T 28181 DirectionType; None when blank or 0, which say nothing.

    Raises
    ------
    ArgumentError
        If it is not one of the eight values.

    """
    written = "" if value is None else str(value).strip()
    if written.upper() in _UNKNOWN or written in ("0", "0.0"):
        return None
    number = float(written) if re.fullmatch(_NUMBER, written) else -1.0
    if number not in DIRECTION_TYPE_DEG:
        raise ArgumentError("direction_type", got=written, allowed="1 to 8")
    return Bearing(DIRECTION_TYPE_DEG[int(number)], OCTANT_ERROR_DEG)


def _bearing(part: str, written: str) -> Bearing:
    number = _DEGREES.fullmatch(part)
    if number:
        return _of_degrees(float(number[1]), written)
    sector = _RANGE.fullmatch(part)
    if sector:
        return _of_sector(float(sector[1]), float(sector[2]), written)
    point = _compass_point(part)
    if point is None:
        raise ArgumentError("bearing", got=written, allowed="degrees, a compass point or a list")
    error_deg = POINT_ERROR_DEG if len(point) == 3 else OCTANT_ERROR_DEG
    return Bearing(_POINTS.index(point) * 22.5, error_deg)


def _of_degrees(degrees: float, written: str) -> Bearing:
    if not -_LARGEST_DEG <= degrees <= _LARGEST_DEG:
        raise ArgumentError("bearing", got=written, allowed="-720 to 720 degrees")
    # 370 may be 10 and may be a slip of the pen: taken, and never called certain.
    error_deg = OCTANT_ERROR_DEG if abs(degrees) > 360.0 else 0.0
    return Bearing(degrees % 360.0, error_deg)


def _of_sector(start: float, end: float, written: str) -> Bearing:
    if start > 360.0 or end > 360.0:
        raise ArgumentError("bearing", got=written, allowed="0 to 360 degrees")
    width = (end - start) % 360.0 or 360.0
    return Bearing((start + width / 2.0) % 360.0, 0.0, width)


def _compass_point(part: str) -> str | None:
    """The compass point a word names, or None."""
    bare = re.sub(r"[\s.·_-]+", "", part)
    if bare in _TRAVEL:
        return _TRAVEL[bare]
    chinese = re.sub(r"^(?:朝向|面向|方向|朝|向|面)|(?:方向|方位|朝向|向|方|侧|面)$", "", bare)
    if chinese in _CHINESE:
        return _CHINESE[chinese]
    for word, letter in _WORDS.items():
        bare = bare.replace(word, letter)
    bare = re.sub(r"/?B(?:OUND)?$", "", bare)
    return bare if bare in _POINTS else None
