"""力量 and what is known of them: duty, trackers, fixes, and where each unit is now."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ..accounts.models import User
from ..db import Table
from ..grids.models import Grid
from ..spatial import geometry_column


class Unit(Table):
    """A force (力量) with a call sign: one worker, or a team with one tracker."""

    __tablename__ = "units"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str] = mapped_column(server_default=text("'default'"))
    code: Mapped[str]
    name: Mapped[str]
    initials: Mapped[str] = mapped_column(server_default=text("''"))
    kind: Mapped[str]
    is_team: Mapped[bool] = mapped_column(server_default=text("false"))
    strength: Mapped[int] = mapped_column(server_default=text("1"))
    vehicle: Mapped[str] = mapped_column(server_default=text("'foot'"))
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class UnitGrid(Table):
    """A home grid of a unit. A later version of the grid has the same set and code."""

    __tablename__ = "unit_grids"

    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"), primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"), primary_key=True)


class Tracker(Table):
    """A device that may add fixes of one unit, and nothing else; only its token's hash is kept."""

    __tablename__ = "trackers"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"))
    name: Mapped[str]
    form: Mapped[str] = mapped_column(server_default=text("'header'"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_heard_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class ShiftPlan(Table):
    """Weekly duty in local time; `ends` not after `begins` means the next day."""

    __tablename__ = "shift_plans"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"))
    name: Mapped[str]
    weekdays: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    begins: Mapped[time]
    ends: Mapped[time]
    valid_from: Mapped[date] = mapped_column(server_default=text("CURRENT_DATE"))
    valid_to: Mapped[date | None]


class Shift(Table):
    """One duty period as it is or was; `ends_at` None while it is open."""

    __tablename__ = "shifts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    source: Mapped[str]
    plan_id: Mapped[int | None] = mapped_column(ForeignKey(ShiftPlan.id, ondelete="SET NULL"))


class Fix(Table):
    """One position heard, in 1e-7 degrees, decimetres and centimetres a second; -1 = unknown."""

    __tablename__ = "fixes"

    unit_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    lon_e7: Mapped[int] = mapped_column(primary_key=True)
    lat_e7: Mapped[int] = mapped_column(primary_key=True)
    accuracy_dm: Mapped[int] = mapped_column(primary_key=True, server_default=text("-1"))
    speed_cms: Mapped[int] = mapped_column(primary_key=True, server_default=text("-1"))


class FixRefusal(Table):
    """How many fixes of a unit were refused in a day, why, and how wrong its clock last was."""

    __tablename__ = "fix_refusals"

    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    rows: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_skew_s: Mapped[float | None]


class UnitPosition(Table):
    """The newest fix of a unit: the latest instant, and of equal instants the greatest row."""

    __tablename__ = "unit_positions"

    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"), primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    lon_e7: Mapped[int]
    lat_e7: Mapped[int]
    accuracy_dm: Mapped[int]
    speed_cms: Mapped[int]
    accuracy_m: Mapped[float | None] = mapped_column(Computed("NULL", persisted=True))
    speed_mps: Mapped[float | None] = mapped_column(Computed("NULL", persisted=True))
    geom: Mapped[Any | None] = geometry_column("POINT", nullable=True)
    version: Mapped[int] = mapped_column(BigInteger)


class PatrolDirty(Table):
    """A day (UTC) of a unit whose visits and ground must be derived anew."""

    __tablename__ = "patrol_dirty"

    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("clock_timestamp()")
    )
