"""网格 and their versions: each under exactly one village, each in a named set."""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table
from ..spatial import geometry_column


class Grid(Table):
    """One grid of one period; `kind` is basic (基础网格) or exclusive (专属网格)."""

    __tablename__ = "grids"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default=text("'basic'"))
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    households: Mapped[int | None]
    geom: Mapped[Any] = geometry_column("MULTIPOLYGON")
    valid_from: Mapped[date] = mapped_column(server_default=text("CURRENT_DATE"))
    valid_to: Mapped[date | None]
