"""What is known of windows: who was in each grid, who may have been, how much was gone over."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from .judging import Shown, Stay
from .silent import silent_now
from .windows import Window

Wanted = tuple[int, Window, tuple[str, ...], bool]
"""Grid, window, kinds of unit (none: all), whether the share is asked for."""
_ShareKey = tuple[int, datetime, datetime, tuple[str, ...]]

# Index: visits_grid_idx.
_STAYS = text(
    "SELECT v.grid_id, u.kind, v.entered_at, v.left_at, v.is_sure, v.is_continued"
    " FROM visits v JOIN units u ON u.id = v.unit_id"
    " WHERE v.grid_id = ANY(:grids) AND v.entered_at < :end AND v.left_at >= :start"
    " AND v.entered_at > CAST(:start AS timestamptz) - interval '25 hours'"
    " ORDER BY v.grid_id, v.entered_at, v.left_at, v.unit_id"
)
# Index: the primary key of patrol_traces.
_SHARES = text(
    "SELECT w.grid_id, w.start, w.until, bit_count(bit_or(t.visited)) / p.cells::float8,"
    " bit_count(bit_or(t.visited | t.unknown)) / p.cells::float8"
    " FROM unnest(CAST(:grids AS bigint[]), CAST(:starts AS timestamptz[]),"
    "  CAST(:ends AS timestamptz[])) AS w (grid_id, start, until)"
    " JOIN patrol_plans p ON p.grid_id = w.grid_id"
    " JOIN patrol_traces t ON t.grid_id = w.grid_id AND t.plan = p.digest"
    "  AND t.hour >= w.start AND t.hour < w.until"
    " JOIN units u ON u.id = t.unit_id"
    " WHERE p.cells > 0 AND (cardinality(CAST(:kinds AS text[])) = 0 OR u.kind = ANY(:kinds))"
    " GROUP BY w.grid_id, w.start, w.until, p.cells"
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Stays of all units by grid with the unit's kind, and the shares of windows."""

    stays: dict[int, list[tuple[str, Stay]]]
    shares: dict[_ShareKey, tuple[float, float]]

    def of(self, grid_id: int, window: Window, kinds: tuple[str, ...]) -> Shown:
        """Return what is known of one window for some kinds of unit, or for all."""
        stays = [
            stay
            for kind, stay in self.stays.get(grid_id, ())
            if (not kinds or kind in kinds)
            and stay.entered_at < window.end
            and stay.left_at >= window.start
        ]
        key = (grid_id, window.start, window.end, kinds)
        visited, possible = self.shares.get(key, (0.0, 0.0))
        return Shown(stays, visited, possible)


def evidence_of(
    session: Session, wanted: Sequence[Wanted], now: datetime, speeds: Mapping[str, float]
) -> Evidence:
    """Return all that bears on some windows; `speeds` are the limits of vehicles, m/s."""
    if not wanted:
        return Evidence({}, {})
    asked: dict[str, Any] = {
        "grids": sorted({grid for grid, _, _, _ in wanted}),
        "start": min(window.start for _, window, _, _ in wanted),
        "end": max(window.end for _, window, _, _ in wanted),
    }
    stays: dict[int, list[tuple[str, Stay]]] = defaultdict(list)
    for grid, kind, *rest in session.execute(_STAYS, asked):
        stays[grid].append((kind, Stay(*rest)))
    for silent in silent_now(session, now, speeds):
        stays[silent.grid_id].append((silent.kind, Stay(silent.since, now, is_sure=False)))
    return Evidence(stays, _shares(session, wanted))


def _shares(session: Session, wanted: Sequence[Wanted]) -> dict[_ShareKey, tuple[float, float]]:
    by_kinds: dict[tuple[str, ...], set[tuple[int, datetime, datetime]]] = defaultdict(set)
    for grid, window, kinds, is_asked in wanted:
        if is_asked:
            by_kinds[kinds].add((grid, window.start, window.end))
    found: dict[_ShareKey, tuple[float, float]] = {}
    for kinds, spans in by_kinds.items():
        columns = [list(column) for column in zip(*sorted(spans), strict=True)]
        asked = dict(zip(("grids", "starts", "ends"), columns, strict=True)) | {
            "kinds": list(kinds)
        }
        for grid, start, end, visited, possible in session.execute(_SHARES, asked):
            found[grid, start, end, kinds] = (visited, possible)
    return found
