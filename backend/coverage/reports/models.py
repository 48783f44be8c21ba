"""报告: one report asked for, its progress and, once written, its file."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, LargeBinary, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from ...db import Table


class Report(Table):
    """`content` is the file itself; it is loaded only where it is sent."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    kind: Mapped[str]
    language: Mapped[str] = mapped_column(server_default=text("'zh'"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    progress: Mapped[float] = mapped_column(server_default=text("0"))
    step: Mapped[str] = mapped_column(server_default=text("''"))
    fault: Mapped[str | None]
    file_name: Mapped[str | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    created_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
