"""在视时钟: when a grid or key place was last in view or reached, and by when it has to be."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, text
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table
from ..patrol.models import Unit
from ..places.models import Place

_MOMENT: Any = DateTime(timezone=True)


class EyesonClock(Table):
    """The clock of one subject; `view` is what live cameras show of it right now."""

    __tablename__ = "eyeson_clocks"

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
    watched_since: Mapped[datetime] = mapped_column(_MOMENT)
    view: Mapped[str]
    camera_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    camera_id: Mapped[int | None] = mapped_column(BigInteger)
    unit_at: Mapped[datetime | None] = mapped_column(_MOMENT)
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    deadline_s: Mapped[int | None]
    due_share: Mapped[float | None]
    red_factor: Mapped[float | None]
    colour: Mapped[str]
    updated_at: Mapped[datetime] = mapped_column(_MOMENT)


class EyesonDeadline(Table):
    """How long a subject, a kind of subjects or all may stay unseen in a division."""

    __tablename__ = "eyeson_deadlines"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    subject_kind: Mapped[str]
    kind: Mapped[str | None]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    division_code: Mapped[int] = mapped_column(BigInteger)
    deadline_s: Mapped[int]
    due_share: Mapped[float] = mapped_column(server_default=text("0.8"))
    red_factor: Mapped[float] = mapped_column(server_default=text("2"))


class EyesonHour(Table):
    """How much of an hour a subject was in view for sure, and how much it may have been."""

    __tablename__ = "eyeson_hours"

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hour: Mapped[datetime] = mapped_column(_MOMENT, primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
    seen_s: Mapped[float] = mapped_column(REAL)
    unknown_s: Mapped[float] = mapped_column(REAL)
    known_until: Mapped[datetime] = mapped_column(_MOMENT)


class EyesonReach(Table):
    """A run of a unit's fixes on the ground of a key place."""

    __tablename__ = "eyeson_reaches"

    place_id: Mapped[int] = mapped_column(
        ForeignKey(Place.id, ondelete="CASCADE"), primary_key=True
    )
    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"), primary_key=True)
    reached_at: Mapped[datetime] = mapped_column(_MOMENT, primary_key=True)
    left_at: Mapped[datetime] = mapped_column(_MOMENT)
    division_code: Mapped[int] = mapped_column(BigInteger)


class EyesonDirty(Table):
    """A unit's day whose fixes have changed since its reaches were worked out."""

    __tablename__ = "eyeson_dirty"

    unit_id: Mapped[int] = mapped_column(ForeignKey(Unit.id, ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(_MOMENT, server_default=text("now()"))
