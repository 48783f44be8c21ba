"""A period played again: places of units, thinned, with the ways between that are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from ...divisions.extent import Extent
from ...errors import InvalidField
from ...settings import load
from ..deriving.heard import Heard, heard
from .listing import Period
from .schemas import Replay, ReplayTrack

MOST_UNITS = 5000
MOST_PLACES = 300_000
MOST_FIXES = 3_000_000
LONGEST = timedelta(days=1)

# Index: shifts_division_idx.
_UNITS = """
SELECT u.id, u.code, u.name, u.kind, u.vehicle FROM units u
WHERE u.division_code BETWEEN :low AND :high {narrowed} AND EXISTS (
  SELECT FROM shifts s WHERE s.unit_id = u.id AND s.starts_at < :end
  AND (s.ends_at IS NULL OR s.ends_at > :start))
ORDER BY u.code, u.id LIMIT :most
"""


class ReplayPeriod(InvalidField):
    code = "patrol.replay_period"
    zh = "回放时段须先始后终，且不超过一天。"
    en = "A period to be played again ends after it begins and lasts at most a day."


@dataclass(frozen=True, slots=True)
class _Thinned:
    heard: Heard
    is_known: Any


def period_of(start: datetime | None, end: datetime | None, now: datetime) -> Period:
    """Return the period, by default the last hour.

    Raises
    ------
    ReplayPeriod
        If it ends before it begins or is longer than a day.

    """
    until = (end or now).astimezone(UTC)
    since = (start or until - timedelta(hours=1)).astimezone(UTC)
    if not timedelta(0) < until - since <= LONGEST:
        raise ReplayPeriod(field="from")
    return Period(since, until)


def read(
    session: Session,
    extent: Extent,
    period: Period,
    *,
    units: Sequence[int] | None = None,
    step_s: int = 30,
) -> Replay:
    """Return one place a step and unit at most; steps grow until the answer is small enough."""
    narrowed = "" if units is None else "AND u.id = ANY(:units)"
    asked: dict[str, Any] = {"low": extent.low, "high": extent.high, "units": list(units or ())}
    asked |= {"start": period.start, "end": period.end, "most": MOST_UNITS + 1}
    query = text(_UNITS.format(narrowed=narrowed))
    found = session.execute(query, asked).mappings().all()
    told = {row["id"]: row for row in found[:MOST_UNITS]}
    lasted_s = (period.end - period.start).total_seconds()
    step = max(float(step_s), lasted_s * len(told) / MOST_PLACES)
    fixes = heard(session, list(told), period.start, period.end, most=MOST_FIXES)
    rows = _tracks(_thinned(fixes, step), told)
    return Replay(
        rows=rows,
        total=len(rows),
        start=period.start,
        end=period.end,
        step_s=step,
        is_cut=len(found) > MOST_UNITS or len(fixes) == MOST_FIXES,
    )


def _thinned(fixes: Heard, step_s: float) -> _Thinned:
    """Keep the first fix of each step, and the last before and first after a silence."""
    if not len(fixes):
        return _Thinned(fixes, np.zeros(0, dtype=bool))
    is_first = np.append(True, fixes.unit[1:] != fixes.unit[:-1])
    gap_us = load().patrol.gap_s * 1e6
    is_after = np.append(False, np.diff(fixes.at_us) > gap_us) & ~is_first
    step = fixes.at_us // int(step_s * 1e6)
    is_new = is_first | np.append(True, step[1:] != step[:-1]) | is_after
    is_new |= np.append(is_after[1:], False) | np.append(is_first[1:], True)
    # Whether the way from the kept fix before was heard all along.
    return _Thinned(fixes.only(is_new), ~is_after[is_new])


def _tracks(thinned: _Thinned, told: dict[int, RowMapping]) -> list[ReplayTrack]:
    fixes = thinned.heard
    ids, starts = np.unique(fixes.unit, return_index=True)
    ends = np.append(starts, len(fixes))[1:]
    rows = []
    for unit, start, end in zip(ids.tolist(), starts, ends, strict=True):
        own = told[unit]
        rows.append(
            ReplayTrack(
                unit_id=unit,
                **{name: own[name] for name in ("code", "name", "kind", "vehicle")},
                at_s=(fixes.at_us[start:end] / 1e6).tolist(),
                lon=(fixes.lon_e7[start:end] / 1e7).tolist(),
                lat=(fixes.lat_e7[start:end] / 1e7).tolist(),
                is_known=thinned.is_known[start + 1 : end].tolist(),
            )
        )
    return rows
