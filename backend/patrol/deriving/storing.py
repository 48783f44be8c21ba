"""Rows of a day written as differences: what stays the same is not touched, nothing is stale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import numpy as np
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from ...db import raw_connection
from .land import Land
from .tracing import Day, Derived, moment

_MADE = """
CREATE TEMP TABLE IF NOT EXISTS new_visits (LIKE visits) ON COMMIT DELETE ROWS;
ALTER TABLE new_visits DROP COLUMN IF EXISTS id;
CREATE TEMP TABLE IF NOT EXISTS new_traces (LIKE patrol_traces) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS new_checks (LIKE checkpoint_visits) ON COMMIT DELETE ROWS;
TRUNCATE new_visits, new_traces, new_checks;
"""
_VISIT = (
    "unit_id, grid_id, division_code, day, entered_at, left_at, dwell_s, is_sure, basis, "
    "is_continued"
)
_BITS = ("visited", "likely", "unknown", "road_visited", "road_likely", "road_unknown")
_TRACE = "grid_id, hour, unit_id, division_code, plan, " + ", ".join(_BITS)
_CHECK = "checkpoint_id, unit_id, at, how, division_code"

_DROP_VISITS = (
    "DELETE FROM visits o WHERE o.unit_id = ANY(:units) AND o.day = :day"
    " AND NOT EXISTS (SELECT FROM new_visits n WHERE {same})"
    " RETURNING o.grid_id, o.entered_at, o.left_at"
)
_ADD_VISITS = (
    "INSERT INTO visits ({columns}) SELECT {columns} FROM new_visits n"
    " WHERE NOT EXISTS (SELECT FROM visits o WHERE {same})"
    " RETURNING grid_id, entered_at, left_at"
)
_DROP_TRACES = (
    "DELETE FROM patrol_traces o WHERE o.unit_id = ANY(:units)"
    " AND o.hour >= :start AND o.hour < :end"
    " AND NOT EXISTS (SELECT FROM new_traces n WHERE {same})"
    " RETURNING o.grid_id, o.hour"
)
_ADD_TRACES = (
    "INSERT INTO patrol_traces ({columns}) SELECT {columns} FROM new_traces n"
    " WHERE NOT EXISTS (SELECT FROM patrol_traces o WHERE {same})"
    " RETURNING grid_id, hour"
)
_DROP_CHECKS = (
    "DELETE FROM checkpoint_visits o WHERE o.unit_id = ANY(:units) AND o.how = 'position'"
    " AND o.at >= :start AND o.at < :end"
    " AND NOT EXISTS (SELECT FROM new_checks n WHERE {same})"
)
_ADD_CHECKS = (
    "INSERT INTO checkpoint_visits ({columns}) SELECT {columns} FROM new_checks"
    " ON CONFLICT DO NOTHING"
)

Touched = set[tuple[int, int]]
"""Grid and hour (seconds since 1970 UTC) whose figures may have changed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows go: the land they were derived on, the division of each checkpoint."""

    land: Land
    checkpoint_division: dict[int, int]


def store_day(
    session: Session, day: Day, units: Sequence[int], derived: Derived, place: Place
) -> Touched:
    """Replace what is stored of a day of some units; return whose figures that concerns."""
    _fill(session, day.start.date(), derived, place)
    asked = {"units": list(units), "day": day.start.date(), "start": day.start, "end": day.end}
    touched: Touched = set()
    for query in (_DROP_VISITS, _ADD_VISITS):
        for grid, entered_at, left_at in session.execute(_over(query, _VISIT), asked):
            first, last = int(entered_at.timestamp()) // 3600, int(left_at.timestamp()) // 3600
            touched |= {(grid, hour * 3600) for hour in range(first, last + 1)}
    for query in (_DROP_TRACES, _ADD_TRACES):
        rows = session.execute(_over(query, _TRACE), asked)
        touched |= {(grid, int(hour.timestamp())) for grid, hour in rows}
    for query in (_DROP_CHECKS, _ADD_CHECKS):
        session.execute(_over(query, _CHECK), asked)
    return touched


@cache
def _over(query: str, columns: str) -> TextClause:
    """Return a statement over some columns; two rows are the same when all of them are."""
    same = " AND ".join(f"n.{name} = o.{name}" for name in columns.split(", "))
    return text(query.format(columns=columns, same=same))


def _fill(session: Session, day: date, derived: Derived, place: Place) -> None:
    land = place.land
    ids, divisions = land.grid_ids.tolist(), land.division_code.tolist()
    digests = land.digests.tolist()
    cursor = raw_connection(session).cursor()
    for statement in _MADE.strip().split(";\n"):
        cursor.execute(statement)
    with cursor.copy(f"COPY new_visits ({_VISIT}) FROM STDIN") as copy:
        for unit, row, entered_s, left_s, dwell_s, basis, is_continued in derived.visits:
            times = moment(entered_s), moment(left_s)
            kind = (basis == "seen", basis, is_continued)
            copy.write_row((unit, ids[row], divisions[row], day, *times, dwell_s, *kind))
    with cursor.copy(f"COPY new_traces ({_TRACE}) FROM STDIN") as copy:
        for unit, row, hour_s, ground in derived.traces:
            bits = [_hex(getattr(ground, name)) for name in _BITS]
            hour = moment(hour_s)
            copy.write_row((ids[row], hour, unit, divisions[row], digests[row], *bits))
    with cursor.copy(f"COPY new_checks ({_CHECK}) FROM STDIN") as copy:
        for unit, checkpoint, at_s in sorted(set(derived.checks)):
            division = place.checkpoint_division[checkpoint]
            copy.write_row((checkpoint, unit, moment(at_s), "position", division))


def _hex(bits: bytes) -> str:
    """Return bits as the database reads them: the first bit highest."""
    turned = np.packbits(np.unpackbits(np.frombuffer(bits, np.uint8), bitorder="little"))
    return "x" + turned.tobytes().hex()
