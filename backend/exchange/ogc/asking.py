"""What a request for items asks, read strictly: a parameter nobody knows is refused, not ignored.

The standard answers 400 where a query cannot be read, so every fault here is `Malformed`.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ...errors import Malformed
from ...localtime import end_of, site_zone, start_of
from ..layers import Column, Layer
from .systems import System, system_of

MOST_ITEMS, FEWEST_ITEMS, USUAL_ITEMS = 10_000, 1, 100
#: Columns by which items may be filtered; days and instants are asked for by `datetime`.
FILTERED = ("text", "whole", "number", "yes")
_KNOWN = ("f", "limit", "bbox", "bbox-crs", "crs", "datetime", "after")
_FORMS = ("json", "geojson")
_YES = {"true": True, "1": True, "false": False, "0": False}

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Question:
    """A page of items: boxes in CRS84 (two across the antimeridian), a span, filters by column."""

    limit: int
    after: int
    boxes: tuple[Box, ...]
    since: datetime | None
    until: datetime | None
    has_span: bool
    filters: tuple[tuple[Column, Any], ...]
    system: System


def read(layer: Layer, query: Mapping[str, str]) -> Question:
    """Return what a query string asks of a layer.

    Raises
    ------
    Malformed
        If a parameter is unknown, or cannot be read.

    """
    filters: list[tuple[Column, Any]] = []
    for name in query:
        column = layer.column(name)
        if column is not None and column.kind in FILTERED:
            filters.append((column, _value(column, query[name])))
    known = (*_KNOWN, *(column.name for column, _ in filters))
    refuse_unknown(query, known=known, forms=_FORMS)
    since, until = _span(query.get("datetime"))
    return Question(
        limit=_limit(query.get("limit")),
        after=_whole("after", query.get("after", "0")),
        boxes=_boxes(query.get("bbox"), system_of(query.get("bbox-crs"), "bbox-crs")),
        since=since,
        until=until,
        has_span="datetime" in query,
        filters=tuple(filters),
        system=system_of(query.get("crs"), "crs"),
    )


def read_crs(query: Mapping[str, str]) -> System:
    """Return the system that one item is asked in.

    Raises
    ------
    Malformed
        If it is not offered, or another parameter is given.

    """
    refuse_unknown(query, known=("f", "crs"), forms=_FORMS)
    return system_of(query.get("crs"), "crs")


def refuse_unknown(
    query: Mapping[str, str], *, known: Collection[str] = ("f",), forms: Collection[str] = ("json",)
) -> None:
    """Refuse a parameter that nobody knows, and a form (`f`) that is not written.

    Raises
    ------
    Malformed
        The standard asks for 400.

    """
    for name in query:
        if name not in known:
            raise Malformed(field=name, reason=f"? {', '.join(known)}")
    if query.get("f", "json") not in forms:
        raise Malformed(field="f", reason=", ".join(forms))


def _limit(written: str | None) -> int:
    """Return the length of a page: more than the most is the most, as the standard has it."""
    if written is None:
        return USUAL_ITEMS
    limit = _whole("limit", written)
    if limit < FEWEST_ITEMS:
        raise Malformed(field="limit", reason=f"{FEWEST_ITEMS}-{MOST_ITEMS}")
    return min(limit, MOST_ITEMS)


def _whole(field: str, written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) <= 18):
        raise Malformed(field=field, reason=written[:40])
    return int(written)


def _boxes(written: str | None, system: System) -> tuple[Box, ...]:
    if written is None:
        return ()
    try:
        numbers = [float(part) for part in written.split(",")]
    except ValueError as wrong:
        raise Malformed(field="bbox", reason=written[:60]) from wrong
    if len(numbers) not in (4, 6) or not all(map(math.isfinite, numbers)):
        raise Malformed(field="bbox", reason="4 | 6")
    half = len(numbers) // 2
    lower, upper = numbers[:2], numbers[half : half + 2]
    if system.is_lat_first:
        lower, upper = lower[::-1], upper[::-1]
    (west, south), (east, north) = lower, upper
    if south > north or max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        raise Malformed(field="bbox", reason=written[:60])
    if west <= east:
        return ((west, south, east, north),)
    return ((west, south, 180.0, north), (-180.0, south, east, north))


def _span(written: str | None) -> tuple[datetime | None, datetime | None]:
    """Return the ends of a span, None for open; an instant is a span of its own length."""
    if written is None:
        return None, None
    parts = written.split("/")
    if len(parts) > 2 or parts in (["..", ".."], ["", ""]):
        raise Malformed(field="datetime", reason=written[:60])
    since = _instant(parts[0], is_end=False)
    until = _instant(parts[-1], is_end=True)
    if since is not None and until is not None and since > until:
        raise Malformed(field="datetime", reason=written[:60])
    if len(parts) == 1 and since is None:
        raise Malformed(field="datetime", reason=written[:60])
    return since, until


def _instant(written: str, *, is_end: bool) -> datetime | None:
    if written in ("", ".."):
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as wrong:
        raise Malformed(field="datetime", reason=written[:40]) from wrong
    if len(written) == len("2026-01-01"):
        return end_of(moment.date()) if is_end else start_of(moment.date())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(site_zone())  # its day is the one it is here


def _value(column: Column, written: str) -> Any:
    """Return the value that a column must have, of the column's own kind."""
    if column.kind == "text":
        return written.replace("\0", "")
    try:
        if column.kind == "whole":
            return int(written)
        return _YES[written.lower()] if column.kind == "yes" else float(written)
    except (ValueError, KeyError) as wrong:
        raise Malformed(field=column.name, reason=written[:40]) from wrong
