"""Roads and buildings: what the map shows and what blocks sight."""

from typing import Any

from sqlalchemy import BigInteger, Identity, text
from sqlalchemy.orm import Mapped, mapped_column

from ..db import Table
from ..spatial import geometry_column


class Building(Table):
    """A footprint with its height above ground; `height_assumed` when the source had none."""

    __tablename__ = "buildings"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str]
    name: Mapped[str | None]
    floors: Mapped[int | None]
    height_m: Mapped[float]
    height_assumed: Mapped[bool] = mapped_column(server_default=text("false"))
    geom: Mapped[Any] = geometry_column("MULTIPOLYGON")


class Road(Table):
    """A road's centreline; `road_class` orders what is drawn at which zoom."""

    __tablename__ = "roads"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str]
    name: Mapped[str | None]
    road_class: Mapped[str] = mapped_column(server_default=text("'other'"))
    geom: Mapped[Any] = geometry_column("MULTILINESTRING")
