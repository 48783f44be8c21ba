"""Patrols brought up to date: take marks -> derive the days they name -> write what differs.

One transaction a batch: one that is killed leaves figures and marks as they were. Batches take
turns until their commit, because ground is the ground of all units together.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.gridindex import index_grids

from ...live import Notice, announce
from ...settings import load
from . import land as lands
from .forces import Force, forces_of, rules
from .heard import Heard, heard
from .storing import Place, Touched, store_day
from .totals import count_totals
from .tracing import DAY, MARGIN, Day, Spots, derive_day

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('patrol.turn'))")
_IS_FREE = text("SELECT pg_try_advisory_xact_lock(hashtext('patrol.turn'))")
_MARKS = text("SELECT unit_id, day, at FROM patrol_dirty ORDER BY at, unit_id, day LIMIT :most")
# Only as they were read: what arrived meanwhile has touched its mark and stays.
_DONE = text(
    "DELETE FROM patrol_dirty d USING unnest(CAST(:units AS bigint[]), CAST(:days AS date[]),"
    " CAST(:ats AS timestamptz[])) AS m (unit_id, day, at)"
    " WHERE d.unit_id = m.unit_id AND d.day = m.day AND d.at = m.at"
)
_KNOWN = text(
    "SELECT unit_id, day, digest, before, after FROM patrol_derived"
    " WHERE unit_id = ANY(:units) AND day BETWEEN CAST(:day AS date) - 1 AND CAST(:day AS date) + 1"
)
_PUT = text(
    "INSERT INTO patrol_derived VALUES (:unit_id, :day, :digest, :before, :after, :duty_until)"
    " ON CONFLICT (unit_id, day) DO UPDATE SET digest = excluded.digest,"
    " before = excluded.before, after = excluded.after, duty_until = excluded.duty_until"
)
_MARK = text(
    "INSERT INTO patrol_dirty (unit_id, day)"
    " SELECT * FROM unnest(CAST(:units AS bigint[]), CAST(:days AS date[])) ON CONFLICT DO NOTHING"
)
_SPOTS = text(
    "SELECT id, division_code, radius_m, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM checkpoints"
    " WHERE is_active ORDER BY id"
)
_NUMBER = text("SELECT txid_current()")

MOST_MARKS = 100
"""Units and days of one transaction; a day of one unit holds a few thousand fixes."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one batch did: marks taken, days that had changed, fixes read."""

    marks: int
    days: int
    fixes: int
    touched: frozenset[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Ground:
    place: Place
    spots: Spots
    digest: bytes


def is_free(session: Session) -> bool:
    """Take the turn if nobody else derives; who does comes back for what is marked meanwhile."""
    return bool(session.scalar(_IS_FREE))


def derive(session: Session, now: datetime, *, most: int = MOST_MARKS) -> Round:
    """Derive one batch of marked days anew, in the caller's transaction."""
    session.execute(_TURN)
    lands.current(session)  # grids that were changed mark the days that count on them
    marks = session.execute(_MARKS, {"most": most}).all()
    if not marks:
        return Round(0, 0, 0, frozenset())
    ground = _ground(session)
    oldest = now.date() - timedelta(days=load().patrol.fixes_kept_days)
    touched: Touched = set()
    days, fixes = 0, 0
    for day in sorted({mark.day for mark in marks if mark.day > oldest}):
        units = sorted({mark.unit_id for mark in marks if mark.day == day})
        changed, read = _derive_day(session, day, units, (ground, now, touched))
        days, fixes = days + changed, fixes + read
    count_totals(session, touched)
    asked = {
        "units": [mark.unit_id for mark in marks],
        "days": [mark.day for mark in marks],
        "ats": [mark.at for mark in marks],
    }
    session.execute(_DONE, asked)
    if touched:
        announce(session, Notice("patrol", 0, session.scalar(_NUMBER) or 0))
    return Round(len(marks), days, fixes, frozenset(touched))


def _derive_day(
    session: Session, day: date, units: Sequence[int], upon: tuple[_Ground, datetime, Touched]
) -> tuple[int, int]:
    """Derive a day of some units where anything has changed; return how many, and fixes read."""
    ground, now, touched = upon
    start = datetime.combine(day, time(), UTC)
    told = heard(session, units, start - MARGIN, start + DAY + MARGIN)
    forces = forces_of(session, units, start, start + DAY, now)
    known = {(row.unit_id, row.day): row for row in session.execute(_KNOWN, _asked(units, day))}
    marks = {force.id: _digests(force, told, start, ground.digest) for force in forces}
    changed = [
        force
        for force in forces
        if (force.id, day) not in known or known[force.id, day].digest != marks[force.id].whole
    ]
    if changed:
        ids = [force.id for force in changed]
        own = Day(start, told.only(np.isin(told.unit, ids)))
        derived = derive_day(own, changed, ground.place.land, ground.spots, rules())
        touched |= store_day(session, own, ids, derived, ground.place)
        session.execute(
            _PUT,
            [
                {
                    "unit_id": force.id,
                    "day": day,
                    "digest": marks[force.id].whole,
                    "before": marks[force.id].before,
                    "after": marks[force.id].after,
                    "duty_until": force.ended,
                }
                for force in changed
            ],
        )
    _mark_neighbours(session, day, marks, known)
    return len(changed), len(told)


def _asked(units: Sequence[int], day: date) -> dict[str, Any]:
    return {"units": list(units), "day": day}


@dataclass(frozen=True, slots=True)
class _Digests:
    """Of all that a day was derived from; of the fixes around it; of its own first and last."""

    whole: bytes
    before: bytes
    after: bytes
    first: bytes
    last: bytes


def _digests(force: Force, told: Heard, start: datetime, ground: bytes) -> _Digests:
    start_us = int(start.timestamp()) * 1_000_000
    day_us, margin_us = int(DAY.total_seconds() * 1e6), int(MARGIN.total_seconds() * 1e6)
    own = told.only(told.unit == force.id)

    def part(since_us: int, until_us: int) -> bytes:
        rows = own.only((own.at_us >= since_us) & (own.at_us < until_us))
        columns = [getattr(rows, name) for name in Heard.__slots__]
        return hashlib.sha256(np.stack(columns).tobytes()).digest()[:16]

    end_us = start_us + day_us
    whole = hashlib.sha256(part(start_us - margin_us, end_us + margin_us))
    whole.update(repr((force, rules()[force.vehicle])).encode())
    whole.update(ground)
    return _Digests(
        whole=whole.digest()[:16],
        before=part(start_us - margin_us, start_us),
        after=part(end_us, end_us + margin_us),
        first=part(start_us, start_us + margin_us),
        last=part(end_us - margin_us, end_us),
    )


def _mark_neighbours(
    session: Session, day: date, marks: dict[int, _Digests], known: dict[tuple[int, date], Any]
) -> None:
    """Mark the days before and after that took part of this day's fixes as they no longer are."""
    stale = []
    for unit, mark in marks.items():
        before, after = known.get((unit, day - DAY)), known.get((unit, day + DAY))
        if before is not None and before.after != mark.first:
            stale.append((unit, day - DAY))
        if after is not None and after.before != mark.last:
            stale.append((unit, day + DAY))
    if stale:
        asked = {"units": [unit for unit, _ in stale], "days": [each for _, each in stale]}
        session.execute(_MARK, asked)


def _ground(session: Session) -> _Ground:
    land = lands.current(session)
    rows = session.execute(_SPOTS).mappings().all()
    spots, digest = Spots(np.zeros(0, dtype=np.int64), None), hashlib.sha256(land.digest)
    if rows:
        lon, lat = [row["lon"] for row in rows], [row["lat"] for row in rows]
        points = shapely.points(*land.frame.to_metric(lon, lat))
        circles = shapely.buffer(points, [row["radius_m"] for row in rows])
        ids = np.array([row["id"] for row in rows], dtype=np.int64)
        spots = Spots(ids, index_grids(np.asarray(circles, dtype=object)))
        digest.update(repr([tuple(row.values()) for row in rows]).encode())
    divisions = {row["id"]: row["division_code"] for row in rows}
    return _Ground(Place(land, divisions), spots, digest.digest())
