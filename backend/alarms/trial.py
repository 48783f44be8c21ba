"""What a rule would have done with the alarms of the last days, had it stood alone."""

from collections import Counter
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ..db import Scope
from ..localtime import site_zone
from .deciding import Outcome, Rule, Seen, decide, held_back
from .models import Alarm, AlarmRule
from .schemas import TrialDay, TrialOut
from .watched import watched

DAYS = 7
MOST = 50_000
"""Alarms looked at, the newest: what a county raises in a week is far less."""


def try_out(session: Session, scope: Scope, row: AlarmRule, now: datetime) -> TrialOut:
    """Return what would have come of a rule. What cameras look at is taken as it is today."""
    zone = site_zone()
    since = now - timedelta(days=DAYS)
    rule = Rule.of(row)
    alarms = _alarms(session, scope, since)
    seen = watched(
        session,
        {camera_id for camera_id, _, _ in alarms},
        grids=() if rule.grid_id is None else (rule.grid_id,),
        kinds=() if rule.place_kind is None else (rule.place_kind,),
        span=(scope.low, scope.high),
    )
    told: list[datetime] = []
    days: dict[str, Counter[Outcome]] = {}
    for camera_id, kind, at in alarms:
        camera = seen.get(camera_id)
        if camera is None:  # it has moved out of the jurisdiction
            continue
        one = Seen(kind, camera_id, camera.division_code, at, camera.grid_ids, camera.place_kinds)
        outcome = _outcome(rule, one, told, zone)
        if outcome is not None:
            days.setdefault(at.astimezone(zone).date().isoformat(), Counter())[outcome] += 1
    return _summed(since, len(alarms), days)


def _alarms(session: Session, scope: Scope, since: datetime) -> list[tuple[int, str, datetime]]:
    """Return camera, kind and time of the alarms kept, oldest first. Index: alarms_received_idx."""
    newest = (
        select(Alarm.camera_id, Alarm.kind, Alarm.received_at)
        .where(Alarm.received_at > since, Alarm.division_code.between(scope.low, scope.high))
        .order_by(Alarm.received_at.desc())
        .limit(MOST)
    )
    return [(row[0], row[1], row[2]) for row in reversed(session.execute(newest).all())]


def _outcome(rule: Rule, one: Seen, told: list[datetime], zone: ZoneInfo) -> Outcome | None:
    decision = decide([rule], one, zone)
    if decision.rule is None:
        return None
    if decision.outcome == "quiet":
        return "quiet"
    # As it counts in life: what lies before the window can never matter again.
    while told and (one.at - told[0]).total_seconds() >= rule.storm_window_s:
        told.pop(0)
    if held_back(told, one.at, rule):
        return "storm"
    told.append(one.at)
    return decision.outcome


def _summed(since: datetime, alarms: int, days: dict[str, Counter[Outcome]]) -> TrialOut:
    rows = [
        TrialDay(
            day=day,
            fired=sum(n for outcome, n in found.items() if outcome not in ("quiet", "storm")),
            quiet=found["quiet"],
            storm=found["storm"],
        )
        for day, found in sorted(days.items())
    ]
    fired, quiet, storm = (sum(getattr(r, n) for r in rows) for n in ("fired", "quiet", "storm"))
    return TrialOut(
        since=since,
        alarms=alarms,
        matching=fired + quiet + storm,
        fired=fired,
        quiet=quiet,
        storm=storm,
        days=rows,
    )
