"""Coverage as it was last computed: figures, their days, grounds, gaps, losses; what is waiting."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Double, ForeignKey, Identity, text
from sqlalchemy.dialects.postgresql import JSONB, REAL
from sqlalchemy.orm import Mapped, mapped_column

from ..accounts.models import User
from ..cameras.models import Camera
from ..db import Table
from ..grids.models import Grid
from ..spatial import geometry_column

_NOW = text("now()")


class _Figures:
    """Amounts in m2 (area) or m (road, outline); certain = one + more."""

    division_code: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[float] = mapped_column(Double)
    certain: Mapped[float] = mapped_column(Double)
    possible: Mapped[float] = mapped_column(Double)
    one: Mapped[float] = mapped_column(Double)
    more: Mapped[float] = mapped_column(Double)
    method: Mapped[str]


class CoverageFigure(_Figures, Table):
    """覆盖数: how much of a grid, division or key place is seen, at one density."""

    __tablename__ = "coverage_figures"

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    reading: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    px_per_m: Mapped[float] = mapped_column(REAL, primary_key=True)
    computed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)


class CoverageDay(_Figures, Table):
    """The figures as they stood at the end of a day; today's follow each refresh."""

    __tablename__ = "coverage_days"

    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    reading: Mapped[str] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    px_per_m: Mapped[float] = mapped_column(REAL, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    computed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CoverageGround(Table):
    """Ground of a grid as the map shows it: seen for sure, by one camera alone, by none."""

    __tablename__ = "coverage_grounds"

    grid_id: Mapped[int] = mapped_column(
        ForeignKey(Grid.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    reading: Mapped[str] = mapped_column(primary_key=True)
    px_per_m: Mapped[float] = mapped_column(REAL, primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
    geom: Mapped[Any] = geometry_column("MULTIPOLYGON")


class CoverageGap(Table):
    """盲区: one piece of a grid's ground that no camera sees, and what makes it matter."""

    __tablename__ = "coverage_gaps"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey(Grid.id, ondelete="CASCADE"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    reading: Mapped[str]
    px_per_m: Mapped[float] = mapped_column(REAL)
    area_m2: Mapped[float] = mapped_column(Double)
    weight: Mapped[float] = mapped_column(Double)
    reasons: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    geom: Mapped[Any] = geometry_column("MULTIPOLYGON")


class CoverageSight(Table):
    """Which subjects a camera reaches, and how much of their ground it sees at overview."""

    __tablename__ = "coverage_sights"

    camera_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
    seen_m2: Mapped[float] = mapped_column(Double)


class CameraLoss(Table):
    """What would no longer be seen if this camera failed: `sole_*` is what it alone sees."""

    __tablename__ = "camera_losses"

    camera_id: Mapped[int] = mapped_column(
        ForeignKey(Camera.id, ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    reading: Mapped[str] = mapped_column(primary_key=True)
    px_per_m: Mapped[float] = mapped_column(REAL, primary_key=True)
    division_code: Mapped[int] = mapped_column(BigInteger)
    seen_m2: Mapped[float] = mapped_column(Double)
    sole_m2: Mapped[float] = mapped_column(Double)
    sole_road_m: Mapped[float] = mapped_column(Double)
    sole_weight: Mapped[float] = mapped_column(Double)
    sole_places: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    computed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)


class CoverageDirty(Table):
    """What changed since the last refresh; written by triggers, taken by the refresh."""

    __tablename__ = "coverage_dirty"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    cause: Mapped[str]
    camera_id: Mapped[int | None] = mapped_column(BigInteger)
    box: Mapped[Any] = geometry_column("GEOMETRY", nullable=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)


class Scenario(Table):
    """方案: changes of cameras under a name; real only once `applied_at` is set, then fixed."""

    __tablename__ = "scenarios"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str]
    note: Mapped[str] = mapped_column(server_default=text("''"))
    division_code: Mapped[int] = mapped_column(BigInteger)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    state: Mapped[str] = mapped_column(server_default=text("'draft'"))
    author_id: Mapped[int] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=_NOW)
    applied_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
