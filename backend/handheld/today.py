"""What a unit needs for its day: duty, tasks and their next steps, checkpoints, kinds."""

from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, any_, func, literal, select, text
from sqlalchemy.orm import Session

from ..access import Principal
from ..dispatch.models import AssignmentTransition
from ..incidents.models import IncidentKind
from ..incidents.schemas import KindOut
from ..patrol.checkpoints.models import Checkpoint, CheckpointVisit
from ..patrol.models import Unit
from ..patrol.units import duty
from ..patrol.units.schemas import GridRef
from ..settings import load
from .own_unit import home_grids, unit_of
from .schemas import (
    CheckpointOut,
    DutyOut,
    HandheldSettings,
    OwnUnitOut,
    PlaceOut,
    StepOut,
    TodayOut,
    TodayTaskOut,
)

_LATELY = timedelta(hours=24)
_MOST_CHECKPOINTS = 500
_MIDDLE = text(
    "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointOnSurface(geom) AS p FROM grids WHERE id = :id"
    ") AS inside"
)


def today(session: Session, *, by: Principal, now: datetime) -> TodayOut:
    """Return the day of the account's unit; without a unit there is only what a report needs."""
    unit = unit_of(session, by)
    homes = home_grids(session, unit) if unit else []
    kinds = session.scalars(select(IncidentKind).order_by(IncidentKind.position))
    settings = load().handheld
    return TodayOut(
        as_of=now,
        unit=_unit(unit, [GridRef(id=g.id, code=g.code, name=g.name) for g in homes]),
        duty=duty_of(session, unit, now),
        tasks=_tasks(session, unit, now) if unit else [],
        transitions=_steps(session, by.role),
        kinds=[
            KindOut(code=k.code, name_zh=k.name_zh, name_en=k.name_en, severity=k.severity)
            for k in kinds
        ],
        checkpoints=_checkpoints(session, unit, by) if unit else [],
        centre=_centre(session, homes[0].id) if homes else None,
        settings=HandheldSettings(
            fix_least_m=settings.fix_least_m, fix_every_s=settings.fix_every_s
        ),
    )


def _unit(unit: Unit | None, homes: list[GridRef]) -> OwnUnitOut | None:
    if unit is None:
        return None
    same = ("id", "code", "name", "kind", "vehicle", "is_team")
    return OwnUnitOut(**{name: getattr(unit, name) for name in same}, home_grids=homes)


def duty_of(session: Session, unit: Unit | None, now: datetime) -> DutyOut:
    period = duty.period_at(session, unit.id, now) if unit else None
    if period is None:
        return DutyOut(is_on=False, since=None, until=None)
    return DutyOut(is_on=True, since=period.starts_at, until=period.ends_at)


def _tasks(session: Session, unit: Unit, now: datetime) -> list[TodayTaskOut]:
    rows = session.execute(_question(), {"unit": unit.id, "since": now - _LATELY})
    return [TodayTaskOut(**row) for row in rows.mappings()]


def _steps(session: Session, role: str) -> list[StepOut]:
    wanted = select(AssignmentTransition).where(literal(role) == any_(AssignmentTransition.roles))
    steps = session.scalars(
        wanted.order_by(AssignmentTransition.from_state, AssignmentTransition.act)
    )
    return [
        StepOut(from_state=s.from_state, act=s.act, to_state=s.to_state, needs_text=s.needs_text)
        for s in steps
    ]


def _checkpoints(session: Session, unit: Unit, by: Principal) -> list[CheckpointOut]:
    last = (
        select(func.max(CheckpointVisit.at))
        .where(CheckpointVisit.checkpoint_id == Checkpoint.id, CheckpointVisit.unit_id == unit.id)
        .scalar_subquery()
    )
    wanted = (
        select(
            Checkpoint.id,
            Checkpoint.name,
            func.ST_X(Checkpoint.geom).label("lon"),
            func.ST_Y(Checkpoint.geom).label("lat"),
            Checkpoint.radius_m,
            last.label("last_visit_at"),
        )
        .where(
            Checkpoint.is_active,
            Checkpoint.division_code.between(by.scope.low, by.scope.high),
        )
        .order_by(Checkpoint.id)
        .limit(_MOST_CHECKPOINTS)
    )
    return [CheckpointOut(**row) for row in session.execute(wanted).mappings()]


def _centre(session: Session, grid_id: int) -> PlaceOut:
    lon, lat = session.execute(_MIDDLE, {"id": grid_id}).one()
    return PlaceOut(lon=lon, lat=lat)


@cache
def _question() -> TextClause:
    return text((files("backend") / "queries" / "handheld_tasks.sql").read_text("utf-8"))
