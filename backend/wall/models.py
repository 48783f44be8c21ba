"""布局 and 轮巡: which cameras stand where on a wall, and which ones it goes round."""

from datetime import datetime
from typing import Literal

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from ..accounts.models import User
from ..db import Table

Source = Literal["cameras", "grid", "place"]
"""Whose cameras a tour shows: those listed, those standing in a grid, those that see a place."""

_NOW = text("now()")


class _Kept:
    """What layouts and tours have in common: somebody's own, or shared with the division."""

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger)
    is_shared: Mapped[bool] = mapped_column(server_default=text("false"))
    size: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id))


class WallLayout(_Kept, Table):
    """布局: `cameras` has one entry a tile in reading order, None where the tile is empty."""

    __tablename__ = "wall_layouts"

    cameras: Mapped[list[int | None]] = mapped_column(ARRAY(BigInteger))


class WallTour(_Kept, Table):
    """轮巡: pages of `size` cameras, each shown for `dwell_s`."""

    __tablename__ = "wall_tours"

    dwell_s: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[Source] = mapped_column(Text)
    cameras: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    grid_id: Mapped[int | None] = mapped_column(BigInteger)
    place_id: Mapped[int | None] = mapped_column(BigInteger)
