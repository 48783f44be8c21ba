"""From a request's body to columns. A good batch is decoded at once; one with a bad row, by row."""

import json
import math
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ...errors import Refused
from .batch import Fixes, Ints
from .refusals import Refusal

_MOST = 2_000_000_000
_LEAP = re.compile(r"(?<=:\d\d):60(?=[.Z+-]|$)")
_ZONED = re.compile(r"(?:[zZ]|[+-]\d\d:?\d\d)$")


class BadBody(Refused):
    code = "fixes.body"
    zh = '请求应为 JSON：{{"fixes": [{{"lon", "lat", "at", "accuracy", "speed"}}, …]}}。'
    en = 'The body must be JSON: {{"fixes": [{{"lon", "lat", "at", "accuracy", "speed"}}, …]}}.'


class TooManyRows(Refused):
    code = "fixes.too_many_rows"
    zh = "一次最多上传 {limit} 个定位点，收到 {count} 个：请分批上传。"
    en = "A batch holds at most {limit} fixes, this one {count}: send them in several."


class Fix(msgspec.Struct, gc=False):
    """One row as it is sent; `accuracy` in metres, `speed` in metres a second."""

    lon: float
    lat: float
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    accuracy: float | None = None
    speed: float | None = None
    unit: str | None = None


class Body(msgspec.Struct, gc=False):
    fixes: list[Fix]
    unit: str | None = None
    batch_id: str | None = None


class Loose(msgspec.Struct, gc=False):
    fixes: list[Any]
    unit: Any = None


UnitOf = Callable[[str | None], int | None]
"""From the unit's code that a row names (None: names none) to its id."""

_BODY = msgspec.json.Decoder(Body)


def decoded(body: bytes, *, limit: int) -> tuple[list[Fix], list[int], str | None, list[Refusal]]:
    """Return the rows that are fixes by form, their places, the batch's unit, and what is not.

    Raises
    ------
    BadBody, TooManyRows
        If the body as a whole cannot be taken.

    """
    try:
        whole = _BODY.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        loose = _loosely(body)
        _check_count(loose.fixes, limit)
        fixes, places, refused = _row_by_row(loose.fixes)
        unit = loose.unit if isinstance(loose.unit, str) else None
        return fixes, places, unit, refused
    _check_count(whole.fixes, limit)
    return whole.fixes, list(range(len(whole.fixes))), whole.unit, []


def columns(
    fixes: Sequence[Fix], places: Sequence[int], units: Ints
) -> tuple[Fixes, list[Refusal]]:
    """Return the columns of rows whose place is on the globe, and the others as refused."""
    lon = np.array([f.lon for f in fixes], float)
    lat = np.array([f.lat for f in fixes], float)
    at = np.array([f.at.timestamp() for f in fixes], float)
    accuracy = _measured([f.accuracy for f in fixes], 10)
    speed = _measured([f.speed for f in fixes], 100)
    is_far = (np.abs(lat) > 90) | (np.abs(lon) > 180)
    row = np.array(places, np.int64)
    good = ~is_far
    refused = [
        Refusal(int(row[k]), "fixes.swapped" if abs(lon[k]) <= 90 else "fixes.out_of_range")
        for k in np.flatnonzero(is_far)
    ]
    found = Fixes(
        units,
        np.rint(at * 1e6).astype(np.int64),
        np.rint(np.where(good, lon, 0) * 1e7).astype(np.int64),
        np.rint(np.where(good, lat, 0) * 1e7).astype(np.int64),
        accuracy,
        speed,
        row,
    )
    return (found.take(good) if refused else found), refused


def _measured(values: list[float | None], scale: int) -> Ints:
    """Return values in whole parts; None and negative ones, by which phones say so, are unknown."""
    column: NDArray[np.float64] = np.array([-1.0 if v is None else v for v in values], float)
    parts = np.rint(np.clip(column, -1, _MOST / scale) * scale).astype(np.int64)
    return np.where(column < 0, -1, parts)


def _check_count(rows: Sequence[Any], limit: int) -> None:
    if len(rows) > limit:
        raise TooManyRows(limit=limit, count=len(rows))


def _loosely(body: bytes) -> Loose:
    """Return the rows unread. Python's own reader takes NaN, which many clients send as JSON."""
    try:
        return msgspec.convert(json.loads(body), Loose)
    except (ValueError, RecursionError) as fault:  # a ValidationError of msgspec is a ValueError
        raise BadBody() from fault


def _row_by_row(rows: list[Any]) -> tuple[list[Fix], list[int], list[Refusal]]:
    fixes, places, refused = [], [], []
    for place, row in enumerate(rows):
        found = read_row(row)
        if isinstance(found, Fix):
            fixes.append(found)
            places.append(place)
        else:
            refused.append(Refusal(place, found))
    return fixes, places, refused


def read_row(row: Any) -> Fix | str:
    """Return one row as a fix, or the code of what is wrong with it."""
    if not isinstance(row, dict) or not {"lon", "lat", "at"} <= row.keys():
        return "fixes.shape"
    numbers = [row["lon"], row["lat"], row.get("accuracy"), row.get("speed")]
    if not all(_is_finite(n) for n in numbers[:2]):
        return "fixes.bad_number"
    if not all(n is None or _is_finite(n) for n in numbers[2:]):
        return "fixes.bad_number"
    at = read_time(row["at"])
    if isinstance(at, str):
        return at
    unit = row.get("unit")
    if unit is not None and not isinstance(unit, str):
        return "fixes.shape"
    lon, lat, accuracy, speed = numbers
    return Fix(float(lon), float(lat), at, accuracy, speed, unit)


def read_time(told: Any) -> datetime | str:
    """Return an instant with its zone, or what is wrong with it; 23:59:60 is the next second."""
    if not isinstance(told, str):
        return "fixes.bad_time"
    plain, leaps = _LEAP.subn(":59", told.strip())
    try:
        at = datetime.fromisoformat(plain)
        if at.tzinfo is None:
            return "fixes.naive_time" if not _ZONED.search(plain) else "fixes.bad_time"
        return at + timedelta(seconds=leaps)
    except (ValueError, OverflowError):
        return "fixes.bad_time"


def _is_finite(number: Any) -> bool:
    if isinstance(number, bool) or not isinstance(number, int | float):
        return False
    return math.isfinite(number) if isinstance(number, float) else abs(number) < _MOST
