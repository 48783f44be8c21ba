"""行政区划: the tree that every right and every figure hangs on."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Identity, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table
from ..spatial import geometry_column


class Division(Table):
    """One division of one period; `code` is the 12-digit code as a number."""

    __tablename__ = "divisions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str]
    code: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str]
    level: Mapped[int] = mapped_column(SmallInteger)
    parent_code: Mapped[int | None] = mapped_column(BigInteger)
    geom: Mapped[Any] = geometry_column("MULTIPOLYGON")
    valid_from: Mapped[date] = mapped_column(server_default=text("CURRENT_DATE"))
    valid_to: Mapped[date | None]
