"""Roads, their network, and buildings: what the map shows, what leads there, what blocks sight."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, SmallInteger, text
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


class RoadNode(Table):
    """Where roads meet or end; shared by every edge that comes within the snap tolerance."""

    __tablename__ = "road_nodes"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    geom: Mapped[Any] = geometry_column("POINT")


class RoadEdge(Table):
    """A road between two nodes, passable both ways; `part` is what it hangs together with."""

    __tablename__ = "road_edges"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[int] = mapped_column(BigInteger)
    target: Mapped[int] = mapped_column(BigInteger)
    road_id: Mapped[int] = mapped_column(BigInteger)
    road_class: Mapped[str]
    length_m: Mapped[float]
    part: Mapped[int]
    part_m: Mapped[float]
    geom: Mapped[Any] = geometry_column("LINESTRING")


class RoadNetwork(Table):
    """What the last building of the network came to; `main_m` is its longest part."""

    __tablename__ = "road_networks"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, server_default=text("1"))
    roads_version: Mapped[str]
    edges: Mapped[int]
    parts: Mapped[int]
    length_m: Mapped[float]
    main_m: Mapped[float]
    built_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )


class RoadSpeed(Table):
    """How fast a way of going gets along on a class of road."""

    __tablename__ = "road_speeds"

    vehicle: Mapped[str] = mapped_column(primary_key=True)
    road_class: Mapped[str] = mapped_column(primary_key=True)
    speed_mps: Mapped[float]
