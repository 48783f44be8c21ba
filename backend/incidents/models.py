"""事件: what happened where, its timeline, and the cameras linked to it at the time."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, SmallInteger, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TEXT
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table
from ..spatial import geometry_column


class IncidentKind(Table):
    """类别, with the severity proposed for it."""

    __tablename__ = "incident_kinds"

    code: Mapped[str] = mapped_column(primary_key=True)
    name_zh: Mapped[str]
    name_en: Mapped[str]
    severity: Mapped[str]
    position: Mapped[int]


class Transition(Table):
    """One legal step of an incident; what is not listed cannot happen."""

    __tablename__ = "incident_transitions"

    from_state: Mapped[str] = mapped_column(primary_key=True)
    act: Mapped[str] = mapped_column(primary_key=True)
    to_state: Mapped[str]
    needs_result: Mapped[bool] = mapped_column(server_default=text("false"))
    roles: Mapped[list[str]] = mapped_column(ARRAY(TEXT))


class Incident(Table):
    """One incident; `version` rises with every act and guards against lost updates."""

    __tablename__ = "incidents"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    number: Mapped[str]
    kind: Mapped[str] = mapped_column(ForeignKey("incident_kinds.code"))
    severity: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=text("'reported'"))
    geom: Mapped[Any] = geometry_column("POINT")
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.id", ondelete="SET NULL"))
    place_text: Mapped[str | None]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    description: Mapped[str] = mapped_column(server_default=text("''"))
    reported_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    observed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reported_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    result: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class DailySerial(Table):
    """The last number given on each day."""

    __abstract__ = True

    day: Mapped[date] = mapped_column(primary_key=True)
    last: Mapped[int]


class IncidentSerial(DailySerial):
    """The number of a day's last incident, over all jurisdictions."""

    __tablename__ = "incident_serials"


class IncidentGrid(Table):
    """The grid an incident fell into, one for each grid set of its time."""

    __tablename__ = "incident_grids"

    incident_id: Mapped[int] = mapped_column(
        ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    )
    set_name: Mapped[str] = mapped_column(primary_key=True)
    grid_id: Mapped[int] = mapped_column(BigInteger)
    grid_code: Mapped[str]
    grid_name: Mapped[str]


class IncidentEntry(Table):
    """One line of the timeline; never changed, never removed. No actor: a clock ran out."""

    __tablename__ = "incident_entries"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    actor_name: Mapped[str]
    act: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str | None]
    text: Mapped[str] = mapped_column(server_default=text("''"))


class IncidentCamera(Table):
    """A camera linked to an incident with the ranking of that time."""

    __tablename__ = "incident_cameras"

    incident_id: Mapped[int] = mapped_column(
        ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True
    )
    rank: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    camera_id: Mapped[int] = mapped_column(BigInteger)
    sight: Mapped[str]
    answer: Mapped[dict[str, Any]] = mapped_column(JSONB)
