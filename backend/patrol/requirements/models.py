"""巡防要求 as data, their states by window, and the alerts that they and others raise."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ...accounts.models import User
from ...db import Table
from ...grids.models import Grid


class Requirement(Table):
    """What is asked of a grid, or of all grids of a division, in a weekly band of local time."""

    __tablename__ = "requirements"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger)
    grid_id: Mapped[int | None] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"))
    grid_kind: Mapped[str | None]
    set_name: Mapped[str | None]
    weekdays: Mapped[list[int]] = mapped_column(
        ARRAY(SmallInteger), server_default=text("'{1,2,3,4,5,6,7}'")
    )
    begins: Mapped[time]
    ends: Mapped[time]
    times: Mapped[int | None]
    longest_interval_s: Mapped[int | None]
    least_share: Mapped[float | None] = mapped_column(Double)
    unit_kinds: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    valid_from: Mapped[date] = mapped_column(server_default=text("CURRENT_DATE"))
    valid_to: Mapped[date | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class RequirementState(Table):
    """How one window of one grid stands: met, not met, unknown, due, or still open."""

    __tablename__ = "requirement_states"

    requirement_id: Mapped[int] = mapped_column(
        ForeignKey(Requirement.id, ondelete="CASCADE"), primary_key=True
    )
    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"), primary_key=True)
    window_start: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    window_end: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    division_code: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str]
    times: Mapped[int] = mapped_column(server_default=text("0"))
    last_visit_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    why: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))


class Alert(Table):
    """预警: raised once for a subject and rule, cleared with its reason."""

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[int] = mapped_column(BigInteger)
    requirement_id: Mapped[int | None] = mapped_column(
        ForeignKey(Requirement.id, ondelete="SET NULL")
    )
    division_code: Mapped[int] = mapped_column(BigInteger)
    severity: Mapped[str]
    rule: Mapped[str]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    cleared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    clear_reason: Mapped[str | None]
    seen_by: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"))
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
