"""兴趣点 and key places (重点部位)."""

from typing import Any

from sqlalchemy import BigInteger, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table
from ..spatial import geometry_column


class Place(Table):
    """A point of interest; `weight` says how much a view of it is worth.

    `outline` is the ground of a place that has one: what must be seen of a key place.
    """

    __tablename__ = "places"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str]
    code: Mapped[str | None]
    name: Mapped[str]
    initials: Mapped[str] = mapped_column(server_default=text("''"))
    kind: Mapped[str]
    weight: Mapped[float] = mapped_column(server_default=text("1"))
    is_key: Mapped[bool] = mapped_column(server_default=text("false"))
    address: Mapped[str | None]
    division_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    geom: Mapped[Any] = geometry_column("POINT")
    outline: Mapped[Any | None] = geometry_column("MULTIPOLYGON", nullable=True)


class PlaceClass(Table):
    """Which kinds of place are key public areas, and which key trades (document 996)."""

    __tablename__ = "place_classes"

    kind: Mapped[str] = mapped_column(primary_key=True)
    place_class: Mapped[str]
