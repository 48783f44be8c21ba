"""Townships by shift: how much was gone over on an average day, and how requirements stood."""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from sqlalchemy import RowMapping, TextClause, text
from sqlalchemy.orm import Session

from ...divisions.codes import text_of
from ...divisions.extent import Extent
from ...grids.whose import ByGrids, by_versions
from ...settings import load
from .listing import Period
from .schemas import PatrolSummaryPage, TownshipShift

SHIFTS = ("night", "day", "evening")
"""00-08, 08-16 and 16-24 local time."""


def page(
    session: Session, extent: Extent, period: Period, set_name: str | None, by: ByGrids = "today"
) -> PatrolSummaryPage:
    """Return one row for each township and shift with grids in the extent."""
    asked: dict[str, Any] = {
        "low": extent.low,
        "high": extent.high,
        "start": period.start,
        "end": period.end,
        "zone": load().site.timezone,
        "set_name": set_name,
    }
    rows = session.execute(_question(by), asked).mappings().all()
    told = [_row(row) for row in rows]
    return PatrolSummaryPage(rows=told, total=len(told), start=period.start, end=period.end)


def _row(row: RowMapping) -> TownshipShift:
    shares = {name: _share(row[name], row["cells_m2"]) for name in _AREAS}
    return TownshipShift(
        division_code=text_of(row["township"]),
        division_name=row["name"] or text_of(row["township"]),
        shift=SHIFTS[row["shift"]],
        **shares,
        visits=row["visits"],
        dwell_s=row["dwell_s"],
        met=row["met"],
        not_met=row["not_met"],
        unknown=row["unknown"],
    )


_AREAS = ("visited_share", "likely_share", "unknown_share")


def _share(amount: float, whole: float | None) -> float | None:
    return float(np.clip(amount / whole, 0.0, 1.0)) if whole else None


@cache
def _question(by: ByGrids) -> TextClause:
    query = (files("backend") / "queries" / "patrol_summary.sql").read_text()
    return text(query.format(**by_versions(by)))
