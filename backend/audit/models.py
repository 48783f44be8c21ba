"""调阅登记: the register. Rows are chained by hash; the database refuses to change one."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table


class RegisterEntry(Table):
    """One act that must be answered for; `hash` covers the row and the hash before it."""

    __tablename__ = "register"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str]
    act: Mapped[str]
    purpose: Mapped[str | None]
    camera_id: Mapped[int | None] = mapped_column(BigInteger)
    camera_name: Mapped[str | None]
    incident_id: Mapped[int | None] = mapped_column(BigInteger)
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class RegisterHead(Table):
    """The chain's end, one row; locking it puts writers in line."""

    __tablename__ = "register_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
