"""Who is on duty and silent right now, and in which grids that leaves the state unknown.

What a day yields knows silences that are over; the one under way grows with the clock. A grid is
taken as the box around it: too wide rather than too narrow.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from ...divisions.codes import span
from ...settings import load

_M_PER_DEG = 111_000.0
"""Of latitude, rounded down: a shorter way is a wider reach."""

# On duty and able to speak. A place from before the duty began bounds nothing.
_SILENT = text(
    "SELECT u.id, u.kind, u.vehicle, u.division_code, s.starts_at, p.at,"
    " ST_X(p.geom) AS lon, ST_Y(p.geom) AS lat, greatest(p.accuracy_m, 0)::float8 AS off_m,"
    " array(SELECT g.id FROM unit_grids ug JOIN grids h ON h.id = ug.grid_id"
    "  JOIN grids g ON g.set_name = h.set_name AND g.code = h.code"
    "   AND (g.valid_to IS NULL OR g.valid_to >= CAST(:now AS date) - 1)"
    "  WHERE ug.unit_id = u.id) AS homes"
    " FROM units u JOIN shifts s ON s.unit_id = u.id"
    " LEFT JOIN unit_positions p ON p.unit_id = u.id AND p.at >= s.starts_at"
    " WHERE u.is_active AND s.starts_at < :silent AND (s.ends_at IS NULL OR s.ends_at > :now)"
    " AND (p.at IS NULL OR p.at < :silent)"
    " AND (u.user_id IS NOT NULL"
    "  OR EXISTS (SELECT FROM trackers t WHERE t.unit_id = u.id AND t.ended_at IS NULL)"
    "  OR p.at IS NOT NULL)"
    " ORDER BY u.id"
)
_BOXES = text(
    "SELECT id, division_code, ST_XMin(geom) AS west, ST_YMin(geom) AS south,"
    " ST_XMax(geom) AS east, ST_YMax(geom) AS north FROM grids"
    " WHERE valid_to IS NULL OR valid_to >= CAST(:now AS date) - 1 ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class Silent:
    """A grid in which a unit of a kind may have been since a moment, unheard."""

    grid_id: int
    kind: str
    since: datetime


@dataclass(frozen=True, slots=True)
class _Boxes:
    ids: NDArray[np.int64]
    division_code: NDArray[np.int64]
    sides: NDArray[np.float64]
    """West, south, east, north; degrees."""


def silent_now(session: Session, now: datetime, speeds: Mapping[str, float]) -> Iterator[Silent]:
    """Yield the grids that silent units may have entered, by the speed limit of each vehicle."""
    limit = now - timedelta(seconds=load().patrol.gap_s)
    units = session.execute(_SILENT, {"now": now, "silent": limit}).mappings().all()
    if not units:
        return
    rows = np.array(
        [tuple(row.values()) for row in session.execute(_BOXES, {"now": now}).mappings()],
        dtype=float,
    )
    boxes = _Boxes(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2:])
    for unit in units:
        yield from _of_unit(unit, boxes, now, speeds[unit["vehicle"]])


def _of_unit(unit: RowMapping, boxes: _Boxes, now: datetime, speed_mps: float) -> Iterator[Silent]:
    low, high = span(unit["division_code"])
    counts = (boxes.division_code >= low) & (boxes.division_code <= high)
    if unit["at"] is None:
        homes = np.isin(boxes.ids, unit["homes"])
        for grid in boxes.ids[homes if homes.any() else counts].tolist():
            yield Silent(grid, unit["kind"], unit["starts_at"])
        return
    west, south, east, north = boxes.sides.T
    lon, lat = unit["lon"], unit["lat"]
    dx = np.maximum(np.maximum(west - lon, lon - east), 0.0) * np.cos(np.radians(lat))
    dy = np.maximum(np.maximum(south - lat, lat - north), 0.0)
    away_m = np.maximum(np.hypot(dx, dy) * _M_PER_DEG - 3.0 * (unit["off_m"] or 0.0) - 15.0, 0.0)
    travel_s = away_m / speed_mps
    reached = counts & (travel_s <= (now - unit["at"]).total_seconds())
    for grid, after_s in zip(boxes.ids[reached].tolist(), travel_s[reached].tolist(), strict=True):
        yield Silent(grid, unit["kind"], unit["at"] + timedelta(seconds=after_s))
