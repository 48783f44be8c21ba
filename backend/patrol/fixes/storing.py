"""One transaction for the fixes of many requests: checked, copied, merged, marked.

Everything is a function of the set of fixes: whatever order, repetition or division into batches
they come in, the tables end the same.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files

import numpy as np
from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from ...settings import load
from . import partitions
from .batch import DAY_US, Batch, Fixes, Ints, Outcome, joined
from .duty_check import on_duty
from .refusals import CODES, Refusal
from .writing import write

AHEAD_US = 5 * 60 * 1_000_000
_TAKEN = 0
"""No reason to refuse; a row's verdict is this or the number of a reason, from 1."""
_NUMBER = {code: k + 1 for k, code in enumerate(CODES)}

_ENDED = text("SELECT id FROM trackers WHERE id = ANY(:ids) AND ended_at IS NOT NULL")
_HEARD = text(
    "UPDATE trackers SET last_heard_at = now() WHERE id IN (SELECT id FROM trackers"
    " WHERE id = ANY(:ids) AND (last_heard_at IS NULL OR last_heard_at < now() - interval '30 s')"
    " FOR UPDATE SKIP LOCKED)"
)
_COUNT_REFUSED = text(
    "INSERT INTO fix_refusals AS f (unit_id, day, reason, rows, last_at, last_skew_s)"
    " SELECT r.unit, CAST(:now AS date), r.reason, r.rows, :now, r.skew_s"
    " FROM unnest(CAST(:units AS bigint[]), CAST(:reasons AS text[]), CAST(:rows AS bigint[]),"
    " CAST(:skews AS double precision[])) AS r (unit, reason, rows, skew_s)"
    " JOIN units u ON u.id = r.unit ORDER BY 1, 3"
    " ON CONFLICT (unit_id, day, reason) DO UPDATE SET rows = f.rows + excluded.rows,"
    " last_at = excluded.last_at, last_skew_s = excluded.last_skew_s"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of each batch, and whether a unit's place has changed."""

    outcomes: list[Outcome]
    has_moved: bool
    days: frozenset[int]
    """Days that have a partition, once this is committed."""


def store(
    session: Session, batches: Sequence[Batch], *, now: datetime, known_days: frozenset[int]
) -> Stored:
    """Store the fixes of batches that share no unit; `known_days` need not be looked for."""
    fixes = joined([batch.fixes for batch in batches])
    owner = np.repeat(np.arange(len(batches)), [len(batch.fixes) for batch in batches])
    verdict = _by_clock(fixes, now)
    _by_database(session, batches, fixes, owner, verdict)
    days = _by_day(session, fixes, verdict, known_days)
    kept = fixes.take(verdict == _TAKEN).sorted_unique()
    fresh, has_moved = write(session, kept) if len(kept) else ({}, False)
    outcomes = _outcomes(batches, fixes, owner, verdict, fresh)
    _count_refused(session, batches, outcomes, now)
    return Stored(outcomes, has_moved, days)


def _by_clock(fixes: Fixes, now: datetime) -> Ints:
    """Return verdicts on the instants alone: ahead of the clock, or from before what is kept."""
    verdict = np.zeros(len(fixes), np.int64)
    now_us = int(now.timestamp() * 1_000_000)
    first_day = partitions.day_no_of(now) - load().patrol.fixes_kept_days
    verdict[fixes.at_us < first_day * DAY_US] = _NUMBER["fixes.too_old"]
    verdict[fixes.at_us > now_us + AHEAD_US] = _NUMBER["fixes.future"]
    return verdict


def _by_database(
    session: Session, batches: Sequence[Batch], fixes: Fixes, owner: Ints, verdict: Ints
) -> None:
    """Judge by tracker, unit and duty as they are in this transaction."""
    trackers = [batch.tracker_id for batch in batches if batch.tracker_id is not None]
    ended = set(session.scalars(_ENDED, {"ids": trackers})) if trackers else set()
    if trackers:
        session.execute(_HEARD, {"ids": trackers})
    for k, batch in enumerate(batches):
        if batch.tracker_id in ended:
            verdict[(owner == k) & (verdict == _TAKEN)] = _NUMBER["fixes.tracker_ended"]
    open_rows = verdict == _TAKEN
    if not open_rows.any():
        return
    asked = {
        "units": np.unique(fixes.unit[open_rows]).tolist(),
        "first_us": int(fixes.at_us[open_rows].min()),
        "last_us": int(fixes.at_us[open_rows].max()),
    }
    rows = session.execute(_query("fixes_allowed"), asked).all()
    is_active = np.isin(fixes.unit, [row.id for row in rows])
    periods = [(r.id, r.starts_us, r.ends_us) for r in rows if r.starts_us is not None]
    is_on = on_duty(fixes.unit, fixes.at_us, periods)
    verdict[open_rows & is_active & ~is_on] = _NUMBER["fixes.off_duty"]
    verdict[open_rows & ~is_active] = _NUMBER["fixes.unit_inactive"]


def _by_day(
    session: Session, fixes: Fixes, verdict: Ints, known_days: frozenset[int]
) -> frozenset[int]:
    """See to a partition for every day, return those there are; refuse days without room."""
    day = fixes.at_us // DAY_US
    wanted = set(np.unique(day[verdict == _TAKEN]).tolist())
    if wanted <= known_days:
        return known_days
    there = partitions.open_days(session, wanted)
    closed = np.isin(day, sorted(wanted - there))
    verdict[closed & (verdict == _TAKEN)] = _NUMBER["fixes.too_many_days"]
    return frozenset(there)


def _outcomes(
    batches: Sequence[Batch],
    fixes: Fixes,
    owner: Ints,
    verdict: Ints,
    fresh: dict[int, int],
) -> list[Outcome]:
    found = []
    taken = np.bincount(owner[verdict == _TAKEN], minlength=len(batches))
    late: dict[int, list[Refusal]] = {}
    for place in np.flatnonzero(verdict).tolist():
        refusal = Refusal(int(fixes.row[place]), CODES[int(verdict[place]) - 1])
        late.setdefault(int(owner[place]), []).append(refusal)
    for k, batch in enumerate(batches):
        accepted = sum(fresh.get(unit, 0) for unit in batch.units)
        refused = sorted((*batch.refused, *late.get(k, ())), key=lambda r: r.row)
        found.append(Outcome(accepted, int(taken[k]) - accepted, tuple(refused)))
    return found


def _count_refused(
    session: Session, batches: Sequence[Batch], outcomes: Sequence[Outcome], now: datetime
) -> None:
    """Keep how often a unit's fixes were refused, why, and how far its clock was off."""
    count: Counter[tuple[int, str]] = Counter()
    skew_s: dict[tuple[int, str], float] = {}
    for batch, outcome in zip(batches, outcomes, strict=True):
        if not outcome.refused:
            continue
        unit_of = batch.refused_of | dict(
            zip(batch.fixes.row.tolist(), batch.fixes.unit.tolist(), strict=True)
        )
        at_us = dict(zip(batch.fixes.row.tolist(), batch.fixes.at_us.tolist(), strict=True))
        for refusal in outcome.refused:
            if (unit := unit_of.get(refusal.row)) is not None:
                count[unit, refusal.code] += 1
                if refusal.row in at_us:
                    skew_s[unit, refusal.code] = at_us[refusal.row] / 1e6 - now.timestamp()
    if count:
        keys = sorted(count)
        session.execute(
            _COUNT_REFUSED,
            {
                "now": now,
                "units": [unit for unit, _ in keys],
                "reasons": [code for _, code in keys],
                "rows": [count[key] for key in keys],
                "skews": [skew_s.get(key) for key in keys],
            },
        )


@cache
def _query(name: str) -> TextClause:
    return text((files("backend") / "queries" / f"{name}.sql").read_text("utf-8"))
