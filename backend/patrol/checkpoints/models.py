"""签到点 and who was there, by position or by hand."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Double, ForeignKey, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from ...db import Table
from ...spatial import geometry_column
from ..models import Unit


class Checkpoint(Table):
    """A point that units must come by; without an interval it only records."""

    __tablename__ = "checkpoints"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    geom: Mapped[Any] = geometry_column("POINT")
    radius_m: Mapped[float] = mapped_column(Double, server_default=text("30"))
    longest_interval_s: Mapped[int | None]
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class CheckpointVisit(Table):
    """A unit at a checkpoint: it came within the radius for sure, or signed in there."""

    __tablename__ = "checkpoint_visits"

    checkpoint_id: Mapped[int] = mapped_column(
        ForeignKey(Checkpoint.id, ondelete="CASCADE"), primary_key=True
    )
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"), primary_key=True)
    how: Mapped[str] = mapped_column(primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
