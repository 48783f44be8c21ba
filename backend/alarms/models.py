"""报警 of devices, the 联动规则 that answer them, and the subscriptions they come by."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ..accounts.models import User
from ..cameras.models import Camera
from ..db import Table
from ..grids.models import Grid
from ..incidents.models import Incident, IncidentKind
from ..spatial import geometry_column


class AlarmRule(Table):
    """Which alarms become an incident or a note, where and when; hours are local time.

    Within `quiet` nothing is told, and beyond `storm_count` in `storm_window_s` it is only counted.
    """

    __tablename__ = "alarm_rules"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    camera_ids: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    grid_id: Mapped[int | None] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"))
    place_kind: Mapped[str | None]
    windows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    quiet: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    outcome: Mapped[str]
    incident_kind: Mapped[str | None] = mapped_column(ForeignKey(IncidentKind.code))
    severity: Mapped[str | None]
    storm_count: Mapped[int] = mapped_column(server_default=text("20"))
    storm_window_s: Mapped[int] = mapped_column(server_default=text("300"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    changed_by: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class Alarm(Table):
    """One thing a device reported, with its repeats and what was held back in a storm.

    `raised_at` is the device's time, `received_at` ours. `outcome` is what came of it.
    """

    __tablename__ = "alarms"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    camera_id: Mapped[int] = mapped_column(ForeignKey(Camera.id, ondelete="CASCADE"))
    kind: Mapped[str]
    source: Mapped[str] = mapped_column(server_default=text("''"))
    topic: Mapped[str] = mapped_column(server_default=text("''"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    geom: Mapped[Any | None] = geometry_column("POINT", nullable=True)
    raised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    repeats: Mapped[int] = mapped_column(server_default=text("1"))
    suppressed: Mapped[int] = mapped_column(server_default=text("0"))
    state: Mapped[str] = mapped_column(server_default=text("'active'"))
    cleared_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    clear_reason: Mapped[str | None]
    outcome: Mapped[str]
    rule_id: Mapped[int | None] = mapped_column(ForeignKey(AlarmRule.id, ondelete="SET NULL"))
    incident_id: Mapped[int | None] = mapped_column(ForeignKey(Incident.id, ondelete="SET NULL"))
    seen_by: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class EventSubscription(Table):
    """Whether a camera's device tells its events, since when, and how much was dropped.

    `mark` stands for the address and sealed login that were asked: another one is asked anew.
    """

    __tablename__ = "event_subscriptions"

    camera_id: Mapped[int] = mapped_column(
        ForeignKey(Camera.id, ondelete="CASCADE"), primary_key=True
    )
    division_code: Mapped[int] = mapped_column(BigInteger)
    mark: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    heard_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    next_try_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    received: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    dropped: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    unknown: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    unknown_topics: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
