"""Alerts of requirements and checkpoints: about to be broken, broken, not come by.

Only what is still current is alerted of: the newest window of each grid, while it runs and for
some hours after. Late fixes change states always, and alerts only as far as those are current.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from ...settings import load
from ..alerts import Cause, Key, Settled, settle
from .judging import Standing
from .sweeping import Judged

_RULES = {"times": "times", "interval": "interval", "share": "share"}

# Index: the primary key of checkpoint_visits.
_CHECKPOINTS = text(
    "SELECT c.id, c.name, c.division_code, c.longest_interval_s,"
    " greatest(c.created_at, coalesce(v.at, c.created_at)) AS since, v.at AS last_at"
    " FROM checkpoints c LEFT JOIN LATERAL (SELECT at FROM checkpoint_visits"
    "  WHERE checkpoint_id = c.id AND at <= :now ORDER BY at DESC LIMIT 1) v ON true"
    " WHERE c.is_active AND c.longest_interval_s IS NOT NULL ORDER BY c.id"
)


def alert(session: Session, judged: Sequence[Judged], now: datetime) -> list[Settled]:
    """Raise, follow and clear the alerts of requirements as their newest windows stand."""
    newest = _newest(judged)
    due = [cause for each in newest if (cause := _due(each, now)) is not None]
    broken = [cause for each in newest if (cause := _broken(each, now)) is not None]
    reasons = dict(_reasons(newest))
    return [
        settle(session, "requirement_due", due, now, reasons=reasons),
        settle(session, "requirement_broken", broken, now, reasons=reasons),
    ]


def alert_checkpoints(session: Session, now: datetime) -> Settled:
    """Raise, follow and clear the alerts of checkpoints that nobody has come by."""
    causes = []
    for row in session.execute(_CHECKPOINTS, {"now": now}).mappings():
        waited_s = (now - row["since"]).total_seconds()
        asked_s = row["longest_interval_s"]
        if waited_s <= asked_s:
            continue
        detail = {
            "name": row["name"],
            "waited_s": round(waited_s),
            "longest_asked_s": asked_s,
            "last": None if row["last_at"] is None else row["last_at"].isoformat(),
        }
        severity = "red" if waited_s > 2 * asked_s else "yellow"
        where = (row["id"], row["division_code"])
        causes.append(Cause("checkpoint", *where, severity, "checkpoint.missed", detail))
    reasons: dict[Key, str] = {}
    return settle(session, "checkpoint", causes, now, reasons=reasons)


def _newest(judged: Iterable[Judged]) -> list[Judged]:
    """Return the newest window of each requirement and grid.

    One that has just begun does not take the place of one that was broken before it is met or
    due itself: nobody has made good for it yet.
    """
    found: dict[tuple[int, int], Judged] = {}
    for each in sorted(judged, key=lambda j: j.window.start):
        key = (each.requirement.id, each.grid.id)
        before = found.get(key)
        is_young = each.standing.state == "open" and each.standing.times == 0
        if before is not None and is_young and before.standing.state == "not_met":
            continue
        found[key] = each
    return list(found.values())


def _due(judged: Judged, now: datetime) -> Cause | None:
    standing = judged.standing
    if standing.state != "due" or standing.deadline_at is None:
        return None
    left_s = (standing.deadline_at - now).total_seconds()
    allowed_s = _allowed_s(judged)
    is_urgent = left_s <= allowed_s * load().patrol.due_share / 2.5
    return _cause(
        judged,
        "yellow" if is_urgent else "blue",
        f"{_RULES[standing.rule]}.due",
        {"left_s": round(max(left_s, 0.0)), "deadline": standing.deadline_at.isoformat()},
    )


def _allowed_s(judged: Judged) -> float:
    interval_s = judged.requirement.longest_interval_s
    if judged.standing.rule == "interval" and interval_s is not None:
        return float(interval_s)
    return (judged.window.end - judged.window.start).total_seconds()


def _broken(judged: Judged, now: datetime) -> Cause | None:
    if judged.standing.state != "not_met":
        return None
    if judged.window.end < now - timedelta(hours=load().patrol.alert_hours):
        return None
    return _cause(judged, "red", f"{_RULES[judged.standing.rule]}.broken", {})


def _cause(judged: Judged, severity: str, rule: str, more: dict[str, Any]) -> Cause:
    standing, grid = judged.standing, judged.grid
    figures = {name: value for name, value in standing.why.items() if name != "rule"}
    detail = (
        figures
        | more
        | {
            "name": judged.requirement.name,
            "grid_name": grid.name,
            "window_start": judged.window.start.isoformat(),
            "window_end": judged.window.end.isoformat(),
            "last": _moment(standing),
        }
    )
    return Cause(
        subject_kind="grid",
        subject_id=grid.id,
        division_code=grid.division_code,
        severity=severity,
        rule=rule,
        detail=detail,
        requirement_id=judged.requirement.id,
    )


def _moment(standing: Standing) -> str | None:
    return None if standing.last_visit_at is None else standing.last_visit_at.isoformat()


def _reasons(newest: Iterable[Judged]) -> Iterable[tuple[Key, str]]:
    """Yield why an alert of each grid and rule would be cleared now."""
    for each in newest:
        state = each.standing.state
        reason = {"not_met": "broken", "met": "met", "unknown": "unknown"}.get(state, "visited")
        for rule in _RULES.values():
            for ending in ("due", "broken"):
                key = ("grid", each.grid.id, each.requirement.id, f"{rule}.{ending}")
                yield key, reason
