"""证据: clips, snapshots and publications, sealed by a signed manifest; marks; public keys."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, LargeBinary, SmallInteger
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table

Kind = Literal["clip", "snapshot", "publication"]
State = Literal["waiting", "recording", "kept", "failed", "deleted"]

_At = DateTime(timezone=True)


class EvidenceKey(Table):
    """The public half of a signing key; a retired one stays, to verify what it signed."""

    __tablename__ = "evidence_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(_At, server_default=sql("now()"))
    retired_at: Mapped[datetime | None] = mapped_column(_At)


class Evidence(Table):
    """One piece of evidence; the row outlives its files, its camera and its maker's account.

    `first_at` and `last_at` are what it holds; while a clip is cut out of a recording, what is
    wanted of it. A clip of the live picture has none before it is sealed.
    """

    __tablename__ = "evidence"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default=sql("'waiting'"))
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    camera_id: Mapped[int] = mapped_column(BigInteger)
    camera_name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    original_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    purpose: Mapped[str] = mapped_column(ForeignKey("purposes.code"))
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_by_name: Mapped[str]
    before_s: Mapped[float] = mapped_column(server_default=sql("0"))
    masks: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    asked_at: Mapped[datetime] = mapped_column(_At, server_default=sql("now()"))
    stop_at: Mapped[datetime | None] = mapped_column(_At)
    stopped_by_name: Mapped[str | None]
    first_at: Mapped[datetime | None] = mapped_column(_At)
    last_at: Mapped[datetime | None] = mapped_column(_At)
    duration_s: Mapped[float | None]
    size_bytes: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    gaps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=sql("'[]'"))
    end_reason: Mapped[str | None]
    manifest: Mapped[str | None]
    manifest_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    key_id: Mapped[str | None] = mapped_column(ForeignKey("evidence_keys.id"))
    register_seq: Mapped[int | None] = mapped_column(BigInteger)
    sealed_at: Mapped[datetime | None] = mapped_column(_At)
    held_at: Mapped[datetime | None] = mapped_column(_At)
    held_by_name: Mapped[str | None]
    hold_reason: Mapped[str | None]
    deleted_at: Mapped[datetime | None] = mapped_column(_At)
    delete_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger, server_default=sql("1"))


class EvidencePart(Table):
    """One file of a piece of evidence, as it was when it was sealed."""

    __tablename__ = "evidence_parts"

    evidence_id: Mapped[int] = mapped_column(ForeignKey("evidence.id"), primary_key=True)
    no: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    file: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    first_at: Mapped[datetime] = mapped_column(_At)
    last_at: Mapped[datetime] = mapped_column(_At)
    codec: Mapped[str | None]
    width_px: Mapped[int | None]
    height_px: Mapped[int | None]
    frames: Mapped[int | None]


class EvidenceMark(Table):
    """标记: what an operator noted at an instant of an incident; never changed."""

    __tablename__ = "evidence_marks"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id"))
    camera_id: Mapped[int | None] = mapped_column(BigInteger)
    camera_name: Mapped[str | None]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    at: Mapped[datetime] = mapped_column(_At)
    text: Mapped[str]
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_by_name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_At, server_default=sql("now()"))
