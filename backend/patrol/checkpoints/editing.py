"""Checkpoints written and read; check-ins by hand."""

from datetime import datetime, timedelta
from typing import Any

import shapely
from sqlalchemy import RowMapping, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ...access import Principal
from ...audit.register import Act, enter
from ...divisions.codes import text_of
from ...divisions.extent import Extent
from ...divisions.locating import division_at
from ...errors import Conflict, InvalidField, NotFound, Refused
from ...jobs import defer
from ...live import Notice, announce
from ...spatial import lonlat, to_db
from .models import Checkpoint, CheckpointVisit
from .schemas import (
    CheckInNew,
    CheckpointEdit,
    CheckpointNew,
    CheckpointPage,
    CheckpointRow,
    CheckpointVisitPage,
    CheckpointVisitRow,
)

_EARLY = timedelta(minutes=5)
_LATE = timedelta(days=3)

_LISTED = """
SELECT c.id, c.name, c.division_code, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.radius_m,
       c.longest_interval_s, c.is_active, v.at AS last_visit_at, v.unit_id AS last_unit_id,
       c.version, count(*) OVER () AS found
FROM checkpoints c LEFT JOIN LATERAL (
  SELECT at, unit_id FROM checkpoint_visits WHERE checkpoint_id = c.id ORDER BY at DESC LIMIT 1
) v ON true
WHERE c.division_code BETWEEN :low AND :high {narrowed}
ORDER BY c.name, c.id OFFSET :offset LIMIT :limit
"""
_VISITS = text(
    "SELECT v.checkpoint_id, v.unit_id, u.code AS unit_code, u.name AS unit_name, v.at, v.how,"
    " count(*) OVER () AS found"
    " FROM checkpoint_visits v JOIN units u ON u.id = v.unit_id"
    " WHERE v.checkpoint_id = :id AND v.at >= :start AND v.at < :end"
    " ORDER BY v.at DESC, v.unit_id LIMIT :limit"
)
_DISTANCE = text(
    "SELECT ST_Distance(c.geom::geography, ST_SetSRID(ST_Point(:lon, :lat), 4326)::geography)"
    " FROM checkpoints c WHERE c.id = :id"
)
_OWN_UNIT = text("SELECT id, division_code FROM units WHERE user_id = :user AND is_active")


class StaleCheckpoint(Conflict):
    code = "checkpoints.stale_version"
    zh = "该签到点已被他人修改，请刷新后再试。"
    en = "This checkpoint has been changed by somebody else: reload and try again."


class OutsideJurisdiction(InvalidField):
    code = "checkpoints.outside"
    zh = "该位置不在您的辖区内。"
    en = "This place lies outside your jurisdiction."


class TooFarAway(Refused):
    code = "checkpoints.too_far"
    zh = "距签到点 {distance_m} 米，超出 {radius_m} 米，请到点后再签到。"
    en = "You are {distance_m} m from the checkpoint; sign in within {radius_m} m of it."


class CheckInTime(Refused):
    code = "checkpoints.time"
    zh = "签到时间 {at} 不能晚于现在，也不能早于三天前。"
    en = "Nobody can sign in at {at}: neither in the future nor more than three days ago."


class NoOwnUnit(Refused):
    code = "checkpoints.no_unit"
    zh = "该账号没有对应的力量，请联系调度员。"
    en = "No unit is tied to this account: ask a dispatcher."


def page(session: Session, extent: Extent, offset: int, limit: int) -> CheckpointPage:
    """Return checkpoints of a division by name, with who came last."""
    asked = {"low": extent.low, "high": extent.high, "offset": offset, "limit": limit}
    rows = session.execute(text(_LISTED.format(narrowed="")), asked).mappings().all()
    return CheckpointPage(rows=[_row(row) for row in rows], total=rows[0]["found"] if rows else 0)


def one(session: Session, checkpoint_id: int, by: Principal) -> CheckpointRow:
    """Return a checkpoint of the jurisdiction.

    Raises
    ------
    NotFound
        If it is absent or lies outside.

    """
    asked = {"low": by.scope.low, "high": by.scope.high, "offset": 0, "limit": 1}
    asked["id"] = checkpoint_id
    query = text(_LISTED.format(narrowed="AND c.id = :id"))
    row = session.execute(query, asked).mappings().one_or_none()
    if row is None:
        raise NotFound()
    return _row(row)


def add(session: Session, new: CheckpointNew, *, by: Principal) -> Checkpoint:
    """Add a checkpoint in the jurisdiction; its division is found by place."""
    checkpoint = Checkpoint(
        name=new.name,
        division_code=_division(session, new.lon, new.lat, by),
        geom=to_db(shapely.Point(new.lon, new.lat)),
        radius_m=new.radius_m,
        longest_interval_s=new.longest_interval_s,
        version=1,
    )
    session.add(checkpoint)
    session.flush()
    _record(session, "checkpoint.added", checkpoint, by, new.model_dump(mode="json"))
    return checkpoint


