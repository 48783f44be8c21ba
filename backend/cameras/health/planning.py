"""Whose picture is looked at when: due times spread over the period, kept in the database.

Ten thousand cameras each have their own second of the period; a worker that was away takes up the
oldest, a few at once, and the phases stay. Cameras open for an incident come first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import floor

from sqlalchemy import text
from sqlalchemy.orm import Session

from ...settings import load

_GOLDEN = 0.6180339887498949
"""Multiples of the golden section spread any run of ids evenly over a circle (Weyl)."""

_FIRST_S = 60.0
_CLAIM_S = 90.0
"""After this a look that was begun and never finished is anybody's again."""

# Index: camera_health_pkey for the cameras without a row.
_NEW = text(
    "INSERT INTO camera_health (camera_id, due_at, clock_due_at)"
    " SELECT n.camera_id, n.at, n.at FROM (SELECT d.camera_id, CAST(:now AS timestamptz)"
    "   + make_interval(secs => mod(d.camera_id * CAST(:golden AS numeric), 1) * :first_s) AS at"
    "   FROM devices d WHERE NOT EXISTS"
    "     (SELECT FROM camera_health h WHERE h.camera_id = d.camera_id)) n"
    " ON CONFLICT DO NOTHING"
)
# Index: camera_health_due_idx for what is due, camera_health_pkey for what incidents have open.
_CLAIM = text(
    "WITH urgent AS (SELECT DISTINCT s.camera_id FROM streams s WHERE s.ended_at IS NULL"
    "   AND s.used_at IS NOT NULL AND s.incident_id IS NOT NULL),"
    " ripe AS (SELECT camera_id, 1 AS turn FROM camera_health WHERE due_at <= :now"
    "   UNION SELECT h.camera_id, 0 FROM urgent u JOIN camera_health h USING (camera_id)"
    "   WHERE h.sampled_at IS NULL"
    "     OR h.sampled_at <= CAST(:now AS timestamptz) - make_interval(secs => :urgent_s)),"
    " chosen AS (SELECT h.camera_id FROM camera_health h"
    "   JOIN (SELECT camera_id, min(turn) AS turn FROM ripe GROUP BY camera_id) r USING (camera_id)"
    "   WHERE h.camera_id % :workers = :worker AND (h.claimed_at IS NULL"
    "     OR h.claimed_at <= CAST(:now AS timestamptz) - make_interval(secs => :claim_s))"
    "   ORDER BY r.turn, h.due_at, h.camera_id LIMIT :n FOR UPDATE OF h SKIP LOCKED)"
    " UPDATE camera_health h SET claimed_at = :now FROM chosen c WHERE h.camera_id = c.camera_id"
    " RETURNING h.camera_id"
)


@dataclass(frozen=True, slots=True)
class Share:
    """Which cameras a worker looks at: those whose id leaves `number` divided by `workers`."""

    number: int = 0
    workers: int = 1


def take_in_new(session: Session, now: datetime) -> None:
    """Give every enrolled device its place in the plan; new ones are looked at within a minute."""
    first_s = min(load().health.every_s, _FIRST_S)
    session.execute(_NEW, {"now": now, "golden": _GOLDEN, "first_s": first_s})


def claim(session: Session, share: Share, n: int, now: datetime) -> Sequence[int]:
    """Return at most `n` cameras to look at now, and note that somebody is on it."""
    health = load().health
    wanted = {
        "now": now,
        "n": n,
        "worker": share.number,
        "workers": share.workers,
        "urgent_s": min(health.urgent_s, health.every_s),
        "claim_s": _CLAIM_S,
    }
    return session.scalars(_CLAIM, wanted).all()


def phase_s(camera_id: int, every_s: float) -> float:
    """Return the camera's own second of the period."""
    return (camera_id * _GOLDEN) % 1.0 * every_s


def next_due(camera_id: int, now: datetime, every_s: float) -> datetime:
    """Return the next time of the plan: the camera's phase, at least half a period from now."""
    since_s = now.timestamp() - phase_s(camera_id, every_s) + every_s / 2
    periods = floor(since_s / every_s) + 1
    due_s = periods * every_s + phase_s(camera_id, every_s)
    return now + timedelta(seconds=due_s - now.timestamp())
