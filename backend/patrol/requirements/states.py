"""Reading states of requirements: windows of grids, worst first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from ...divisions.codes import text_of
from ...divisions.extent import Extent
from ...grids.whose import ByGrids, at_moment
from ...settings import load
from .schemas import RequirementReading, RequirementStatePage

# Index: requirement_states_division_idx, or requirement_states_grid_idx for one grid.
_LISTED = """
SELECT s.requirement_id, coalesce(r.name, s.why ->> 'name', '') AS requirement_name, s.grid_id,
       g.code AS grid_code, g.name AS grid_name, s.division_code, s.window_start, s.window_end,
       s.state, s.times, s.last_visit_at, s.why, count(*) OVER () AS found
FROM requirement_states s JOIN grids g ON g.id = s.grid_id AND {whose}
LEFT JOIN requirements r ON r.id = s.requirement_id
WHERE s.division_code BETWEEN :low AND :high AND s.window_end >= :start AND s.window_start < :end
{narrowed}
ORDER BY array_position('{{not_met,due,unknown,open,met}}', s.state), s.window_end DESC,
         s.requirement_id, s.grid_id
OFFSET :offset LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Asking:
    """Which windows: those that touch a period, of one grid, requirement or state if given."""

    start: datetime
    end: datetime
    grid_id: int | None = None
    requirement_id: int | None = None
    state: str | None = None
    offset: int = 0
    limit: int = 100
    by: ByGrids = "today"


def page(session: Session, extent: Extent, asking: Asking) -> RequirementStatePage:
    """Return windows of a division's grids."""
    asked: dict[str, Any] = {name: getattr(asking, name) for name in Asking.__slots__}
    narrowed = " ".join(
        f"AND s.{name} = :{name}"
        for name in ("grid_id", "requirement_id", "state")
        if asked[name] is not None
    )
    asked |= {"low": extent.low, "high": extent.high, "zone": load().site.timezone}
    query = text(_LISTED.format(narrowed=narrowed, whose=at_moment(asking.by, "s.window_start")))
    rows = session.execute(query, asked).mappings().all()
    total = rows[0]["found"] if rows else 0
    return RequirementStatePage(rows=[_row(row) for row in rows], total=total)


def _row(row: RowMapping) -> RequirementReading:
    told = {name: row[name] for name in RequirementReading.model_fields}
    return RequirementReading(**told | {"division_code": text_of(row["division_code"])})