def edit(
    session: Session, checkpoint_id: int, change: CheckpointEdit, *, by: Principal
) -> Checkpoint:
    """Change the fields given of a checkpoint as it was seen at `version`."""
    checkpoint = _locked(session, checkpoint_id)
    if checkpoint.version != change.version:
        raise StaleCheckpoint()
    given = change.model_dump(exclude_unset=True, exclude={"version", "lon", "lat"})
    for name, value in given.items():
        if value is not None or name == "longest_interval_s":
            setattr(checkpoint, name, value)
    if change.lon is not None or change.lat is not None:
        old_lon, old_lat = lonlat(checkpoint.geom)
        lon = old_lon if change.lon is None else change.lon
        lat = old_lat if change.lat is None else change.lat
        checkpoint.division_code = _division(session, lon, lat, by)
        checkpoint.geom = to_db(shapely.Point(lon, lat))
    checkpoint.version += 1
    session.flush()
    told = change.model_dump(mode="json", exclude_unset=True, exclude={"version"})
    _record(session, "checkpoint.changed", checkpoint, by, told)
    return checkpoint


def remove(session: Session, checkpoint_id: int, *, by: Principal) -> None:
    """Take a checkpoint away with its visits."""
    checkpoint = _locked(session, checkpoint_id)
    _record(session, "checkpoint.removed", checkpoint, by, {})
    session.delete(checkpoint)


def visits(
    session: Session, checkpoint_id: int, start: datetime, end: datetime, limit: int
) -> CheckpointVisitPage:
    """Return who was at a checkpoint, the newest first."""
    asked = {"id": checkpoint_id, "start": start, "end": end, "limit": limit}
    rows = session.execute(_VISITS, asked).mappings().all()
    told = [CheckpointVisitRow(**{k: v for k, v in row.items() if k != "found"}) for row in rows]
    return CheckpointVisitPage(rows=told, total=rows[0]["found"] if rows else 0)


def check_in(
    session: Session, checkpoint_id: int, new: CheckInNew, *, by: Principal, now: datetime
) -> CheckpointRow:
    """Sign the caller's own unit in where it stands; said twice it counts once.

    Raises
    ------
    NotFound, NoOwnUnit, CheckInTime, TooFarAway
        If there is no such checkpoint, the account has no unit, or it cannot have been there.

    """
    at = new.at or now
    if not now - _LATE <= at <= now + _EARLY:
        raise CheckInTime(at=at.isoformat())
    unit = session.execute(_OWN_UNIT, {"user": by.id}).one_or_none()
    if unit is None:
        raise NoOwnUnit()
    checkpoint = session.get(Checkpoint, checkpoint_id)
    if checkpoint is None:
        raise NotFound()
    where = {"id": checkpoint_id, "lon": new.lon, "lat": new.lat}
    distance_m = float(session.scalar(_DISTANCE, where) or 0.0)
    if distance_m > checkpoint.radius_m:
        raise TooFarAway(distance_m=round(distance_m), radius_m=round(checkpoint.radius_m))
    row = {"checkpoint_id": checkpoint_id, "unit_id": unit.id, "at": at, "how": "handheld"}
    row["division_code"] = checkpoint.division_code
    session.execute(insert(CheckpointVisit).values(**row).on_conflict_do_nothing())
    defer(session, "patrol.overdue", key="patrol.overdue")
    return one(session, checkpoint_id, by)


def _row(row: RowMapping) -> CheckpointRow:
    told = {name: row[name] for name in CheckpointRow.model_fields}
    return CheckpointRow(**told | {"division_code": text_of(row["division_code"])})


def _locked(session: Session, checkpoint_id: int) -> Checkpoint:
    found = session.get(Checkpoint, checkpoint_id, with_for_update=True)
    if found is None:
        raise NotFound()
    return found


def _division(session: Session, lon: float, lat: float, by: Principal) -> int:
    code = division_at(session, lon, lat) or 0
    if not by.covers(code):
        raise OutsideJurisdiction(field="lon")
    return code


def _record(
    session: Session, act: str, checkpoint: Checkpoint, by: Principal, detail: dict[str, Any]
) -> None:
    defer(session, "patrol.overdue", key="patrol.overdue")
    code = checkpoint.division_code
    announce(session, Notice("patrol", checkpoint.id, checkpoint.version, code))
    told = {"checkpoint_id": checkpoint.id, "name": checkpoint.name, **detail}
    enter(session, Act(act, by.id, by.username, division_code=code, detail=told))
