"""What was brought in, by whom, with its report."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table


class Import(Table):
    """One import, written or refused; `report` is what the user was told."""

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    file_name: Mapped[str]
    set_name: Mapped[str]
    user_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"))
    written: Mapped[bool]
    report: Mapped[dict[str, Any]] = mapped_column(JSONB)
