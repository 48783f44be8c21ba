"""接入: a list of devices to take in, its rows, the logins of groups, and what was refused."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from ...accounts.models import User
from ...db import Table
from ...spatial import geometry_column
from ..models import Camera


class Enrolment(Table):
    """One list: from a file or from discovery; a job asks its devices, a person decides."""

    __tablename__ = "enrolments"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    source: Mapped[str]
    name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger)
    wish: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    step: Mapped[str | None]
    progress: Mapped[float] = mapped_column(REAL, server_default=text("0"))
    fault: Mapped[str | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class EnrolmentRow(Table):
    """One camera to be: a channel of the device at an address, and the camera it is taken for.

    `secret` is the row's own login, sealed; it is forgotten once the row is enrolled.
    """

    __tablename__ = "enrolment_rows"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey(Enrolment.id, ondelete="CASCADE"))
    row_no: Mapped[int]
    address: Mapped[str]
    channel: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    code: Mapped[str | None]
    name: Mapped[str | None]
    geom: Mapped[Any | None] = geometry_column("POINT", nullable=True)
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    reason: Mapped[str | None]
    explanation: Mapped[str | None]
    identities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    found: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    profiles: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    source_token: Mapped[str | None]
    quirks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    camera_id: Mapped[int | None] = mapped_column(ForeignKey(Camera.id, ondelete="SET NULL"))
    match: Mapped[str | None]
    match_m: Mapped[float | None] = mapped_column(Double)
    probed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DeviceLogin(Table):
    """统一口令: the login of a group of devices; kept under a name, never shown."""

    __tablename__ = "device_logins"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )


class RefusedLogin(Table):
    """The login that the device at an address last refused; it is not sent there again."""

    __tablename__ = "refused_logins"

    address: Mapped[str] = mapped_column(primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
