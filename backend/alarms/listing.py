"""Alarms as the console reads them: newest first, with names, place and what was held back."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from ..db import Scope
from ..divisions.codes import text_of
from ..errors import NotFound
from .schemas import AlarmPage, AlarmRow, SubscriptionPage, SubscriptionRow

Shown = Literal["told", "open", "all"]
"""Notes and incidents; whatever still stands; everything kept."""

_NARROWED: dict[Shown, str] = {
    "told": "AND a.outcome IN ('incident', 'note')",
    "open": "AND a.state = 'active'",
    "all": "",
}
# Index: alarms_division_idx, alarms_received_idx, alarms_camera_idx.
_LISTED = """
SELECT a.id, a.camera_id, c.name AS camera_name, a.kind, a.source, a.topic, a.division_code,
       ST_X(coalesce(a.geom, c.geom)) AS lon, ST_Y(coalesce(a.geom, c.geom)) AS lat,
       a.geom IS NULL AS is_camera_place, a.raised_at, a.received_at, a.last_at, a.repeats,
       a.suppressed, a.state, a.cleared_at, a.clear_reason, a.outcome, a.rule_id,
       r.name AS rule_name, a.incident_id, i.number AS incident_number,
       u.display_name AS seen_by, a.seen_at, a.version
FROM alarms a JOIN cameras c ON c.id = a.camera_id
LEFT JOIN alarm_rules r ON r.id = a.rule_id
LEFT JOIN incidents i ON i.id = a.incident_id
LEFT JOIN users u ON u.id = a.seen_by
WHERE a.division_code BETWEEN :low AND :high {narrowed}
ORDER BY a.received_at DESC, a.id DESC LIMIT :limit
"""
_SUMS = text("""
SELECT count(*) FILTER (WHERE seen_at IS NULL AND outcome IN ('incident', 'note')) AS unseen,
       coalesce(sum(suppressed) FILTER (WHERE last_at > now() - interval '1 hour'), 0) AS suppressed
FROM alarms WHERE division_code BETWEEN :low AND :high AND received_at > now() - interval '1 day'
""")
_SUBSCRIPTIONS = text("""
SELECT s.camera_id, c.name AS camera_name, s.state, s.reason, s.since, s.heard_at, s.failures,
       s.next_try_at, s.received, s.dropped, s.unknown, s.unknown_topics
FROM event_subscriptions s JOIN cameras c ON c.id = s.camera_id
WHERE s.division_code BETWEEN :low AND :high
ORDER BY s.state = 'subscribed', c.name, s.camera_id OFFSET :offset LIMIT :limit
""")
_BY_STATE = text(
    "SELECT state, count(*) FROM event_subscriptions"
    " WHERE division_code BETWEEN :low AND :high GROUP BY state"
)


@dataclass(frozen=True, slots=True)
class Asking:
    """Which alarms a list shows; `before` continues after an id."""

    shown: Shown = "told"
    kind: str | None = None
    camera_id: int | None = None
    unseen: bool = False
    before: int | None = None
    limit: int = 100


def page(session: Session, scope: Scope, asking: Asking) -> AlarmPage:
    """Return alarms of the jurisdiction, and how many of the last day nobody has seen."""
    narrowed = _NARROWED[asking.shown]
    asked: dict[str, Any] = {"low": scope.low, "high": scope.high, "limit": asking.limit}
    for name, value, condition in (
        ("kind", asking.kind, "a.kind = :kind"),
        ("camera_id", asking.camera_id, "a.camera_id = :camera_id"),
        ("before", asking.before, "a.id < :before"),
    ):
        if value is not None:
            narrowed += f" AND {condition}"
            asked[name] = value
    if asking.unseen:
        narrowed += " AND a.seen_at IS NULL"
    rows = session.execute(text(_LISTED.format(narrowed=narrowed)), asked).mappings().all()
    sums = session.execute(_SUMS, asked).one()
    return AlarmPage(
        rows=[_row(row) for row in rows],
        total=len(rows),
        unseen=sums.unseen,
        suppressed=sums.suppressed,
        as_of=datetime.now(UTC),
    )


def one(session: Session, scope: Scope, alarm_id: int) -> AlarmRow:
    """Return one alarm of the jurisdiction.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    asked = {"low": scope.low, "high": scope.high, "limit": 1, "id": alarm_id}
    wanted = text(_LISTED.format(narrowed="AND a.id = :id"))
    row = session.execute(wanted, asked).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return _row(row)


def subscriptions(session: Session, scope: Scope, *, offset: int, limit: int) -> SubscriptionPage:
    """Return which devices tell their events, those that do not first."""
    asked = {"low": scope.low, "high": scope.high, "offset": offset, "limit": limit}
    rows = session.execute(_SUBSCRIPTIONS, asked).mappings()
    by_state = {state: count for state, count in session.execute(_BY_STATE, asked)}
    return SubscriptionPage(
        rows=[SubscriptionRow(**row) for row in rows],
        total=sum(by_state.values()),
        by_state=by_state,
    )


def _row(row: RowMapping) -> AlarmRow:
    return AlarmRow(**dict(row) | {"division_code": text_of(row["division_code"])})
