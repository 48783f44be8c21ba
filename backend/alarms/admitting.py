"""Taking alarms in: the same one is repeated, a storm is counted, the rest is decided and kept.

All signals of a moment are taken in one transaction, and transactions take turns, so that limits
hold whatever number of devices speaks at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.orm import Session

from ..cameras.lasting import lasting
from ..jobs import defer
from ..live import Notice, announce
from ..localtime import site_zone
from ..settings import load
from .deciding import Outcome, Rule, Seen, decide
from .models import Alarm, AlarmRule
from .watched import Watched, watched

Key = tuple[int, str, str]
_TELL_EVERY = timedelta(seconds=5)
"""How often a repeat is told of: consoles need not count along."""
_TOLD: tuple[Outcome, ...] = ("incident", "note")


@dataclass(frozen=True, slots=True)
class Signal:
    """What a device told of one source, or its silence: how often raised, and whether it stands.

    `is_on` None: it has no end. `at` is the device's time, None where it gives none. An `is_first`
    signal tells how things stand, not that anything happened.
    """

    camera_id: int
    kind: str
    source: str
    topic: str
    is_on: bool | None
    at: datetime | None
    raised: int = 1
    is_first: bool = False
    reason: str = "device"

    @property
    def key(self) -> Key:
        return self.camera_id, self.kind, self.source


@dataclass(slots=True)
class Admitted:
    """What became of the signals taken in."""

    raised: int = 0
    repeated: int = 0
    cleared: int = 0
    suppressed: int = 0


@dataclass(slots=True)
class _Moment:
    """What is known while one batch is taken in; read once, kept true as rows are added."""

    now: datetime
    standing: dict[Key, Alarm]
    by_camera: dict[int, int]
    rules: Sequence[Rule]
    seen: dict[int, Watched]
    told: dict[int, list[datetime]]
    admitted: Admitted = field(default_factory=Admitted)
    changed: dict[int, Alarm] = field(default_factory=dict)


def admit(session: Session, signals: Sequence[Signal], now: datetime) -> Admitted:
    """Take signals in, in their order.

    A repeat within `alarms.debounce_s` of the end is the same alarm; of a camera that raises more
    than `alarms.camera_limit` in `alarms.camera_window_s` the rest is counted on its last one.
    """
    if not signals:
        return Admitted()
    lasting(session, {signal.camera_id for signal in signals})
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('alarms.admit'))"))
    moment = _read(session, signals, now)
    for signal in signals:
        if signal.camera_id in moment.seen:  # else it was taken down meanwhile
            _take(session, signal, moment)
    session.flush()
    _tell(session, moment)
    return moment.admitted


def _read(session: Session, signals: Sequence[Signal], now: datetime) -> _Moment:
    limits = load().alarms
    rules = [Rule.of(row) for row in session.scalars(select(AlarmRule).where(AlarmRule.is_active))]
    cameras = {signal.camera_id for signal in signals}
    since = now - timedelta(seconds=limits.debounce_s)
    latest = (
        select(Alarm)
        .where(
            tuple_(Alarm.camera_id, Alarm.kind, Alarm.source).in_({s.key for s in signals}),
            (Alarm.state == "active") | (Alarm.cleared_at > since),
        )
        .order_by(Alarm.received_at, Alarm.id)
    )
    window = timedelta(seconds=limits.camera_window_s)
    counts = (
        select(Alarm.camera_id, func.count())
        .where(Alarm.camera_id.in_(cameras), Alarm.received_at > now - window)
        .group_by(Alarm.camera_id)
    )
    return _Moment(
        now=now,
        standing={(a.camera_id, a.kind, a.source): a for a in session.scalars(latest)},
        by_camera=dict(session.execute(counts).tuples().all()),
        rules=rules,
        seen=watched(
            session,
            cameras,
            grids={rule.grid_id for rule in rules if rule.grid_id is not None},
            kinds={rule.place_kind for rule in rules if rule.place_kind is not None},
        ),
        told={rule.id: _told_by(session, rule, now) for rule in rules},
    )


def _told_by(session: Session, rule: Rule, now: datetime) -> list[datetime]:
    """Return when a rule has told of late, as far as its limit asks. Index: alarms_rule_idx."""
    since = now - timedelta(seconds=rule.storm_window_s)
    wanted = (
        select(Alarm.received_at)
        .where(Alarm.rule_id == rule.id, Alarm.received_at > since, Alarm.outcome.in_(_TOLD))
        .order_by(Alarm.received_at.desc())
        .limit(rule.storm_count)
    )
    return list(session.scalars(wanted))


def _take(session: Session, signal: Signal, moment: _Moment) -> None:
    current = moment.standing.get(signal.key)
    is_raised = signal.raised > 0 or signal.is_on is True
    if is_raised:
        if current is None:
            current = _begin(session, signal, moment)
        else:
            _repeat(current, signal, moment)
    if current is not None and current.state == "active" and signal.is_on is not True:
        current.state, current.cleared_at = "cleared", moment.now
        current.clear_reason = signal.reason if signal.is_on is False else "momentary"
        _mark(current, moment)
        moment.admitted.cleared += 1


def _repeat(current: Alarm, signal: Signal, moment: _Moment) -> None:
    """Count an alarm that stands, or has just ended, once more."""
    is_same = current.state == "active" and (signal.is_first or current.raised_at == signal.at)
    if is_same:  # told again after a new subscription, or a message that came twice
        return
    if current.state == "cleared":
        current.state, current.cleared_at, current.clear_reason = "active", None, None
        _mark(current, moment)
    elif moment.now - current.last_at >= _TELL_EVERY:
        _mark(current, moment)
    current.repeats += max(signal.raised, 1)
    current.last_at = moment.now
    moment.admitted.repeated += 1


def _begin(session: Session, signal: Signal, moment: _Moment) -> Alarm | None:
    """Keep a new alarm with what its rule decides; None when its camera has raised too many."""
    limits = load().alarms
    if moment.by_camera.get(signal.camera_id, 0) >= limits.camera_limit:
        _suppress(session, Alarm.camera_id == signal.camera_id, signal, moment)
        return None
    camera = moment.seen[signal.camera_id]
    rule, outcome = _decided(session, signal, camera, moment)
    alarm = Alarm(
        camera_id=signal.camera_id,
        kind=signal.kind,
        source=signal.source,
        topic=signal.topic,
        division_code=camera.division_code,
        geom=_point(camera.lonlat),
        raised_at=signal.at or moment.now,
        received_at=moment.now,
        last_at=moment.now,
        repeats=max(signal.raised, 1),
        suppressed=0,
        state="active",
        outcome=outcome,
        rule_id=rule.id if rule else None,
        version=1,
    )
    session.add(alarm)
    session.flush()
    if outcome == "incident":
        defer(session, "alarms.report", key=f"alarms.report.{alarm.id}", alarm_id=alarm.id)
    moment.by_camera[signal.camera_id] = moment.by_camera.get(signal.camera_id, 0) + 1
    moment.standing[signal.key] = alarm
    moment.changed[alarm.id] = alarm
    moment.admitted.raised += 1
    return alarm


def _decided(
    session: Session, signal: Signal, camera: Watched, moment: _Moment
) -> tuple[Rule | None, Outcome]:
    seen = Seen(
        signal.kind,
        camera.camera_id,
        camera.division_code,
        moment.now,
        camera.grid_ids,
        camera.place_kinds,
    )
    decision = decide(moment.rules, seen, site_zone())
    rule = decision.rule
    if rule is None or decision.outcome not in _TOLD:
        return rule, decision.outcome
    told = moment.told[rule.id]
    if len(told) >= rule.storm_count:
        _suppress(session, Alarm.rule_id == rule.id, signal, moment)
        return rule, "storm"
    told.append(moment.now)
    return rule, decision.outcome


def _suppress(session: Session, of: object, signal: Signal, moment: _Moment) -> None:
    """Count a signal on the last alarm that was told, of the same camera or rule."""
    last = session.scalars(
        select(Alarm)
        .where(of, Alarm.outcome != "storm")  # type: ignore[arg-type]
        .order_by(Alarm.received_at.desc(), Alarm.id.desc())
        .limit(1)
    ).one_or_none()
    if last is not None:
        last.suppressed += max(signal.raised, 1)
        if moment.now - last.last_at >= _TELL_EVERY:
            last.last_at = moment.now
            _mark(last, moment)
    moment.admitted.suppressed += max(signal.raised, 1)


def _mark(alarm: Alarm, moment: _Moment) -> None:
    alarm.version += 1
    moment.changed[alarm.id] = alarm


def _tell(session: Session, moment: _Moment) -> None:
    # One for each division: whoever hears of an alarm reads the list anew.
    for alarm in {each.division_code: each for each in moment.changed.values()}.values():
        announce(session, Notice("alarm", alarm.id, alarm.version, alarm.division_code))


def _point(lonlat: tuple[float, float] | None) -> object:
    return None if lonlat is None else func.ST_SetSRID(func.ST_Point(*lonlat), 4326)
