"""网格员 and 网格长: accounts on duty in a grid by its code, through all versions of it."""

from datetime import date, datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from ...db import Table


class GridDuty(Table):
    """One account in one role in one grid; `ends_on` is the first day no longer on duty."""

    __tablename__ = "grid_staff"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str]
    grid_code: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    entered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
