"""网格 and their versions: each under exactly one village, each in a named set; and change sets."""

from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from ..accounts.models import User
from ..db import Table
from ..spatial import geometry_column

State = Literal["planned", "applied", "reverted"]
Source = Literal["edit", "import"]

_NOW = text("now()")


class GridChange(Table):
    """变更单: what is to become of some grids of a set, on which day, by whom and why.

    Applied, it is a record: `grids.began_by` and `ended_by` tell which versions it made and ended.
    """

    __tablename__ = "grid_changes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    set_name: Mapped[str]
    title: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default=text("''"))
    source: Mapped[Source] = mapped_column(Text, server_default=text("'edit'"))
    planned_for: Mapped[date | None]
    operations: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[State] = mapped_column(Text, server_default=text("'planned'"))
    author_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    author_name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    applied_by: Mapped[str | None]
    in_force_on: Mapped[date | None]
    reverted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reverted_by: Mapped[str | None]
    reverted_on: Mapped[date | None]
    refusal: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))


class Grid(Table):
    """One grid of one period; `kind` is basic (基础网格) or exclusive (专属网格).

    In force from the start of `valid_from` until the start of `valid_to`; a row without an end is
    in force now, because what is planned for later is not written before its day.
    """

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
    began_by: Mapped[int | None] = mapped_column(ForeignKey(GridChange.id))
    ended_by: Mapped[int | None] = mapped_column(ForeignKey(GridChange.id))


class GridChangeBorder(Table):
    """A neighbour that a change gave a node on the common border, as it was and as it became."""

    __tablename__ = "grid_change_borders"

    change_id: Mapped[int] = mapped_column(ForeignKey(GridChange.id), primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"), primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[Any] = geometry_column("MULTIPOLYGON")
    after: Mapped[Any] = geometry_column("MULTIPOLYGON")
