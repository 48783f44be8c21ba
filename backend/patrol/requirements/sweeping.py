"""Windows judged from what is stored, their states written, and the alerts that follow from them.

The clock is passed in. Windows that are under way or ended lately are judged by every sweep;
older ones when late fixes have changed what was derived of their grids.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ...live import Notice, announce
from ...settings import load
from ..deriving.forces import rules
from .concerned import Concerned, Grid, concerned
from .evidence import Evidence, evidence_of
from .judging import Asked, Standing, judge
from .models import Requirement
from .windows import Window

_STORED = text(
    "SELECT s.requirement_id, s.grid_id, s.window_start, s.window_end, s.state, s.times,"
    " s.last_visit_at, s.why, s.division_code, g.valid_to IS NOT NULL"
    "  AND s.window_start >= CAST(g.valid_from AS timestamp) AT TIME ZONE :zone"
    "  AND s.window_start < CAST(g.valid_to AS timestamp) AT TIME ZONE :zone AS is_of_then"
    " FROM requirement_states s JOIN grids g ON g.id = s.grid_id"
    " WHERE s.window_end >= :since AND s.window_start <= :until"
)
_PUT = text(
    "INSERT INTO requirement_states (requirement_id, grid_id, window_start, window_end,"
    " division_code, state, times, last_visit_at, why) SELECT * FROM jsonb_to_recordset(:rows) AS"
    " r (requirement_id bigint, grid_id bigint, window_start timestamptz, window_end timestamptz,"
    " division_code bigint, state text, times integer, last_visit_at timestamptz, why jsonb)"
    " ON CONFLICT (requirement_id, grid_id, window_start) DO UPDATE SET"
    " window_end = excluded.window_end, division_code = excluded.division_code,"
    " state = excluded.state, times = excluded.times, last_visit_at = excluded.last_visit_at,"
    " why = excluded.why"
)
_FORGET = text(
    "DELETE FROM requirement_states s USING jsonb_to_recordset(:rows) AS"
    " r (requirement_id bigint, grid_id bigint, window_start timestamptz)"
    " WHERE s.requirement_id = r.requirement_id AND s.grid_id = r.grid_id"
    " AND s.window_start = r.window_start"
)
_NUMBER = text("SELECT txid_current()")

Key = tuple[int, int, datetime]


@dataclass(frozen=True, slots=True)
class Judged:
    """One window of one grid with how it stands."""

    requirement: Requirement
    grid: Grid
    window: Window
    standing: Standing


def judge_all(session: Session, now: datetime, *, since: datetime | None = None) -> list[Judged]:
    """Judge the windows since a moment, write what has changed, and return all of them.

    By default since the time that alerts look back.
    """
    first = since or now - timedelta(hours=load().patrol.alert_hours)
    asked = list(concerned(session, first, now))
    speeds = {vehicle: rule.speed_mps for vehicle, rule in rules().items()}
    known = evidence_of(session, asked_for(asked), now, speeds)
    judged = [_judged(each, known, now) for each in asked]
    if _store(session, judged, (first, now)):
        announce(session, Notice("patrol", 0, session.scalar(_NUMBER) or 0))
    return judged


def asked_for(
    asked: Sequence[Concerned],
) -> list[tuple[int, Window, tuple[str, ...], bool]]:
    """Return what has to be known: grid, window, unit kinds, whether shares are asked for."""
    return [
        (grid.id, window, tuple(sorted(each.unit_kinds or ())), each.least_share is not None)
        for each, grid, window in asked
    ]


def _judged(asked: Concerned, known: Evidence, now: datetime) -> Judged:
    requirement, grid, window = asked
    kinds = tuple(sorted(requirement.unit_kinds or ()))
    standing = judge(
        Asked(requirement.times, requirement.longest_interval_s, requirement.least_share),
        window,
        known.of(grid.id, window, kinds),
        now=now,
        due_share=load().patrol.due_share,
    )
    return Judged(requirement, grid, window, standing)


def _store(session: Session, judged: Sequence[Judged], period: tuple[datetime, datetime]) -> int:
    """Write the states that differ; forget those of windows that are no longer asked for.

    What was asked of a grid in its time stays, whatever is asked of its heirs.
    """
    since, until = period
    asked = {"since": since, "until": until, "zone": load().site.timezone}
    found = [dict(row) for row in session.execute(_STORED, asked).mappings()]
    stored = {_key(row): row for row in found}
    of_then = {key for key, row in stored.items() if row.pop("is_of_then")}
    rows = [_row(each) for each in judged]
    changed = [row for row in rows if stored.pop(_key(row), None) != row]
    gone = [
        {name: row[name] for name in ("requirement_id", "grid_id", "window_start")}
        for key, row in stored.items()
        if row["window_end"] >= since and key not in of_then
    ]
    for statement, some in ((_FORGET, gone), (_PUT, changed)):
        if some:
            session.execute(statement, {"rows": _json(some)})
    return len(changed) + len(gone)


def _key(row: dict[str, Any]) -> Key:
    return row["requirement_id"], row["grid_id"], row["window_start"]


def _row(judged: Judged) -> dict[str, Any]:
    standing = judged.standing
    return {
        "requirement_id": judged.requirement.id,
        "grid_id": judged.grid.id,
        "window_start": judged.window.start,
        "window_end": judged.window.end,
        "state": standing.state,
        "times": standing.times,
        "last_visit_at": standing.last_visit_at,
        "why": standing.why | {"name": judged.requirement.name},
        "division_code": judged.grid.division_code,
    }


def _json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, default=lambda moment: moment.isoformat())
