"""预警: raised once for a subject and rule, worsened in place, cleared with the reason.

`settle` is told all causes of a kind that stand at a moment and makes the alerts agree with them.
What comes and goes raises no storm: after it was cleared, the same alert comes anew only after the
quiet time, unless it is worse than it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, select, text, update
from sqlalchemy.orm import Session

from ..access import Principal
from ..divisions.codes import text_of
from ..divisions.extent import Extent
from ..errors import NotFound
from ..live import Notice, announce
from ..settings import load
from .requirements.models import Alert
from .requirements.schemas import AlertPage, AlertRow

Key = tuple[str, int, int, str]
"""Kind and id of the subject, requirement (0: none), rule."""

_RANK = {"blue": 0, "yellow": 1, "red": 2}
_RECENT = text(
    "SELECT DISTINCT ON (subject_kind, subject_id, requirement_id, rule)"
    " subject_kind, subject_id, coalesce(requirement_id, 0) AS requirement_id, rule, severity"
    " FROM alerts WHERE kind = :kind AND cleared_at > :since"
    " ORDER BY subject_kind, subject_id, requirement_id, rule, cleared_at DESC"
)
# Index: alerts_division_idx, alerts_open_key.
_LISTED = """
SELECT a.id, a.kind, a.subject_kind, a.subject_id, a.requirement_id, a.severity, a.rule, a.detail,
       a.raised_at, a.cleared_at, a.clear_reason, u.display_name AS seen_by, a.seen_at,
       a.division_code, a.version, coalesce(g.name, p.name, c.name, '') AS subject_name,
       ST_X(coalesce(ST_PointOnSurface(g.geom), p.geom, c.geom)) AS lon,
       ST_Y(coalesce(ST_PointOnSurface(g.geom), p.geom, c.geom)) AS lat, count(*) OVER () AS found
FROM alerts a
LEFT JOIN grids g ON a.subject_kind = 'grid' AND g.id = a.subject_id
LEFT JOIN places p ON a.subject_kind = 'place' AND p.id = a.subject_id
LEFT JOIN checkpoints c ON a.subject_kind = 'checkpoint' AND c.id = a.subject_id
LEFT JOIN users u ON u.id = a.seen_by
WHERE a.division_code BETWEEN :low AND :high {narrowed}
ORDER BY a.cleared_at IS NOT NULL, array_position('{{red,yellow,blue}}', a.severity),
         a.raised_at DESC, a.id DESC
