"""选址: where cameras should stand next, as it was asked and as it was answered."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Double, ForeignKey, Identity, text
from sqlalchemy.dialects.postgresql import JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from ...accounts.models import User
from ...db import Table
from ...spatial import geometry_column


class Siting(Table):
    """One question: land, candidates, weights, budget; and how good its answer is proved to be."""

    __tablename__ = "sitings"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    division_code: Mapped[int] = mapped_column(BigInteger)
    wish: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(server_default=text("'waiting'"))
    progress: Mapped[float] = mapped_column(REAL, server_default=text("0"))
    step: Mapped[str | None]
    value: Mapped[float | None] = mapped_column(Double)
    bound: Mapped[float | None] = mapped_column(Double)
    gap: Mapped[float | None] = mapped_column(Double)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    fault: Mapped[str | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=text("now()")
    )
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def language(self) -> str:
        """The language of whoever asked, in which a fault is told."""
        return str(self.wish.get("language", "zh"))


class Proposal(Table):
    """One camera proposed: where, which way, which lens, what it adds and what it repeats."""

    __tablename__ = "proposals"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    siting_id: Mapped[int] = mapped_column(ForeignKey(Siting.id, ondelete="CASCADE"))
    rank: Mapped[int]
    division_code: Mapped[int] = mapped_column(BigInteger)
    geom: Mapped[Any] = geometry_column("POINT")
    source: Mapped[str]
    height_m: Mapped[float] = mapped_column(Double)
    azimuth_deg: Mapped[float] = mapped_column(Double)
    fov_deg: Mapped[float] = mapped_column(Double)
    range_m: Mapped[float] = mapped_column(Double)
    width_px: Mapped[int]
    gain: Mapped[float] = mapped_column(Double)
    gain_m2: Mapped[float] = mapped_column(Double)
    overlap_share: Mapped[float] = mapped_column(Double)
    cost: Mapped[float] = mapped_column(Double)
    reasons: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    view: Mapped[Any | None] = geometry_column("MULTIPOLYGON", nullable=True)
