"""Figures of grids over a period of whole hours: what was gone over, by whom, how it stands."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping, exists, select, text
from sqlalchemy.orm import Session

from ...divisions.codes import text_of
from ...divisions.extent import Extent
from ...errors import InvalidField
from ...grids.whose import ByGrids, by_versions
from ...settings import load
from ..models import PatrolDirty
from .schemas import GridFigures, PatrolFigurePage

HOUR = timedelta(hours=1)
LONGEST = timedelta(days=100)

#: Key of a sort -> column, and the order in which what has no figure comes last.
_SORTED_BY = {
    "code": "code",
    "name": "name",
    "visited_share": "visited_share",
    "unknown_share": "unknown_share",
    "visits": "visits",
    "dwell_s": "dwell_s",
    "last_visit_at": "last_visit_at",
    "state": "array_position('{not_met,due,unknown,open,met}', state)",
}

SORTS = tuple(_SORTED_BY)


class PeriodRefused(InvalidField):
    code = "patrol.period"
    zh = "时段须先始后终，且不超过 {days} 天。"
    en = "A period ends after it begins, and lasts at most {days} days."


@dataclass(frozen=True, slots=True)
class Period:
    """Whole hours, `end` excluded."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """Which grids a list shows, in which order."""

    sort: str = "code"
    descending: bool = False
    offset: int = 0
    limit: int = 100
    grid_id: int | None = None
    set_name: str | None = None
    by: ByGrids = "today"


def period_of(start: datetime | None, end: datetime | None, now: datetime) -> Period:
    """Return the whole hours that hold a period; by default the last 24 with the one under way.

    Raises
    ------
    PeriodRefused
        If it ends before it begins or is too long.

    """
    until = (end or now).astimezone(UTC)
    whole = until.replace(minute=0, second=0, microsecond=0)
    last = whole if whole == until else whole + HOUR
    first = (start or last - 24 * HOUR).astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    if not timedelta(0) < last - first <= LONGEST:
        raise PeriodRefused(field="from", days=LONGEST.days)
    return Period(first, last)


def page(session: Session, extent: Extent, period: Period, listing: Listing) -> PatrolFigurePage:
    """Return one page of a division's grids."""
    rows = read(session, extent, period, listing)
    counted = rows
    if not rows and listing.offset:  # beyond the last page there is no row that knows the count
        first = replace(listing, sort="code", offset=0, limit=1)
        counted = read(session, extent, period, first)
    return PatrolFigurePage(
        rows=[figures_of(row) for row in rows],
        total=counted[0]["found"] if counted else 0,
        start=period.start,
        end=period.end,
        is_fresh=not session.scalar(select(exists().where(PatrolDirty.unit_id > 0))),
    )


def read(session: Session, extent: Extent, period: Period, listing: Listing) -> list[RowMapping]:
    """Return the figures of grids as rows, roads as bits."""
    narrowed, of_grid = "", ""
    if listing.grid_id is not None:
        narrowed, of_grid = "AND g.id = :grid_id", "AND t.grid_id = :grid_id"
    if listing.set_name is not None:
        narrowed += " AND g.set_name = :set_name"
    order = f"{_SORTED_BY[listing.sort]} {'DESC' if listing.descending else 'ASC'} NULLS LAST, id"
    whose = by_versions(listing.by)
    query = _question().format(narrowed=narrowed, of_grid=of_grid, order=order, **whose)
    asked: dict[str, Any] = {
        "low": extent.low,
        "high": extent.high,
        "start": period.start,
        "end": period.end,
        "offset": listing.offset,
        "limit": listing.limit,
        "grid_id": listing.grid_id,
        "set_name": listing.set_name,
        "zone": load().site.timezone,
    }
    return list(session.execute(text(query), asked).mappings().all())


def figures_of(row: RowMapping) -> GridFigures:
    """Return a row of `read` as the API tells it."""
    roads = {
        f"{name}_share": road_share(row[name], row["piece_m"])
        for name in ("road_visited", "road_likely", "road_unknown")
    }
    own = {"grid_id": row["id"], "division_code": text_of(row["division_code"])}
    told: dict[str, Any] = {
        name: row[name] for name in GridFigures.model_fields if name not in {*roads, *own}
    }
    return GridFigures(**told | roads | own)


def road_share(bits: str | None, piece_m: bytes | None) -> float | None:
    """Return the share of a grid's road length that some bits stand for; None without roads."""
    if not piece_m:
        return None
    lengths = np.frombuffer(piece_m, dtype="<f4").astype(np.float64)
    return float(min(road_m(bits, lengths) / lengths.sum(), 1.0))


def road_m(bits: str | None, lengths: NDArray[np.float64]) -> float:
    """Return the length of the pieces whose bits are set, metres."""
    if not bits:
        return 0.0
    is_set = np.frombuffer(bits.encode(), dtype=np.uint8)[: len(lengths)] == ord("1")
    return float(lengths[is_set].sum())


@cache
def _question() -> str:
    return (files("backend") / "queries" / "patrol_figures.sql").read_text()