OFFSET :offset LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why there is an alert: a rule and the figures it fired on."""

    subject_kind: str
    subject_id: int
    division_code: int
    severity: str
    rule: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    requirement_id: int | None = None

    @property
    def key(self) -> Key:
        return self.subject_kind, self.subject_id, self.requirement_id or 0, self.rule


@dataclass(frozen=True, slots=True)
class Settled:
    """How many alerts were raised, made worse and cleared."""

    raised: int
    worsened: int
    cleared: int


@dataclass(frozen=True, slots=True)
class Asking:
    """Which alerts a list shows; `since` bounds those that were cleared."""

    kind: str | None
    is_open: bool
    since: datetime
    offset: int = 0
    limit: int = 1000


def settle(
    session: Session,
    kind: str,
    causes: Sequence[Cause],
    now: datetime,
    *,
    reasons: Mapping[Key, str] | None = None,
) -> Settled:
    """Make the open alerts of a kind agree with all causes of that kind, in one transaction.

    `reasons` says why a cause has gone, by its key; otherwise `gone`. Of causes with one key the
    worst counts. The figures of an open alert follow its cause; its colour only rises.
    """
    # Settlings take turns: two at once would each raise what the other has just raised.
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtext(:turn))"), {"turn": f"alerts.{kind}"}
    )
    wanted = {c.key: c for c in sorted(causes, key=lambda c: _RANK[c.severity])}
    standing = {_key(a): a for a in session.scalars(_open_of(kind))}
    cleared = [standing[key] for key in standing.keys() - wanted.keys()]
    for alert in cleared:
        alert.cleared_at = now
        alert.clear_reason = (reasons or {}).get(_key(alert), "gone")
        alert.version += 1
    worsened = [
        alert for key, alert in standing.items() if key in wanted and _follow(alert, wanted[key])
    ]
    held_back = _held_back(session, kind, now)
    raised = [
        _alert(kind, cause, now)
        for key, cause in wanted.items()
        if key not in standing and held_back.get(key, -1) < _RANK[cause.severity]
    ]
    session.add_all(raised)
    session.flush()
    _tell(session, [*raised, *worsened, *cleared])
    return Settled(len(raised), len(worsened), len(cleared))


def page(session: Session, extent: Extent, asking: Asking) -> AlertPage:
    """Return alerts of a division: those that stand, and with `is_open` False those cleared too."""
    narrowed = (
        "AND a.cleared_at IS NULL"
        if asking.is_open
        else ("AND (a.cleared_at IS NULL OR a.cleared_at >= :since)")
    )
    if asking.kind is not None:
        narrowed += " AND a.kind = :kind"
    asked = {name: getattr(asking, name) for name in Asking.__slots__}
    return _read(session, narrowed, asked | {"low": extent.low, "high": extent.high})


def see(session: Session, alert_id: int, *, by: Principal, now: datetime) -> AlertRow:
    """Say that somebody has seen an alert; who was first stays on record.

    Raises
    ------
    NotFound
        If there is none in the jurisdiction.

    """
    alert = session.get(Alert, alert_id)
    if alert is None:
        raise NotFound()
    if alert.seen_at is None:
        seen = {"seen_by": by.id, "seen_at": now, "version": Alert.version + 1}
        still = (Alert.id == alert_id, Alert.seen_at.is_(None))
        session.execute(update(Alert).where(*still).values(**seen))
        announce(session, Notice("alert", alert_id, alert.version + 1, alert.division_code))
    one = {"id": alert_id, "low": by.scope.low, "high": by.scope.high, "offset": 0, "limit": 1}
    return _read(session, "AND a.id = :id", one).rows[0]


def _open_of(kind: str) -> Any:
    return select(Alert).where(Alert.kind == kind, Alert.cleared_at.is_(None)).with_for_update()


def _key(alert: Alert) -> Key:
    return alert.subject_kind, alert.subject_id, alert.requirement_id or 0, alert.rule


def _follow(alert: Alert, cause: Cause) -> bool:
    """Bring an open alert's figures up to date; return whether it has become worse."""
    alert.detail = dict(cause.detail)
    alert.division_code = cause.division_code
    if _RANK[cause.severity] <= _RANK[alert.severity]:
        return False
    alert.severity = cause.severity
    alert.seen_by, alert.seen_at = None, None
    alert.version += 1
    return True


def _held_back(session: Session, kind: str, now: datetime) -> dict[Key, int]:
    """Return what was cleared within the quiet time, with the rank of its colour."""
    since = now - timedelta(seconds=load().patrol.quiet_s)
    rows = session.execute(_RECENT, {"kind": kind, "since": since})
    return {(str(k), int(i), int(r), str(rule)): _RANK[colour] for k, i, r, rule, colour in rows}


def _alert(kind: str, cause: Cause, now: datetime) -> Alert:
    return Alert(
        kind=kind,
        subject_kind=cause.subject_kind,
        subject_id=cause.subject_id,
        requirement_id=cause.requirement_id,
        division_code=cause.division_code,
        severity=cause.severity,
        rule=cause.rule,
        detail=dict(cause.detail),
        raised_at=now,
        version=1,
    )


def _tell(session: Session, changed: Sequence[Alert]) -> None:
    # One for each division: whoever hears of an alert reads the whole list anew.
    for alert in {each.division_code: each for each in changed}.values():
        announce(session, Notice("alert", alert.id, alert.version, alert.division_code))


def _read(session: Session, narrowed: str, asked: Mapping[str, Any]) -> AlertPage:
    rows = session.execute(text(_LISTED.format(narrowed=narrowed)), asked).mappings().all()
    return AlertPage(rows=[_row(row) for row in rows], total=rows[0]["found"] if rows else 0)


def _row(row: RowMapping) -> AlertRow:
    told = {name: row[name] for name in AlertRow.model_fields}
    return AlertRow(**told | {"division_code": text_of(row["division_code"])})
