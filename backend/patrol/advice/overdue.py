"""Which grids a loop should clear: those asked for, or those overdue round the unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from ...access import Principal
from ...divisions.codes import parse, span
from ...errors import NotFound
from ..units.schemas import UnitRow

MOST_GRIDS = 40
"""Of one loop: nobody walks more in a shift."""

_COLUMNS = "g.id, g.code, g.name, ST_AsBinary(g.geom) AS shape"
_NAMED = text(
    f"SELECT {_COLUMNS} FROM grids g WHERE g.id = ANY(:ids) AND g.valid_to IS NULL"  # noqa: S608
    " AND g.division_code BETWEEN :low AND :high ORDER BY g.id"
)
# Indexes: alerts_division_idx, requirement_states_division_idx.
_OVERDUE = text(
    f"SELECT {_COLUMNS}, EXISTS (SELECT FROM unit_grids h JOIN grids o ON o.id = h.grid_id"  # noqa: S608
    "  WHERE h.unit_id = :unit AND o.set_name = g.set_name AND o.code = g.code) AS is_home"
    " FROM grids g WHERE g.valid_to IS NULL AND g.division_code BETWEEN :low AND :high"
    " AND g.id IN (SELECT a.subject_id FROM alerts a WHERE a.subject_kind = 'grid'"
    "   AND a.cleared_at IS NULL AND a.division_code BETWEEN :low AND :high"
    "  UNION SELECT s.grid_id FROM requirement_states s WHERE s.state IN ('due', 'not_met')"
    "   AND s.window_start <= now() AND s.window_end > now()"
    "   AND s.division_code BETWEEN :low AND :high)"
    " ORDER BY g.id"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A grid to be cleared; its shape in lon and lat."""

    id: int
    code: str
    name: str
    shape: BaseGeometry


def named(session: Session, ids: Sequence[int], *, by: Principal) -> list[Wanted]:
    """Return the grids of these ids.

    Raises
    ------
    NotFound
        If one is absent, no longer in force, or outside the jurisdiction.

    """
    wanted = sorted(set(ids))
    asked = {"ids": wanted, "low": by.scope.low, "high": by.scope.high}
    found = [_wanted(row) for row in session.execute(_NAMED, asked)]
    if len(found) < len(wanted):
        raise NotFound()
    return found


def overdue(session: Session, unit: UnitRow, *, by: Principal) -> list[Wanted]:
    """Return overdue grids: the unit's home grids, and where none of them is, its division's.

    Overdue is a grid with an open alert, or with a requirement whose window runs and is due.
    """
    low, high = span(parse(unit.division_code))
    asked = {
        "unit": unit.id,
        "low": max(low, by.scope.low),
        "high": min(high, by.scope.high),
    }
    rows = session.execute(_OVERDUE, asked).all()
    chosen = [row for row in rows if row.is_home] or rows
    return [_wanted(row) for row in chosen]


def _wanted(row: Any) -> Wanted:
    return Wanted(row.id, row.code, row.name, shapely.from_wkb(row.shape))


def nearest_first(wanted: Sequence[Wanted], lon: float, lat: float) -> list[Wanted]:
    """Return grids in order of distance from a place."""
    shapes = np.array([each.shape for each in wanted], dtype=object)
    order = np.argsort(shapely.distance(shapes, shapely.Point(lon, lat)), kind="stable")
    return [wanted[n] for n in order.tolist()]
